"""A paper account whose prices are single trades, for a strategy that acts tick by tick (`spec/passivx.md` §8).

An order fills whole, at its own price and for the maker fee, when a trade goes strictly through it: bids when somebody
sold into bids, asks when somebody bought from asks. Wallet, positions and orders are those of the other paper venue.
"""

from __future__ import annotations

from typing import Final

from passivtui.core.contracts import liquidation_price
from passivtui.exchanges.base import Fill, Market, Order, OrderRequest, Position
from passivtui.exchanges.events import FillSeen
from passivtui.exchanges.paper_account import PaperAccount
from passivtui.exchanges.paper_books import Books
from passivtui.exchanges.paper_rules import Dice, PaperRules

_UNREACHED: Final = (float("inf"), float("-inf"))  # low and high of a candle that fills nothing


class PaperTicks:
    """One account on one market, in one-way mode, moved on by `trade`; whoever drives it owns the time.

    `latency_ms`: how long an order is under way; it takes part in trades from then on. The position is liquidated where
    wallet balance and unrealised loss leave the maintenance margin, at any trade, which takes all of the wallet.
    """

    def __init__(
        self, market: Market, starting_balance: float, leverage: float, last_price: float, *, latency_ms: int = 0
    ) -> None:
        # The other venue lets orders arrive so late within a minute; here they must be there so long before a trade.
        rules = PaperRules(starting_balance=starting_balance, late_order_ms=-latency_ms)
        books = Books(balance=starting_balance, settled_ms=0, position_mode="one_way")
        self._account = PaperAccount({market.symbol: market}, rules, books, Dice(rules.seed))
        self._market = market
        self._leverage = leverage
        self._liquidation = 0.0
        self.last_price = last_price
        self.is_liquidated = False

    @property
    def balance(self) -> float:
        """The wallet without unrealised profit, in the margin coin."""
        return self._account.books.balance

    @property
    def position(self) -> Position | None:
        """What is held; None when flat."""
        return next(iter(self._account.positions()), None)

    @property
    def liquidation_price(self) -> float:
        """Of what is held; 0 where it can't be liquidated."""
        return self._liquidation

    @property
    def open_orders(self) -> tuple[Order, ...]:
        return tuple(resting.order for resting in self._account.books.resting.values())

    def place(self, request: OrderRequest, now_ms: int) -> Order:
        """Take an order; one at market fills at the last price as taker. Raises Refusal."""
        order = self._account.place(request, self.last_price, now_ms)
        self._note_liquidation()
        return order

    def cancel(self, order_id: str) -> Order:
        """Take an order off the book. Raises Refusal when it is not there."""
        return self._account.cancel(order_id)

    def trade(self, price: float, *, buyer_is_maker: bool, time_ms: int) -> None:
        """Somebody trades: fill what that goes through, unless it is the end of the position."""
        if self.is_liquidated:
            return
        if self._is_beyond(price):
            self._liquidate()
            return
        low, high = _UNREACHED
        if buyer_is_maker:
            low = price
        else:
            high = price
        self._account.match({self._market.symbol: (price, high, low, price)}, time_ms, time_ms)
        self.last_price = price
        self._note_liquidation()

    def take_fills(self) -> tuple[Fill, ...]:
        """The fills since the last call, in the order in which they happened."""
        return tuple(event.fill for event in self._account.take_news() if isinstance(event, FillSeen))

    # ------------------------------------------------------------ liquidation

    def _note_liquidation(self) -> None:
        if not any(isinstance(event, FillSeen) for event in self._account.news):
            return
        held = self.position
        self._liquidation = 0.0 if held is None else self._liquidation_of(held)
        if held is None and self.balance <= 0.0:
            self.is_liquidated = True

    def _liquidation_of(self, held: Position) -> float:
        market = self._market
        numbers = {
            "inverse": float(market.is_inverse),
            "price_step": market.price_step,
            "qty_step": market.qty_step,
            "min_qty": market.min_qty,
            "min_cost": market.min_cost,
            "maker_fee": market.maker_fee,
            "max_leverage": market.max_leverage or self._leverage,
        }
        return liquidation_price(numbers, self.balance, held.size, held.price, self._leverage)

    def _is_beyond(self, price: float) -> bool:
        held = self.position
        if held is None or self._liquidation <= 0.0:
            return False
        return price <= self._liquidation if held.size > 0.0 else price >= self._liquidation

    def _liquidate(self) -> None:
        books = self._account.books
        for order in self.open_orders:
            self._account.cancel(order.id)
        books.holdings.clear()
        books.balance = 0.0
        self._liquidation = 0.0
        self.is_liquidated = True
