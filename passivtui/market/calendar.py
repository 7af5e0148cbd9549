"""A coin's coverage as a calendar: one state a day, one row a month (`spec/data.md` §6)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from passivtui.clock import DAY_MS, iso_day
from passivtui.market.store.candle_store import Coverage
from passivtui.market.store.day_file import MINUTES_A_DAY


class DayState(StrEnum):
    """What the store knows of a day, in words."""

    WHOLE = "whole"
    GAPS = "all that the venue has, with gaps"
    PART = "a part, to be gone on with"
    MISSING = "not there"
    OUTSIDE = "before or after what is stored"


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its number since 1970, candles, and state."""

    number: int
    rows: int
    state: DayState

    def __str__(self) -> str:
        count = f"{self.rows:,} of {MINUTES_A_DAY:,} candles" if self.rows else "no candle"
        return f"{iso_day(self.number * DAY_MS)}: {self.state}" + (
            "" if self.state is DayState.OUTSIDE else f", {count}"
        )


@dataclass(frozen=True, slots=True)
class Month:
    """A row of the calendar: `2025-06` and its 28 to 31 days."""

    label: str
    days: tuple[Day, ...]


def months_of(coverage: Coverage) -> tuple[Month, ...]:
    """Every month from the first to the last stored day."""
    known = {
        int(day): (int(rows), bool(settled))
        for day, rows, settled in zip(coverage.days, coverage.rows, coverage.settled, strict=True)
    }
    first, last = min(known), max(known)
    months = []
    start = np.datetime64(first, "D").astype("datetime64[M]")
    for month in np.arange(start, np.datetime64(last, "D").astype("datetime64[M]") + 1):
        year, number = (int(part) for part in str(month).split("-"))
        begin = int(month.astype("datetime64[D]").astype(np.int64))
        numbers = range(begin, begin + calendar.monthrange(year, number)[1])
        months.append(Month(str(month), tuple(_day(day, known, first, last) for day in numbers)))
    return tuple(months)


def _day(number: int, known: dict[int, tuple[int, bool]], first: int, last: int) -> Day:
    rows, settled = known.get(number, (0, False))
    if rows == MINUTES_A_DAY:
        state = DayState.WHOLE
    elif settled:
        state = DayState.GAPS
    elif number in known:
        state = DayState.PART
    else:
        state = DayState.MISSING if first < number < last else DayState.OUTSIDE
    return Day(number, rows, state)
