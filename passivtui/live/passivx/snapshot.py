"""Everything that a plan of a Passiv-X bot is made from, frozen: settings, market, account and what the trades told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from passivtui.live.orders import OpenOrder
from passivtui.passivx.markets import TickMarket
from passivtui.passivx.model import LiveSettings, numbers_of


@dataclass(frozen=True, slots=True)
class Terms:
    """What a bot trades by and where, also as the numbers that the engine's order functions take."""

    settings: LiveSettings
    market: TickMarket
    strategy_numbers: Mapping[str, float] = field(init=False, repr=False, compare=False)
    market_numbers: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy_numbers", numbers_of(self.settings.strategy))
        object.__setattr__(self, "market_numbers", numbers_of(self.market))


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """What is held: signed size, 0 when flat, average price. `liquidation_price` is the venue's; 0 means never, None
    that it hasn't told."""

    size: float = 0.0
    price: float = 0.0
    liquidation_price: float | None = None


@dataclass(frozen=True, slots=True)
class TickSnapshot:
    """The state of one bot at one moment. Money is in the margin coin; None: not known, and never taken for 0.

    bid, ask           the best of the book
    ema                of the trades' prices, over `ema_span` changes of price
    max_notional       what the venue lets a linear position be worth at this leverage, in quote
    predicted_funding  the rate that longs will pay shorts
    last_stop_loss_ms  when the last stop loss was filled
    """

    now_ms: int
    terms: Terms
    balance: float | None
    equity: float | None
    bid: float | None
    ask: float | None
    last_price: float | None
    ema: float | None
    position: HeldPosition = HeldPosition()
    open_orders: tuple[OpenOrder, ...] = ()
    max_notional: float = math.inf
    predicted_funding: float | None = None
    last_stop_loss_ms: int | None = None

    @property
    def own_orders(self) -> tuple[OpenOrder, ...]:
        """The open orders that are the bot's."""
        return tuple(order for order in self.open_orders if order.is_ours)
