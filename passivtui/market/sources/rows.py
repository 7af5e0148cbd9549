"""From rows as a source sends them to candles: units of time, rows that are none, rows of other days.

Every row that is not taken is counted and named by its line (`spec/data.md` §2, §6).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS, iso_minute
from passivtui.market.candles import COLUMNS, Candles, clean_candles
from passivtui.market.issues import DataIssue

WIDTH = 1 + len(COLUMNS)

#: From this size on a time is in microseconds (as Binance's archives of 2025 may have it): in ms, the year 5138.
_MICROSECONDS = 1e14


@dataclass(frozen=True, slots=True)
class Rows:
    """`table` float64[n, 6]: time (ms or µs), open, high, low, close, volume. `bad_lines`: those that hold no row."""

    table: NDArray[np.float64]
    bad_lines: tuple[int, ...] = field(default=())


def read_csv_rows(text: bytes) -> Rows:
    """The first six columns of a CSV file, with or without a line of headings."""
    start = _line_after_headings(text)
    if not text[start:].strip():
        return Rows(np.empty((0, WIDTH)))
    try:
        table = np.loadtxt(io.BytesIO(text[start:]), delimiter=",", usecols=range(WIDTH), ndmin=2, comments=None)
    except ValueError:
        return _row_by_row(text, start)
    return Rows(table)


def _line_after_headings(text: bytes) -> int:
    """Where the first line starts that is no heading: a byte-order mark and a line that starts with a letter go."""
    start = 3 if text.startswith(b"\xef\xbb\xbf") else 0
    if text[start : start + 1].isalpha() or text[start : start + 1] == b'"':
        end = text.find(b"\n", start)
        return len(text) if end < 0 else end + 1
    return start


def _row_by_row(text: bytes, start: int) -> Rows:
    """As `read_csv_rows`, for a file in which some line is broken: the others count."""
    first_line = text[:start].count(b"\n") + 1
    lines = csv.reader(io.StringIO(text[start:].decode("utf-8", "replace")))
    rows: list[list[float]] = []
    bad: list[int] = []
    for number, fields in enumerate(lines, first_line):
        if not fields:
            continue
        try:
            row = [float(value) for value in fields[:WIDTH]]
        except ValueError:
            row = []
        if len(row) == WIDTH:
            rows.append(row)
        else:
            bad.append(number)
    return Rows(np.array(rows, dtype=np.float64).reshape(-1, WIDTH), tuple(bad))


def candles_of(coin: str, source: str, rows: Rows, first_ms: int, last_ms: int) -> Candles:
    """The usable candles of `rows` that open within `first_ms`..`last_ms`; the rest is told, with `source` named."""
    issues: list[DataIssue] = []

    def report(message: str) -> None:
        issues.append(DataIssue("warning", coin, f"{source}: {message}"))

    if rows.bad_lines:
        lines = "line holds" if len(rows.bad_lines) == 1 else "lines hold"
        report(f"{len(rows.bad_lines):,} {lines} no row of numbers (first at line {rows.bad_lines[0]}), left out")
    times = rows.table[:, 0]
    with np.errstate(invalid="ignore"):
        times = np.where(times >= _MICROSECONDS, times / 1000.0, times)
        usable = np.isfinite(times) & (times % MINUTE_MS == 0)
    if not usable.all():
        report(f"{_count(int((~usable).sum()))} a time that is no whole minute, left out")
    inside = usable & (times >= first_ms) & (times <= last_ms)
    if (usable & ~inside).any():
        other = times[usable & ~inside]
        report(f"{_count(len(other))} a time outside what was asked for (first {_moment(other[0])}), left out")
    columns = {name: np.ascontiguousarray(rows.table[inside, 1 + index]) for index, name in enumerate(COLUMNS)}
    candles = clean_candles(coin, times[inside].astype(np.int64), columns)
    found = (DataIssue(issue.severity, coin, f"{source}: {issue.message}") for issue in candles.issues)
    return replace(candles, issues=(*issues, *found))


def select(candles: Candles, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Candles:
    """Those rows of the candles, without remarks."""
    columns = {name: getattr(candles, name)[rows] for name in ("timestamp_ms", *COLUMNS)}
    return Candles(**columns)


def joined(parts: Sequence[Candles]) -> Candles:
    """Candles of several parts in order of time, without remarks; of one minute's rows, the later part's counts."""
    columns: dict[str, Any] = {
        name: np.concatenate([np.empty(0, dtype), *(getattr(part, name) for part in parts)])
        for name, dtype in (("timestamp_ms", np.int64), *((name, np.float64) for name in COLUMNS))
    }
    order = np.argsort(columns["timestamp_ms"], kind="stable")
    last_of_minute = np.append(np.diff(columns["timestamp_ms"][order]) != 0, True)[: len(order)]
    return select(Candles(**columns), order[last_of_minute])


def _count(rows: int) -> str:
    return "1 row has" if rows == 1 else f"{rows:,} rows have"


def _moment(ms: float) -> str:
    try:
        return iso_minute(int(ms))
    except (OverflowError, OSError, ValueError):
        return str(ms)
