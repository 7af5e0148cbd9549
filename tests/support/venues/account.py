"""A trader's account: wallets, positions, settings, and what was booked."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from decimal import Decimal

from .markets import Market, average_price
from .orders import ZERO, ClosedPnl, Income, Order, Position, PositionSide

MAINTENANCE = Decimal("0.005")
_SMALLEST = Decimal("0.00000001")


class Account:
    """Wallets by coin and positions by market and side, with the bookings that changed them (`booked`: their sums).

    `hedge`: long and short side by side (`modes`: by market, where a venue has that). `isolated`: markets whose
    margin is kept apart (a setting only: the sums
    here are those of cross margin).
    """

    def __init__(self, balances: dict[str, Decimal], *, hedge: bool, maker_fee: Decimal, taker_fee: Decimal) -> None:
        self.wallets = dict(balances)
        self.hedge = hedge
        self.modes: dict[str, bool] = {}
        self.maker_fee = maker_fee
        self.taker_fee = taker_fee
        self.positions: dict[tuple[str, PositionSide], Position] = {}
        self.leverage: dict[str, int] = {}
        self.isolated: set[str] = set()
        self.incomes: list[Income] = []
        self.booked: dict[str, Decimal] = {}
        self.closed_pnl: dict[str, ClosedPnl] = {}

    def position(self, pair: str, side: PositionSide) -> Position:
        return self.positions.setdefault((pair, side), Position(pair, side))

    def hedged(self, pair: str) -> bool:
        """Whether long and short are apart: by the market's own mode where there is one, else the account's."""
        return self.modes.get(pair, self.hedge)

    def switch(self, *, hedge: bool) -> None:
        """Changes the mode of every market at once, whatever is open: as if by another hand."""
        self.hedge = hedge
        self.modes.clear()

    def open_positions(self) -> list[Position]:
        return [position for position in self.positions.values() if position.size]

    def leverage_of(self, pair: str) -> int:
        return self.leverage.get(pair, 20)

    def book(self, kind: str, pair: str, coin: str, amount: Decimal, at_ms: int, fill_number: int = 0) -> Income:
        """Adds a booking, to eight decimals as venues keep them, and moves the wallet by it."""
        amount = amount.quantize(_SMALLEST)
        self.wallets[coin] = self.wallets.get(coin, ZERO) + amount
        self.booked[coin] = self.booked.get(coin, ZERO) + amount
        income = Income(len(self.incomes) + 1, kind, pair, coin, amount, at_ms, fill_number)  # type: ignore[arg-type]
        self.incomes.append(income)
        return income

    def take(
        self, market: Market, order: Order, qty: Decimal, price: Decimal, fee: Decimal, at_ms: int
    ) -> tuple[Decimal, Decimal]:
        """What a fill does to the position: (realised profit, quantity that closed)."""
        position = self.position(order.pair, order.position_side)
        signed = qty if order.side == "buy" else -qty
        closing = min(qty, abs(position.size)) if position.size * signed < 0 else ZERO
        realized = ZERO
        if closing:
            realized = self._close(market, position, order, closing, price, fee * closing / qty, at_ms)
        opening = qty - closing
        if opening:
            more = opening if signed > 0 else -opening
            position.entry_price = average_price(market, position.size, position.entry_price, more, price)
            position.created_ms = position.created_ms if position.size else at_ms
            position.size += more
            position.entry_fees += fee * opening / qty
        position.updated_ms = at_ms
        return realized, closing

    def _close(
        self, market: Market, position: Position, order: Order, qty: Decimal, price: Decimal, fee: Decimal, at_ms: int
    ) -> Decimal:
        part = qty if position.size > 0 else -qty
        profit = market.profit(part, position.entry_price, price)
        open_fee = position.entry_fees * qty / abs(position.size)
        self._record(market, position, order, qty, price, profit, open_fee, fee, at_ms)
        position.entry_fees -= open_fee
        position.size -= part
        position.realized += profit
        if not position.size:
            position.entry_price = position.entry_fees = ZERO
        return profit

    def _record(
        self,
        market: Market,
        position: Position,
        order: Order,
        qty: Decimal,
        price: Decimal,
        profit: Decimal,
        open_fee: Decimal,
        fee: Decimal,
        at_ms: int,
    ) -> None:
        record = self.closed_pnl.get(order.id)
        if record is None:
            record = self.closed_pnl[order.id] = ClosedPnl(
                order.id, order.pair, order.side, order.qty, order.price or price, order.price is None,
                ZERO, ZERO, ZERO, position.entry_price, price, ZERO, ZERO, ZERO, 0, at_ms, at_ms,
            )  # fmt: skip
        record.closed_qty += qty
        record.entry_value += market.value(qty, position.entry_price)
        record.exit_value += market.value(qty, price)
        record.exit_price = price
        record.profit += profit - open_fee - fee
        record.open_fee += open_fee
        record.close_fee += fee
        record.fills += 1
        record.updated_ms = at_ms

    def unrealized(self, market: Market, position: Position, price: Decimal) -> Decimal:
        return market.profit(position.size, position.entry_price, price) if position.size else ZERO

    def margin_of(self, market: Market, qty: Decimal, price: Decimal) -> Decimal:
        return market.value(abs(qty), price) / self.leverage_of(market.pair)

    def available(
        self, coin: str, markets: dict[str, Market], prices: dict[str, Decimal], orders: Iterable[Order]
    ) -> Decimal:
        """What new entries may use: wallet and open profit, less the margin of positions and entry orders."""
        free = self.wallets.get(coin, ZERO)
        for position in self.open_positions():
            market = markets[position.pair]
            if market.settle == coin:
                price = prices[position.pair]
                free += self.unrealized(market, position, price) - self.margin_of(market, position.size, price)
        for order in orders:
            market = markets[order.pair]
            if market.settle == coin and not order.closes and order.price is not None:
                free -= self.margin_of(market, order.left, order.price)
        return free

    def liquidated_coins(self, markets: dict[str, Market], prices: dict[str, Decimal]) -> list[str]:
        """The settlement coins whose wallet no longer carries the positions in it."""
        needs: dict[str, Decimal] = {}
        for position in self.open_positions():
            market, price = markets[position.pair], prices[position.pair]
            need = market.value(abs(position.size), price) * MAINTENANCE - self.unrealized(market, position, price)
            needs[market.settle] = needs.get(market.settle, ZERO) + need
        return [coin for coin, need in needs.items() if self.wallets.get(coin, ZERO) < need]

    def snapshot(self, pair: str) -> tuple[Position, ...]:
        """Copies of a market's positions, as they are told to streams."""
        return tuple(copy.copy(position) for (of, _), position in self.positions.items() if of == pair)
