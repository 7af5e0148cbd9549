"""The journal of live bots: what they are about to do before they do it, what came of it, and how they stand.

Intents are committed (synchronous FULL) before anything is sent, so that a process that is killed at any moment leaves
behind everything that may be at the venue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from passivtui.storage.database import Database
from passivtui.storage.journal_reading import (
    forget_bot,
    read_bots,
    read_equity,
    read_events_between,
    read_fills_between,
    read_intents,
    read_intents_between,
    read_live_events,
    read_live_fills,
)
from passivtui.storage.journal_rows import (
    Action,
    EquityRow,
    IntentRow,
    LiveBotRow,
    LiveEventRow,
    LiveFillRow,
    OutcomeRow,
    columns_of,
    insert_into,
    values_of,
)
from passivtui.storage.recordings import (
    FORGET_CYCLES_BEFORE,
    KEEP_CONFIG,
    KEEP_CYCLE,
    ConfigRow,
    CycleRow,
    cycle_values,
)

__all__ = [
    "OPEN_OUTCOMES",
    "Action",
    "ConfigRow",
    "CycleRow",
    "DatabaseJournal",
    "EquityRow",
    "IntentRow",
    "Journal",
    "LiveBotRow",
    "LiveEventRow",
    "LiveFillRow",
    "MemoryJournal",
    "OutcomeRow",
    "forget_bot",
    "read_bots",
    "read_equity",
    "read_events_between",
    "read_fills_between",
    "read_intents",
    "read_intents_between",
    "read_live_events",
    "read_live_fills",
]

#: Outcomes after which the venue must still be asked.
OPEN_OUTCOMES: Final = ("", "unresolved")
_FOR_EVER_MS: Final = 2**62


class Journal(Protocol):
    """Where a bot writes. Every method raises StorageError when what it is told can't be kept."""

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        """Keep intents, durably when this returns. Their ids, in order."""

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        """Keep what came of intents."""

    async def open_intents(self, bot: str) -> tuple[IntentRow, ...]:
        """Intents of which the outcome isn't known, oldest first."""

    async def intents_since(self, bot: str, time_ms: int) -> tuple[IntentRow, ...]:
        """All intents from a time on with what came of them, oldest first."""

    async def add_fills(self, fills: Sequence[LiveFillRow]) -> None:
        """Keep fills; those that are there already are completed."""

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        """Keep lines of the story."""

    async def keep_status(self, row: LiveBotRow, equity: Sequence[EquityRow] = ()) -> None:
        """Put the bot's row in the place of the one before, with samples of its equity."""

    async def keep_cycles(
        self, cycles: Sequence[CycleRow], config: ConfigRow | None = None, forget_before_ms: int | None = None
    ) -> None:
        """Keep recorded cycles of one bot, and the config they ran by if it is new; forget those that are too old."""

    async def forget_before(self, bot: str, time_ms: int) -> None:
        """Forget the story and settled writes before a time, and all but one equity sample an hour; fills stay."""

    async def forget_after(self, bot: str, time_ms: int) -> None:
        """Forget fills, equity and cycles after a time: on paper a market may be played again from an earlier one."""

    async def past(self, bot: str, since_ms: int) -> tuple[tuple[EquityRow, ...], tuple[LiveFillRow, ...]]:
        """Samples of equity and fills since a time, oldest first."""

    async def stop_state(self, bot: str) -> tuple[str, str] | None:
        """The rule and the state that the bot's drawdown stop has kept, as JSON."""

    async def keep_stop_state(self, bot: str, rule: str, state: str) -> None:
        """Keep the rule and the state of the bot's drawdown stop."""


class MemoryJournal:
    """A journal that ends with the process: for runs that are over when it is, such as a check against a backtest."""

    def __init__(self) -> None:
        self.intents: dict[int, IntentRow] = {}
        self._last = 0  # number that was given to an intent
        self.outcomes: dict[int, OutcomeRow] = {}
        self.fills: dict[tuple[str, str], LiveFillRow] = {}
        self.events: list[LiveEventRow] = []
        self.equity: list[EquityRow] = []
        self.bots: dict[str, LiveBotRow] = {}
        self.cycles: list[CycleRow] = []
        self.configs: dict[str, str] = {}
        self.stops: dict[str, tuple[str, str]] = {}

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        first = self._last + 1
        ids = tuple(range(first, first + len(intents)))
        self._last = first + len(intents) - 1
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

    async def intents_since(self, bot: str, time_ms: int) -> tuple[IntentRow, ...]:
        found = []
        for number, intent in self.intents.items():
            if intent.bot == bot and intent.intended_ms >= time_ms:
                known = self.outcomes.get(number)
                outcome = intent.outcome if known is None else known.outcome
                found.append(replace(intent, id=number, outcome=outcome))
        return tuple(found)

    async def add_fills(self, fills: Sequence[LiveFillRow]) -> None:
        self.fills.update(((fill.bot, fill.id), fill) for fill in fills)

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        self.events += events

    async def keep_status(self, row: LiveBotRow, equity: Sequence[EquityRow] = ()) -> None:
        self.bots[row.bot] = row
        self.equity += equity

    async def keep_cycles(
        self, cycles: Sequence[CycleRow], config: ConfigRow | None = None, forget_before_ms: int | None = None
    ) -> None:
        self.cycles += cycles
        if config is not None:
            self.configs[config.digest] = config.text
        keys = (n for n, row in enumerate(self.cycles) if row.is_key and row.time_ms <= (forget_before_ms or 0))
        del self.cycles[: max(keys, default=0)]

    async def forget_before(self, bot: str, time_ms: int) -> None:
        self.events = [event for event in self.events if event.bot != bot or event.time_ms >= time_ms]
        is_kept = self._is_kept
        self.intents = {n: intent for n, intent in self.intents.items() if is_kept(n, intent, bot, time_ms)}
        self.outcomes = {n: outcome for n, outcome in self.outcomes.items() if n in self.intents}
        self.equity = [
            one for one in self.equity if one.bot != bot or one.time_ms >= time_ms or one.time_ms % 3_600_000 == 0
        ]

    def _is_kept(self, number: int, intent: IntentRow, bot: str, time_ms: int) -> bool:
        known = self.outcomes.get(number)
        is_open = known is None or known.outcome in OPEN_OUTCOMES
        return intent.bot != bot or is_open or intent.intended_ms >= time_ms

    async def forget_after(self, bot: str, time_ms: int) -> None:
        self.fills = {key: fill for key, fill in self.fills.items() if fill.time_ms <= time_ms}
        self.equity = [sample for sample in self.equity if sample.time_ms <= time_ms]
        self.cycles = [cycle for cycle in self.cycles if cycle.time_ms <= time_ms]

    async def past(self, bot: str, since_ms: int) -> tuple[tuple[EquityRow, ...], tuple[LiveFillRow, ...]]:
        fills = sorted(self.fills.values(), key=lambda fill: fill.time_ms)
        return (
            tuple(sample for sample in self.equity if sample.bot == bot and sample.time_ms >= since_ms),
            tuple(fill for fill in fills if fill.bot == bot and fill.time_ms >= since_ms),
        )

    async def stop_state(self, bot: str) -> tuple[str, str] | None:
        return self.stops.get(bot)

    async def keep_stop_state(self, bot: str, rule: str, state: str) -> None:
        self.stops[bot] = rule, state


_INTEND: Final = insert_into("live_intents", IntentRow)
_SETTLE: Final = (
    "UPDATE live_intents SET outcome = ?, order_id = CASE WHEN ? = '' THEN order_id ELSE ? END, "
    "reason = ?, message = ?, settled_ms = ? WHERE id = ?"
)
_ADD_FILL: Final = insert_into("live_fills", LiveFillRow, "OR REPLACE")
_ADD_EVENT: Final = insert_into("live_events", LiveEventRow)
_ADD_EQUITY: Final = insert_into("live_equity", EquityRow, "OR REPLACE")
_FORGET_BEFORE: Final = (
    "DELETE FROM live_events WHERE bot = ? AND time_ms < ?",
    "DELETE FROM live_intents WHERE bot = ? AND intended_ms < ? AND outcome NOT IN ('', 'unresolved')",
    "DELETE FROM live_equity WHERE bot = ? AND time_ms < ? AND time_ms % 3600000 != 0",
)
_KEEP_BOT: Final = insert_into("live_bots", LiveBotRow, "OR REPLACE")


class DatabaseJournal:
    """The journal in the program's database, shared by all bots of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, intents: Sequence[IntentRow]) -> tuple[int, ...]:
        ids = []
        async with self._database.transaction() as connection:
            for intent in intents:
                cursor = await connection.execute(_INTEND, values_of(intent))
                ids.append(int(cursor.lastrowid or 0))
                await cursor.close()
        return tuple(ids)

    async def settle(self, outcomes: Sequence[OutcomeRow]) -> None:
        rows = [(o.outcome, o.order_id, o.order_id, o.reason, o.message, o.settled_ms, o.intent) for o in outcomes]
        async with self._database.transaction() as connection:
            await connection.executemany(_SETTLE, rows)

    async def open_intents(self, bot: str) -> tuple[IntentRow, ...]:
        names = (*columns_of(IntentRow), "id")
        rows = await self._database.fetch(
            f"SELECT {', '.join(names)} FROM live_intents WHERE bot = ? AND outcome IN (?, ?) ORDER BY id",
            (bot, *OPEN_OUTCOMES),
        )
        return tuple(IntentRow(**dict(zip(names, row, strict=True))) for row in rows)

    async def intents_since(self, bot: str, time_ms: int) -> tuple[IntentRow, ...]:
        names = (*columns_of(IntentRow), "id")
        rows = await self._database.fetch(
            f"SELECT {', '.join(names)} FROM live_intents WHERE bot = ? AND intended_ms >= ? ORDER BY id",
            (bot, time_ms),
        )
        return tuple(IntentRow(**dict(zip(names, row, strict=True))) for row in rows)

    async def add_fills(self, fills: Sequence[LiveFillRow]) -> None:
        async with self._database.transaction() as connection:
            await connection.executemany(_ADD_FILL, [values_of(fill) for fill in fills])

    async def add_events(self, events: Sequence[LiveEventRow]) -> None:
        async with self._database.transaction() as connection:
            await connection.executemany(_ADD_EVENT, [values_of(event) for event in events])

    async def keep_status(self, row: LiveBotRow, equity: Sequence[EquityRow] = ()) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(_KEEP_BOT, values_of(row))
            await connection.executemany(_ADD_EQUITY, [values_of(sample) for sample in equity])

    async def keep_cycles(
        self, cycles: Sequence[CycleRow], config: ConfigRow | None = None, forget_before_ms: int | None = None
    ) -> None:
        async with self._database.transaction() as connection:
            await connection.executemany(KEEP_CYCLE, cycle_values(cycles))
            if config is not None:
                await connection.execute(KEEP_CONFIG, (config.bot, config.digest, config.text))
            if forget_before_ms is not None and cycles:
                bot = cycles[0].bot
                await connection.execute(FORGET_CYCLES_BEFORE, (bot, bot, forget_before_ms))

    async def forget_before(self, bot: str, time_ms: int) -> None:
        async with self._database.transaction() as connection:
            for statement in _FORGET_BEFORE:
                await connection.execute(statement, (bot, time_ms))

    async def forget_after(self, bot: str, time_ms: int) -> None:
        async with self._database.transaction() as connection:
            for table in ("live_fills", "live_equity", "live_cycles"):
                await connection.execute(f"DELETE FROM {table} WHERE bot = ? AND time_ms > ?", (bot, time_ms))

    async def past(self, bot: str, since_ms: int) -> tuple[tuple[EquityRow, ...], tuple[LiveFillRow, ...]]:
        equity = await read_equity(self._database, bot, since_ms)
        return equity, await read_fills_between(self._database, bot, since_ms, _FOR_EVER_MS)

    async def stop_state(self, bot: str) -> tuple[str, str] | None:
        rows = await self._database.fetch("SELECT rule, state FROM live_drawdown_stops WHERE bot = ?", (bot,))
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    async def keep_stop_state(self, bot: str, rule: str, state: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT OR REPLACE INTO live_drawdown_stops (bot, rule, state) VALUES (?, ?, ?)", (bot, rule, state)
            )
