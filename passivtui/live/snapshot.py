"""Everything a plan is made from, frozen: the account, the coins, how old each of it is, and the config."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from passivtui.config import Approved, Config
from passivtui.core import Trailing
from passivtui.live.indicators import EmaBand, Window
from passivtui.live.orders import OpenOrder, SentOrder, Side

Standing = Literal["active", "inactive", "ineligible"]


class MarketRules(Protocol):
    """The venue's rules for orders of one coin: `market.MarketSpec` and the exchanges' listed markets have them."""

    @property
    def qty_step(self) -> float: ...
    @property
    def price_step(self) -> float: ...
    @property
    def min_qty(self) -> float: ...
    @property
    def min_cost(self) -> float: ...
    @property
    def c_mult(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Age:
    """How old an input is, and how old it may be; `ms` is None when it was never received."""

    ms: int | None
    limit_ms: int

    @property
    def is_fresh(self) -> bool:
        return self.ms is not None and 0 <= self.ms <= self.limit_ms


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of a coin on one side: signed size in contracts (short below 0), average price."""

    coin: str
    side: Side
    size: float
    price: float


@dataclass(frozen=True, slots=True)
class SideIndicators:
    """What the candles of a coin say for one side, whose spans and windows they follow; None: not known."""

    band: EmaBand | None = None
    trailing: Trailing | None = None
    volume: Window | None = None
    noisiness: Window | None = None


@dataclass(frozen=True, slots=True)
class CoinState:
    """One coin at the venue.

    `price` is the close of the newest candle, and `candles` its age, which is that of all indicators. `standing_reason`
    says why a coin is not active or not eligible; `listed_ms` is when it was first traded, None if that is not known.
    """

    market: MarketRules
    price: float | None
    candles: Age
    long: SideIndicators = SideIndicators()
    short: SideIndicators = SideIndicators()
    standing: Standing = "active"
    standing_reason: str = ""
    listed_ms: int | None = None

    def side(self, side: Side) -> SideIndicators:
        return self.long if side == "long" else self.short

    @property
    def fresh_price(self) -> float | None:
        """The price if it is a price and not too old."""
        usable = self.price is not None and math.isfinite(self.price) and self.price > 0.0
        return self.price if usable and self.candles.is_fresh else None


@dataclass(frozen=True, slots=True)
class PnlHistory:
    """Realised profits of the look-back, fees not included, all coins and both sides: highest running sum and last.

    The sum starts at 0, and so does the peak. `pending` is the number of fills whose profit the venue hasn't told yet.
    """

    peak: float
    last: float
    pending: int = 0


@dataclass(frozen=True, slots=True)
class AccountAges:
    """Ages of what belongs to the account as a whole."""

    positions: Age
    balance: Age
    open_orders: Age
    pnl: Age


@dataclass(frozen=True, slots=True)
class VenueTraits:
    """What the venue can do.

    `reduce_only`: it keeps closes within the position itself. `max_open_orders` is what it lets stand on the whole
    account, None for no limit. `fills_as_backtest`: it is the paper exchange, which fills from whole candles as the
    engine does.
    """

    hedge_mode: bool = True
    reduce_only: bool = True
    market_orders: bool = True
    balance_follows_collateral: bool = False
    max_open_orders: int | None = None
    fills_as_backtest: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one bot at one moment.

    `balance` is in quote; `last_sizing_balance` what the plan before sized orders with (`Plan.sizing_balance`).
    `commanded_mode` is the mode a person has put the whole bot into, "" for none. `sent` are the orders of the last
    minutes, `unsettled` the coins with a cancellation that failed or a change under way since the last refresh.
    """

    now_ms: int
    config: Config
    approved: Approved
    coins: Mapping[str, CoinState]
    balance: float | None
    ages: AccountAges
    positions: tuple[Position, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()
    pnl: PnlHistory | None = None
    venue: VenueTraits = field(default_factory=VenueTraits)
    last_sizing_balance: float | None = None
    commanded_mode: str = ""
    sent: tuple[SentOrder, ...] = ()
    unsettled: frozenset[str] = frozenset()

    @property
    def as_backtest(self) -> bool:
        """Whether the bot is to do what the backtest does, to the last bit.

        That is asked for by `mimic_backtest_1m_delay`, and only possible on paper. Then the exposure limit isn't
        rounded, no coin is dropped for its minimum cost, orders are placed however far from the price they are, as
        limit orders only, and closes carry the backtest's condition (`PlannedOrder`). On a real venue all rules hold.
        """
        return self.config.live.mimic_backtest_1m_delay and self.venue.fills_as_backtest

    @property
    def own_orders(self) -> tuple[OpenOrder, ...]:
        """The open orders that are the bot's."""
        return tuple(order for order in self.open_orders if order.is_ours)

    def approved_coins(self, side: Side) -> tuple[str, ...]:
        return self.approved.long if side == "long" else self.approved.short
