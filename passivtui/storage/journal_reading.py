"""What screens, audits and the command line read of the journal of live bots."""

from __future__ import annotations

from passivtui.storage.database import Database
from passivtui.storage.journal_rows import EquityRow, IntentRow, LiveBotRow, LiveEventRow, LiveFillRow, columns_of


async def read_bots(database: Database) -> tuple[LiveBotRow, ...]:
    """Every bot that ever ran in this home, by name. Raises StorageError."""
    names = columns_of(LiveBotRow)
    rows = await database.fetch(f"SELECT {', '.join(names)} FROM live_bots ORDER BY bot")
    return tuple(LiveBotRow(**dict(zip(names, row, strict=True))) for row in rows)


async def read_intents(database: Database, bot: str, last: int = 200) -> tuple[IntentRow, ...]:
    """The newest writes of a bot, newest first. Raises StorageError."""
    names = (*columns_of(IntentRow), "id")
    sql = f"SELECT {', '.join(names)} FROM live_intents WHERE bot = ? ORDER BY id DESC LIMIT ?"
    return tuple(IntentRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, last)))


async def read_live_fills(database: Database, bot: str, last: int = 200) -> tuple[LiveFillRow, ...]:
    """The newest fills of a bot, newest first. Raises StorageError."""
    names = columns_of(LiveFillRow)
    sql = f"SELECT {', '.join(names)} FROM live_fills WHERE bot = ? ORDER BY time_ms DESC, id DESC LIMIT ?"
    return tuple(LiveFillRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, last)))


async def read_fills_between(database: Database, bot: str, first_ms: int, end_ms: int) -> tuple[LiveFillRow, ...]:
    """The fills of a bot from one time up to and with another, oldest first. Raises StorageError."""
    names = columns_of(LiveFillRow)
    sql = f"SELECT {', '.join(names)} FROM live_fills WHERE bot = ? AND time_ms BETWEEN ? AND ? ORDER BY time_ms, id"
    rows = await database.fetch(sql, (bot, first_ms, end_ms))
    return tuple(LiveFillRow(**dict(zip(names, row, strict=True))) for row in rows)


async def read_intents_between(database: Database, bot: str, first_ms: int, end_ms: int) -> tuple[IntentRow, ...]:
    """The writes of a bot from one time up to and with another, oldest first. Raises StorageError."""
    names = (*columns_of(IntentRow), "id")
    sql = f"SELECT {', '.join(names)} FROM live_intents WHERE bot = ? AND intended_ms BETWEEN ? AND ? ORDER BY id"
    rows = await database.fetch(sql, (bot, first_ms, end_ms))
    return tuple(IntentRow(**dict(zip(names, row, strict=True))) for row in rows)


async def read_live_events(database: Database, bot: str, last: int = 200) -> tuple[LiveEventRow, ...]:
    """The newest lines of a bot's story, newest first. Raises StorageError."""
    names = columns_of(LiveEventRow)
    sql = f"SELECT {', '.join(names)} FROM live_events WHERE bot = ? ORDER BY id DESC LIMIT ?"
    return tuple(LiveEventRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, last)))


async def read_events_between(database: Database, bot: str, first_ms: int, end_ms: int) -> tuple[LiveEventRow, ...]:
    """The lines of a bot's story from one time up to and with another, oldest first. Raises StorageError."""
    names = columns_of(LiveEventRow)
    sql = f"SELECT {', '.join(names)} FROM live_events WHERE bot = ? AND time_ms BETWEEN ? AND ? ORDER BY id"
    rows = await database.fetch(sql, (bot, first_ms, end_ms))
    return tuple(LiveEventRow(**dict(zip(names, row, strict=True))) for row in rows)


async def read_equity(database: Database, bot: str, since_ms: int = 0) -> tuple[EquityRow, ...]:
    """Samples of a bot's equity, oldest first. Raises StorageError."""
    names = columns_of(EquityRow)
    sql = f"SELECT {', '.join(names)} FROM live_equity WHERE bot = ? AND time_ms >= ? ORDER BY time_ms"
    return tuple(EquityRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, since_ms)))


async def forget_bot(database: Database, bot: str) -> None:
    """Take a bot's row away; what it did stays in the journal. Raises StorageError."""
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM live_bots WHERE bot = ?", (bot,))
