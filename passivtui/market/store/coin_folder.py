"""The days of one coin at one venue: a folder of day files, one writer at a time, readers at any time.

A day is replaced by a new file beside the old one, which is then removed; a crash between the two leaves both, and the
better one counts (`DayName` sorts so). A file that is damaged is renamed and no longer counts.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from passivtui.clock import DAY_MS, MINUTE_MS, iso_day
from passivtui.errors import DataError, storage_error
from passivtui.files import sync_folder
from passivtui.market.candles import COLUMNS, Candles
from passivtui.market.store.day_file import (
    HEADER_BYTES,
    DamagedDay,
    DayName,
    decode_day,
    encode_day,
    minutes_of,
    parse_name,
)

LOCK_FILE = ".lock"
DAMAGED = ".damaged"
_UNFINISHED = ".writing-"


class DamagedFile(DataError):
    """A day's file is damaged. It was set aside if the store can be written, so the day can be downloaded again."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Open times (ms) of a coin's first and last stored candle."""

    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class CoinFolder:
    """One coin's folder; making the object touches no disk."""

    path: Path
    label: str  # how messages name it: "BTC on binance"

    def days(self) -> dict[int, DayName]:
        """The file that counts of every day, ascending. Raises StorageError."""
        best: dict[int, DayName] = {}
        for name in sorted(self._names()):
            best[name.day] = name  # of one day's files the best comes last
        return best

    def _names(self) -> Iterator[DayName]:
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if (name := parse_name(entry.name)) is not None:
                        yield name
        except FileNotFoundError:
            return
        except OSError as error:
            raise storage_error("list the candles in", self.path, error) from error

    def extent(self, days: Mapping[int, DayName]) -> Extent | None:
        """First and last candle; None when there is none. Raises DamagedFile and StorageError."""
        filled = [name for name in days.values() if name.rows]
        if not filled:
            return None
        first, last = self._minutes(filled[0])[0], self._minutes(filled[-1])[1]
        return Extent(filled[0].day * DAY_MS + first * MINUTE_MS, filled[-1].day * DAY_MS + last * MINUTE_MS)

    def _minutes(self, name: DayName) -> tuple[int, int]:
        path = self.path / str(name)
        try:
            with path.open("rb") as file:
                return minutes_of(file.read(HEADER_BYTES), name)
        except OSError as error:
            raise storage_error("read", path, error) from error
        except DamagedDay as error:
            raise self._set_aside(name, error) from error

    def read(self, names: Iterable[DayName]) -> Candles:
        """All candles of those days, in order of time. Raises DamagedFile and StorageError."""
        names = sorted(names)
        total = sum(name.rows for name in names)
        times, columns = np.empty(total, np.int64), np.empty((len(COLUMNS), total))
        place = 0
        for name in names:
            until = place + name.rows
            times[place:until], columns[:, place:until] = self._decoded(name)
            place = until
        return Candles(times, *columns)

    def _decoded(self, name: DayName) -> tuple[np.ndarray, np.ndarray]:
        path = self.path / str(name)
        try:
            return decode_day(path.read_bytes(), name)
        except OSError as error:
            raise storage_error("read", path, error) from error
        except DamagedDay as error:
            raise self._set_aside(name, error) from error

    def check(self, name: DayName) -> str | None:
        """What is wrong with a day's file, in words; None when it is sound. Raises StorageError."""
        try:
            decode_day((self.path / str(name)).read_bytes(), name)
        except DamagedDay as error:
            return str(error)
        except FileNotFoundError:
            return None  # replaced meanwhile
        except OSError as error:
            raise storage_error("read", self.path / str(name), error) from error
        return None

    def set_aside(self, name: DayName) -> bool:
        """Rename a damaged file so that it no longer counts. False when the store can't be written."""
        path = self.path / str(name)
        try:
            path.rename(path.with_name(path.name + DAMAGED))
        except OSError:
            return False
        return True

    def _set_aside(self, name: DayName, reason: DamagedDay) -> DamagedFile:
        day = iso_day(name.day * DAY_MS)
        if self.set_aside(name):
            advice = "it was set aside; download the day again"
        else:
            advice = "it can't be set aside here; make the folder writable and download the day again"
        return DamagedFile(f"the candles of {self.label} on {day} are damaged: {reason}; {advice}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers of this coin out, in this process and others. Raises StorageError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise storage_error("write to the candle store", self.path, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # the kernel frees it when the process dies
            yield
        finally:
            os.close(descriptor)

    def replace(self, days: Mapping[DayName, Candles]) -> None:
        """Put days in the place of what is there of them, all or, on a full disk, none (under the lock).

        Everything is on disk before the first day is renamed into its place. Raises StorageError.
        """
        unfinished: list[tuple[Path, DayName]] = []
        try:
            self._remove_unfinished()
            for name, candles in days.items():
                unfinished.append((self._write_beside(encode_day(name.day, candles)), name))
            for temporary, name in unfinished:
                temporary.replace(self.path / str(name))
            self._remove_superseded({name.day: name for name in days})
            sync_folder(self.path)
        except OSError as error:
            raise storage_error("store candles in", self.path, error) from error
        finally:
            for temporary, _ in unfinished:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)

    def _write_beside(self, content: bytes) -> Path:
        descriptor, temporary = tempfile.mkstemp(prefix=_UNFINISHED, dir=self.path)
        path = Path(temporary)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fdatasync(file.fileno())
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise
        return path

    def _remove_unfinished(self) -> None:
        """What a process left that died while it wrote; under the lock nobody else is writing."""
        for path in self.path.glob(f"{_UNFINISHED}*"):
            path.unlink(missing_ok=True)

    def _remove_superseded(self, current: Mapping[int, DayName]) -> None:
        for name in list(self._names()):
            if name.day in current and name != current[name.day]:
                (self.path / str(name)).unlink(missing_ok=True)

    def delete(self, days: Iterable[int] | None) -> int:
        """Remove days (None: all, damaged ones too); returns how many (under the lock). Raises StorageError."""
        wanted = None if days is None else set(days)
        removed: set[int] = set()
        try:
            for name in list(self._names()):
                if wanted is None or name.day in wanted:
                    (self.path / str(name)).unlink(missing_ok=True)
                    removed.add(name.day)
            if wanted is None:
                for path in self.path.glob(f"*{DAMAGED}"):
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error("delete candles in", self.path, error) from error
        return len(removed)

    def stamp(self, first_day: int, last_day: int) -> str:
        """A short text that changes whenever the files of those days do. Raises StorageError."""
        entries = []
        try:
            with os.scandir(self.path) as files:
                for file in files:
                    name = parse_name(file.name)
                    if name is not None and first_day <= name.day <= last_day:
                        status = file.stat()
                        entries.append((file.name, status.st_size, status.st_mtime_ns))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise storage_error("list the candles in", self.path, error) from error
        return hashlib.sha256(repr(sorted(entries)).encode()).hexdigest()[:32]

    def state(self) -> str:
        """A text that changes when files of the coin come, go or are replaced: the folder's own time of change.

        Raises StorageError.
        """
        try:
            return str(self.path.stat().st_mtime_ns)
        except OSError as error:
            raise storage_error("look at", self.path, error) from error

    def bytes_used(self) -> int:
        """The size of all files of the coin. Raises StorageError."""
        try:
            with os.scandir(self.path) as files:
                return sum(file.stat().st_size for file in files if file.is_file())
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise storage_error("list the candles in", self.path, error) from error
