"""The database's schema, as the ordered steps that led to it.

A released step is never changed: a new one is added. `PRAGMA user_version` counts the steps a file has been
through, and a file that has been through more than this program knows is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passivtui.errors import StorageError
from passivtui.storage.transactions import immediate

if TYPE_CHECKING:
    from pathlib import Path

    import aiosqlite

#: Marks the file as passivtui's ("ptui"), so that another program's database is never altered.
APPLICATION_ID = 0x70747569

Statements = tuple[str, ...]

_REPORTS: Statements = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    """
    CREATE TABLE reports (
        id                TEXT    NOT NULL PRIMARY KEY,
        created_ms        INTEGER NOT NULL,
        name              TEXT    NOT NULL,
        notes             TEXT    NOT NULL DEFAULT '',
        config_name       TEXT    NOT NULL,
        dataset           TEXT    NOT NULL,
        synthetic         INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
        coins             TEXT    NOT NULL,              -- JSON list, sorted
        first_ms          INTEGER NOT NULL,
        n_minutes         INTEGER NOT NULL CHECK (n_minutes >= 0),
        starting_balance  REAL    NOT NULL,
        n_fills           INTEGER NOT NULL CHECK (n_fills >= 0),
        gain              REAL,                          -- NULL: not defined (SQLite keeps NaN as NULL)
        adg               REAL,
        drawdown_worst    REAL,
        loss_profit_ratio REAL,
        folder            TEXT    NOT NULL UNIQUE        -- relative to the home
    ) STRICT
    """,
    "CREATE INDEX reports_by_time ON reports (created_ms)",
    """
    CREATE TABLE report_tags (
        report_id TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
        tag       TEXT NOT NULL CHECK (tag <> ''),
        PRIMARY KEY (report_id, tag)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX report_tags_by_tag ON report_tags (tag)",
)

_STORED_COINS: Statements = (
    """
    CREATE TABLE stored_coins (
        exchange TEXT    NOT NULL,
        coin     TEXT    NOT NULL,
        stamp    TEXT    NOT NULL,  -- of the coin's folder, for which the figures hold
        first_ms INTEGER NOT NULL,
        last_ms  INTEGER NOT NULL,
        days     INTEGER NOT NULL,
        candles  INTEGER NOT NULL,
        bytes    INTEGER NOT NULL,
        PRIMARY KEY (exchange, coin)
    ) STRICT, WITHOUT ROWID
    """,
)

_OPTIMIZER_RUNS: Statements = (
    """
    CREATE TABLE optimizer_runs (
        folder      TEXT    NOT NULL PRIMARY KEY,  -- relative to the home, or absolute outside of it
        created_ms  INTEGER NOT NULL,
        config_name TEXT    NOT NULL,
        dataset     TEXT    NOT NULL,
        synthetic   INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
        coins       TEXT    NOT NULL,              -- JSON list, sorted
        first_ms    INTEGER NOT NULL,
        last_ms     INTEGER NOT NULL,
        scoring     TEXT    NOT NULL,              -- JSON list, sorted
        seed        INTEGER NOT NULL,
        evaluations INTEGER NOT NULL CHECK (evaluations >= 0),
        expected    INTEGER NOT NULL,
        front_size  INTEGER NOT NULL CHECK (front_size >= 0),
        status      TEXT    NOT NULL CHECK (status IN ('running', 'stopped', 'finished'))
    ) STRICT
    """,
    "CREATE INDEX optimizer_runs_by_time ON optimizer_runs (created_ms)",
)

_LIVE_BOTS: Statements = (
    """
    CREATE TABLE live_bots (
        bot          TEXT    NOT NULL PRIMARY KEY,
        user         TEXT    NOT NULL,
        spec         TEXT    NOT NULL,              -- JSON
        state        TEXT    NOT NULL,
        reason       TEXT    NOT NULL DEFAULT '',
        pid          INTEGER NOT NULL,
        started_ms   INTEGER NOT NULL,
        heartbeat_ms INTEGER NOT NULL,              -- real time of the last sign of life
        status       TEXT    NOT NULL               -- JSON, all that a monitor shows
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE live_intents (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        bot          TEXT    NOT NULL,
        action       TEXT    NOT NULL CHECK (action IN ('create', 'cancel')),
        client_id    TEXT    NOT NULL,
        order_id     TEXT    NOT NULL DEFAULT '',
        symbol       TEXT    NOT NULL,
        coin         TEXT    NOT NULL,
        side         TEXT    NOT NULL CHECK (side IN ('long', 'short')),
        type         TEXT    NOT NULL,              -- the engine's
        execution    TEXT    NOT NULL,
        qty          REAL    NOT NULL,              -- signed
        price        REAL    NOT NULL,
        intended_ms  INTEGER NOT NULL,              -- committed before anything is sent
        outcome      TEXT    NOT NULL DEFAULT '',   -- '' until one is known
        reason       TEXT    NOT NULL DEFAULT '',
        message      TEXT    NOT NULL DEFAULT '',
        settled_ms   INTEGER
    ) STRICT
    """,
    "CREATE INDEX live_intents_by_bot ON live_intents (bot, id)",
    "CREATE INDEX live_intents_open ON live_intents (bot, action) WHERE outcome IN ('', 'unresolved')",
    """
    CREATE TABLE live_fills (
        bot     TEXT    NOT NULL,
        id      TEXT    NOT NULL,                   -- the venue's
        time_ms INTEGER NOT NULL,
        coin    TEXT    NOT NULL,
        side    TEXT    NOT NULL,
        type    TEXT    NOT NULL,
        qty     REAL    NOT NULL,                   -- signed
        price   REAL    NOT NULL,
        pnl     REAL,                               -- NULL: not told yet
        fee     REAL,
        PRIMARY KEY (bot, id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX live_fills_by_time ON live_fills (bot, time_ms)",
    """
    CREATE TABLE live_events (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        bot     TEXT    NOT NULL,
        time_ms INTEGER NOT NULL,
        kind    TEXT    NOT NULL,                   -- state, mode, error, warning, ...
        text    TEXT    NOT NULL
    ) STRICT
    """,
    "CREATE INDEX live_events_by_bot ON live_events (bot, id)",
    """
    CREATE TABLE live_equity (
        bot     TEXT    NOT NULL,
        time_ms INTEGER NOT NULL,
        balance REAL    NOT NULL,
        equity  REAL    NOT NULL,
        PRIMARY KEY (bot, time_ms)
    ) STRICT, WITHOUT ROWID
    """,
)

_LIVE_RECORDINGS: Statements = (
    """
    CREATE TABLE live_cycles (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        bot     TEXT    NOT NULL,
        time_ms INTEGER NOT NULL,
        is_key  INTEGER NOT NULL CHECK (is_key IN (0, 1)),  -- can be read without the row before
        data    BLOB    NOT NULL
    ) STRICT
    """,
    "CREATE INDEX live_cycles_by_time ON live_cycles (bot, time_ms)",
    "CREATE INDEX live_cycles_keys ON live_cycles (bot, time_ms) WHERE is_key",
    """
    CREATE TABLE live_configs (
        bot    TEXT NOT NULL,
        digest TEXT NOT NULL,
        text   TEXT NOT NULL,                               -- JSON
        PRIMARY KEY (bot, digest)
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE live_equity ADD COLUMN upnl TEXT NOT NULL DEFAULT '{}'",  # JSON by coin and side
    """
    CREATE TABLE live_drawdown_stops (
        bot   TEXT NOT NULL PRIMARY KEY,
        rule  TEXT NOT NULL,                                -- JSON
        state TEXT NOT NULL                                 -- JSON
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS: tuple[Statements, ...] = (_REPORTS, _STORED_COINS, _OPTIMIZER_RUNS, _LIVE_BOTS, _LIVE_RECORDINGS)

LATEST = len(MIGRATIONS)


async def schema_version(connection: aiosqlite.Connection, path: Path) -> int:
    """How many steps the file has been through. Raises StorageError when it is newer or another program's."""
    await connection.execute("BEGIN")  # one look: another process may be making the database right now
    try:
        version = await _number(connection, "PRAGMA user_version")
        own = await _number(connection, "PRAGMA application_id") == APPLICATION_ID
        used = version > 0 or await _number(connection, "SELECT count(*) FROM sqlite_master") > 0
    finally:
        if connection.in_transaction:
            await connection.execute("ROLLBACK")
    if version > LATEST:
        raise StorageError(
            f"{path} was written by a newer passivtui (schema {version}, this one knows {LATEST}); "
            "update passivtui, or choose another home"
        )
    if used and not own:
        raise StorageError(f"{path} is the database of another program; choose another home")
    return version


async def migrate(connection: aiosqlite.Connection, path: Path, migrations: tuple[Statements, ...]) -> int:
    """Bring the file up to `migrations`, each step whole or not at all. Returns the version it had before."""
    before = await schema_version(connection, path)
    for target, statements in enumerate(migrations, start=1):
        if target <= before:
            continue
        async with immediate(connection):
            # Another process may have taken the step while this one waited for the lock.
            if await _number(connection, "PRAGMA user_version") < target:
                for statement in statements:
                    await connection.execute(statement)
                await connection.execute(f"PRAGMA user_version = {target}")
    return before


async def _number(connection: aiosqlite.Connection, sql: str) -> int:
    async with connection.execute(sql) as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row is not None else 0
