"""The database: its schema, whether SQLite finds it sound, and how it is written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from passivtui.doctor.finding import Finding, Verdict
from passivtui.errors import StorageError
from passivtui.storage.migrations import APPLICATION_ID, LATEST
from passivtui.storage.sqlite_errors import explained

_AREA: Final = "home"
_WAIT_S: Final = 1.0


def database_findings(path: Path) -> Finding:
    """Reads the file without changing it."""
    if not path.exists():
        return Finding(_AREA, "database", Verdict.GOOD, "there is none yet; it is made at the first start")
    try:
        with explained(path), closing(_reader(path)) as connection:
            return _examined(connection, path)
    except StorageError as error:
        return Finding(_AREA, "database", Verdict.BAD, str(error))


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_WAIT_S)


def _examined(connection: sqlite3.Connection, path: Path) -> Finding:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        return Finding(_AREA, "database", Verdict.BAD, f"{path} is not passivtui's", "move it away; a new one is made")
    version = int(str(_pragma(connection, "user_version")))
    if version > LATEST:
        text = f"schema {version}; this passivtui knows {LATEST}"
        return Finding(_AREA, "database", Verdict.BAD, text, "use the newer passivtui that wrote it")
    health = _pragma(connection, "quick_check(1)")
    if health != "ok":
        advice = "move it away and start passivtui: reports are found again in their folders"
        return Finding(_AREA, "database", Verdict.BAD, f"it is damaged: {health}", advice)
    journal = str(_pragma(connection, "journal_mode"))
    text = f"schema {version}, sound, journal mode {journal}, {path.stat().st_size / 1024:,.0f} KiB"
    if version < LATEST:
        return Finding(_AREA, "database", Verdict.WARNING, text, f"starting passivtui brings it to schema {LATEST}")
    if journal != "wal":
        return Finding(_AREA, "database", Verdict.WARNING, text, "starting passivtui sets WAL; some disks refuse it")
    return Finding(_AREA, "database", Verdict.GOOD, text)


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
