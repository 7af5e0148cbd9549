"""Which rows of which coins a backtest gets: date range, minimum age, gap tolerance.

`spec/data.md` §2 and `spec/engine.md` §1.5 are the rules.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from passivtui.clock import DAY_MS, MINUTE_MS, iso_minute
from passivtui.errors import DataError
from passivtui.market.align import AlignedCoin, Gap, align, common_range, find_gaps
from passivtui.market.candles import Candles
from passivtui.market.dataset import BITCOIN
from passivtui.market.issues import DataIssue
from passivtui.market.source import CandleSource
from passivtui.progress import CancelToken, Progress, ProgressSink

_COINS_NAMED = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, in one form: `coins` sorted and unique; both ends whole minutes, included, None: no bound."""

    dataset: CandleSource
    coins: tuple[str, ...]
    start_ms: int | None
    end_ms: int | None
    gap_tolerance_minutes: float
    minimum_coin_age_days: float
    btc_collateral: bool

    @property
    def coins_read(self) -> tuple[str, ...]:
        """The coins whose candles are needed: those asked for, and BTC if it is the collateral."""
        return tuple(sorted({*self.coins, BITCOIN})) if self.btc_collateral else self.coins

    @property
    def first_ms(self) -> int:
        """The start, or the dataset's first minute."""
        return self.dataset.first_ms if self.start_ms is None else self.start_ms

    @property
    def last_ms(self) -> int:
        """The end, or the dataset's last minute."""
        return self.dataset.last_ms if self.end_ms is None else self.end_ms

    @property
    def dates(self) -> str:
        """The range in words."""
        return f"{iso_minute(self.first_ms)} to {iso_minute(self.last_ms)}"

    @property
    def holdings(self) -> str:
        """What the dataset holds of the coins asked for, in words."""
        return self.dataset.holdings_of(self.coins)

    def check(self) -> None:
        """Raise a DataError for what can be told without reading candles."""
        if not self.coins:
            raise DataError("no coins are chosen; approve at least one coin in the config")
        self.dataset.require(self.coins)
        if self.btc_collateral and BITCOIN not in self.dataset.coin_names:
            raise DataError(
                f"BTC collateral needs BTC's candles, and the dataset {self.dataset.name} holds none; "
                "choose a dataset with BTC or switch off use_btc_collateral"
            )
        if self.first_ms > self.last_ms:
            start, end = iso_minute(self.first_ms), iso_minute(self.last_ms)
            raise DataError(f"the start {start} is after the end {end}; {self.holdings}")
        if not self.dataset.overlaps(self.coins, self.first_ms, self.last_ms):
            raise DataError(f"there are no candles from {self.dates}; {self.holdings}")


@dataclass(slots=True)
class Selection:
    """The rows chosen: `coins` in alphabetical order, never empty; `bitcoin` when it is the collateral."""

    coins: dict[str, AlignedCoin] = field(default_factory=dict)
    bitcoin: Candles | None = None
    issues: list[DataIssue] = field(default_factory=list)
    left_out: list[DataIssue] = field(default_factory=list)  # those of the issues that cost a coin

    def note(self, coin: str, message: str) -> None:
        self.issues.append(DataIssue("info", coin, message))

    def warn(self, coin: str, message: str) -> None:
        self.issues.append(DataIssue("warning", coin, message))

    def leave_out(self, coin: str, reason: str) -> None:
        self.warn(coin, f"left out: {reason}")
        self.left_out.append(self.issues[-1])


def select(request: Request, progress: ProgressSink, cancel: CancelToken) -> Selection:
    """Read, check, clip and align every coin. Raises DataError (nothing is left, damaged file) or Cancelled."""
    selection = Selection()
    _note_unknown_ages(request, selection)
    sizes = [request.dataset.bytes_of(coin) for coin in request.coins_read]
    for index, coin in enumerate(request.coins_read):
        progress(Progress(f"reading {coin}", sum(sizes[:index]), sum(sizes), "bytes"))
        cancel.raise_if_cancelled()
        if coin in request.coins:
            candles = request.dataset.load(coin)
            selection.issues += candles.issues
            if aligned := _choose(request, coin, candles, selection):
                selection.coins[coin] = aligned
        if coin == BITCOIN and request.btc_collateral:
            selection.bitcoin = request.dataset.load_bitcoin()
            selection.issues += () if coin in request.coins else selection.bitcoin.issues
    progress(Progress("reading done", sum(sizes), sum(sizes), "bytes"))
    if not selection.coins:
        reasons = [str(issue) for issue in selection.left_out]
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise DataError(f"no coin is left to test; {reasons[0]}{more}; {request.holdings}", reasons)
    if selection.bitcoin is not None:
        _check_bitcoin(request, selection.bitcoin, selection)
    return selection


def _note_unknown_ages(request: Request, selection: Selection) -> None:
    """A folder's first candle need not be the listing, so without a listing time the rule can't be applied."""
    unknown = [coin for coin in request.coins if request.dataset.spec_of(coin).listed_ms is None]
    if request.minimum_coin_age_days > 0 and unknown:
        selection.note(
            "",
            f"the minimum coin age of {request.minimum_coin_age_days:g} days is not applied to {_some(unknown)}: "
            "the dataset does not say when they were listed (listed_ms)",
        )


def _choose(request: Request, coin: str, candles: Candles, selection: Selection) -> AlignedCoin | None:
    """The coin's rows within the range, or None with a warning why not."""
    start_ms = _start_of(request, coin, selection)
    chosen = candles.between(start_ms, request.last_ms)
    if not len(chosen):
        since = iso_minute(start_ms) if start_ms <= request.last_ms else "when it is old enough"
        selection.leave_out(coin, f"no candles from {since} to {iso_minute(request.last_ms)}")
        return None
    gaps = find_gaps(chosen)
    longest = max(gaps, key=lambda gap: gap.minutes, default=None)
    if longest is not None and longest.minutes > request.gap_tolerance_minutes:
        selection.leave_out(
            coin,
            f"{_describe(longest)}, and gaps up to {request.gap_tolerance_minutes:g} minutes are allowed "
            "(gap_tolerance_ohlcvs_minutes)",
        )
        return None
    if longest is not None:
        missing = sum(gap.missing for gap in gaps)
        places = f"{len(gaps)} gaps" if len(gaps) > 1 else "1 gap"
        selection.note(coin, f"{missing} missing minutes in {places} filled flat; the longest: {_describe(longest)}")
    return align(chosen)


def _start_of(request: Request, coin: str, selection: Selection) -> int:
    """The coin's first minute by the dates and, if its listing time is known, by the minimum age."""
    listed_ms = request.dataset.spec_of(coin).listed_ms
    if listed_ms is None or request.minimum_coin_age_days <= 0:
        return request.first_ms
    of_age_ms = listed_ms + math.ceil(request.minimum_coin_age_days * (DAY_MS / MINUTE_MS)) * MINUTE_MS
    if of_age_ms <= request.first_ms:
        return request.first_ms
    age = f"{request.minimum_coin_age_days:g} days after its listing"
    selection.note(coin, f"starts at {iso_minute(of_age_ms)}, {age} (minimum_coin_age_days)")
    return of_age_ms


def _check_bitcoin(request: Request, bitcoin: Candles, selection: Selection) -> None:
    """The price of the collateral may be carried over gaps, but not out of nothing."""
    first_ms, last_ms = common_range(list(selection.coins.values()))
    within = bitcoin.between(first_ms, last_ms)
    if not len(within):
        raise DataError(
            f"BTC collateral needs BTC's candles from {iso_minute(first_ms)} to {iso_minute(last_ms)}, and the dataset "
            f"{request.dataset.name} holds none; choose other dates or switch off use_btc_collateral"
        )
    begins = int(bitcoin.timestamp_ms[0])
    if begins > first_ms:
        late = f"the price of the collateral before {iso_minute(begins)} is taken to be BTC's first close"
        selection.warn(BITCOIN, late)
    gaps = [gap for gap in find_gaps(within) if gap.minutes > request.gap_tolerance_minutes]
    if gaps:
        selection.warn(BITCOIN, f"the price of the collateral stands still in a gap: {_describe(gaps[0])}")


def _describe(gap: Gap) -> str:
    return f"{gap.minutes} minutes between candles after {iso_minute(gap.after_ms)}"


def _some(coins: Sequence[str]) -> str:
    more = f" and {len(coins) - _COINS_NAMED} more" if len(coins) > _COINS_NAMED else ""
    return ", ".join(coins[:_COINS_NAMED]) + more
