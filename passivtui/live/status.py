"""What a running bot is told and tells: its specification, its status at one moment, and the handle to steer it.

Everything here is frozen and holds plain values, so that it goes into the database and over a socket as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, Protocol

from passivtui.live.coin_picture import CoinPicture
from passivtui.live.drawdown_stop import DrawdownRule
from passivtui.live.orders import Part, Side

PAPER: Final = "paper"
FULL_SPEED: Final = 0.0
#: Market minutes per minute. Beyond it a bot's inputs grow old while it looks at them; `FULL_SPEED` waits for it.
FASTEST: Final = 1000.0
#: Before a place of ticks, in the market of a paper bot of the Passiv-X strategy.
TICKS: Final = "ticks:"


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """The market of a paper bot. `market` is a dataset's name or folder, or `live:VENUE` for the public prices of a
    venue as they come, or `TICKS` and a place of ticks; `start_ms` None: its beginning.

    `speed` is the number of market minutes per real minute; `FULL_SPEED` goes from minute to minute without waiting.
    `balance` None: the config's starting balance.
    """

    market: str = "demo"
    start_ms: int | None = None
    speed: float = 1.0
    balance: float | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class BotSpec:
    """What a bot is: one account and one config. `user` is a name of the vault, or `PAPER` with `paper` set.

    The drawdown stop is the account's and not the strategy's, so it is here and not in the config: a config stays what
    Passivbot, the backtest and the optimizer know.
    """

    name: str
    user: str
    config: str  # path of the config's file
    sets: tuple[str, ...] = ()  # KEY=VALUE on top of the file
    paper: PaperSettings | None = None
    drawdown_stop: DrawdownRule | None = None

    @property
    def is_paper(self) -> bool:
        return self.user == PAPER


class BotState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (BotState.STOPPED, BotState.FAILED)


class StopChoice(StrEnum):
    """What a bot does with its orders and positions when it is stopped (`design/reliability.md`, stop must stop)."""

    LEAVE = "leave"  # orders stay as they are
    KEEP_CLOSES = "keep-closes"  # entries are cancelled, closes stay
    CANCEL_ALL = "cancel-all"  # every order of the bot is cancelled, positions stay
    CLOSE_POSITIONS = "close-positions"  # every order is cancelled and every position closed at market


OrderStanding = Literal["as planned", "to cancel", "to create", "waits", "foreign", "unknown"]


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One position. `exposure` and `exposure_limit` are multiples of the balance; `upnl` is in quote. What needs a
    price is None while none is known. `mode` is "" for a coin that the last plan gave none."""

    coin: str
    side: Side
    size: float
    price: float
    last_price: float | None
    upnl: float | None
    exposure: float
    exposure_limit: float
    mode: str
    next_entry: float | None = None  # price of the nearest
    next_close: float | None = None
    liquidation_price: float | None = None
    liquidation_distance: float | None = None  # on the way to it, as a share of the last price
    liq_stop_level: float | None = None  # Passiv-X: beyond these prices a stop loss is due
    price_stop_level: float | None = None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order that is on the book, should be, or both; `distance` from the last price, as a fraction with sign."""

    coin: str
    side: Side
    part: Part
    type: str  # the engine's; "" where it isn't known
    qty: float  # signed
    price: float
    standing: OrderStanding
    distance: float | None = None
    client_id: str = ""
    execution: str = "limit"


@dataclass(frozen=True, slots=True)
class WithheldRow:
    """Orders that are not there, and why (`reasons.Withheld` in plain values)."""

    coin: str
    side: Side
    gate: str
    text: str
    kind: str = ""
    numbers: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill; `qty` is signed, `pnl` and `fee` None while the venue hasn't told."""

    id: str
    time_ms: int
    coin: str
    side: Side
    type: str
    qty: float
    price: float
    pnl: float | None
    fee: float | None


@dataclass(frozen=True, slots=True)
class AgeRow:
    """How old an input is; `ms` None: never received."""

    name: str
    ms: int | None
    limit_ms: int
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class ModeRow:
    """The mode of a coin on one side, and why."""

    coin: str
    side: Side
    mode: str
    reason: str


@dataclass(frozen=True, slots=True)
class SideExposure:
    """All positions of a side against its limit, as multiples of the balance."""

    side: Side
    exposure: float
    limit: float
    positions: int
    most_positions: int


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """How often something went wrong since the bot started, and the last words about it."""

    name: str
    count: int
    last: str
    last_ms: int


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast it goes: duration of the last cycle, round trip of the last write, part of the venue's budget used."""

    cycle_ms: float = 0.0
    write_ms: float | None = None
    budget_used: float | None = None
    blocked_seconds: float = 0.0
    cycles: int = 0


@dataclass(frozen=True, slots=True)
class BotStatus:
    """A bot at one moment. Money is in quote; what is not known is None or empty, never a made-up 0.

    `clock_ms` is the bot's own time (that of the market it trades), `heartbeat_ms` real time. `commanded_mode` is the
    mode that a person has put the whole bot into, "" for none. `alarm` is what needs a person, "" for nothing.
    """

    spec: BotSpec
    state: BotState
    reason: str
    clock_ms: int
    heartbeat_ms: int
    started_ms: int
    exchange: str = ""
    quote: str = ""
    commanded_mode: str = ""
    balance: float | None = None
    equity: float | None = None
    upnl: float | None = None
    exposures: tuple[SideExposure, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    modes: tuple[ModeRow, ...] = ()
    withheld: tuple[WithheldRow, ...] = ()
    warnings: tuple[str, ...] = ()
    fills: tuple[FillRow, ...] = ()  # the newest first, a few
    fill_count: int = 0
    ages: tuple[AgeRow, ...] = ()
    errors: tuple[ErrorCount, ...] = ()
    next_action: str = ""
    alarm: str = ""
    restarts: int = 0
    unresolved: int = 0
    rates: Rates = field(default_factory=Rates)
    pid: int = 0

    @property
    def book(self) -> tuple[OrderRow, ...]:
        """Of `orders` those that the venue has, or may have; a bot that is over places none of the others."""
        return tuple(row for row in self.orders if row.standing not in ("to create", "waits"))


class BotHandle(Protocol):
    """A bot as a screen or the command line sees it, in this process or in another."""

    @property
    def name(self) -> str: ...

    def status(self) -> BotStatus:
        """The newest status; asks nobody and never waits."""

    def subscribe(self, listener: Callable[[BotStatus], None]) -> Callable[[], None]:
        """Have `listener` called with each new status, on the event loop. Returns what ends it."""

    async def stop(self, choice: StopChoice) -> None:
        """Stop as chosen and return when no write will follow. A second call may only choose more: it takes over."""

    async def set_mode(self, mode: str) -> None:
        """Put the whole bot into a mode of `config.modes`, "" to give it back to its config. Raises ConfigError."""

    async def panic(self) -> None:
        """Close everything at market and stay out: mode panic."""

    async def why(self, order: OrderRow) -> tuple[str, ...]:
        """The formula of an order with its numbers, as lines."""

    async def picture(self, coin: str) -> CoinPicture:
        """Prices and bands of a coin."""


class LocalBot(BotHandle, Protocol):
    """A bot in this process: it is run there, and can be ended at once."""

    async def run(self) -> None:
        """Its whole life."""

    async def publish(self) -> None:
        """Tell subscribers and the database how it stands."""

    def abandon(self) -> None:
        """End in the middle of whatever it does."""
