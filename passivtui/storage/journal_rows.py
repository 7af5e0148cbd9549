"""The rows of the journal of live bots, and how they lie in their tables."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

Action = Literal["create", "cancel"]


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
    """Balance and equity at a minute; `upnl` is JSON: the unrealised profit by coin and side, `{"BTC long": 1.5}`."""

    bot: str
    time_ms: int
    balance: float
    equity: float
    upnl: str = "{}"


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


def columns_of(kind: type) -> tuple[str, ...]:
    """The columns that a row is written to: its fields but the id that the table gives."""
    return tuple(field.name for field in fields(kind) if field.name != "id" or kind is LiveFillRow)


def values_of(row: object) -> tuple[object, ...]:
    """The values of the columns."""
    return tuple(getattr(row, name) for name in columns_of(type(row)))


def insert_into(table: str, kind: type, or_else: str = "") -> str:
    """The statement that writes a row; `or_else` is what SQLite does when it is there already."""
    names = columns_of(kind)
    return f"INSERT {or_else} INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
