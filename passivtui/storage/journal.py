"""The journal of live bots: what they are about to do before they do it, what came of it, and how they stand.

Intents are committed (synchronous FULL) before anything is sent, so that a process that is killed at any moment leaves
behind everything that may be at the venue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, Protocol

from passivtui.storage.database import Database

Action = Literal["create", "cancel"]
#: Outcomes after which the venue must still be asked.
OPEN_OUTCOMES: Final = ("", "unresolved")


@dataclass(frozen=True, slots=True)
class IntentRow:
    """One write to a venue. `id` is None until it is kept; `outcome` is "" until one is known."""

    bot: str
    action: Action
    client_id: str
    symbol: str
    coin: str
    side: str
    type: str
    execution: str
    qty: float
    price: float
    intended_ms: int
    order_id: str = ""
    outcome: str = ""
    reason: str = ""
    message: str = ""
    settled_ms: int | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What came of an intent."""

    intent: int
    outcome: str
    order_id: str
    reason: str
    message: str
    settled_ms: int


@dataclass(frozen=True, slots=True)
class LiveFillRow:
    """A fill of a bot; the same id is kept once, and completed when profit and fee become known."""

    bot: str
    id: str
    time_ms: int
    coin: str
    side: str
    type: str
    qty: float
    price: float
    pnl: float | None
    fee: float | None


@dataclass(frozen=True, slots=True)
class LiveEventRow:
    """A line of a bot's story."""

    bot: str
    time_ms: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class EquityRow:
    bot: str
    time_ms: int
    balance: float
    equity: float


@dataclass(frozen=True, slots=True)
class LiveBotRow:
    """How a bot stands; `spec` and `status` are JSON. A bot whose heartbeat is old was killed, whatever its state."""

    bot: str
    user: str
    spec: str
    state: str
    reason: str
    pid: int
    started_ms: int
    heartbeat_ms: int
    status: str


class Journal(Protocol):
    """Where a bot writes. Every method raises StorageError when what it is told can't be kept."""

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        """Keep intents, durably when this returns. Their ids, in order."""

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        """Keep what came of intents."""

    async def open_intents(self, bot: str) -> tuple[IntentRow, ...]:
        """Intents of which the outcome isn't known, oldest first."""

    async def add_fills(self, fills: Sequence[LiveFillRow]) -> None:
        """Keep fills; those that are there already are completed."""

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        """Keep lines of the story."""

    async def keep_status(self, row: LiveBotRow, equity: EquityRow | None = None) -> None:
        """Put the bot's row in the place of the one before, with a sample of its equity."""


class MemoryJournal:
    """A journal that ends with the process: for runs that are over when it is, such as a check against a backtest."""

    def __init__(self) -> None:
        self.intents: dict[int, IntentRow] = {}
        self.outcomes: dict[int, OutcomeRow] = {}
        self.fills: dict[tuple[str, str], LiveFillRow] = {}
        self.events: list[LiveEventRow] = []
        self.equity: list[EquityRow] = []
        self.bots: dict[str, LiveBotRow] = {}

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        first = len(self.intents) + 1
        ids = tuple(range(first, first + len(intents)))
        self.intents.update(zip(ids, intents, strict=True))
        return ids

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        self.outcomes.update((outcome.intent, outcome) for outcome in outcomes)

    async def open_intents(self, bot: str) -> tuple[IntentRow, ...]:
        settled = {intent for intent, outcome in self.outcomes.items() if outcome.outcome not in OPEN_OUTCOMES}
        return tuple(
            replace(intent, id=number)
            for number, intent in self.intents.items()
            if intent.bot == bot and number not in settled
        )

    async def add_fills(self, fills: Sequence[LiveFillRow]) -> None:
        self.fills.update(((fill.bot, fill.id), fill) for fill in fills)

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        self.events += events

    async def keep_status(self, row: LiveBotRow, equity: EquityRow | None = None) -> None:
        self.bots[row.bot] = row
        if equity is not None:
            self.equity.append(equity)


def _columns(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name != "id" or kind is LiveFillRow)


def _values(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _columns(type(row)))


def _insert(table: str, kind: type, or_else: str = "") -> str:
    names = _columns(kind)
    return f"INSERT {or_else} INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


_INTEND: Final = _insert("live_intents", IntentRow)
_SETTLE: Final = (
    "UPDATE live_intents SET outcome = ?, order_id = CASE WHEN ? = '' THEN order_id ELSE ? END, "
    "reason = ?, message = ?, settled_ms = ? WHERE id = ?"
)
_ADD_FILL: Final = _insert("live_fills", LiveFillRow, "OR REPLACE")
_ADD_EVENT: Final = _insert("live_events", LiveEventRow)
_ADD_EQUITY: Final = _insert("live_equity", EquityRow, "OR REPLACE")
_KEEP_BOT: Final = _insert("live_bots", LiveBotRow, "OR REPLACE")


class DatabaseJournal:
    """The journal in the program's database, shared by all bots of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        ids = []
        async with self._database.transaction() as connection:
            for intent in intents:
                cursor = await connection.execute(_INTEND, _values(intent))
                ids.append(int(cursor.lastrowid or 0))
                await cursor.close()
        return tuple(ids)

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        rows = [(o.outcome, o.order_id, o.order_id, o.reason, o.message, o.settled_ms, o.intent) for o in outcomes]
        async with self._database.transaction() as connection:
            await connection.executemany(_SETTLE, rows)

    async def open_intents(self, bot: str) -> tuple[IntentRow, ...]:
        names = (*_columns(IntentRow), "id")
        rows = await self._database.fetch(
            f"SELECT {', '.join(names)} FROM live_intents WHERE bot = ? AND outcome IN (?, ?) ORDER BY id",
            (bot, *OPEN_OUTCOMES),
        )
        return tuple(IntentRow(**dict(zip(names, row, strict=True))) for row in rows)

    async def add_fills(self, fills: Sequence[LiveFillRow]) -> None:
        async with self._database.transaction() as connection:
            await connection.executemany(_ADD_FILL, [_values(fill) for fill in fills])

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        async with self._database.transaction() as connection:
            await connection.executemany(_ADD_EVENT, [_values(event) for event in events])

    async def keep_status(self, row: LiveBotRow, equity: EquityRow | None = None) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(_KEEP_BOT, _values(row))
            if equity is not None:
                await connection.execute(_ADD_EQUITY, _values(equity))


async def read_bots(database: Database) -> tuple[LiveBotRow, ...]:
    """Every bot that ever ran in this home, by name. Raises StorageError."""
    names = _columns(LiveBotRow)
    rows = await database.fetch(f"SELECT {', '.join(names)} FROM live_bots ORDER BY bot")
    return tuple(LiveBotRow(**dict(zip(names, row, strict=True))) for row in rows)


async def read_intents(database: Database, bot: str, last: int = 200) -> tuple[IntentRow, ...]:
    """The newest writes of a bot, newest first. Raises StorageError."""
    names = (*_columns(IntentRow), "id")
    sql = f"SELECT {', '.join(names)} FROM live_intents WHERE bot = ? ORDER BY id DESC LIMIT ?"
    return tuple(IntentRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, last)))


async def read_live_fills(database: Database, bot: str, last: int = 200) -> tuple[LiveFillRow, ...]:
    """The newest fills of a bot, newest first. Raises StorageError."""
    names = _columns(LiveFillRow)
    sql = f"SELECT {', '.join(names)} FROM live_fills WHERE bot = ? ORDER BY time_ms DESC, id DESC LIMIT ?"
    return tuple(LiveFillRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, last)))


async def read_live_events(database: Database, bot: str, last: int = 200) -> tuple[LiveEventRow, ...]:
    """The newest lines of a bot's story, newest first. Raises StorageError."""
    names = _columns(LiveEventRow)
    sql = f"SELECT {', '.join(names)} FROM live_events WHERE bot = ? ORDER BY id DESC LIMIT ?"
    return tuple(LiveEventRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, last)))


async def read_equity(database: Database, bot: str, since_ms: int = 0) -> tuple[EquityRow, ...]:
    """Samples of a bot's equity, oldest first. Raises StorageError."""
    names = _columns(EquityRow)
    sql = f"SELECT {', '.join(names)} FROM live_equity WHERE bot = ? AND time_ms >= ? ORDER BY time_ms"
    return tuple(EquityRow(**dict(zip(names, row, strict=True))) for row in await database.fetch(sql, (bot, since_ms)))


async def forget_bot(database: Database, bot: str) -> None:
    """Take a bot's row away; what it did stays in the journal. Raises StorageError."""
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM live_bots WHERE bot = ?", (bot,))
