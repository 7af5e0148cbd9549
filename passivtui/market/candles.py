"""One coin's 1m candles: read from an `.npz` file without trusting it, and cleaned with every change reported.

The rules are those of `spec/data.md` §2. A file that can't be read at all is an error; a row that makes no sense counts
as missing and is reported.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS, iso_minute
from passivtui.errors import DataError
from passivtui.market.description import EARLIEST_MS, LATEST_MS
from passivtui.market.issues import DataIssue, Severity

COLUMNS = ("open", "high", "low", "close", "volume")

#: What a damaged zip or array header makes zipfile and NumPy raise.
_DAMAGE = (
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """A coin's usable candles, `n` rows, strictly ascending in time; minutes may be missing between them.

    `timestamp_ms` int64[n]: open times, whole minutes UTC. `open`, `high`, `low`, `close` float64[n]: above 0, with
    `low <= open, close <= high`. `volume` float64[n]: in base units, 0 or more. `issues`: what was found in the file.
    """

    timestamp_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    issues: tuple[DataIssue, ...] = ()

    def __len__(self) -> int:
        return len(self.timestamp_ms)

    def between(self, start_ms: int, end_ms: int) -> Candles:
        """The candles that open within `start_ms`..`end_ms`, both included; views, not copies."""
        lower = int(np.searchsorted(self.timestamp_ms, start_ms, side="left"))
        upper = int(np.searchsorted(self.timestamp_ms, end_ms, side="right"))
        rows = slice(lower, max(lower, upper))
        parts = {name: getattr(self, name)[rows] for name in ("timestamp_ms", *COLUMNS)}
        return replace(self, **parts)


def read_candles(path: Path, coin: str, expected_rows: int | None = None) -> Candles:
    """Read `coin`'s candles from an `.npz` file. Raises DataError if the file is missing, damaged or of another form.

    With `expected_rows`, a file that holds another number of rows is reported.
    """
    timestamps, columns = _read_columns(path)
    _check_times(timestamps, path)
    candles = clean_candles(coin, timestamps, columns)
    if expected_rows is None or expected_rows == len(timestamps):
        return candles
    mismatch = f"the description promises {expected_rows} rows, the file holds {len(timestamps)}"
    return replace(candles, issues=(DataIssue("warning", coin, mismatch), *candles.issues))


def _read_columns(path: Path) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """The six arrays of a file, of the right type and of one length."""
    arrays = _read_arrays(path)
    if missing := [name for name in ("timestamp_ms", *COLUMNS) if name not in arrays]:
        raise DataError(f"{path} lacks the array{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    for name, array in arrays.items():
        wanted = np.dtype(np.int64 if name == "timestamp_ms" else np.float64)
        if array.dtype != wanted or array.ndim != 1:
            form = f"{array.dtype} with {array.ndim} dimension{'' if array.ndim == 1 else 's'}"
            raise DataError(f"{path}: {name} must be a one-dimensional {wanted} array, but it is {form}")
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"{path}: the arrays differ in length ({counts})")
    return arrays.pop("timestamp_ms"), arrays


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as stream:  # opened here, as NumPy leaves a damaged file open
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path} is a single array, not an .npz file")
            with file:
                return {name: file[name] for name in ("timestamp_ms", *COLUMNS) if name in file.files}
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; put it back or make the dataset again") from error
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path} can't be read ({reason[:120]}); make or download the dataset again") from error


def _check_times(timestamps: NDArray[np.int64], path: Path) -> None:
    """Times of a wrong unit shift everything: no row of such a file is worth keeping."""
    if not len(timestamps):
        raise DataError(f"{path} holds no candles")
    wrong = (timestamps % MINUTE_MS != 0) | (timestamps < EARLIEST_MS) | (timestamps >= LATEST_MS)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{path}: timestamp_ms must be whole minutes in milliseconds since 1970 (UTC), "
            f"but row {row} holds {timestamps[row]}"
        )


def clean_candles(coin: str, timestamps: NDArray[np.int64], columns: dict[str, NDArray[np.float64]]) -> Candles:
    """Drop rows that make no sense, order by time, let the last of several rows of one minute win (`spec/data.md` §2).

    All arrays have one length; the times are whole minutes. Rows that make no sense go first, so that they never win.
    """
    issues: list[DataIssue] = []

    def report(severity: Severity, message: str) -> None:
        issues.append(DataIssue(severity, coin, message))

    bad = np.zeros(len(timestamps), dtype=bool)
    for reason, mask in _nonsense(columns):
        fresh = mask & ~bad
        bad |= mask
        if fresh.any():
            report("warning", f"{_rows_from(timestamps[fresh])} with {reason}, treated as missing")
    if bad.any():
        timestamps, columns = timestamps[~bad], _take(columns, ~bad)

    steps = np.diff(timestamps)
    if (steps < 0).any():
        backwards = timestamps[1:][steps < 0]
        report("warning", f"the time goes back at {_rows_from(backwards)}; the rows were put in order of time")
        order = np.argsort(timestamps, kind="stable")  # stable: of one minute's rows, the file's last stays last
        timestamps, columns = timestamps[order], _take(columns, order)
        steps = np.diff(timestamps)

    if (steps == 0).any():
        repeated = np.append(steps == 0, False)
        differs = np.append(
            (steps == 0) & np.any([column[1:] != column[:-1] for column in columns.values()], axis=0), False
        )
        if differs.any():
            report(
                "warning", f"{_rows_from(timestamps[differs])} repeat a minute with other values; the last one counts"
            )
        if (same := repeated & ~differs).any():
            report("info", f"{_rows_from(timestamps[same])} repeat a minute with the same values")
        timestamps, columns = timestamps[~repeated], _take(columns, ~repeated)

    open_, high, low, close, volume = (columns[name] for name in COLUMNS)
    return Candles(timestamps, open_, high, low, close, volume, tuple(issues))


def _nonsense(columns: dict[str, NDArray[np.float64]]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Reasons for which a row can't be a candle, each with the rows it holds for."""
    open_, high, low, close, volume = (columns[name] for name in COLUMNS)
    with np.errstate(over="ignore", invalid="ignore"):
        # The volume in quote is what the engine gets: it must be finite too.
        yield (
            "a value that is not finite",
            ~np.all([np.isfinite(c) for c in (*columns.values(), volume * close)], axis=0),
        )
        yield "a price that is not above 0", np.any([price <= 0 for price in (open_, high, low, close)], axis=0)
        yield "a negative volume", volume < 0
        yield "a high below its open or close", high < np.maximum(open_, close)
        yield "a low above its open or close", low > np.minimum(open_, close)


def _take(columns: dict[str, NDArray[np.float64]], rows: NDArray[np.generic]) -> dict[str, NDArray[np.float64]]:
    return {name: column[rows] for name, column in columns.items()}


def _rows_from(timestamps: NDArray[np.int64]) -> str:
    """`3 rows (first 2025-01-01 00:05)`."""
    return f"{len(timestamps)} row{'' if len(timestamps) == 1 else 's'} (first {iso_minute(int(timestamps[0]))})"
