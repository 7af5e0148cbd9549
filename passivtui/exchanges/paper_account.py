"""The paper venue's books: wallet, positions, orders and what a candle does to them (`spec/engine.md` §4.4, §4.7).

The order of fills within a minute is the engine's: longs before shorts, markets in the feed's order, closes before
entries, each nearest to the price first. So is the arithmetic, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from passivtui.core.rounding import round_down_to_step, round_to_step
from passivtui.exchanges.base import (
    Balance,
    Fill,
    Market,
    Order,
    OrderRequest,
    OrderStatus,
    Position,
    PositionSide,
)
from passivtui.exchanges.candle_feed import HIGH, LOW
from passivtui.exchanges.contract_value import cost_of, position_after, profit_of
from passivtui.exchanges.errors import RejectReason
from passivtui.exchanges.events import BalanceChanged, Event, FillSeen, OrderChanged, PositionChanged
from passivtui.exchanges.paper_books import KEPT_FILLS, KEPT_ORDERS, Books, Holding, Resting
from passivtui.exchanges.paper_rules import Dice, PaperRules

_SIDES: Final[tuple[PositionSide, PositionSide]] = ("long", "short")
_STEP_TOLERANCE: Final = 1e-6  # of a step


class Refusal(Exception):
    """The paper venue says no."""

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PaperAccount:
    """The rules on the books. Nothing here waits or fails by chance, but for partial fills."""

    def __init__(self, markets: Mapping[str, Market], rules: PaperRules, books: Books, dice: Dice) -> None:
        self._markets = markets
        self._rules = rules
        self._dice = dice
        self._rank = {symbol: number for number, symbol in enumerate(markets)}
        self._client_ids = {resting.order.client_id for resting in books.resting.values()}
        self._client_ids.update(order.client_id for order in books.finished.values())
        self.books = books
        self.news: list[Event] = []  # what happened since somebody took them

    # ------------------------------------------------------------ what is there

    def balance(self, now_ms: int) -> Balance:
        asset = next(iter(self._markets.values())).quote if self._markets else ""
        return Balance(self.books.balance, asset, now_ms)

    def positions(self) -> tuple[Position, ...]:
        return tuple(
            self._position(symbol, side, holding)
            for (symbol, side), holding in sorted(self.books.holdings.items())
            if holding.size != 0.0
        )

    def _position(self, symbol: str, side: PositionSide, holding: Holding) -> Position:
        leverage = self.books.leverages.get(symbol)
        return Position(symbol, side, holding.size, holding.price, leverage, "cross")

    def find(self, client_id: str) -> Order | None:
        for resting in self.books.resting.values():
            if resting.order.client_id == client_id:
                return resting.order
        return next((order for order in self.books.finished.values() if order.client_id == client_id), None)

    # ------------------------------------------------------------ orders come and go

    def place(self, request: OrderRequest, last: float | None, now_ms: int) -> Order:
        """Take an order. `last`: the last price, None when the market has none. Raises Refusal."""
        self._check(request, last)
        assert last is not None
        self.books.sequence += 1
        order = Order(
            id=f"paper-{self.books.sequence}",
            client_id=request.client_id,
            symbol=request.symbol,
            side=request.side,
            position_side=request.position_side,
            qty=request.qty,
            price=request.price if request.kind == "limit" else 0.0,
            filled=0.0,
            status=OrderStatus.OPEN,
            reduce_only=request.reduce_only,
            time_ms=now_ms,
        )
        resting = Resting(request, order)
        self.books.resting[order.id] = resting
        self._client_ids.add(request.client_id)
        self.news.append(OrderChanged(order))
        if request.kind == "market" or self._crosses(request, last):
            self._fill(resting, request.qty, last, now_ms, is_maker=False)
        return self.books.resting[order.id].order if order.id in self.books.resting else self.books.finished[order.id]

    def cancel(self, order_id: str) -> Order:
        """Take an order off the book. Raises Refusal when it is not there."""
        resting = self.books.resting.get(order_id)
        if resting is None:
            raise Refusal(RejectReason.UNKNOWN_ORDER, "there is no such open order")
        return self._finish(resting, OrderStatus.CANCELLED)

    def _check(self, request: OrderRequest, last: float | None) -> None:
        market = self._markets.get(request.symbol)
        if market is None or last is None or not market.is_active:
            raise Refusal(RejectReason.MARKET_CLOSED, f"{request.symbol} is not traded now")
        if request.client_id in self._client_ids:
            raise Refusal(RejectReason.DUPLICATE_CLIENT_ID, "an order with this client id was sent before")
        is_limit = request.kind == "limit"
        price = request.price if is_limit else last
        if not _is_multiple(request.qty, market.qty_step) or (is_limit and not _is_multiple(price, market.price_step)):
            raise Refusal(RejectReason.BAD_STEP, "quantity or price is no multiple of its step")
        if request.reduce_only:
            self._check_reduction(request)
        else:
            self._check_size(request, market, price)
        if self._crosses(request, last) and request.post_only:
            raise Refusal(RejectReason.WOULD_CROSS, "a post-only order would be filled at once")

    def _check_size(self, request: OrderRequest, market: Market, price: float) -> None:
        if request.qty < market.min_qty * (1.0 - _STEP_TOLERANCE):
            raise Refusal(RejectReason.BELOW_MINIMUM, f"the least quantity is {market.min_qty:g}")
        if cost_of(market, request.qty, price) < market.min_cost * (1.0 - _STEP_TOLERANCE):
            raise Refusal(RejectReason.BELOW_MINIMUM, f"the least cost is {market.min_cost:g}")
        if self._rules.checks_margin and cost_of(market, request.qty, price) > self._free_margin(request.symbol):
            raise Refusal(RejectReason.INSUFFICIENT_MARGIN, "the balance does not carry this order")

    def _check_reduction(self, request: OrderRequest) -> None:
        if (request.side == "sell") != (request.position_side == "long"):
            raise Refusal(RejectReason.REDUCE_ONLY, "this order would make the position larger")
        if self._holding(request.symbol, request.position_side).size == 0.0:
            raise Refusal(RejectReason.REDUCE_ONLY, "there is no position to reduce")

    def _crosses(self, request: OrderRequest, last: float) -> bool:
        if self._rules.crossing == "rests" or request.kind == "market":
            return False
        return request.price >= last if request.side == "buy" else request.price <= last

    def _free_margin(self, symbol: str) -> float:
        """What new orders of a market may cost: leverage times the balance that no position or entry uses."""
        used = 0.0
        for (held, _), holding in self.books.holdings.items():
            if holding.size != 0.0:
                used += cost_of(self._markets[held], holding.size, holding.price) / self._leverage(held)
        for resting in self.books.resting.values():
            order = resting.order
            if not order.reduce_only:
                used += cost_of(self._markets[order.symbol], order.remaining, order.price) / self._leverage(
                    order.symbol
                )
        return max(0.0, self.books.balance - used) * self._leverage(symbol)

    def _leverage(self, symbol: str) -> float:
        return float(self.books.leverages.get(symbol, 1))

    # ------------------------------------------------------------ candles

    def match(self, rows: Mapping[str, Sequence[float]], minute_ms: int, end_ms: int) -> None:
        """Fill what the candles of one minute trade strictly through. `rows`: symbol → open, high, low, close, …"""
        latest = minute_ms + self._rules.late_order_ms
        hit = [
            resting
            for resting in self.books.resting.values()
            if resting.order.time_ms <= latest and _is_reached(resting, rows.get(resting.order.symbol))
        ]
        for resting in sorted(hit, key=self._turn):
            if resting.order.id in self.books.resting:  # a close that filled before may have taken it off
                self._fill(resting, self._part(resting), resting.order.price, end_ms, is_maker=True)

    def _turn(self, resting: Resting) -> tuple[int, int, bool, float]:
        order = resting.order
        is_close = (order.side == "sell") == (order.position_side == "long")
        nearest_first = order.price if order.side == "sell" else -order.price
        return _SIDES.index(order.position_side), self._rank[order.symbol], not is_close, nearest_first

    def _part(self, resting: Resting) -> float:
        """How much of it fills: what is left of it, or by chance a part, at least one step."""
        remaining = resting.order.remaining
        if self._rules.partial_chance <= 0.0 or self._dice.throw() >= self._rules.partial_chance:
            return remaining
        step = self._markets[resting.order.symbol].qty_step
        return min(remaining, max(step, round_down_to_step(remaining * self._dice.throw(), step)))

    def pay_funding(self, rows: Mapping[str, Sequence[float]], close: int, now_ms: int) -> None:
        """Longs pay shorts the rules' rate on the value of what they hold; `close`: the price's place in a row."""
        paid = 0.0
        for (symbol, _), holding in self.books.holdings.items():
            row = rows.get(symbol)
            if row is not None and holding.size != 0.0:
                value = cost_of(self._markets[symbol], holding.size, row[close])
                paid += value * self._rules.funding_rate * (1.0 if holding.size > 0.0 else -1.0)
        if paid != 0.0:
            self.books.balance -= paid
            self.news.append(BalanceChanged(self.balance(now_ms)))

    # ------------------------------------------------------------ fills

    def _holding(self, symbol: str, side: PositionSide) -> Holding:
        return self.books.holdings.setdefault((symbol, side), Holding())

    def _fill(self, resting: Resting, qty: float, price: float, now_ms: int, *, is_maker: bool) -> None:
        order = resting.order
        side = self._side_of_fill(order)
        is_close = (order.side == "sell") == (side == "long")
        holding = self._holding(order.symbol, side)
        if is_close and holding.size == 0.0:
            self._finish(resting, OrderStatus.CANCELLED)
            return
        rest = 0.0
        if is_close and self._flips(order, holding, qty):
            step = self._markets[order.symbol].qty_step
            qty, rest = abs(holding.size), round_to_step(qty - abs(holding.size), step)
        self._trade(resting, side, holding, qty, price, now_ms, is_close=is_close, is_maker=is_maker)
        if rest > 0.0 and order.reduce_only and order.id in self.books.resting:
            self._finish(resting, OrderStatus.CANCELLED)
        elif rest > 0.0 and order.id in self.books.resting:  # one-way: the rest opens the other side
            self._fill(resting, rest, price, now_ms, is_maker=is_maker)

    def _flips(self, order: Order, holding: Holding, qty: float) -> bool:
        """Whether closing `qty` would leave more than nothing on the other side, after rounding as the engine does."""
        step = self._markets[order.symbol].qty_step
        after = round_to_step(holding.size + (qty if order.side == "buy" else -qty), step)
        return after < 0.0 if holding.size > 0.0 else after > 0.0

    def _side_of_fill(self, order: Order) -> PositionSide:
        """In one-way mode an order works on whichever side is held."""
        if self.books.position_mode == "hedge" or order.reduce_only:
            return order.position_side
        opens: PositionSide = "long" if order.side == "buy" else "short"
        other: PositionSide = "short" if opens == "long" else "long"
        return other if self._holding(order.symbol, other).size != 0.0 else opens

    def _trade(
        self,
        resting: Resting,
        side: PositionSide,
        holding: Holding,
        qty: float,
        price: float,
        now_ms: int,
        *,
        is_close: bool,
        is_maker: bool,
    ) -> None:
        market = self._markets[resting.order.symbol]
        signed = qty if resting.order.side == "buy" else -qty
        fee = -cost_of(market, qty, price) * self._fee_rate(market, is_maker=is_maker)
        pnl = 0.0
        if is_close:
            pnl = profit_of(market, side, holding.price, price, qty)
            holding.size = round_to_step(holding.size + signed, market.qty_step)
        else:
            holding.size, holding.price = position_after(market, holding.size, holding.price, signed, price)
        self.books.balance += pnl + fee
        self._note_trade(resting, side, qty, price, fee, pnl, now_ms, is_maker=is_maker)
        if holding.size == 0.0:
            holding.price = 0.0
            self._drop_reductions(resting.order.symbol, side)
        self._tell_position(resting.order.symbol, side, holding, now_ms)

    def _fee_rate(self, market: Market, *, is_maker: bool) -> float:
        if is_maker:
            return market.maker_fee if self._rules.maker_fee is None else self._rules.maker_fee
        return market.taker_fee if self._rules.taker_fee is None else self._rules.taker_fee

    def _note_trade(
        self,
        resting: Resting,
        side: PositionSide,
        qty: float,
        price: float,
        fee: float,
        pnl: float,
        now_ms: int,
        *,
        is_maker: bool,
    ) -> None:
        order = resting.order
        self.books.sequence += 1
        fill = Fill(
            id=f"trade-{self.books.sequence}",
            order_id=order.id,
            client_id=order.client_id,
            symbol=order.symbol,
            side=order.side,
            position_side=side,
            qty=qty,
            price=price,
            fee=-fee,
            pnl=pnl,
            time_ms=now_ms,
            is_maker=is_maker,
        )
        self.books.fills.append(fill)
        del self.books.fills[:-KEPT_FILLS]
        self.news.append(FillSeen(fill))
        step = self._markets[order.symbol].qty_step
        resting.order = replace(order, filled=round_to_step(order.filled + qty, step))
        if resting.order.remaining < step * 0.5:
            self._finish(resting, OrderStatus.FILLED)
        else:
            self.news.append(OrderChanged(resting.order))

    def _drop_reductions(self, symbol: str, side: PositionSide) -> None:
        """Without a position there is nothing to reduce: venues take such orders off the book themselves."""
        for resting in list(self.books.resting.values()):
            order = resting.order
            if order.reduce_only and order.symbol == symbol and order.position_side == side:
                self._finish(resting, OrderStatus.CANCELLED)

    def _finish(self, resting: Resting, status: OrderStatus) -> Order:
        resting.order = replace(resting.order, status=status)
        del self.books.resting[resting.order.id]
        self.books.finished[resting.order.id] = resting.order
        self._forget(len(self.books.finished) - KEPT_ORDERS)
        self.news.append(OrderChanged(resting.order))
        return resting.order

    def _forget(self, too_many: int) -> None:
        for order_id in list(self.books.finished)[: max(0, too_many)]:
            self._client_ids.discard(self.books.finished.pop(order_id).client_id)

    def _tell_position(self, symbol: str, side: PositionSide, holding: Holding, now_ms: int) -> None:
        position = self._position(symbol, side, holding) if holding.size != 0.0 else None
        self.news.append(PositionChanged(symbol, side, position, now_ms))
        self.news.append(BalanceChanged(self.balance(now_ms)))

    def take_news(self) -> Iterable[Event]:
        news, self.news = self.news, []
        return news


def _is_reached(resting: Resting, row: Sequence[float] | None) -> bool:
    """Whether the candle trades strictly through the order, and through the price that it is bound to."""
    if row is None:
        return False
    price, beyond = resting.order.price, resting.request.fills_beyond
    if resting.order.side == "buy":
        return row[LOW] < price and (beyond is None or row[LOW] < beyond)
    return row[HIGH] > price and (beyond is None or row[HIGH] > beyond)


def _is_multiple(value: float, step: float) -> bool:
    steps = value / step
    return value > 0.0 and abs(steps - round(steps)) < _STEP_TOLERANCE * max(1.0, steps)
