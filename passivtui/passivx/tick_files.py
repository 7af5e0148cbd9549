"""Ticks by place: the built-in demo, an .npz file, or a folder of such files; never trusted, always checked.

A folder that is named for the symbol may hold the CSV files of Passiv-X instead (`tick_csv`).

A file holds `timestamp_ms` (int64, ms since 1970 UTC), `price` (float64) and `buyer_is_maker` (bool), one row a trade
in the order of time; with `trade_id` (int64) a trade that is there twice is noticed. Its name begins with the symbol.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import iso_minute
from passivtui.core import EngineInputError, TickData
from passivtui.errors import DataError, storage_error
from passivtui.passivx.demo_ticks import NAME as DEMO
from passivtui.passivx.demo_ticks import demo_ticks
from passivtui.passivx.stored import PREFIX, parse_place, read_stored
from passivtui.passivx.tick_csv import csv_files, read_trade_csvs
from passivtui.paths import Home

COLUMNS: Final = {"timestamp_ms": np.dtype(np.int64), "price": np.dtype(np.float64), "buyer_is_maker": np.dtype(bool)}
TRADE_ID: Final = "trade_id"

_DAMAGE: Final = (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError)
_EARLIEST_MS, _LATEST_MS = 1_000_000_000_000, 10_000_000_000_000  # 2001 to 2286: seconds and µs are not ms
_NAMED: Final = 8  # in a message; a person reads no more

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Ticks:
    """A market's ticks, checked and merged. `synthetic`: invented, to be said wherever they are shown."""

    place: str
    symbol: str
    synthetic: bool
    data: TickData

    @property
    def first_ms(self) -> int:
        return int(self.data.timestamp_ms[0])

    @property
    def last_ms(self) -> int:
        return int(self.data.timestamp_ms[-1])


def open_ticks(place: str, symbol: str, home: Home | None = None) -> Ticks:
    """The ticks of a symbol: `demo`, an .npz file, a folder, or days of the home's store (`stored.StorePlace`).

    Raises DataError or StorageError.
    """
    if place == DEMO:
        return Ticks(DEMO, symbol, True, TickData(*demo_ticks(symbol)))
    if place.startswith(PREFIX) and home is not None:
        return Ticks(place, symbol, False, read_stored(parse_place(place), symbol, home))
    path = Path(place).expanduser()
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise storage_error("read", path, error) from error
    if is_folder:
        return Ticks(place, symbol, False, _joined(_arrays_of(path, symbol), path))
    if not is_file:
        raise DataError(f"there are no ticks at {path}; give demo, an .npz file or a folder of them")
    if path.suffix.lower() != ".npz":
        raise DataError(f"{path} is no .npz file; ticks are read from .npz files with {', '.join(COLUMNS)}")
    return Ticks(place, symbol, False, _joined([read_tick_file(path)], path))


def _arrays_of(folder: Path, symbol: str) -> list[Arrays]:
    if folder.name.upper() == symbol.upper() and (files := csv_files(folder)):
        arrays = read_trade_csvs(files)
        _check_times(arrays["timestamp_ms"], folder)
        return [arrays]
    return [read_tick_file(file) for file in _files_of(folder, symbol)]


def _files_of(folder: Path, symbol: str) -> list[Path]:
    """The files whose names begin with the symbol, and go on with something else."""
    try:
        every = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".npz" and path.is_file())
    except OSError as error:
        raise storage_error("read", folder, error) from error
    wanted = re.compile(re.escape(symbol) + r"(?![A-Za-z0-9])", re.IGNORECASE)
    files = [path for path in every if wanted.match(path.name)]
    if not files:
        names = ", ".join(path.name for path in every[:_NAMED]) or "no .npz files"
        raise DataError(f"{folder} has no ticks of {symbol} (there are: {names}); a file's name begins with the symbol")
    return files


def read_tick_file(path: Path) -> Arrays:
    """The arrays of one file, of the right types and one length. Raises DataError."""
    arrays = _read_arrays(path)
    if missing := [name for name in COLUMNS if name not in arrays]:
        raise DataError(f"{path} lacks the array{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    for name, array in arrays.items():
        wanted = COLUMNS.get(name, np.dtype(np.int64))
        if array.dtype != wanted or array.ndim != 1:
            raise DataError(f"{path}: {name} must be a one-dimensional {wanted} array, but it is {array.dtype}")
    if len({len(array) for array in arrays.values()}) > 1:
        counts = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise DataError(f"{path}: the arrays differ in length ({counts})")
    _check_times(arrays["timestamp_ms"], path)
    return arrays


def _read_arrays(path: Path) -> Arrays:
    try:
        with path.open("rb") as stream:  # opened here, as NumPy leaves a damaged file open
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path} is a single array, not an .npz file")
            with file:
                return {name: file[name] for name in (*COLUMNS, TRADE_ID) if name in file.files}
    except OSError as error:
        raise storage_error("read", path, error) from error
    except _DAMAGE as error:
        raise DataError(f"{path} is damaged or cut short; get or make it again", [str(error)]) from error


def _check_times(times: NDArray[np.int64], path: Path) -> None:
    if not len(times):
        raise DataError(f"{path} holds no trades")
    wrong = (times < _EARLIEST_MS) | (times >= _LATEST_MS)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"{path}: timestamp_ms must be milliseconds since 1970 (UTC), but row {row} holds {times[row]}")


def _joined(files: Sequence[Arrays], place: Path) -> TickData:
    """All files as one, in the order of time."""
    ordered = sorted(files, key=lambda arrays: int(arrays["timestamp_ms"][0]))
    for before, after in pairwise(ordered):
        if after["timestamp_ms"][0] < before["timestamp_ms"][-1]:
            when = iso_minute(int(after["timestamp_ms"][0]))
            raise DataError(f"{place}: two files overlap at {when}; remove one of them")
    if all(TRADE_ID in arrays for arrays in ordered):
        _check_ids(np.concatenate([arrays[TRADE_ID] for arrays in ordered]), place)
    columns = [np.concatenate([arrays[name] for arrays in ordered]) for name in COLUMNS]
    try:
        return TickData(*columns)
    except EngineInputError as error:
        raise DataError(f"{place}: {error}") from error


def _check_ids(ids: NDArray[np.int64], place: Path) -> None:
    ordered = np.sort(ids)
    twice = ordered[1:][np.diff(ordered) == 0]
    if len(twice):
        raise DataError(f"{place}: {len(twice)} trades are there twice (the first: trade_id {twice[0]}); remove them")
