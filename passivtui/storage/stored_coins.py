"""What the candle store holds, a row a coin: an index of its folders, made anew for whatever changed, never more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from passivtui.paths import Home
from passivtui.storage.database import Database


@dataclass(frozen=True, slots=True)
class StoredCoinRow:
    """One coin of one exchange. `stamp` tells for which state of its folder the figures hold; times in ms."""

    exchange: str
    coin: str
    stamp: str
    first_ms: int
    last_ms: int
    days: int
    candles: int
    bytes: int


_COLUMNS = tuple(field.name for field in fields(StoredCoinRow))
_UPSERT = f"INSERT OR REPLACE INTO stored_coins ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"


def known_coins(home: Home) -> tuple[StoredCoinRow, ...]:
    """Every row of the index. Raises StorageError."""

    async def read() -> tuple[StoredCoinRow, ...]:
        async with Database(home.database) as database:
            rows = await database.fetch(f"SELECT {', '.join(_COLUMNS)} FROM stored_coins ORDER BY exchange, coin")
        return tuple(StoredCoinRow(*row) for row in rows)

    return asyncio.run(read())


def keep_coins(home: Home, changed: Iterable[StoredCoinRow], gone: Iterable[tuple[str, str]]) -> None:
    """Put rows in the place of older ones of their coins, and forget coins. Raises StorageError."""

    async def write() -> None:
        async with Database(home.database) as database, database.transaction() as connection:
            await connection.executemany(_UPSERT, [astuple(row) for row in changed])
            await connection.executemany("DELETE FROM stored_coins WHERE exchange = ? AND coin = ?", list(gone))

    asyncio.run(write())
