"""Candles as a venue answers them, with the faults of late, missing and revised ones."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from .faults import Fault
from .prices import Candle, PricePath


def candles(
    path: PricePath,
    step_ms: int,
    start_ms: int | None,
    end_ms: int | None,
    limit: int,
    now_ms: int,
    faults: list[Fault],
    *,
    oldest_of_range: bool,
) -> list[Candle]:
    """At most `limit` candles of a range, oldest first; the current, unfinished one is the newest.

    Of a longer range the oldest are given, or the newest when `oldest_of_range` is not set or there is no start.
    """
    last = min(now_ms if end_ms is None else end_ms, now_ms)
    first = last - (limit + 1) * step_ms if start_ms is None else start_ms
    if start_ms is not None and oldest_of_range:
        last = min(last, start_ms + limit * step_ms)
    found = [one for one in path.candles(step_ms, first, last) if one.start_ms >= first]
    found = found[:limit] if start_ms is not None and oldest_of_range else found[-limit:]
    return _troubled(found, step_ms, now_ms, faults)


def _troubled(found: list[Candle], step_ms: int, now_ms: int, faults: list[Fault]) -> list[Candle]:
    for fault in faults:
        if fault.kind == "late candles":
            found = [one for one in found if one.start_ms <= now_ms - fault.minutes * 60_000 - step_ms]
        elif fault.kind == "missing candle" and len(found) > 1:
            found = [*found[:-2], found[-1]]
        elif fault.kind == "revised candle" and len(found) > 1:
            close = found[-2].close * Decimal("1.001")
            found = [*found[:-2], replace(found[-2], close=close, high=max(found[-2].high, close)), found[-1]]
    return found
