"""Where an axis has its ticks and how they read: round numbers with thousands commas, calendar steps, powers of ten."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from passivtui.clock import DAY_MS, MINUTE_MS

HOUR_MS: Final = 60 * MINUTE_MS

Tick = tuple[float, str]
"""Position on the axis and its label."""


def number_ticks(low: float, high: float, most: int) -> list[Tick]:
    """At most `most` round positions within [low, high], labelled with the decimals their step needs."""
    if most < 1 or not (math.isfinite(low) and math.isfinite(high)):
        return []
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):  # labels could not tell its ends apart
        return []
    step = round_step((high - low) / max(1, most - 1))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    if last - first + 1 > most:
        step = round_step(step * 1.01)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(index * step, number_text(index * step, step)) for index in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        if factor * power >= least * (1 - 1e-12):
            return factor * power
    return 10.0 * power


def number_text(value: float, step: float) -> str:
    """`12,345` or `0.0125`: the decimals that tell neighbours `step` apart, never an exponent."""
    decimals = max(0, -math.floor(math.log10(abs(step)) + 1e-9)) if step else 0
    while decimals < 12 and abs(round(step, decimals) - step) > abs(step) * 1e-6:
        decimals += 1
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Ticks of a logarithmic axis over positive values: powers of ten, with 2 and 5 between when there is room."""
    if low <= 0 or high <= low or most < 1:
        return []
    for factors in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        values = [
            factor * 10.0**power
            for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for factor in factors
            if low <= factor * 10.0**power <= high
        ]
        if 2 <= len(values) <= most:
            return [(value, number_text(value, value)) for value in values]
    if len(values) > most:
        stride = math.ceil(len(values) / most)
        return [(value, number_text(value, value)) for value in values[::stride]]
    return number_ticks(low, high, most)  # less than a decade: round numbers say more than one power of ten


_STEPS_MS: Final = (
    *(minutes * MINUTE_MS for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR_MS for hours in (1, 2, 3, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 5, 10)),
)
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120)


def date_ticks(low_ms: float, high_ms: float, most: int) -> list[Tick]:
    """Calendar positions (UTC) within [low, high]: the shortest step with at most `most` ticks."""
    if most < 1 or not high_ms > low_ms:
        return []
    for step in _STEPS_MS:
        if (high_ms - low_ms) / step <= most:
            positions = _positions(low_ms, high_ms, step)
            if len(positions) <= most:
                return _labelled(positions, step)
    for months in _MONTH_STEPS:
        positions = _month_positions(low_ms, high_ms, months)
        if len(positions) <= most:
            return _labelled(positions, months * 28 * DAY_MS, years=months >= 12)
    return []


def _positions(low_ms: float, high_ms: float, step: int) -> list[float]:
    if step > DAY_MS:  # days 1, 6, 11 ... of each month rather than since 1970
        days = step // DAY_MS
        day = _utc(low_ms).replace(hour=0, minute=0, second=0, microsecond=0)
        found: list[float] = []
        while (ms := day.timestamp() * 1000) <= high_ms:
            if ms >= low_ms and (day.day - 1) % days == 0 and (day.day < 30 or days == 2):
                found.append(ms)
            day += timedelta(days=1)
        return found
    return [float(ms) for ms in range(math.ceil(low_ms / step) * step, math.floor(high_ms) + 1, step)]


def _month_positions(low_ms: float, high_ms: float, months: int) -> list[float]:
    start = _utc(low_ms)
    index = (
        start.year * 12 // months * months if months >= 12 else start.year * 12 + (start.month - 1) // months * months
    )
    found: list[float] = []
    while True:
        ms = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000
        if ms > high_ms:
            return found
        if ms >= low_ms:
            found.append(ms)
        index += months


def _labelled(positions: Sequence[float], step: float, *, years: bool = False) -> list[Tick]:
    if years:
        return [(ms, f"{_utc(ms):%Y}") for ms in positions]
    if step >= 28 * DAY_MS:
        return [(ms, f"{_utc(ms):%Y-%m}") for ms in positions]
    if step >= DAY_MS:
        return [(ms, _day_label(ms, first=index == 0)) for index, ms in enumerate(positions)]
    return [(ms, _time_label(ms, first=index == 0)) for index, ms in enumerate(positions)]


def _day_label(ms: float, *, first: bool) -> str:
    return f"{_utc(ms):%Y-%m-%d}" if first else f"{_utc(ms):%m-%d}"


def _time_label(ms: float, *, first: bool) -> str:
    """The time of day; the date at the first tick and at midnight."""
    moment = _utc(ms)
    if first:
        return f"{moment:%m-%d %H:%M}"
    return f"{moment:%m-%d}" if moment.hour == 0 and moment.minute == 0 else f"{moment:%H:%M}"


def _utc(ms: float) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def cell_of(value: float, low: float, high: float, cells: int) -> int:
    """The cell (0 .. cells - 1) of `value`; `low` and `high` are the middle of the end cells, as in plotext."""
    if high <= low or cells < 2:
        return 0
    return min(cells - 1, max(0, round((value - low) / (high - low) * (cells - 1))))


def axis_row(ticks: Sequence[Tick], place: Callable[[float], int], width: int, line: str) -> str:
    """One row of `width` cells: `line` with the labels let into it, none over another, none cut.

    A label begins at its tick's column, or a little to the left where the row would end.
    """
    row = [line] * width
    taken = -1
    for position, label in ticks:
        start = min(place(position), width - len(label))
        if start <= taken or start < 0:
            continue
        row[start : start + len(label)] = label
        taken = start + len(label)
    return "".join(row)
