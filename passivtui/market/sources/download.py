"""Download what the candle store lacks: several coins and venues at once, to be stopped and resumed at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from difflib import get_close_matches
from functools import partial

from passivtui.clock import DAY_MS
from passivtui.errors import VenueError
from passivtui.exchanges.candle_venues import downloadable
from passivtui.exchanges.coin_names import normalise_coin
from passivtui.exchanges.listed_market import archive_name
from passivtui.exchanges.rate_ledger import shared_ledgers
from passivtui.market.issues import DataIssue
from passivtui.market.sources.archives import ARCHIVES
from passivtui.market.sources.coin_download import CoinDownload, Plan, Tools
from passivtui.market.sources.fetch import Fetcher
from passivtui.market.sources.listing import first_minute
from passivtui.market.sources.market_settings import known_markets
from passivtui.market.sources.running import all_of, run_cancellable
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.storage import Storage
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.timing import Timing
from passivtui.market.sources.venue_api import VenueApi, open_api
from passivtui.market.sources.wants import Want
from passivtui.progress import CancelToken, ProgressSink, ignore_progress


def ensure(
    store: Storage,
    wants: Sequence[Want],
    settings: SourceSettings,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    timing: Timing | None = None,
) -> tuple[DataIssue, ...]:
    """Make the store hold what `wants` name, as far as the venues have it; days that it holds are not asked for.

    Returns what was found on the way: bad rows, damaged files, coins that a venue doesn't have. What is downloaded
    is stored piece by piece, so that a run that ended early is gone on with. Raises UsageError (no such exchange),
    VenueError (a venue can't be reached; the other coins are done first), StorageError and Cancelled.
    """
    for want in wants:
        downloadable(want.exchange)
    work = partial(_download, store, wants, settings, progress, timing or Timing())
    return run_cancellable(work, cancel or CancelToken())


def first_minutes(
    store: Storage,
    coins: Mapping[str, Sequence[str]],
    settings: SourceSettings,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    timing: Timing | None = None,
) -> tuple[dict[tuple[str, str], int], tuple[DataIssue, ...]]:
    """When the candles of coins begin, by (exchange, coin); `coins` names them per exchange.

    Answers that the store has are taken from there, others are asked for and stored. Coins that a venue doesn't have
    are left out and told. Raises as `ensure` does.
    """
    for exchange in coins:
        downloadable(exchange)
    work = partial(_first_minutes, store, coins, settings, progress, timing or Timing())
    return run_cancellable(work, cancel or CancelToken())


def refresh_markets(
    store: Storage,
    exchanges: Sequence[str],
    settings: SourceSettings,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    timing: Timing | None = None,
) -> tuple[DataIssue, ...]:
    """Make the store's market settings of `exchanges` a day old at most. Raises as `ensure` does."""
    for exchange in exchanges:
        downloadable(exchange)

    async def work() -> tuple[DataIssue, ...]:
        async with _Session(store, settings, progress, timing or Timing()) as session:
            await all_of((partial(session.markets, exchange) for exchange in exchanges), settings.coins_at_once)
            return tuple(session.issues)

    return run_cancellable(work, cancel or CancelToken())


class _Session:
    """What one run shares: the HTTP session, a client per venue, the market settings."""

    def __init__(self, store: Storage, settings: SourceSettings, progress: ProgressSink, timing: Timing) -> None:
        self.store = store
        self.settings = settings
        self.timing = timing
        self.tally = Tally(progress, timing.monotonic)
        self.fetcher = Fetcher(settings, timing, self.tally)
        self.issues: list[DataIssue] = []
        self._open = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._apis: dict[str, VenueApi] = {}
        self._markets: dict[str, Mapping[str, str]] = {}

    async def __aenter__(self) -> _Session:
        await self._open.enter_async_context(self.fetcher)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def api(self, exchange: str) -> VenueApi:
        """The venue's API; one client for all."""
        async with self._opening:
            if exchange not in self._apis:
                venue = downloadable(exchange)
                self._apis[exchange] = await self._open.enter_async_context(
                    open_api(venue, self.settings, self.timing, self.tally, shared_ledgers())
                )
        return self._apis[exchange]

    async def markets(self, exchange: str) -> Mapping[str, str]:
        """ccxt's symbol by coin."""
        if exchange not in self._markets:
            self.tally.phase(f"market settings of {exchange}")
            symbols, issues = await known_markets(
                self.store, exchange, partial(self.api, exchange), self.timing.clock()
            )
            self.issues += issues
            self._markets[exchange] = symbols
        return self._markets[exchange]

    async def symbol(self, exchange: str, coin: str) -> str | None:
        """ccxt's symbol of a coin; None, and told, when the venue doesn't have it."""
        markets = await self.markets(exchange)
        if coin not in markets:
            self.issues.append(DataIssue("warning", coin, unknown_coin(exchange, coin, markets)))
        return markets.get(coin)


def unknown_coin(exchange: str, coin: str, coins: Mapping[str, object] | Sequence[str]) -> str:
    """One sentence on a coin that a venue doesn't have, with the names that are nearest."""
    near = get_close_matches(coin, list(coins), n=3, cutoff=0.6)
    hint = f"; near names are {', '.join(near)}" if near else ""
    return f"{exchange} has no perpetual of it{hint}"


async def _download(
    store: Storage, wants: Sequence[Want], settings: SourceSettings, progress: ProgressSink, timing: Timing
) -> tuple[DataIssue, ...]:
    ranges: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for want in wants:
        key = downloadable(want.exchange).name, normalise_coin(want.coin)
        ranges.setdefault(key, []).append((want.first_ms, want.last_ms))
    async with _Session(store, settings, progress, timing) as session:
        failures: list[VenueError] = []
        plans = await all_of(
            (partial(_plan, session, *key, ranges[key], failures) for key in ranges), settings.coins_at_once
        )
        due = [planned for planned in plans if planned is not None]
        await all_of((partial(_run, *planned, failures) for planned in due), settings.coins_at_once)
        if failures:
            _raise_together(failures)
        return tuple(session.issues) + tuple(issue for coin, _ in due for issue in coin.issues)


async def _plan(
    session: _Session, exchange: str, coin: str, ranges: Sequence[tuple[int, int]], failures: list[VenueError]
) -> tuple[CoinDownload, Plan] | None:
    """A coin's download and plan; None when nothing is to be had: it is all there, or the venue doesn't have it."""
    held = await asyncio.to_thread(session.store.days_held, exchange, coin)
    if all(set(range(first // DAY_MS, last // DAY_MS + 1)) <= held for first, last in ranges):
        return None
    try:
        symbol = await session.symbol(exchange, coin)
        if symbol is None:
            return None
        download = CoinDownload(exchange, coin, symbol, archive_name(symbol), _tools(session, exchange))
        plan = await download.plan(ranges, session.timing.clock())
    except VenueError as error:
        failures.append(error)
        return None
    session.tally.expect(len(plan.days))
    return download, plan


def _tools(session: _Session, exchange: str) -> Tools:
    make = ARCHIVES.get(exchange)
    return Tools(
        store=session.store,
        fetcher=session.fetcher,
        api=partial(session.api, exchange),
        archive=make(session.settings.archives[exchange]) if make else None,
        tally=session.tally,
        clock=session.timing.clock,
        files_at_once=session.settings.connections,
    )


async def _run(download: CoinDownload, plan: Plan, failures: list[VenueError]) -> None:
    if not plan.days:
        return
    try:
        await download.run(plan)
    except VenueError as error:  # the other coins go on
        failures.append(error)


async def _first_minutes(
    store: Storage,
    coins: Mapping[str, Sequence[str]],
    settings: SourceSettings,
    progress: ProgressSink,
    timing: Timing,
) -> tuple[dict[tuple[str, str], int], tuple[DataIssue, ...]]:
    found: dict[tuple[str, str], int] = {}
    async with _Session(store, settings, progress, timing) as session:

        async def find(exchange: str, coin: str) -> None:
            known = await asyncio.to_thread(store.listing, exchange, coin)
            if known is None and (symbol := await session.symbol(exchange, coin)) is not None:
                session.tally.phase(f"looking for the first candle of {coin} on {exchange}")
                known = await first_minute(await session.api(exchange), symbol)
                if known is not None:
                    await asyncio.to_thread(store.set_listing, exchange, coin, known)
            if known is not None:
                found[exchange, coin] = known

        keys = dict.fromkeys(
            (downloadable(name).name, normalise_coin(coin)) for name, several in coins.items() for coin in several
        )
        await all_of((partial(find, *key) for key in keys), settings.coins_at_once)
        return found, tuple(session.issues)


def _raise_together(failures: Sequence[VenueError]) -> None:
    messages = list(dict.fromkeys(str(failure) for failure in failures))
    more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    raise VenueError(f"{messages[0]}{more}", messages) from failures[0]
