"""A bot's state as a `BotStatus`: rows for people, from the last snapshot and plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from passivtui.exchanges.base import Fill, Market
from passivtui.exchanges.client_ids import order_type_of
from passivtui.exchanges.contract_value import cost_of, profit_of
from passivtui.live.bot.account import Account, signed
from passivtui.live.bot.cycle import Cycle
from passivtui.live.exposure import Strategy, max_positions
from passivtui.live.orders import SIDES, OpenOrder, PlannedOrder, Side
from passivtui.live.plan import Plan
from passivtui.live.snapshot import Age, Position, Snapshot
from passivtui.live.status import (
    AgeRow,
    FillRow,
    ModeRow,
    OrderRow,
    OrderStanding,
    PositionRow,
    SideExposure,
    WithheldRow,
)

SHOWN_FILLS: Final = 50


def fill_row(fill: Fill, market: Market | None) -> FillRow:
    """A fill by coin and the engine's order type; "" for orders of others."""
    coin = fill.symbol if market is None else market.coin
    order_type = order_type_of(fill.client_id) or ""
    return FillRow(
        fill.id, fill.time_ms, coin, fill.position_side, order_type, signed(fill), fill.price, fill.pnl, fill.fee
    )


class Report:
    """Works out the rows of one moment. Nothing here asks the venue."""

    def __init__(self, cycle: Cycle) -> None:
        self._cycle = cycle
        self._snapshot: Snapshot | None = cycle.snapshot
        self._plan: Plan = cycle.plan
        self._account: Account = cycle.account
        self._balance = cycle.account.balance.total if cycle.account.balance is not None else None
        self._strategy = None if self._snapshot is None else Strategy(self._snapshot)

    # ------------------------------------------------------------ money

    @property
    def balance(self) -> float | None:
        return self._balance

    @property
    def upnl(self) -> float | None:
        """Of all positions; None while the price of one is not known."""
        parts = [self._upnl(position) for position in self._account.held()]
        return None if any(part is None for part in parts) else sum(part for part in parts if part is not None)

    @property
    def equity(self) -> float | None:
        upnl = self.upnl
        return None if self._balance is None or upnl is None else self._balance + upnl

    def _upnl(self, position: Position) -> float | None:
        market, price = self._cycle.markets.get(position.coin), self._cycle.candles.price(position.coin)
        if market is None or price is None:
            return None
        return profit_of(market, position.side, position.price, price, position.size)

    def _exposure(self, position: Position) -> float:
        market = self._cycle.markets.get(position.coin)
        if market is None or not self._balance:
            return 0.0
        return cost_of(market, position.size, position.price) / self._balance

    def exposures(self) -> tuple[SideExposure, ...]:
        """Long and short as a whole."""
        if self._snapshot is None:
            return ()
        rows = []
        for side in SIDES:
            held = [position for position in self._account.held() if position.side == side]
            limit = max(0.0, self._cycle.config.bot.side(side).total_wallet_exposure_limit)
            used = sum(self._exposure(position) for position in held)
            rows.append(SideExposure(side, used, limit, len(held), max_positions(self._snapshot, side)))
        return tuple(rows)

    # ------------------------------------------------------------ positions and orders

    def positions(self) -> tuple[PositionRow, ...]:
        return tuple(self._position(position) for position in self._account.held())

    def _position(self, position: Position) -> PositionRow:
        coin, side = position.coin, position.side
        limit = 0.0
        if self._strategy is not None:
            limit = self._strategy.limit(coin, side)
        mode = next((m.mode.value for m in self._plan.modes if (m.coin, m.side) == (coin, side)), "")
        return PositionRow(
            coin,
            side,
            position.size,
            position.price,
            self._cycle.candles.price(coin),
            self._upnl(position),
            self._exposure(position),
            limit,
            mode,
            self._nearest(coin, side, "entry"),
            self._nearest(coin, side, "close"),
        )

    def _nearest(self, coin: str, side: Side, part: str) -> float | None:
        prices = [o.price for o in self._plan.orders if (o.coin, o.side, o.part) == (coin, side, part)]
        lowest = (side == "long") == (part == "close")
        return None if not prices else (min(prices) if lowest else max(prices))

    def orders(self) -> tuple[OrderRow, ...]:
        """On the book and as planned, nearest to the price first."""
        planned = {kept.open.id: kept.planned for kept in self._plan.kept}
        cancelled = {order.id for order in self._plan.cancellations}
        creating = set(map(id, self._plan.creations))
        rows = []
        for order in self._account.open_orders():
            rows.append(self._open_row(order, planned.get(order.id), is_cancelled=order.id in cancelled))
        kept = {id(one.planned) for one in self._plan.kept}
        on_book = {(row.coin, row.side, row.qty, row.price) for row in rows}
        for wanted in self._plan.orders:
            if id(wanted) not in kept and (wanted.coin, wanted.side, wanted.qty, wanted.price) not in on_book:
                rows.append(self._planned_row(wanted, "to create" if id(wanted) in creating else "waits"))
        return tuple(sorted(rows, key=lambda row: abs(row.distance) if row.distance is not None else 0.0))

    def _open_row(self, order: OpenOrder, planned: PlannedOrder | None, *, is_cancelled: bool) -> OrderRow:
        standing: OrderStanding = "as planned"
        if not order.is_ours:
            standing = "foreign"
        elif is_cancelled:
            standing = "to cancel"
        elif planned is None and self._plan.orders and not self._is_planned(order):
            standing = "unknown"
        order_type = planned.type if planned is not None else order_type_of(order.client_id) or ""
        return OrderRow(
            order.coin,
            order.side,
            order.part,
            order_type,
            order.qty,
            order.price,
            standing,
            self._distance(order.coin, order.price),
            order.client_id,
        )

    def _is_planned(self, order: OpenOrder) -> bool:
        return any(
            (o.coin, o.side, o.qty, o.price) == (order.coin, order.side, order.qty, order.price)
            for o in self._plan.orders
        )

    def _planned_row(self, order: PlannedOrder, standing: OrderStanding) -> OrderRow:
        return OrderRow(
            order.coin,
            order.side,
            order.part,
            order.type,
            order.qty,
            order.price,
            standing,
            self._distance(order.coin, order.price),
            execution=order.execution,
        )

    def _distance(self, coin: str, price: float) -> float | None:
        last = self._cycle.candles.price(coin)
        return None if not last else (price - last) / last

    # ------------------------------------------------------------ reasons and ages

    def modes(self) -> tuple[ModeRow, ...]:
        return tuple(ModeRow(mode.coin, mode.side, mode.mode.value, mode.reason) for mode in self._plan.modes)

    def withheld(self) -> tuple[WithheldRow, ...]:
        reasons = (*self._plan.withheld, *self._cycle.held_back)
        return tuple(
            WithheldRow(one.coin, one.side, one.gate.value, one.text, one.kind.value if one.kind else "", one.numbers)
            for one in reasons
        )

    def warnings(self) -> tuple[str, ...]:
        return (*self._cycle.warnings, *self._plan.warnings)

    def ages(self) -> tuple[AgeRow, ...]:
        """Of the account's inputs, and the oldest candles of a coin that has a mode."""
        ages = self._account.ages
        rows = [
            _age_row("positions", ages.positions),
            _age_row("balance", ages.balance),
            _age_row("open orders", ages.open_orders),
            _age_row("realised profits", ages.pnl),
        ]
        candles = self._candle_ages()
        if candles:
            rows.append(_age_row("candles", max(candles, key=lambda age: age.ms or 0)))
        return tuple(rows)

    def _candle_ages(self) -> list[Age]:
        if self._snapshot is None:
            return []
        coins = {mode.coin for mode in self._plan.modes}
        return [state.candles for coin, state in self._snapshot.coins.items() if coin in coins]

    def next_action(self) -> str:
        """`next entry of BTC 1.2 % below, 35 USDT`: the order that is nearest to the price."""
        row = next((row for row in self.orders() if row.distance is not None and row.standing != "foreign"), None)
        if row is None or row.distance is None:
            return _first_reason(self.withheld())
        market = self._cycle.markets.get(row.coin)
        cost = "" if market is None else f", {cost_of(market, row.qty, row.price):.4g} {market.quote}"
        way = "below" if row.distance < 0.0 else "above"
        return f"next {row.part} of {row.coin} {abs(row.distance):.2%} {way}{cost}"


def _age_row(name: str, age: Age) -> AgeRow:
    return AgeRow(name, age.ms, age.limit_ms, age.is_fresh)


def _first_reason(withheld: Iterable[WithheldRow]) -> str:
    return next((f"{row.coin} {row.side}: {row.text}" for row in withheld), "nothing to do")
