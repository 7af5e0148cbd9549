"""Bybit's trade archive: one day's trades, gzipped CSV, summed up to minutes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.market.sources.fetch import DamagedFile
from passivtui.market.sources.rows import WIDTH, Rows

_BLOCK = 1 << 25  # bytes of text that are parsed at a time
LARGEST_TEXT: Final = 16_000_000_000  # what a day's trades may unpack to; more is a bomb, not a market

_COLUMNS = ("timestamp", "price", "size")
_MOST_DECIMALS = 9
_EXACT = 2.0**53


def minutes_of_trades(content: bytes, expected: bytes | None = None) -> Rows:
    """The minutes in which somebody traded, from a day's `.csv.gz` (columns timestamp in s, price, size).

    Open is the first trade's price, close the last one's, volume the sum of sizes. Files that run backwards in time
    (as those of the first years do) are turned round. Minutes without a trade are absent. Raises DamagedFile.
    """
    times, prices, sizes = _trades(content)
    if not len(times):
        return Rows(np.empty((0, WIDTH)))
    if times[0] > times[-1]:
        times, prices, sizes = times[::-1], prices[::-1], sizes[::-1]
    order = np.argsort(times, kind="stable")  # of trades at the same moment, the file's order counts
    minutes = np.floor(times[order] / (MINUTE_MS / 1000)) * MINUTE_MS
    prices, sizes = prices[order], sizes[order]
    starts = np.flatnonzero(np.diff(minutes, prepend=-np.inf))
    ends = np.append(starts[1:], len(minutes)) - 1
    return Rows(
        np.column_stack(
            (
                minutes[starts],
                prices[starts],
                np.maximum.reduceat(prices, starts),
                np.minimum.reduceat(prices, starts),
                prices[ends],
                exact_sums(sizes, starts),
            )
        )
    )


def exact_sums(values: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sums of `values` from each of `starts` to the next, as the decimals they are: free of rounding, in any order.

    Quantities have few decimals, so they are summed as whole numbers of the smallest unit; a set that has too many
    is summed as floats.
    """
    for decimals in range(_MOST_DECIMALS + 1):
        scale = 10.0**decimals
        whole = np.rint(values * scale)
        if np.abs(whole).sum() >= _EXACT:
            break
        if (whole / scale == values).all():
            return np.add.reduceat(whole, starts) / scale
    return np.add.reduceat(values, starts)


def _trades(content: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Times (s), prices and sizes, in the file's order."""
    tables: list[NDArray[np.float64]] = []
    columns: list[int] | None = None
    for block in blocks_of(content):
        text = block
        if columns is None:
            headings, _, text = block.partition(b"\n")
            columns = _columns_of(headings)
        if not text.strip():
            continue
        try:
            tables.append(
                np.loadtxt(io.BytesIO(text), delimiter=",", usecols=columns, ndmin=2, comments=None, dtype=np.float64)
            )
        except ValueError as error:
            raise DamagedFile(f"a line of trades can't be read ({error})") from error
    table = np.concatenate(tables) if tables else np.empty((0, len(_COLUMNS)))
    if not np.isfinite(table).all():
        raise DamagedFile("a trade holds a value that is not finite")
    return table[:, 0], table[:, 1], table[:, 2]


def _columns_of(headings: bytes) -> list[int]:
    names = [name.strip().strip('"').lower() for name in headings.decode("utf-8-sig", "replace").split(",")]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise DamagedFile(f"the trades have no column {missing[0]}")
    return [names.index(name) for name in _COLUMNS]


def blocks_of(content: bytes) -> Iterator[bytes]:
    """The unpacked text in blocks of whole lines. Raises DamagedFile."""
    rest, size = b"", 0
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            while piece := stream.read(_BLOCK):
                size += len(piece)
                if size > LARGEST_TEXT:
                    raise DamagedFile("the file unpacks to more than a day of trades can be")
                lines, newline, rest = (rest + piece).rpartition(b"\n")
                if newline:
                    yield lines + newline
    except (EOFError, OSError, zlib.error) as error:
        raise DamagedFile(f"the gzip file is cut short or damaged ({error})") from error
    if rest:
        yield rest
