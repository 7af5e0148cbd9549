"""Every bot of the home, in whatever process it runs or ran: what the database and the locks say."""

from __future__ import annotations

from dataclasses import dataclass

from passivtui.clock import Clock, utc_ms
from passivtui.errors import DataError
from passivtui.live.locks import is_running
from passivtui.live.status import BotState, BotStatus
from passivtui.live.status_text import status_from_json
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.storage.journal import LiveBotRow, read_bots


@dataclass(frozen=True, slots=True)
class ListedBot:
    """One bot. `status` is the last it wrote, None if another version wrote it. `is_running`: its lock is held now."""

    name: str
    user: str
    state: str
    reason: str
    pid: int
    started_ms: int
    heartbeat_age_ms: int
    is_running: bool
    status: BotStatus | None

    @property
    def shown_state(self) -> str:
        """`killed` for a bot that never said it ended, but did."""
        over = self.state in (BotState.STOPPED, BotState.FAILED)
        return self.state if over or self.is_running else "killed"


async def list_bots(home: Home, clock: Clock = utc_ms) -> tuple[ListedBot, ...]:
    """All bots by name. Raises StorageError."""
    async with Database(home.database) as database:
        rows = await read_bots(database)
    return tuple(_listed(row, home, clock()) for row in rows)


def _listed(row: LiveBotRow, home: Home, now_ms: int) -> ListedBot:
    try:
        status: BotStatus | None = status_from_json(row.status)
    except DataError:
        status = None
    return ListedBot(
        row.bot,
        row.user,
        row.state,
        row.reason,
        row.pid,
        row.started_ms,
        max(0, now_ms - row.heartbeat_ms),
        is_running(home, row.bot),
        status,
    )
