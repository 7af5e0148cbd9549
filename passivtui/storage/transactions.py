"""The one way a transaction is begun, committed and rolled back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiosqlite


@asynccontextmanager
async def immediate(connection: aiosqlite.Connection) -> AsyncIterator[None]:
    """A write transaction around the block: committed when it ends well, rolled back when it doesn't."""
    try:
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.execute("COMMIT")
    except BaseException:
        # A cancelled task leaves its statement in the worker thread's queue: wait until that is through before asking
        # whether a transaction is open. After some errors (a full disk) SQLite has ended it by itself.
        await connection.execute("SELECT 1")
        if connection.in_transaction:
            await connection.execute("ROLLBACK")
        raise
