"""When a venue's candles of a coin begin: asked by halving, kept in the store (`spec/data.md` §1)."""

from __future__ import annotations

from typing import Final

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.market.sources.venue_api import VenueApi

#: No venue had perpetuals of this kind before 2019-01-01.
EARLIEST_DAY: Final = 1_546_300_800_000 // DAY_MS

_WINDOW = 90  # days asked at once: less than any venue's page of daily candles


async def first_minute(api: VenueApi, symbol: str) -> int | None:
    """Open time of the earliest candle that the venue has; None when it has none at all. Raises VenueError.

    Windows of daily candles are halved until the earliest with a candle is found, then its first day is looked into.
    Where 1m candles don't reach back so far (`KlineRules.kept_minutes`), the day's start stands for the minute.
    """
    await api.markets()
    last_day = api.now_ms() // DAY_MS
    windows = range(EARLIEST_DAY, last_day + 1, _WINDOW)
    newest = await _newest_with_candles(api, symbol, windows)
    if newest is None:
        return None
    low, (high, day_ms) = 0, newest
    while low < high:  # windows[high] has candles; none before windows[low] has
        middle = (low + high) // 2
        found = await api.first_day(symbol, windows[middle] * DAY_MS, _WINDOW)
        if found is None:
            low = middle + 1
        else:
            high, day_ms = middle, found
    return await _first_minute_of(api, symbol, day_ms)


async def _newest_with_candles(api: VenueApi, symbol: str, windows: range) -> tuple[int, int] | None:
    """Index of the newest window with candles, and its first day's time: the newest of all unless delisted."""
    for index in range(len(windows) - 1, -1, -1):
        found = await api.first_day(symbol, windows[index] * DAY_MS, _WINDOW)
        if found is not None:
            return index, found
    return None


async def _first_minute_of(api: VenueApi, symbol: str, day_ms: int) -> int:
    """The first minute with a candle on the day that `day_ms` falls into; the day's start when none can be had."""
    start = day_ms // DAY_MS * DAY_MS
    kept = api.rules.kept_minutes
    if kept is not None and start < api.now_ms() - kept * MINUTE_MS:
        return start
    rows = await api.minutes(symbol, start, start + DAY_MS - MINUTE_MS)
    return int(rows.table[:, 0].min()) if len(rows.table) else start
