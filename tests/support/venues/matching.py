"""The matching engine that all local venues share: orders in, fills and bookings out, nothing about any protocol."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from .acceptance import acceptable_qty, crosses
from .account import Account
from .clock import VenueClock
from .markets import Market
from .orders import (
    ZERO,
    AccountEvent,
    Change,
    Fill,
    NewOrder,
    Order,
    OrderEvent,
    Position,
    PositionSide,
    Reason,
    Refusal,
)
from .prices import PricePath


@dataclass(frozen=True)
class Rules:
    """Where venues differ.

    `post_only_refuses`: an order that would cross is refused (Binance), else accepted and cancelled (Bybit).
    `close_may_exceed`: a closing order larger than the position is cut to it (Bybit), else refused (Binance).
    `client_ids_forever`: a client id stays used after its order ended (Bybit), else only while it is open (Binance).
    """

    post_only_refuses: bool
    close_may_exceed: bool
    client_ids_forever: bool
    client_id_length: int = 36
    most_open_orders: int = 200


Listener = Callable[[OrderEvent | AccountEvent], None]


class Matching:
    """One account's trading on any number of markets, against prices that `move` gives.

    The best bid is the last price, the best ask one step above it; what is marketable fills there at once. A resting
    order fills when a move reaches its price, in the order of price and time, up to the move's volume; `pieces`: in how
    many fills each.
    """

    def __init__(
        self,
        markets: Iterable[Market],
        prices: Mapping[str, Decimal],
        account: Account,
        clock: VenueClock,
        rules: Rules,
        *,
        history_minutes: int,
        order_id: Callable[[int], str],
        fill_id: Callable[[int], str],
        liquidates: bool = True,
    ) -> None:
        self.markets = {market.pair: market for market in markets}
        self.account = account
        self.clock = clock
        self.rules = rules
        self.paths = {
            pair: PricePath(prices[pair], market.price_step, clock.now(), history_minutes)
            for pair, market in self.markets.items()
        }
        self.orders: dict[str, Order] = {}
        self.open_orders: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.listeners: list[Listener] = []
        self.liquidates = liquidates
        self.pieces = 1
        self._order_id = order_id
        self._fill_id = fill_id
        self._order_number = 0
        self._by_client_id: dict[str, Order] = {}

    # Prices

    def last(self, pair: str) -> Decimal:
        return self.paths[pair].last

    def bid(self, pair: str) -> Decimal:
        return self.paths[pair].last

    def ask(self, pair: str) -> Decimal:
        return self.paths[pair].last + self.markets[pair].price_step

    @property
    def last_prices(self) -> dict[str, Decimal]:
        return {pair: path.last for pair, path in self.paths.items()}

    def move(self, pair: str, price: Decimal, volume: Decimal | None = None) -> None:
        """The market trades at `price`; resting orders it reaches fill, at most `volume` in all (None: no limit)."""
        path = self.paths[pair]
        path.trade(price, Decimal(1) if volume is None else volume, self.clock.now())
        left = volume
        for order in self._reached(pair, price):
            if not order.open:
                continue
            qty = order.left if left is None else min(order.left, left)
            if qty <= 0:
                break
            assert order.price is not None
            done = sum(self._fill(order, part, order.price, maker=True) for part in self._parts(pair, qty))
            left = None if left is None else left - done
        if self.liquidates:
            self._liquidate()

    def _parts(self, pair: str, qty: Decimal) -> list[Decimal]:
        """A quantity in at most `pieces` whole steps; the last part has the rest."""
        step = self.markets[pair].qty_step
        part = qty / self.pieces // step * step
        return [qty] if part <= 0 else [part] * (self.pieces - 1) + [qty - part * (self.pieces - 1)]

    def _reached(self, pair: str, price: Decimal) -> list[Order]:
        resting = [order for order in self.open_orders.values() if order.pair == pair and order.price is not None]
        buys = [order for order in resting if order.side == "buy" and order.price >= price]  # type: ignore[operator]
        sells = [order for order in resting if order.side == "sell" and order.price <= price]  # type: ignore[operator]
        buys.sort(key=lambda order: -order.price)  # type: ignore[operator]
        sells.sort(key=lambda order: order.price)  # type: ignore[arg-type, return-value]
        return buys + sells

    # Orders

    def place(self, new: NewOrder, *, external: bool = False) -> Order:
        """Takes an order, or raises Refusal with the venue's reason; nothing is changed then."""
        qty = acceptable_qty(self, new)
        at_once = crosses(self, new)
        order = self._accepted(new, qty, external)
        if at_once and new.time_in_force == "POST":
            order.reject_reason = "would cross"
            self._end(order, "canceled")
        elif at_once:
            self._fill(order, order.left, self.ask(new.pair) if new.side == "buy" else self.bid(new.pair), maker=False)
        if order.open and new.time_in_force in ("IOC", "FOK"):
            self._end(order, "expired")
        return order

    def find(self, pair: str | None, order_id: str = "", client_id: str = "") -> Order | None:
        """The order of that id; by client id the newest one that has it."""
        found = self.orders.get(order_id) if order_id else self._by_client_id.get(client_id)
        return found if found is not None and pair in (None, found.pair) else None

    def cancel(self, pair: str, order_id: str = "", client_id: str = "", *, fills_anyway: bool = False) -> Order:
        """Cancels an open order; raises Refusal when there is none.

        `fills_anyway`: it fills while it is being cancelled, and the answer knows nothing of it yet.
        """
        order = self.find(pair, order_id, client_id)
        if order is None or not order.open:
            raise Refusal(Reason.CANCEL_UNKNOWN_ORDER)
        if fills_anyway and order.price is not None:
            answered = replace(order, state="canceled")
            self._fill(order, order.left, order.price, maker=True)
            return answered
        self._end(order, "canceled")
        return order

    def cancel_all(self, pairs: Iterable[str]) -> list[Order]:
        wanted = set(pairs)
        ended = [order for order in self.open_orders.values() if order.pair in wanted]
        for order in ended:
            self._end(order, "canceled")
        return ended

    def fill(self, order_id: str, qty: Decimal) -> Fill:
        """Fills part of a resting order at its own price, whatever the market does; for scripted partial fills."""
        order = self.open_orders[order_id]
        assert order.price is not None
        self._fill(order, min(qty, order.left), order.price, maker=True)
        return self.fills[-1]

    # What a venue, or somebody else, does to the account

    def trade_by_hand(self, pair: str, side: str, qty: Decimal, position_side: PositionSide = "both") -> Order:
        """A market order that did not come from the client under test: by hand, or from another bot."""
        return self.place(NewOrder(pair, side, qty, None, position_side), external=True)  # type: ignore[arg-type]

    def transfer(self, coin: str, amount: Decimal) -> None:
        """A deposit, or a withdrawal when below 0."""
        self.account.book("TRANSFER", "", coin, amount, self.clock.now())
        self._tell(AccountEvent("DEPOSIT" if amount > 0 else "WITHDRAW", (coin,), (), amount))

    def pay_funding(self, pair: str, rate: Decimal) -> None:
        """Longs pay `rate` of their position's value to shorts (below 0: the other way round)."""
        market = self.markets[pair]
        for position in self.account.open_positions():
            if position.pair != pair:
                continue
            price = self.last(pair)
            amount = -market.value(position.size, price) * rate
            income = self.account.book("FUNDING_FEE", pair, market.settle, amount, self.clock.now())
            self.fills.append(self._funding_fill(position, price, amount, rate, income.at_ms))
            self._tell(AccountEvent("FUNDING_FEE", (market.settle,), self.account.snapshot(pair), amount))

    def change_market(self, pair: str, **changes: Any) -> Market:
        """New steps, limits or status, as `Market.with_changes`; a delisting closes and cancels everything."""
        market = self.markets[pair] = self.markets[pair].with_changes(**changes)
        if market.status == "delisted":
            self.cancel_all([pair])
            for position in self.account.open_positions():
                if position.pair == pair:
                    self._force_close(position)
        return market

    # Changes

    def _accepted(self, new: NewOrder, qty: Decimal, external: bool) -> Order:
        self._order_number += 1
        order_id = self._order_id(self._order_number)
        now = self.clock.now()
        order = Order(
            order_id, new.client_id, new.pair, new.side, new.position_side, qty, new.price,
            new.time_in_force, new.reduce_only, now, now, external=external,
        )  # fmt: skip
        self.orders[order_id] = self.open_orders[order_id] = order
        if order.client_id:
            self._by_client_id[order.client_id] = order
        self._tell(OrderEvent("new", copy.copy(order)))
        return order

    def _fill(self, order: Order, qty: Decimal, price: Decimal, *, maker: bool, change: Change = "trade") -> Decimal:
        """Fills an order by `qty`, or by what its position has left to close; the quantity filled."""
        market, now = self.markets[order.pair], self.clock.now()
        if order.closes:
            qty = min(qty, abs(self.account.position(order.pair, order.position_side).size))
        if qty <= 0:
            self._end(order, "expired")
            return ZERO
        value = market.value(qty, price)
        fee = value * (self.account.maker_fee if maker else self.account.taker_fee)
        realized, closed = self.account.take(market, order, qty, price, fee, now)
        number = len(self.fills) + 1
        if realized or closed:
            self.account.book("REALIZED_PNL", order.pair, market.settle, realized, now, number)
        self.account.book("COMMISSION", order.pair, market.settle, -fee, now, number)
        order.filled += qty
        order.cost += qty * price
        order.fees += fee
        order.updated_ms = now
        order.state = "partly filled" if order.left else "filled"
        fill = Fill(
            self._fill_id(number), number, order.id, order.client_id, order.pair, order.side, order.position_side,
            qty, price, value, fee, market.settle, realized, closed, maker, now, order.price or price, order.qty,
            order.left, order.price is None, "liquidation" if change == "liquidation" else "trade",
        )  # fmt: skip
        self.fills.append(fill)
        if not order.open:
            self.open_orders.pop(order.id, None)
        self._tell(OrderEvent(change, copy.copy(order), fill))
        self._tell(AccountEvent("ORDER", (market.settle,), self.account.snapshot(order.pair)))
        if closed:
            self._drop_needless_closes(order.pair, order.position_side)
        return qty

    def _drop_needless_closes(self, pair: str, side: PositionSide) -> None:
        """Ends the closing orders of a position that is gone or has turned."""
        size = self.account.position(pair, side).size
        for order in list(self.open_orders.values()):
            if order.pair == pair and order.position_side == side and order.closes:
                closing = size > 0 if order.side == "sell" else size < 0
                if not closing:
                    order.reject_reason = "reduce only"
                    self._end(order, "expired")

    def _end(self, order: Order, change: Change) -> None:
        order.state = "canceled" if change == "canceled" else "expired"
        order.updated_ms = self.clock.now()
        self.open_orders.pop(order.id, None)
        self._tell(OrderEvent(change, copy.copy(order)))

    def _liquidate(self) -> None:
        for coin in self.account.liquidated_coins(self.markets, self.last_prices):
            pairs = [pair for pair, market in self.markets.items() if market.settle == coin]
            self.cancel_all(pairs)
            for position in self.account.open_positions():
                if position.pair in pairs:
                    self._force_close(position)
            self.account.wallets[coin] = max(self.account.wallets[coin], ZERO)

    def _force_close(self, position: Position) -> None:
        """The venue closes a position at the last price: liquidation, deleveraging or delisting."""
        side = "sell" if position.size > 0 else "buy"
        new = NewOrder(position.pair, side, abs(position.size), None, position.side, "IOC", client_id="")  # type: ignore[arg-type]
        order = self._accepted(new, new.qty, external=True)
        order.client_id = f"autoclose-{order.id}"
        self._fill(order, new.qty, self.last(position.pair), maker=False, change="liquidation")

    def force_close(self, pair: str, side: PositionSide) -> None:
        """Liquidates one position now, whatever its margin: a liquidation or a deleveraging."""
        position = self.account.position(pair, side)
        if position.size:
            self._force_close(position)

    def _funding_fill(self, position: Position, price: Decimal, amount: Decimal, rate: Decimal, now: int) -> Fill:
        market, number = self.markets[position.pair], len(self.fills) + 1
        size = abs(position.size)
        return Fill(
            self._fill_id(number), number, "", "", position.pair, "sell" if position.size < 0 else "buy",
            position.side, size, price, market.value(size, price), -amount, market.settle, ZERO, ZERO, False, now,
            price, size, ZERO, True, "funding",
        )  # fmt: skip

    def _tell(self, event: OrderEvent | AccountEvent) -> None:
        for listener in self.listeners:
            listener(event)
