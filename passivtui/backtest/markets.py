"""The market that a backtest runs on: a dataset by name, or the config's exchanges, downloading what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from passivtui.backtest.request import DEMO, BacktestRequest, date_range, traded_coins
from passivtui.backtest.result import RunInfo
from passivtui.clock import DAY_MS, MINUTE_MS, Clock
from passivtui.config import Config
from passivtui.errors import DataError, VenueError
from passivtui.exchanges.venues import find_venue
from passivtui.market import Candles, CandleSource, DataIssue, DatasetEntry, open_dataset
from passivtui.market.dataset import BITCOIN
from passivtui.market.sources.wants import Want
from passivtui.market.store import CandleStore
from passivtui.market.stored import StoredMarket, StoredRequest
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink

if TYPE_CHECKING:
    from passivtui.market.sources.settings import SourceSettings

EXCHANGES: Final = "exchanges"
"""The name by which the app's list means the config's own exchanges."""


def exchanges_entry() -> DatasetEntry:
    """The row of a list of markets that stands for the config's own exchanges."""
    title = "the exchanges of the config; missing candles are downloaded"
    return DatasetEntry(EXCHANGES, title, (), 0, 0, synthetic=False, downloads=True)


@dataclass(frozen=True, slots=True)
class Market:
    """What is run on: candles, coins, dates (ms, None: as far as they go), and what was noticed on the way."""

    source: CandleSource
    place: str  # "demo", the dataset's folder, or the exchanges
    coins: tuple[str, ...]
    start_ms: int | None
    end_ms: int | None
    issues: tuple[DataIssue, ...] = ()


def open_market(
    request: BacktestRequest, config: Config, home: Home, progress: ProgressSink, cancel: CancelToken, clock: Clock
) -> Market:
    """Open the market, downloading first what the store lacks. Raises what opening, downloading and dates can."""
    start_ms, end_ms = date_range(config)
    name = request.dataset if request.dataset not in (None, "", EXCHANGES) else None
    if name is None and DEMO in config.backtest.exchanges:
        name = DEMO
    if name is not None:
        dataset = open_dataset(name, home, progress, cancel)
        place = DEMO if name == DEMO else str(dataset.folder)
        return Market(dataset, place, traded_coins(config, dataset), start_ms, end_ms)
    return _Stored(config, CandleStore(home.ensure().store), home, progress, cancel).open(start_ms, end_ms, clock())


def one_per_exchange(request: BacktestRequest) -> tuple[BacktestRequest, ...]:
    """The runs that a request stands for: one for each exchange if the config does not combine them."""
    backtest = request.config.config.backtest
    on_exchanges = request.dataset in (None, "", EXCHANGES) and DEMO not in backtest.exchanges
    if backtest.combine_ohlcvs or not on_exchanges or len(backtest.exchanges) < 2:
        return (request,)
    return tuple(_on_exchange(request, exchange) for exchange in backtest.exchanges)


def _on_exchange(request: BacktestRequest, exchange: str) -> BacktestRequest:
    loaded = request.config
    config = replace(loaded.config, backtest=replace(loaded.config.backtest, exchanges=(exchange,)))
    return replace(request, config=replace(loaded, config=config, name=f"{loaded.name} on {exchange}"))


def candles_of_run(info: RunInfo, coin: str, home: Home) -> Candles:
    """A coin's candles over a run, from where the run had them. Raises DataError and StorageError."""
    venues = [find_venue(name.strip()) for name in info.dataset.split(",")]
    names = [venue.name for venue in venues if venue is not None and venue.name != DEMO]
    if len(names) < len(venues):
        return open_dataset(info.dataset, home).load(coin).between(info.first_ms, info.last_ms)
    store = CandleStore(home.store)
    found = max((store.read(name, coin, info.first_ms, info.last_ms) for name in names), key=len)
    if not len(found):
        raise DataError(f"the store no longer holds candles of {coin} for these days")
    return found


class _Stored:
    """Opening the store for a config."""

    def __init__(
        self, config: Config, store: CandleStore, home: Home, progress: ProgressSink, cancel: CancelToken
    ) -> None:
        self._config = config
        self._store = store
        self._home = home
        self._progress = progress
        self._cancel = cancel
        self._exchanges = config.backtest.exchanges
        self._issues: list[DataIssue] = []

    def open(self, start_ms: int | None, end_ms: int | None, now_ms: int) -> Market:
        last_ms = now_ms // DAY_MS * DAY_MS - MINUTE_MS if end_ms is None else end_ms
        first_ms = 0 if start_ms is None else start_ms
        if first_ms > last_ms:
            raise DataError("the start is after the last full day that there can be candles of; choose an earlier one")
        self._refresh_markets(now_ms)
        listed = {exchange: self._store.markets(exchange) for exchange in self._exchanges}
        coins = self._coins(listed)
        listed_ms = self._listing_times(listed, coins)
        request = StoredRequest(
            exchanges=self._exchanges,
            coins=coins,
            first_ms=first_ms,
            last_ms=last_ms,
            gap_tolerance_minutes=self._config.backtest.gap_tolerance_ohlcvs_minutes,
            listed_ms=listed_ms,
            minimum_age_ms=round(self._config.live.minimum_coin_age_days * DAY_MS),
        )
        self._download(request, listed)
        place = ", ".join(self._exchanges)
        return Market(StoredMarket(self._store, request), place, coins, start_ms, last_ms, tuple(self._issues))

    def _coins(self, listed: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """The approved coins that any of the exchanges lists; what none has is told."""
        everywhere = sorted({coin for coins in listed.values() for coin in coins})
        approved = self._config.approved(everywhere).union
        if not approved:
            raise DataError("no coin is approved: name coins in live.approved_coins")
        known = tuple(coin for coin in approved if coin in everywhere)
        for coin in approved:
            if coin not in known:
                self._issues.append(DataIssue("warning", coin, f"left out: {self._names} has no perpetual of it"))
        if not known:
            raise DataError(f"{self._names} has no perpetual of {', '.join(approved[:8])}; check the coins' names")
        return known

    @property
    def _names(self) -> str:
        return " and ".join(self._exchanges) if len(self._exchanges) == 1 else f"none of {', '.join(self._exchanges)}"

    def _refresh_markets(self, now_ms: int) -> None:
        """Ask for market settings that are older than a day, if they can be had."""
        ages = {exchange: self._store.markets_age_ms(exchange, now_ms) for exchange in self._exchanges}
        stale = [exchange for exchange, age in ages.items() if age is None or age > DAY_MS]
        if stale:
            from passivtui.market.sources.download import refresh_markets

            self._issues += refresh_markets(self._store, stale, self._settings(), self._progress, self._cancel)

    def _listing_times(self, listed: Mapping[str, Iterable[str]], coins: Sequence[str]) -> dict[str, int]:
        """When each coin was first traded anywhere; only asked for if the config has a minimum age."""
        if self._config.live.minimum_coin_age_days <= 0:
            return {}
        wanted = {exchange: [coin for coin in coins if coin in listed[exchange]] for exchange in self._exchanges}
        known = {
            (exchange, coin): self._store.listing(exchange, coin) for exchange in wanted for coin in wanted[exchange]
        }
        if any(when is None for when in known.values()):
            from passivtui.market.sources.download import first_minutes

            found, issues = first_minutes(self._store, wanted, self._settings(), self._progress, self._cancel)
            self._issues += issues
            known |= found
        times: dict[str, int] = {}
        for (_, coin), when in known.items():
            if when is not None:
                times[coin] = min(when, times.get(coin, when))
        return times

    def _download(self, request: StoredRequest, listed: Mapping[str, Iterable[str]]) -> None:
        """Fetch the days that are missing. If the venue can't be reached, what is stored serves, and that is told."""
        wants = [
            Want(exchange, coin, request.start_of(coin), request.last_ms)
            for exchange in self._exchanges
            for coin in self._needed(exchange, request.coins)
            if coin in listed[exchange] and request.start_of(coin) <= request.last_ms
        ]
        due = [want for want in wants if not self._is_held(want)]
        if not due:
            return
        from passivtui.market.sources.download import ensure

        try:
            self._issues += ensure(self._store, due, self._settings(), self._progress, self._cancel)
        except VenueError as error:
            if not any(self._store.coverage(want.exchange, want.coin) is not None for want in wants):
                raise
            self._issues.append(DataIssue("warning", "", f"only what is stored is used: {error}"))

    def _needed(self, exchange: str, coins: Sequence[str]) -> Sequence[str]:
        """The coins, and BTC where its price is that of the collateral."""
        if not self._config.backtest.use_btc_collateral or BITCOIN in coins:
            return coins
        of_collateral = "binance" if "binance" in self._exchanges else self._exchanges[0]
        return (*coins, BITCOIN) if exchange == of_collateral else coins

    def _is_held(self, want: Want) -> bool:
        held = self._store.days_held(want.exchange, want.coin)
        listing = self._store.listing(want.exchange, want.coin)
        first_ms = want.first_ms if listing is None else max(want.first_ms, listing)
        return all(day in held for day in range(first_ms // DAY_MS, want.last_ms // DAY_MS + 1))

    def _settings(self) -> SourceSettings:
        from passivtui.market.sources.settings import load_source_settings

        return load_source_settings(self._home.settings)
