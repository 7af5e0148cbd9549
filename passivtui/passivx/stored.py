"""Ticks out of the store of trades: which days a backtest wants, downloaded if they are missing, read as ticks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from passivtui.clock import DAY_MS, Clock, iso_day, utc_ms
from passivtui.core import EngineInputError, TickData
from passivtui.errors import DataError
from passivtui.market.issues import DataIssue
from passivtui.market.sources.settings import load_source_settings
from passivtui.market.ticks import TickStore, TickWant, ensure_ticks
from passivtui.market.ticks.download import check_want
from passivtui.passivx.model import SessionSettings, TickBacktest
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink, ignore_progress

STORE: Final = "store"  # as a place: the days that the settings ask for
PREFIX: Final = f"{STORE}:"
_PLACE: Final = re.compile(r"store:(\w+):(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Days (numbers since 1970, both included) of a venue's trades. As text `store:bybit:2024-08-01..2024-08-31`."""

    exchange: str
    first_day: int
    last_day: int

    def __str__(self) -> str:
        return f"{PREFIX}{self.exchange}:{iso_day(self.first_day * DAY_MS)}..{iso_day(self.last_day * DAY_MS)}"


def parse_place(text: str) -> StorePlace:
    """What a place's text names. Raises DataError."""
    match = _PLACE.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        first, last = (int(np.datetime64(day, "D").astype(np.int64)) for day in match.groups()[1:])
    except ValueError:
        raise DataError(f"{text} names no stored ticks; write it as store:bybit:2024-08-01..2024-08-31") from None
    if first > last:
        raise DataError(f"{text} ends before it begins")
    return StorePlace(match[1].lower(), first, last)


def tick_store(home: Home) -> TickStore:
    """The home's store of trades."""
    return TickStore(home.root / "ticks")


def days_wanted(
    exchange: str, n_days: float | None, start_ms: int | None, end_ms: int | None, now_ms: int
) -> StorePlace:
    """The days of a run: from `start_ms` or `n_days` before the end, to `end_ms` or the last day that is over.

    Raises DataError when nothing says where to begin, or when no whole day is left.
    """
    last_over = now_ms // DAY_MS - 1
    last = last_over if end_ms is None else min(end_ms // DAY_MS, last_over)
    if start_ms is not None:
        first = start_ms // DAY_MS
    elif n_days:
        first = last - max(1, round(n_days)) + 1
    else:
        raise DataError("it isn't said how many days to run; give --start D, or n_days in the settings")
    if first > last:
        raise DataError(
            f"no day of that is over: it would run from {iso_day(first * DAY_MS)} to {iso_day(last * DAY_MS)}; "
            "choose an earlier start"
        )
    return StorePlace(exchange, first, last)


def resolved(
    place: str,
    settings: TickBacktest | SessionSettings,
    home: Home,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    clock: Clock = utc_ms,
) -> tuple[str, Sequence[DataIssue]]:
    """A place of ticks as one that means the same tomorrow, and what was found on the way.

    `store` becomes the settings' last `n_days`, of which missing ones are downloaded; others are given back as they
    are. Raises what `days_wanted` and `ensure_stored` do.
    """
    if place != STORE:
        return place, ()
    days = days_wanted(settings.exchange, settings.n_days, None, None, clock())
    stored, issues = ensure_stored(days, settings.symbol, home, progress, cancel)
    return str(stored), issues


def ensure_stored(
    place: StorePlace,
    symbol: str,
    home: Home,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
) -> tuple[StorePlace, Sequence[DataIssue]]:
    """Download the days that the store lacks; the place without those at its ends that are not to be had.

    A market may be younger than the days asked for, and an archive a day late. Raises what `ensure_ticks` does, and
    DataError when no day is to be had.
    """
    exchange, symbol = check_want(place.exchange, symbol)
    want = TickWant(exchange, symbol, place.first_day, place.last_day)
    store = tick_store(home)
    issues = ensure_ticks(store, [want], load_source_settings(home.settings), progress, cancel)
    there = [day for day in store.days(exchange, symbol) if place.first_day <= day <= place.last_day]
    if not there:
        reason = f" ({issues[0]})" if issues else ""
        raise DataError(f"there are no trades of {symbol} at {place}{reason}; choose other days")
    return StorePlace(exchange, there[0], there[-1]), issues


def read_stored(place: StorePlace, symbol: str, home: Home) -> TickData:
    """The ticks of these days. Raises DataError for days that are missing or damaged, and StorageError."""
    trades = tick_store(home).read(place.exchange, symbol, place.first_day, place.last_day)
    try:
        return TickData(trades.timestamp_ms, trades.price, trades.buyer_is_maker)
    except EngineInputError as error:
        raise DataError(f"{place}: {error}") from error
