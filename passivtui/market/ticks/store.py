"""All stored trades: a folder per venue and symbol, a file per whole day (`spec/data.md` §5).

A day is written once and never again: history is not rewritten. A file that is damaged is set aside, and its day can be
downloaded again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passivtui.clock import DAY_MS, iso_day
from passivtui.errors import DataError, storage_error
from passivtui.files import write_atomically
from passivtui.market.store.day_file import DamagedDay
from passivtui.market.ticks.day_file import SUFFIX, TickDayName, decode_ticks, encode_ticks, parse_tick_name
from passivtui.market.ticks.trades import Trades, joined
from passivtui.progress import CancelToken

_LOCK: Final = ".lock"
_DAMAGED: Final = ".damaged"


@dataclass(frozen=True, slots=True)
class TickCoverage:
    """What is stored of one symbol: days (numbers since 1970), trades, bytes on disk."""

    exchange: str
    symbol: str
    days: tuple[int, ...]
    n_trades: int
    n_bytes: int

    @property
    def missing_days(self) -> int:
        """Days between the first and the last that are not stored."""
        return self.days[-1] - self.days[0] + 1 - len(self.days)


@dataclass(frozen=True, slots=True)
class TickFinding:
    """A damaged file that was found: where it is, what is wrong, and whether it was set aside."""

    exchange: str
    symbol: str
    day: int
    reason: str
    set_aside: bool


class TickStore:
    """The store in a folder. Any number of processes and threads may use it; making the object touches no disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # ---- what there is

    def exchanges(self) -> tuple[str, ...]:
        """Venues of which something is stored, in alphabetical order. Raises StorageError."""
        return tuple(_folders(self.root))

    def symbols(self, exchange: str) -> tuple[str, ...]:
        """Symbols of a venue of which days are stored, in alphabetical order. Raises StorageError."""
        return tuple(symbol for symbol in _folders(self.root / exchange) if self.days(exchange, symbol))

    def days(self, exchange: str, symbol: str) -> dict[int, TickDayName]:
        """The stored days, ascending. Raises StorageError."""
        folder = self.root / exchange / symbol
        try:
            with os.scandir(folder) as entries:
                names = [name for entry in entries if (name := parse_tick_name(entry.name)) is not None]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise storage_error("list the trades in", folder, error) from error
        return {name.day: name for name in sorted(names)}

    def coverage(self, exchange: str, symbol: str) -> TickCoverage | None:
        """What is stored of a symbol, from names and sizes; None when nothing is. Raises StorageError."""
        days = self.days(exchange, symbol)
        if not days:
            return None
        folder = self.root / exchange / symbol
        try:
            size = sum((folder / str(name)).stat().st_size for name in days.values())
        except OSError as error:
            raise storage_error("read", folder, error) from error
        return TickCoverage(exchange, symbol, tuple(days), sum(name.rows for name in days.values()), size)

    def read(self, exchange: str, symbol: str, first_day: int, last_day: int) -> Trades:
        """The trades of these days, both included. Raises DataError for a day that is not stored, or damaged (it is
        set aside then), and StorageError."""
        days = self.days(exchange, symbol)
        wanted = range(first_day, last_day + 1)
        if missing := [day for day in wanted if day not in days]:
            span = f"--start {iso_day(first_day * DAY_MS)} --end {iso_day(last_day * DAY_MS)}"
            raise DataError(
                f"the trades of {symbol} on {exchange} lack {len(missing)} of {len(wanted)} days "
                f"(the first: {iso_day(missing[0] * DAY_MS)}); get them by: passivtui data download --ticks {symbol} "
                f"--exchange {exchange} {span}"
            )
        return joined([self._read_day(exchange, symbol, days[day]) for day in wanted])

    def _read_day(self, exchange: str, symbol: str, name: TickDayName) -> Trades:
        path = self.root / exchange / symbol / str(name)
        try:
            return decode_ticks(path.read_bytes(), name)
        except OSError as error:
            raise storage_error("read", path, error) from error
        except DamagedDay as error:
            fate = "it was set aside" if self._set_aside(path) else "it can't be set aside: make the folder writable"
            raise DataError(f"{path} is damaged: {error}; {fate}; download the day again") from error

    # ---- changing it

    def write_day(self, exchange: str, symbol: str, day: int, trades: Trades) -> bool:
        """Store a whole day; False when it is there already, and stays as it is. Raises StorageError."""
        folder = self.root / exchange / symbol
        with _locked(folder):
            if day in self.days(exchange, symbol):
                return False
            _remove_unfinished(folder)
            write_atomically(folder / str(TickDayName(day, len(trades))), encode_ticks(day, trades))
        return True

    def delete(self, exchange: str, symbol: str, days: Iterable[int] | None = None) -> int:
        """Forget days of a symbol (None: all); returns how many were stored. Raises StorageError."""
        folder = self.root / exchange / symbol
        if not folder.is_dir():
            return 0
        with _locked(folder):
            stored = self.days(exchange, symbol)
            gone = [name for day, name in stored.items() if days is None or day in set(days)]
            try:
                for name in gone:
                    (folder / str(name)).unlink(missing_ok=True)
            except OSError as error:
                raise storage_error("delete from", folder, error) from error
        return len(gone)

    def verify(self, exchange: str, symbol: str, cancel: CancelToken | None = None) -> tuple[TickFinding, ...]:
        """Read everything of a symbol and set damaged files aside. Raises StorageError and Cancelled."""
        token, found = cancel or CancelToken(), []
        for day, name in self.days(exchange, symbol).items():
            token.raise_if_cancelled()
            path = self.root / exchange / symbol / str(name)
            try:
                decode_ticks(path.read_bytes(), name)
            except DamagedDay as error:
                found.append(TickFinding(exchange, symbol, day, str(error), self._set_aside(path)))
            except OSError as error:
                raise storage_error("read", path, error) from error
        return tuple(found)

    @staticmethod
    def _set_aside(path: Path) -> bool:
        try:
            path.rename(path.with_name(path.name + _DAMAGED))
        except OSError:
            return False  # told to the user, who can do more about it
        return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other writers of this symbol out, in this process and others. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise storage_error("write to the store of trades", folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # the kernel frees it when the process dies
        yield
    finally:
        os.close(descriptor)


def _remove_unfinished(folder: Path) -> None:
    """What writers left that were killed; under the lock nobody else writes. Raises StorageError."""
    try:
        for path in folder.glob(f".*{SUFFIX}.*"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error("write to the store of trades", folder, error) from error


def _folders(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise storage_error("list", folder, error) from error
