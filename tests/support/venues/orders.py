"""Orders, fills, positions and bookings, as every venue has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Literal

Side = Literal["buy", "sell"]
PositionSide = Literal["long", "short", "both"]
TimeInForce = Literal["GTC", "IOC", "FOK", "POST"]
OrderState = Literal["new", "partly filled", "filled", "canceled", "expired", "rejected"]
Change = Literal["new", "trade", "canceled", "expired", "rejected", "liquidation"]

ZERO = Decimal(0)


class Reason(Enum):
    """Why a venue refuses; each venue has its own code and words for it."""

    UNKNOWN_SYMBOL = "unknown symbol"
    NOT_TRADING = "not trading"
    REDUCE_ONLY_SYMBOL = "reduce only symbol"
    PRICE_STEP = "price step"
    QTY_STEP = "quantity step"
    QTY_TOO_SMALL = "quantity too small"
    QTY_TOO_LARGE = "quantity too large"
    NOTIONAL = "notional too small"
    PRICE_TOO_HIGH = "price too high"
    PRICE_TOO_LOW = "price too low"
    MARGIN = "margin"
    WOULD_CROSS = "would cross"
    REDUCE_ONLY = "reduce only"
    POSITION_SIDE = "position side"
    DUPLICATE_CLIENT_ID = "duplicate client id"
    CLIENT_ID = "client id"
    UNKNOWN_ORDER = "unknown order"
    CANCEL_UNKNOWN_ORDER = "cancel unknown order"
    TOO_MANY_ORDERS = "too many orders"
    LEVERAGE = "leverage"
    SAME_LEVERAGE = "same leverage"
    SAME_MARGIN_MODE = "same margin mode"
    MARGIN_MODE_WITH_POSITIONS = "margin mode with positions"
    SAME_POSITION_MODE = "same position mode"
    MODE_WITH_POSITIONS = "mode with positions"
    MODE_WITH_ORDERS = "mode with orders"
    MISSING_PARAMETER = "missing parameter"
    BAD_PARAMETER = "bad parameter"
    NOT_WANTED_PARAMETER = "parameter not wanted"
    INTERVAL_TOO_LONG = "interval too long"
    BATCH_SIZE = "batch size"
    LISTEN_KEY = "listen key"
    SYSTEM_BUSY = "system busy"


class Refusal(Exception):
    """A request that the venue refuses; `detail` completes the venue's sentence (a parameter's name, a limit)."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a client asks for. `price` is None for a market order."""

    pair: str
    side: Side
    qty: Decimal
    price: Decimal | None
    position_side: PositionSide = "both"
    time_in_force: TimeInForce = "GTC"
    reduce_only: bool = False
    client_id: str = ""


@dataclass(slots=True)
class Order:
    id: str
    client_id: str
    pair: str
    side: Side
    position_side: PositionSide
    qty: Decimal
    price: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    created_ms: int
    updated_ms: int
    state: OrderState = "new"
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    fees: Decimal = ZERO
    reject_reason: str = ""
    external: bool = False

    @property
    def left(self) -> Decimal:
        return self.qty - self.filled

    @property
    def open(self) -> bool:
        return self.state in ("new", "partly filled")

    @property
    def closes(self) -> bool:
        """Whether it can only make a position smaller."""
        by_side = {"long": "sell", "short": "buy"}.get(self.position_side)
        return self.reduce_only or self.side == by_side


@dataclass(frozen=True, slots=True)
class Fill:
    id: str
    number: int
    order_id: str
    client_id: str
    pair: str
    side: Side
    position_side: PositionSide
    qty: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal
    fee_coin: str
    realized: Decimal
    closed_qty: Decimal
    maker: bool
    at_ms: int
    order_price: Decimal
    order_qty: Decimal
    left: Decimal
    is_market: bool
    kind: Literal["trade", "funding", "liquidation"] = "trade"


@dataclass(slots=True)
class Position:
    """`size` is below 0 for a short, whatever its side is called."""

    pair: str
    side: PositionSide
    size: Decimal = ZERO
    entry_price: Decimal = ZERO
    entry_fees: Decimal = ZERO
    realized: Decimal = ZERO
    updated_ms: int = 0
    created_ms: int = 0


@dataclass(frozen=True, slots=True)
class Income:
    """One booking on the account: realised profit, fee, funding, transfer."""

    id: int
    kind: Literal["REALIZED_PNL", "COMMISSION", "FUNDING_FEE", "TRANSFER"]
    pair: str
    coin: str
    amount: Decimal
    at_ms: int
    fill_number: int = 0


@dataclass(slots=True)
class ClosedPnl:
    """What the closing fills of one order earned, fees taken off."""

    order_id: str
    pair: str
    side: Side
    qty: Decimal
    order_price: Decimal
    is_market: bool
    closed_qty: Decimal
    entry_value: Decimal
    exit_value: Decimal
    entry_price: Decimal
    exit_price: Decimal
    profit: Decimal
    open_fee: Decimal
    close_fee: Decimal
    fills: int
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """An order changed. `order` is a copy as it was then; `fill` belongs to trades."""

    change: Change
    order: Order
    fill: Fill | None = None


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Wallets or positions changed; `reason` in Binance's words: ORDER, FUNDING_FEE, DEPOSIT, MARGIN_TYPE_CHANGE."""

    reason: str
    coins: tuple[str, ...] = ()
    positions: tuple[Position, ...] = field(default=())
    amount: Decimal = ZERO
