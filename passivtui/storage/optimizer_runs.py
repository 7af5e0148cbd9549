"""The list of optimizer runs: an index of their folders, a row a run, which the run itself keeps up to date."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, fields
from typing import Any, Literal

from passivtui.paths import Home
from passivtui.storage.database import Database

RunStatus = Literal["running", "stopped", "finished"]


@dataclass(frozen=True, slots=True)
class OptimizerRunRow:
    """One run. Times in ms; a run whose process died stays "running": its folder's lock tells whether it is."""

    folder: str  # relative to the home, or absolute outside of it; the row's key
    created_ms: int
    config_name: str
    dataset: str
    synthetic: bool
    coins: tuple[str, ...]
    first_ms: int
    last_ms: int
    scoring: tuple[str, ...]
    seed: int
    evaluations: int
    expected: int
    front_size: int
    status: RunStatus


_COLUMNS = tuple(field.name for field in fields(OptimizerRunRow))
_LISTS = ("coins", "scoring")
_UPSERT = f"INSERT OR REPLACE INTO optimizer_runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


async def read_runs(home: Home) -> tuple[OptimizerRunRow, ...]:
    """Every listed run, the newest first. Raises StorageError."""
    async with Database(home.database) as database:
        rows = await database.fetch(
            f"SELECT {', '.join(_COLUMNS)} FROM optimizer_runs ORDER BY created_ms DESC, folder"
        )
    return tuple(_row(values) for values in rows)


def known_runs(home: Home) -> tuple[OptimizerRunRow, ...]:
    """As `read_runs`, for callers without an event loop."""
    return asyncio.run(read_runs(home))


def keep_run(home: Home, row: OptimizerRunRow) -> None:
    """Put a row in the place of an earlier one of its folder. Raises StorageError."""

    async def write() -> None:
        async with Database(home.database) as database, database.transaction() as connection:
            await connection.execute(_UPSERT, _values(row))

    asyncio.run(write())


def forget_run(home: Home, folder: str) -> None:
    """Take a run off the list; its folder stays. Raises StorageError."""

    async def write() -> None:
        async with Database(home.database) as database, database.transaction() as connection:
            await connection.execute("DELETE FROM optimizer_runs WHERE folder = ?", (folder,))

    asyncio.run(write())


def _values(row: OptimizerRunRow) -> tuple[Any, ...]:
    return tuple(json.dumps(getattr(row, name)) if name in _LISTS else getattr(row, name) for name in _COLUMNS)


def _row(values: tuple[Any, ...]) -> OptimizerRunRow:
    named = dict(zip(_COLUMNS, values, strict=True))
    lists = {name: tuple(json.loads(named[name])) for name in _LISTS}
    return OptimizerRunRow(**{**named, **lists, "synthetic": bool(named["synthetic"])})
