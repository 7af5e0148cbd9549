"""Trades as Passiv-X downloads them: CSV files `FIRSTID_LASTID.csv` in a folder named for the symbol.

Binance's have the columns trade_id, price, qty, timestamp and is_buyer_maker, Bybit's trade_id, side, price, qty and
timestamp. As in Passiv-X, trades are put in the order of their ids, and an id that comes twice counts once. Bybit's
times were stored shifted by the downloading machine's offset from UTC; one shift for all changes no trade.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.errors import DataError, storage_error

_MAKER_WORDS: Final = {"true": True, "1": True, "false": False, "0": False}
_MAKER_SIDES: Final = {"sell": True, "buy": False}  # of the taker
_NEEDED: Final = ("trade_id", "price", "timestamp")

#: trade_id, timestamp_ms, price, buyer_is_maker of one trade.
Row = tuple[int, int, float, bool]


def csv_files(folder: Path) -> list[Path]:
    """The files of trades in a folder, by name. Raises StorageError."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    except OSError as error:
        raise storage_error("read", folder, error) from error


def read_trade_csvs(files: Sequence[Path]) -> dict[str, NDArray[Any]]:
    """The trades of all files together, as arrays of `tick_files`' names. Raises DataError with file and line."""
    rows = sorted({row[0]: row for path in files for row in _rows(path)}.values())
    if not rows:
        raise DataError(f"{files[0].parent if files else 'the folder'} holds no trades")
    ids, times, prices, makers = zip(*rows, strict=True)
    return {
        "trade_id": np.array(ids, dtype=np.int64),
        "timestamp_ms": np.array(times, dtype=np.int64),
        "price": np.array(prices, dtype=np.float64),
        "buyer_is_maker": np.array(makers, dtype=bool),
    }


def _rows(path: Path) -> Iterator[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.DictReader(file)
            names = lines.fieldnames or ()
            if not set(_NEEDED) <= set(names) or not {"is_buyer_maker", "side"} & set(names):
                needed = f"{', '.join(_NEEDED)} and is_buyer_maker or side"
                raise DataError(f"{path} is no file of trades: it needs the columns {needed}")
            for line in lines:
                yield _row(line, path, lines.line_num)
    except OSError as error:
        raise storage_error("read", path, error) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is damaged; download it again", [str(error)]) from error


def _row(line: Mapping[str, str | None], path: Path, number: int) -> Row:
    try:
        return (
            int(float(line["trade_id"] or "")),
            int(float(line["timestamp"] or "")),
            float(line["price"] or ""),
            _buyer_is_maker(line),
        )
    except (ValueError, KeyError, OverflowError) as error:
        raise DataError(f"{path}, line {number}: no trade can be read there; download the file again") from error


def _buyer_is_maker(line: Mapping[str, str | None]) -> bool:
    word = line.get("is_buyer_maker")
    if word is not None:
        return _MAKER_WORDS[word.strip().lower()]
    return _MAKER_SIDES[(line.get("side") or "").strip().lower()]
