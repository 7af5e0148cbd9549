"""One SQLite file in WAL mode: one connection that writes, any number that only read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from passivtui.errors import StorageError
from passivtui.storage.migrations import LATEST, MIGRATIONS, Statements, migrate, schema_version
from passivtui.storage.sqlite_errors import explained
from passivtui.storage.transactions import immediate

if TYPE_CHECKING:
    import aiosqlite

#: How long a statement waits for another process's transaction.
BUSY_TIMEOUT_MS = 5000
_WAL_RETRY_MS = 20


class Database:
    """The program's database. Open it with `async with`: its worker thread is no daemon and must be ended.

    The connection serves one task at a time (an asyncio lock), so a task never sees another's half-done transaction.
    A program holds one writing `Database`; others may hold `read_only` ones at the same time, in any process.
    Every method raises StorageError for a file that is newer than the program, foreign, damaged, locked by another
    program for longer than `busy_timeout_ms`, or on a disk that refuses.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        migrations: tuple[Statements, ...] = MIGRATIONS,
    ) -> None:
        self.path = path
        self.read_only = read_only
        self._busy_timeout_ms = busy_timeout_ms
        self._migrations = migrations
        self._connection: aiosqlite.Connection | None = None
        self._lock = asyncio.Lock()
        self._created = False

    @property
    def created(self) -> bool:
        """Whether `open` found no database and made one."""
        return self._created

    async def open(self) -> Self:
        """Connect, and bring the schema up to date (a reader refuses an older one instead)."""
        import aiosqlite  # 40 ms: only when a database is used

        mode = "ro" if self.read_only else "rwc"
        uri = f"file:{quote(str(self.path))}?mode={mode}"

        async def connect() -> aiosqlite.Connection:
            connection = aiosqlite.connect(uri, uri=True, isolation_level=None)
            try:
                return await connection
            except BaseException:
                # Its thread still tells this loop that it ends, and fails if the loop is closed by then.
                connection._thread.join()
                raise

        with explained(self.path):
            connection = await _whole(asyncio.ensure_future(connect()))
            try:
                await self._prepare(connection)
            except BaseException:
                await connection.close()
                raise
        self._connection = connection
        return self

    async def close(self) -> None:
        """End the connection and its thread. Closing twice does no harm."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with explained(self.path):
                await connection.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """A transaction that is committed when the block ends well and rolled back when it doesn't."""
        connection = self._open_connection()
        async with self._lock:
            with explained(self.path):
                async with immediate(connection):
                    yield connection

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        connection = self._open_connection()
        async with self._lock:
            with explained(self.path):
                return [tuple(row) for row in await connection.execute_fetchall(sql, parameters)]

    def _open_connection(self) -> aiosqlite.Connection:
        if self._connection is None:
            raise StorageError(f"the database {self.path} is closed")
        return self._connection

    async def _prepare(self, connection: aiosqlite.Connection) -> None:
        await connection.execute(f"PRAGMA busy_timeout = {self._busy_timeout_ms}")
        await connection.execute("PRAGMA foreign_keys = ON")
        if self.read_only:
            version = await schema_version(connection, self.path)
            if version < LATEST:
                raise StorageError(f"{self.path} has an older schema; start passivtui once to bring it up to date")
            return
        await schema_version(connection, self.path)  # before anything is written to a file that isn't ours
        await self._use_wal(connection)
        # NORMAL may lose the last commits at a power cut; this is state, not a cache.
        await connection.execute("PRAGMA synchronous = FULL")
        self._created = await migrate(connection, self.path, self._migrations) == 0

    async def _use_wal(self, connection: aiosqlite.Connection) -> None:
        """Switch the file to WAL. SQLite does not wait here for another program that is starting too, so this does."""
        for _ in range(max(1, self._busy_timeout_ms // _WAL_RETRY_MS)):
            try:
                await connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
            await asyncio.sleep(_WAL_RETRY_MS / 1000)
        await connection.execute("PRAGMA journal_mode = WAL")


async def _whole(connecting: asyncio.Future[aiosqlite.Connection]) -> aiosqlite.Connection:
    """The connection; whoever is cancelled meanwhile closes it first: half-open, its thread would outlive the loop."""
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        await (await connecting).close()
        raise
