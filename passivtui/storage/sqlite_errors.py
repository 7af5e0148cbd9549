"""SQLite's refusals in words that a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from passivtui.errors import StorageError

_DAMAGED = "it is damaged or no database; move it away and start again (reports are found again in their folders)"
_READ_ONLY = "it can't be written; check the permissions of the file and its folder, or choose another home"

#: By primary result code; the extended codes share its lowest byte.
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another program is writing to it; wait for that or close it, then try again",
    sqlite3.SQLITE_LOCKED: "another program is writing to it; wait for that or close it, then try again",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened; see that its folder exists and may be written",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
    sqlite3.SQLITE_IOERR: "the disk reports an error; see whether it is full or failing",
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of SQLite about `path` into a StorageError. A programming error (bad SQL) stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        advice = _ADVICE.get(code & 0xFF) if code is not None else None
        if advice is None:
            raise
        raise StorageError(f"can't use the database {path}: {advice}") from error
