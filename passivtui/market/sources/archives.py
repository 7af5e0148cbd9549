"""The public archives of whole past days: which files there are, and what a file holds (`spec/data.md` §1)."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from passivtui.clock import DAY_MS
from passivtui.market.sources.fetch import DamagedFile
from passivtui.market.sources.rows import Rows, read_csv_rows
from passivtui.market.sources.sheet import read_sheet_rows
from passivtui.market.sources.trades import minutes_of_trades

LARGEST_MEMBER: Final = 200_000_000  # bytes; a month of candles is a thirtieth of that

_EPOCH = date(1970, 1, 1)
_BITGET_NEW_NAMES = date(2024, 4, 19)  # from this day on
_MONTH_FROM = 8  # missing days from which one month's file is cheaper than the days'


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file: its URL, the days (numbers since 1970) that its rows may fall into, and which of them are wanted."""

    url: str
    first_day: int
    last_day: int
    wanted: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def first_ms(self) -> int:
        return self.first_day * DAY_MS

    @property
    def last_ms(self) -> int:
        """The last millisecond that a row may have."""
        return (self.last_day + 1) * DAY_MS - 1


class Archive(ABC):
    """One venue's archive below a base URL."""

    #: A day's file says all there is to say: minutes that it lacks had no trade.
    complete = False
    #: Beside each file lies one with its SHA-256.
    checksums = False

    def __init__(self, base: str) -> None:
        self.base = base

    @abstractmethod
    def files(self, market: str, days: Sequence[int], today: int) -> list[ArchiveFile]:
        """The files that hold `days` (ascending, before `today`) of a market such as BTCUSDT, in order of time."""

    def days_of(self, file: ArchiveFile, market: str) -> list[ArchiveFile]:
        """Smaller files to ask for in place of `file` when it is missing, damaged or lacks rows; none by default."""
        return []

    @abstractmethod
    def read(self, content: bytes, checksum: bytes | None) -> Rows:
        """The rows of a file. Raises DamagedFile."""


class BinanceArchive(Archive):
    """Monthly and daily zips of klines, with checksum files."""

    checksums = True

    def files(self, market: str, days: Sequence[int], today: int) -> list[ArchiveFile]:
        this_month = _date(today).replace(day=1)
        found: list[ArchiveFile] = []
        for month, wanted in _by_month(days):
            if month < this_month and len(wanted) >= _MONTH_FROM:
                first, last = _month_days(month)
                url = f"{self._folder('monthly', market)}{month:%Y-%m}.zip"
                found.append(ArchiveFile(url, first, last, tuple(wanted)))
            else:
                found += [self._daily(market, day) for day in wanted]
        return found

    def days_of(self, file: ArchiveFile, market: str) -> list[ArchiveFile]:
        if file.first_day == file.last_day:
            return []
        return [self._daily(market, day) for day in file.wanted]

    def read(self, content: bytes, checksum: bytes | None) -> Rows:
        if checksum is not None:
            verify(content, checksum)
        return read_csv_rows(only_member(content)[1])

    def _daily(self, market: str, day: int) -> ArchiveFile:
        return ArchiveFile(f"{self._folder('daily', market)}{_date(day):%Y-%m-%d}.zip", day, day, (day,))

    def _folder(self, period: str, market: str) -> str:
        return f"{self.base}/data/futures/um/{period}/klines/{market}/1m/{market}-1m-"


class BybitArchive(Archive):
    """Daily gzips of every trade."""

    complete = True

    def files(self, market: str, days: Sequence[int], today: int) -> list[ArchiveFile]:
        return [
            ArchiveFile(f"{self.base}/trading/{market}/{market}{_date(day):%Y-%m-%d}.csv.gz", day, day, (day,))
            for day in days
        ]

    def read(self, content: bytes, checksum: bytes | None) -> Rows:
        return minutes_of_trades(content)


class BitgetArchive(Archive):
    """Daily zips with an Excel sheet or a CSV of candles. A file's day need not start at midnight UTC."""

    def files(self, market: str, days: Sequence[int], today: int) -> list[ArchiveFile]:
        return [ArchiveFile(self._url(market, _date(day)), day - 1, day + 1, (day,)) for day in days]

    def read(self, content: bytes, checksum: bytes | None) -> Rows:
        name, member = only_member(content)
        if not member.startswith(b"PK"):
            return read_csv_rows(member)
        try:
            return read_sheet_rows(member)
        except (ValueError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise DamagedFile(f"the sheet {name} can't be read ({error})") from error

    def _url(self, market: str, day: date) -> str:
        folder = f"{self.base}/online/kline/{market}"
        if day < _BITGET_NEW_NAMES:
            return f"{folder}/{market}_UMCBL_1min_{day:%Y%m%d}.zip"
        return f"{folder}/UMCBL/{day:%Y%m%d}.zip"


ARCHIVES: dict[str, type[Archive]] = {"binance": BinanceArchive, "bybit": BybitArchive, "bitget": BitgetArchive}
"""The venues that have an archive."""


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def day_number(ms: int) -> int:
    """The day that a time in ms falls into."""
    return ms // DAY_MS


def day_text(day: int) -> str:
    """`2025-01-31`."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).strftime("%Y-%m-%d")


def _by_month(days: Iterable[int]) -> list[tuple[date, list[int]]]:
    months: dict[date, list[int]] = {}
    for day in days:
        months.setdefault(_date(day).replace(day=1), []).append(day)
    return sorted(months.items())


def _month_days(first: date) -> tuple[int, int]:
    after = (first + timedelta(days=32)).replace(day=1)
    return (first - _EPOCH).days, (after - _EPOCH).days - 1


def verify(content: bytes, checksum: bytes) -> None:
    """Raise DamagedFile unless the checksum file (`<sha256>  <name>`) fits the content."""
    words = checksum.decode("ascii", "replace").split()
    if not words or hashlib.sha256(content).hexdigest() != words[0].lower():
        raise DamagedFile("its checksum is not the one that the archive names")


def only_member(content: bytes, largest: int = LARGEST_MEMBER) -> tuple[str, bytes]:
    """Name and content of the one file in a zip, of at most so many bytes. Raises DamagedFile."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise DamagedFile(f"the zip holds {len(members)} files, not one")
            if members[0].file_size > largest:
                raise DamagedFile("the zip unpacks to more than its rows can be")
            return members[0].filename, archive.read(members[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise DamagedFile(f"the zip is cut short or damaged ({error})") from error
