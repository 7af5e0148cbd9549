"""One day of 1m candles as a file: small, checked by a checksum, its name tells what it holds.

`2025-06-01.1440s.day` holds 1,440 candles and the day is settled: whole, or known to be all that the venue has;
`2025-06-02.0611p.day` is a part of a day that may still grow. Inside: a header, then, compressed, the minutes
of the day (uint16) and open, high, low, close and volume (float64), column by column.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS, MINUTE_MS, iso_day
from passivtui.market.candles import COLUMNS, Candles

SUFFIX: Final = ".day"
MINUTES_A_DAY: Final = DAY_MS // MINUTE_MS

_MAGIC: Final = b"ptui1m\x00\x01"
_HEADER: Final = struct.Struct("<8sqHHHxxII")  # magic, day, rows, first minute, last minute, packed length, CRC-32
_ROW_BYTES: Final = 2 + 8 * len(COLUMNS)
_FASTEST: Final = 1  # of zlib: prices compress well enough, and reading is what happens often
_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{4})([sp])\.day")


class DamagedDay(Exception):
    """The content of a day's file is not what was written; the text says why."""


@dataclass(frozen=True, slots=True, order=True)
class DayName:
    """What a file's name tells. `day`: days since 1970. Sorts by what is to be preferred of one day's files."""

    day: int
    settled: bool
    rows: int

    def __str__(self) -> str:
        return f"{iso_day(self.day * DAY_MS)}.{self.rows:04d}{'s' if self.settled else 'p'}{SUFFIX}"


def parse_name(name: str) -> DayName | None:
    """The day that a file's name tells of; None when it is no day's file."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        day = int(np.datetime64(match[1], "D").astype(np.int64))
    except ValueError:  # the 31st of a short month
        return None
    return DayName(day, match[3] == "s", int(match[2]))


def encode_day(day: int, candles: Candles) -> bytes:
    """The content of the file for candles of one day (perhaps none), in order of time."""
    minutes = ((candles.timestamp_ms - day * DAY_MS) // MINUTE_MS).astype("<u2")
    columns = (np.ascontiguousarray(getattr(candles, name), dtype="<f8").tobytes() for name in COLUMNS)
    packed = zlib.compress(b"".join((minutes.tobytes(), *columns)), _FASTEST)
    first, last = (int(minutes[0]), int(minutes[-1])) if len(minutes) else (0, 0)
    header = _HEADER.pack(_MAGIC, day, len(minutes), first, last, len(packed), zlib.crc32(packed))
    return header + packed


def decode_day(content: bytes, name: DayName) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Open times int64[n] and columns float64[5, n] (open, high, low, close, volume). Raises DamagedDay."""
    packed = _checked(content, name)
    try:
        plain = zlib.decompress(packed, bufsize=name.rows * _ROW_BYTES or 1)
    except zlib.error as error:
        raise DamagedDay(f"it can't be unpacked ({error})") from error
    if len(plain) != name.rows * _ROW_BYTES:
        raise DamagedDay(f"it holds {len(plain) // _ROW_BYTES} rows, its name says {name.rows}")
    minutes = np.frombuffer(plain, dtype="<u2", count=name.rows)
    columns = np.frombuffer(plain, dtype="<f8", offset=2 * name.rows).reshape(len(COLUMNS), name.rows)
    return name.day * DAY_MS + minutes.astype(np.int64) * MINUTE_MS, columns


def minutes_of(header: bytes, name: DayName) -> tuple[int, int]:
    """First and last minute of the day that has a candle, of the first bytes of a file. Raises DamagedDay."""
    if len(header) < _HEADER.size:
        raise DamagedDay("it is cut short")
    magic, day, rows, first, last, _, _ = _HEADER.unpack_from(header)
    if magic != _MAGIC or (day, rows) != (name.day, name.rows):
        raise DamagedDay("it is not the file that its name says")
    return first, last


HEADER_BYTES: Final = _HEADER.size


def _checked(content: bytes, name: DayName) -> bytes:
    """The packed part, if the header and the checksum hold."""
    minutes_of(content, name)
    *_, length, checksum = _HEADER.unpack_from(content)
    packed = content[_HEADER.size :]
    if len(packed) != length:
        raise DamagedDay("it is cut short" if len(packed) < length else "there is something behind its end")
    if zlib.crc32(packed) != checksum:
        raise DamagedDay("its checksum is wrong")
    return packed
