"""Files of candles as others write them: CSV (also packed), Parquet and Feather; freqtrade's and Binance's as they are.

A file becomes rows of numbers here, with the lines that are none; `spec/data.md` §6.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.errors import DataError, storage_error
from passivtui.market.candles import COLUMNS, Candles
from passivtui.market.sources.rows import WIDTH, Rows, candles_of, read_csv_rows

TEXT_SUFFIXES: Final = (".csv", ".csv.gz", ".zip", ".txt", ".txt.gz")
ARROW_SUFFIXES: Final = (".feather", ".parquet")
LARGEST_TEXT: Final = 2 * 2**30  # bytes, unpacked: decades of minutes

_TIME_NAMES: Final = ("timestamp_ms", "timestamp", "open_time", "time", "date", "datetime", "ts", "opentime")
_PRICE_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v", "volume_base", "base_volume"),
}
_EVER_MS: Final = 10**14


def is_candle_file(path: Path) -> bool:
    """Whether the name is that of a file that can be read."""
    return path.name.lower().endswith((*TEXT_SUFFIXES, *ARROW_SUFFIXES))


def read_candle_file(path: Path, coin: str) -> Candles:
    """The usable candles of a file; the rest is told in their issues, with line numbers where there are lines.

    Times may be in seconds, ms, µs, ns or ISO form. Raises DataError for a file that can't be read or has no candles,
    StorageError when the disk refuses.
    """
    name = path.name.lower()
    if name.endswith(ARROW_SUFFIXES):
        rows = _arrow_rows(path)
    elif name.endswith(TEXT_SUFFIXES):
        rows = _text_rows(_text_of(path), path)
    else:
        wanted = ", ".join((*TEXT_SUFFIXES, *ARROW_SUFFIXES))
        raise DataError(f"{path} has a form that is unknown; candles can be read from {wanted} and dataset folders")
    candles = candles_of(coin, path.name, _in_ms(rows), 0, _EVER_MS)
    if not len(candles):
        raise DataError(f"{path} holds no candles", [str(issue) for issue in candles.issues])
    return candles


# ---- text


def _text_of(path: Path) -> bytes:
    """The unpacked text of a file; of a zip, its only member."""
    try:
        if path.suffix.lower() == ".zip":
            return _only_member(path)
        if path.suffix.lower() == ".gz":
            with gzip.open(path, "rb") as file:
                return _bounded(file.read(LARGEST_TEXT + 1), path)
        return _bounded(path.read_bytes(), path)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(f"{path} is damaged ({error}); get it again") from error
    except OSError as error:
        raise storage_error("read", path, error) from error


def _only_member(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) != 1:
            raise DataError(f"{path} holds {len(members)} files; give a zip with one CSV file in it")
        if members[0].file_size > LARGEST_TEXT:
            raise DataError(f"{path} is too large to be a file of candles")
        return archive.read(members[0])


def _bounded(text: bytes, path: Path) -> bytes:
    if len(text) > LARGEST_TEXT:
        raise DataError(f"{path} is too large to be a file of candles")
    return text


def _text_rows(text: bytes, path: Path) -> Rows:
    """Rows by the names in the first line, or by their order (time, open, high, low, close, volume) without names."""
    if b"\0" in text[:4096]:
        raise DataError(f"{path} is a binary file, not CSV")
    first_line = text[: text.find(b"\n")] if b"\n" in text else text
    names = [name.strip().strip('"').lower() for name in first_line.decode("utf-8-sig", "replace").split(",")]
    columns = _columns_of(names)
    if columns is None or columns == list(range(WIDTH)):
        rows = read_csv_rows(text)
        if len(rows.table) or columns is None:
            return rows
    return _named_rows(text, columns)


def _columns_of(names: Sequence[str]) -> list[int] | None:
    """Where time, open, high, low, close and volume stand; None when the names don't tell."""
    places = {name: index for index, name in reversed(list(enumerate(names)))}
    time = next((places[name] for name in _TIME_NAMES if name in places), None)
    found = [next((places[name] for name in _PRICE_NAMES[column] if name in places), None) for column in COLUMNS]
    if time is None or any(place is None for place in found):
        return None
    return [time, *(place for place in found if place is not None)]


def _named_rows(text: bytes, columns: Sequence[int]) -> Rows:
    body = text[text.find(b"\n") + 1 :] if b"\n" in text else b""
    if not body.strip():
        return Rows(np.empty((0, WIDTH)))
    try:
        return Rows(np.loadtxt(io.BytesIO(body), delimiter=",", usecols=columns, ndmin=2, comments=None))
    except ValueError:
        return _line_by_line(body, columns)


def _line_by_line(body: bytes, columns: Sequence[int]) -> Rows:
    """For times in ISO form, and for files in which some line is broken: the others count."""
    good: list[list[float]] = []
    times: list[str] = []
    bad: list[int] = []
    for number, fields in enumerate(csv.reader(io.StringIO(body.decode("utf-8", "replace"))), 2):
        if not fields:
            continue
        try:
            good.append([float(fields[place]) for place in columns[1:]])
            times.append(fields[columns[0]])
        except (ValueError, IndexError):
            bad.append(number)
            continue
    stamps, wrong = _times_of(times)
    table = np.column_stack((stamps, np.array(good, dtype=np.float64).reshape(-1, WIDTH - 1)))
    return Rows(table[~wrong], tuple(bad))


def _times_of(texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers, or ISO times in UTC as ms; True where a text is neither."""
    try:
        return np.array(texts, dtype=np.float64), np.zeros(len(texts), dtype=bool)
    except ValueError:
        pass
    stamps, wrong = np.zeros(len(texts)), np.zeros(len(texts), dtype=bool)
    for index, text in enumerate(texts):
        try:
            plain = text.strip().removesuffix("Z").removesuffix("+00:00").replace(" ", "T")
            stamps[index] = np.datetime64(plain, "ms").astype(np.int64)
        except ValueError:
            wrong[index] = True
    return stamps, wrong


def _in_ms(rows: Rows) -> Rows:
    """The same rows with their times in ms: the unit follows from the size of the largest."""
    times = rows.table[:, 0]
    finite = times[np.isfinite(times)]
    if not len(finite):
        return rows
    largest = float(np.abs(finite).max())
    factor = 1000.0 if largest < 1e11 else 1.0 if largest < 1e14 else 1e-3 if largest < 1e17 else 1e-6
    if factor == 1.0:
        return rows
    table = rows.table.copy()
    table[:, 0] = np.round(times * factor)
    return Rows(table, rows.bad_lines)


# ---- Parquet and Feather


def _arrow_rows(path: Path) -> Rows:
    pyarrow = require_arrow()
    try:
        if path.suffix.lower() == ".feather":
            from pyarrow import feather

            table = feather.read_table(path)
        else:
            from pyarrow import parquet

            table = parquet.read_table(path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"{path} can't be read ({reason}); get it again") from error
    columns = _columns_of([str(name).lower() for name in table.column_names])
    if columns is None:
        raise DataError(
            f"{path} must have columns for time, open, high, low, close and volume; it has "
            f"{', '.join(str(name) for name in table.column_names[:12])}"
        )
    try:
        arrays = [_numbers(table.column(place)) for place in columns]
    except (pyarrow.ArrowException, ValueError, TypeError) as error:
        raise DataError(f"{path}: a column holds no numbers ({' '.join(str(error).split())[:120]})") from error
    return Rows(np.column_stack(arrays))


def _numbers(column: Any) -> NDArray[np.float64]:
    """A column as float64; times as ms."""
    values = column.to_numpy()
    if values.dtype.kind == "M":
        return values.astype("datetime64[ms]").astype(np.int64).astype(np.float64)  # type: ignore[no-any-return]
    if values.dtype.kind in "OUS":
        stamps, wrong = _times_of([str(value) for value in values])
        return np.where(wrong, np.nan, stamps)
    return values.astype(np.float64)  # type: ignore[no-any-return]


def require_arrow() -> Any:
    """The module pyarrow. Raises DataError that says how to get it."""
    try:
        import pyarrow
    except ImportError as error:
        raise DataError("Parquet and Feather files need pyarrow: pip install 'passivtui[arrow]'") from error
    return pyarrow


# ---- writing


def csv_lines(candles: Candles) -> Iterator[str]:
    """CSV with a line of names; times in ms, numbers so that they read back exactly."""
    yield "timestamp_ms,open,high,low,close,volume\n"
    columns = [getattr(candles, name).tolist() for name in ("timestamp_ms", *COLUMNS)]
    for row in zip(*columns, strict=True):
        yield ",".join(map(repr, row)) + "\n"


def arrow_bytes(candles: Candles, form: str) -> bytes:
    """A Feather or Parquet file in freqtrade's layout: `date` (ms, UTC), open, high, low, close, volume."""
    pyarrow = require_arrow()
    dates = pyarrow.array(candles.timestamp_ms, pyarrow.timestamp("ms", tz="UTC"))
    table = pyarrow.table({"date": dates, **{name: getattr(candles, name) for name in COLUMNS}})
    sink = pyarrow.BufferOutputStream()
    if form == "feather":
        from pyarrow import feather

        feather.write_feather(table, sink, compression="lz4")
    else:
        from pyarrow import parquet

        parquet.write_table(table, sink)
    return bytes(sink.getvalue())
