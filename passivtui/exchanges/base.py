"""What a bot knows of a venue: one small asynchronous protocol, in the bot's own words (`spec/live.md` §2–§7).

Every venue, the paper venue included, is an `Exchange`. Its data are frozen and hold only text and finite numbers.

Conventions. Times are UTC milliseconds. `symbol` is the market's name within the venue (BTC/USDT:USDT). Quantities and
sizes count contracts, each worth `c_mult` of the base (of the quote, where the market is inverse). The quantity of an
order or a fill is positive and `side` says where it goes; a position's size is negative for short. Money is in the
quote, for inverse markets in the base. Ids of orders and fills and client ids are text and compared as text.

Reads raise the errors of `exchanges/errors.py` and never answer with less than was asked: what can't be read whole is
not read. Orders and cancellations never raise for what a venue does to them; each has its `Outcome`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, Protocol

from passivtui.exchanges.errors import RejectReason
from passivtui.exchanges.events import Event

OrderSide = Literal["buy", "sell"]
PositionSide = Literal["long", "short"]
OrderKind = Literal["limit", "market"]
MarginMode = Literal["cross", "isolated"]
PositionMode = Literal["hedge", "one_way"]


#: How far back `candles_since` goes, however far it is asked.
OLDEST_CANDLES_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Traits:
    """What is so about a venue whatever the account. Batch sizes: orders per request, 1 where there is no batch."""

    name: str  # as in a config: "binance", "paper"
    title: str
    quote: str  # what its markets for the bot are settled in
    has_hedge_mode: bool
    max_client_id: int  # characters
    create_batch: int
    cancel_batch: int
    candle_page: int  # most candles of one request
    visibility_lag_ms: int  # an accepted order may be missing from reads for so long
    has_private_stream: bool = True
    has_margin_mode: bool = True  # cross or isolated can be set
    has_pnl_records: bool = True  # else realised PnL is what the fills say
    max_open_orders: int | None = None  # on the whole account
    price_digits: int | None = (
        None  # prices have at most so many significant digits, besides being multiples of the step
    )


@dataclass(frozen=True, slots=True)
class Market:
    """One market and its rules. `ineligible` says why the bot may not open positions in it; empty when it may."""

    symbol: str
    coin: str
    quote: str
    qty_step: float
    price_step: float
    min_qty: float
    min_cost: float
    c_mult: float
    max_leverage: float | None  # None: the venue doesn't say
    maker_fee: float  # fractions of the cost, negative for a rebate
    taker_fee: float
    is_active: bool = True
    is_inverse: bool = False
    listed_ms: int | None = None
    ineligible: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """The wallet without unrealised PnL. `follows_collateral`: it moves with the price of coins held as collateral,
    so order sizes use it through hysteresis (`spec/live.md` §5)."""

    total: float
    asset: str
    time_ms: int
    follows_collateral: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """An open position. `size` is never 0, negative for short; `price` is the average entry price."""

    symbol: str
    side: PositionSide
    size: float
    price: float
    leverage: float | None = None
    margin_mode: MarginMode | None = None
    liquidation_price: float | None = None


class OrderStatus(StrEnum):
    OPEN = "open"  # partly filled or not at all
    FILLED = "filled"
    CANCELLED = "cancelled"  # by us, by the venue, or expired; may be partly filled
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # a word that this version doesn't know: resolve it by reading, raise an alarm


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the venue has it. `qty` is what was ordered, `filled` the part of it that was traded.

    `price` is 0 for a market order. `client_id` is empty where another program or a person sent it without one.
    """

    id: str
    client_id: str
    symbol: str
    side: OrderSide
    position_side: PositionSide
    qty: float
    price: float
    filled: float
    status: OrderStatus
    reduce_only: bool
    time_ms: int  # when the venue took it

    @property
    def remaining(self) -> float:
        return max(self.qty - self.filled, 0.0)


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of one order. `fee` is what was paid (negative: received), `pnl` what it realised without fees; None
    while the venue has not told. `client_id` is empty where the venue doesn't send it with trades."""

    id: str
    order_id: str
    client_id: str
    symbol: str
    side: OrderSide
    position_side: PositionSide
    qty: float
    price: float
    fee: float | None
    pnl: float | None
    time_ms: int
    is_maker: bool | None = None


@dataclass(frozen=True, slots=True)
class RealisedPnl:
    """What was won or lost when a position was reduced. Ids are unique per venue and stay what they are."""

    id: str
    symbol: str
    position_side: PositionSide | None  # None: the venue doesn't say
    pnl: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class Candle:
    """One minute: `time_ms` is its beginning, `volume` in base units."""

    time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Ticker:
    """The last price, and the best bid and ask where the venue sends them (else the last price)."""

    symbol: str
    last: float
    bid: float
    ask: float
    time_ms: int


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What reading alone tells of a key and its account; None: the venue doesn't say."""

    account: str  # number or name, shortened by the screens
    may_read: bool | None
    may_trade: bool | None
    may_withdraw: bool | None
    is_ip_bound: bool | None
    position_mode: PositionMode | None
    margin_mode: MarginMode | None
    account_type: str = ""  # in the venue's words


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order to send. `client_id` makes sending it twice harmless. `price` of a market order is the price it was
    planned at (some venues want a limit of slippage). `post_only` is for limit orders. `fills_beyond` is heeded by the
    paper venue alone: the order fills only in candles that trade through that price too (`spec/engine.md` §8.2)."""

    client_id: str
    symbol: str
    side: OrderSide
    position_side: PositionSide
    qty: float
    price: float
    reduce_only: bool
    kind: OrderKind = "limit"
    post_only: bool = True
    fills_beyond: float | None = None


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """An order to cancel; `client_id` may be empty for orders of others."""

    symbol: str
    order_id: str
    client_id: str = ""


class OutcomeKind(StrEnum):
    CONFIRMED = "confirmed"  # the venue has taken it
    REJECTED = "rejected"  # the venue's own words prove that it had no effect
    DENIED_LOCALLY = "denied_locally"  # never sent: no budget, a ban, a closed connection, a rule of ours
    UNRESOLVED = "unresolved"  # sent, and nobody knows: `find_order` before anything replaces it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order or cancellation. `client_id` and `order_id` are those of the request as far as known;
    `reason` is there for a rejection; `message` is what a person reads."""

    kind: OutcomeKind
    client_id: str
    order_id: str = ""
    reason: RejectReason | None = None
    message: str = ""


class Exchange(Protocol):
    """One account on one venue. Every method but `events` may be called by several tasks at once."""

    @property
    def traits(self) -> Traits: ...

    async def load_markets(self) -> Mapping[str, Market]:
        """All markets by symbol, asked for anew. Called first, then hourly; the other calls need it."""

    async def clock_offset_ms(self) -> int:
        """How far the venue's clock is ahead of ours. Requests are signed with the offset that was measured last."""

    async def account(self) -> AccountFacts:
        """What can be read about the key and the account, without changing anything."""

    async def balance(self) -> Balance:
        """The wallet. An answer without the asset is an error, not 0."""

    async def positions(self) -> tuple[Position, ...]:
        """Every open position of the account in the bot's kind of markets."""

    async def open_orders(self, symbols: Collection[str] | None = None) -> tuple[Order, ...]:
        """Every open order, or those of some markets."""

    async def find_order(self, symbol: str, client_id: str) -> Order | None:
        """The order of that client id, open or not; None when the venue says that it has none. A fresh order may be
        invisible for `traits.visibility_lag_ms`, and old finished orders are forgotten by the venues."""

    async def fills_since(self, since_ms: int, symbols: Collection[str] | None = None) -> tuple[Fill, ...]:
        """Every fill from `since_ms` on, oldest first, each id once. Where a venue can only be asked market by market,
        `symbols` are asked (None: those with positions, open orders or fills of this session)."""

    async def realised_pnl_since(self, since_ms: int) -> tuple[RealisedPnl, ...]:
        """Every reduction of a position from `since_ms` on, oldest first, each id once."""

    async def candles_since(self, symbol: str, since_ms: int) -> tuple[Candle, ...]:
        """The 1m candles from `since_ms` to now, oldest first, the unfinished minute last if the venue sends it. Asked
        page by page, as far back as the venue keeps them, `OLDEST_CANDLES_DAYS` at most."""

    async def tickers(self, symbols: Collection[str] | None = None) -> Mapping[str, Ticker]:
        """Last prices by symbol. Markets without a usable price are left out."""

    async def create_orders(self, requests: Sequence[OrderRequest], *, panic: bool = False) -> tuple[Outcome, ...]:
        """Send the orders, in batches of the venue's size; one outcome each, in the order of the requests. Never sends
        an order twice. `panic`: before everything else that waits for the rate limit."""

    async def cancel_orders(self, requests: Sequence[CancelRequest], *, panic: bool = False) -> tuple[Outcome, ...]:
        """Cancel the orders; one outcome each, in the order of the requests. An order that is gone is REJECTED with
        `RejectReason.UNKNOWN_ORDER`."""

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        """Set it; already set is success. Raises Rejected, UnknownOutcome and the errors of reads."""

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        """As `set_leverage`. Some venues take the leverage together with the margin mode."""

    async def set_position_mode(self, mode: PositionMode) -> None:
        """As `set_leverage`, for the whole account."""

    def watch_candles(self, symbols: Collection[str]) -> None:
        """From now on `events` brings the candles of these markets, and of no others."""

    def events(self) -> AsyncIterator[Event]:
        """What the venue tells by itself, until `close`; for one reader. Opens the streams, and opens them again when
        they fall silent. Slow readers lose candles and duplicates, never a fill: instead they are told to refetch."""

    async def close(self) -> None:
        """Close connections and end `events`. May be called twice."""
