"""What can go wrong, in words that a person can act on.

PassivTuiError
 ├── ConfigError         a config file is missing, malformed or holds values that are not allowed
 ├── DataError           a dataset is missing, corrupt or does not cover what was asked for
 ├── StorageError        the home, the database or the disk refuses
 ├── ReportError         a stored backtest report can't be read back
 ├── VaultError          the keys can't be unlocked, read or changed
 ├── VenueError          a venue or an archive of candles can't be reached or answers what can't be used
 └── Cancelled           the user asked to stop; not a failure
UsageError               the command line is wrong (exit status 2)

`str(error)` is one line: what happened, why, what to do. Longer details are in `error.details` (one per line).
Tracebacks go to the log file, never to the person.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class PassivTuiError(Exception):
    """A failure that is explained: `str()` is one line for a person, `details` are further lines (may be empty)."""

    def __init__(self, message: str, details: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details: tuple[str, ...] = tuple(details)

    def __str__(self) -> str:
        return self.message


class UsageError(PassivTuiError):
    """The command line was used wrongly; exit status 2."""


class DataError(PassivTuiError):
    """A dataset is missing, corrupt, or does not hold what was asked for."""


class StorageError(PassivTuiError):
    """The home, the database or the disk refuses to serve."""


class ReportError(PassivTuiError):
    """A stored backtest report is missing or damaged."""


class VaultError(PassivTuiError):
    """The vault can't be unlocked, read or changed. Never holds a secret."""


class VenueError(PassivTuiError):
    """A venue or an archive of candles can't be reached, or answers what can't be used."""


class Cancelled(PassivTuiError):
    """The user asked to stop. Nothing half-written is left."""

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a config: where, what was found, what is allowed."""

    key: str  # dotted, "" when the whole file is meant
    value: str  # as written, shortened
    expected: str  # "a number > 0 and <= 1"
    file: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: " if self.file else ""
        what = f"{self.key} = {self.value}" if self.value else self.key
        return f"{where}{what}: {self.expected}" if what else f"{where}{self.expected}"


class ConfigError(PassivTuiError):
    """A config can't be used; `problems` holds everything that is wrong with it, not the first thing only."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(message, [str(problem) for problem in self.problems])


_OS_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EACCES: "permission denied; choose another place or change its permissions",
    errno.EPERM: "not permitted; choose another place or change its permissions",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.EEXIST: "something else is there already; choose another place",
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "that is a folder, not a file",
    errno.EMFILE: "too many files are open",
    errno.ENAMETOOLONG: "the name is too long",
}


def storage_error(doing: str, path: Path | str, error: OSError) -> StorageError:
    """Turn an OSError into one sentence: `storage_error("write the report to", path, exc)`."""
    advice = _OS_ADVICE.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"can't {doing} {path}: {advice}")
