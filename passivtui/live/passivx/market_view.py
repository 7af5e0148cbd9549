"""What the trades tell a bot of the market: the book's best prices and the EMA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class MarketView:
    """After some trade: a sale into bids makes its price the best bid, a purchase from asks the best ask.

    The EMA counts changes of price only."""

    bid: float
    ask: float
    ema: float

    @classmethod
    def at_first(cls, price: float, next_price: float) -> Self:
        """Before the first of all trades, as the backtest begins."""
        return cls(min(price, next_price), max(price, next_price), price)

    def after(self, price: float, *, buyer_is_maker: bool, alpha: float) -> MarketView:
        """After a trade at another price than the one before. `alpha`: 2 / (ema_span + 1)."""
        ema = self.ema * (1.0 - alpha) + price * alpha
        return MarketView(price, self.ask, ema) if buyer_is_maker else MarketView(self.bid, price, ema)
