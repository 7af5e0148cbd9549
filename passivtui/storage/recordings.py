"""What live bots record of each cycle, for an audit: rows of bytes that the bot packs, and the configs they ran by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from passivtui.storage.database import Database


@dataclass(frozen=True, slots=True)
class CycleRow:
    """One cycle. `is_key`: it can be read without the row before."""

    bot: str
    time_ms: int
    is_key: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """A config that a bot ran by; `text` is JSON, `digest` its name in the recorded cycles."""

    bot: str
    digest: str
    text: str


KEEP_CYCLE: Final = "INSERT INTO live_cycles (bot, time_ms, is_key, data) VALUES (?, ?, ?, ?)"
KEEP_CONFIG: Final = "INSERT OR REPLACE INTO live_configs (bot, digest, text) VALUES (?, ?, ?)"
#: Up to the newest key row that is old enough: what comes after it can still be read.
FORGET_CYCLES_BEFORE: Final = """
    DELETE FROM live_cycles WHERE bot = ? AND id < (
        SELECT max(id) FROM live_cycles WHERE bot = ? AND is_key AND time_ms <= ?
    )
"""


def cycle_values(rows: Sequence[CycleRow]) -> list[tuple[Any, ...]]:
    """The parameters of `KEEP_CYCLE`."""
    return [(row.bot, row.time_ms, int(row.is_key), row.data) for row in rows]


async def read_cycles(database: Database, bot: str, first_ms: int, end_ms: int) -> tuple[CycleRow, ...]:
    """The cycles of a bot from the last key row at or before `first_ms` (else the first there is) until before
    `end_ms`, oldest first. Raises StorageError."""
    rows = await database.fetch(
        """
        SELECT bot, time_ms, is_key, data FROM live_cycles WHERE bot = ? AND time_ms < ? AND id >= coalesce(
            (SELECT max(id) FROM live_cycles WHERE bot = ? AND is_key AND time_ms <= ?), 0
        ) ORDER BY id
        """,
        (bot, end_ms, bot, first_ms),
    )
    return tuple(CycleRow(name, time_ms, bool(is_key), data) for name, time_ms, is_key, data in rows)


async def newest_cycle_ms(database: Database, bot: str) -> int | None:
    """When the bot recorded last, by its own clock; None when it never did. Raises StorageError."""
    ((newest,),) = await database.fetch("SELECT max(time_ms) FROM live_cycles WHERE bot = ?", (bot,))
    return None if newest is None else int(newest)


async def read_configs(database: Database, bot: str) -> dict[str, str]:
    """The configs that a bot ran by: JSON by digest. Raises StorageError."""
    return dict(await database.fetch("SELECT digest, text FROM live_configs WHERE bot = ?", (bot,)))
