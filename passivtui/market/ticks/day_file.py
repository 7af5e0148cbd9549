"""One day of trades as a file: checked by a checksum, never changed, its name tells what it holds.

`2024-08-08.1234567.ticks` holds 1,234,567 trades, all of that day. Inside: a header, then, compressed, the columns
of `trades.COLUMNS` one after the other.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from passivtui.clock import DAY_MS, iso_day
from passivtui.market.store.day_file import DamagedDay
from passivtui.market.ticks.trades import COLUMNS, Trades

SUFFIX: Final = ".ticks"

_MAGIC: Final = b"ptuitk\x00\x01"
_HEADER: Final = struct.Struct("<8sqQQI")  # magic, day, rows, packed length, CRC-32 of the packed part
_ROW_BYTES: Final = sum(np.dtype(dtype).itemsize for dtype in COLUMNS.values())
_FASTEST: Final = 1  # of zlib
_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,12})\.ticks")


@dataclass(frozen=True, slots=True, order=True)
class TickDayName:
    """What a file's name tells. `day`: days since 1970."""

    day: int
    rows: int

    def __str__(self) -> str:
        return f"{iso_day(self.day * DAY_MS)}.{self.rows}{SUFFIX}"


def parse_tick_name(name: str) -> TickDayName | None:
    """The day that a file's name tells of; None when it is no day's file."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        day = int(np.datetime64(match[1], "D").astype(np.int64))
    except ValueError:  # the 31st of a short month
        return None
    return TickDayName(day, int(match[2]))


def encode_ticks(day: int, trades: Trades) -> bytes:
    """The content of the file for the trades of one day (perhaps none)."""
    columns = (np.ascontiguousarray(getattr(trades, name), dtype=dtype) for name, dtype in COLUMNS.items())
    plain = b"".join(column.tobytes() for column in columns)
    packed = zlib.compress(plain, _FASTEST)
    return _HEADER.pack(_MAGIC, day, len(trades), len(packed), zlib.crc32(packed)) + packed


def decode_ticks(content: bytes, name: TickDayName) -> Trades:
    """The trades in a file. Raises DamagedDay."""
    if len(content) < _HEADER.size:
        raise DamagedDay("it is cut short")
    magic, day, rows, length, checksum = _HEADER.unpack_from(content)
    if magic != _MAGIC or (day, rows) != (name.day, name.rows):
        raise DamagedDay("it is not the file that its name says")
    packed = memoryview(content)[_HEADER.size :]
    if len(packed) != length:
        raise DamagedDay("it is cut short" if len(packed) < length else "there is something behind its end")
    if zlib.crc32(packed) != checksum:
        raise DamagedDay("its checksum is wrong")
    try:
        plain = zlib.decompress(packed, bufsize=rows * _ROW_BYTES or 1)
    except zlib.error as error:
        raise DamagedDay(f"it can't be unpacked ({error})") from error
    if len(plain) != rows * _ROW_BYTES:
        raise DamagedDay(f"it holds {len(plain) // _ROW_BYTES} trades, its name says {rows}")
    columns, place = [], 0
    for dtype in COLUMNS.values():
        columns.append(np.frombuffer(plain, dtype=dtype, count=rows, offset=place))
        place += rows * np.dtype(dtype).itemsize
    return Trades(*columns)
