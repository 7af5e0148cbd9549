"""The orders that each coin and side should have by its mode and the strategy (`spec/live.md` §5).

Every price and quantity comes from `passivtui.core`, as in a backtest. What is planned here is narrowed by `placement`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from passivtui.core import MarketState, Order, Trailing, calc_closes, calc_entries, calc_next_close
from passivtui.live.modes import CoinMode, Mode
from passivtui.live.orders import OrderClass, Part, PlannedOrder, Side, class_of
from passivtui.live.reasons import Gate, Withheld
from passivtui.live.situation import Situation
from passivtui.live.snapshot import Position

#: Exposure beyond which there is no further entry, as a part of the limit (`spec/engine.md` §3.4).
FULL: Final = 0.999
#: A trailing order can't come from these: extremes as they are right after a fill trigger nothing (§3.5, §3.9).
_UNTRIGGERED: Final = Trailing()
_CLOSES_AT_THE_PRICE: Final = (OrderClass.AUTO_REDUCE, OrderClass.TRAILING_CLOSE)


@dataclass(slots=True)
class Wanted:
    """What is wanted before it is placed. The open orders of a part in `left_alone` are not to be cancelled."""

    orders: list[PlannedOrder] = field(default_factory=list)
    left_alone: set[tuple[str, Side, Part]] = field(default_factory=set)
    withheld: list[Withheld] = field(default_factory=list)

    def leave_alone(self, mode: CoinMode, *parts: Part) -> None:
        self.left_alone |= {(mode.coin, mode.side, part) for part in parts}


def wanted_orders(situation: Situation, modes: Iterable[CoinMode]) -> Wanted:
    """Entries and closes of every coin and side that has a mode; unstuck closes are not among them."""
    wanted = Wanted()
    for mode in modes:
        _OneSide(situation, mode, wanted).plan()
    return wanted


class _OneSide:
    """One coin on one side."""

    def __init__(self, situation: Situation, mode: CoinMode, wanted: Wanted) -> None:
        self._situation = situation
        self._mode = mode
        self._coin, self._side = mode.coin, mode.side
        self._wanted = wanted
        self._position = situation.position(mode.coin, mode.side)
        self._price = situation.price(mode.coin)

    def plan(self) -> None:
        mode = self._mode.mode
        if mode is Mode.MANUAL:
            self._wanted.leave_alone(self._mode, "entry", "close")
            self._withhold(Gate.MODE, f"manual: {self._mode.reason}; nothing is created or cancelled")
        elif mode is Mode.PANIC:
            self._plan_panic()
        else:
            self._plan_entries()
            if self._position is not None:
                self._plan_closes(self._position)

    # ------------------------------------------------------------ panic

    def _plan_panic(self) -> None:
        self._withhold(Gate.MODE, f"panic: {self._mode.reason}; no entries")
        if self._position is None:
            return
        as_market = self._situation.snapshot.venue.market_orders
        if self._price is None and not as_market:
            self._lack(OrderClass.AUTO_REDUCE)  # a limit order needs a price
            self._wanted.leave_alone(self._mode, "close")
            return
        price = self._position.price if self._price is None else self._price
        order = PlannedOrder(
            self._coin,
            self._side,
            -self._position.size,
            price,
            f"panic_close_{self._side}",
            "market" if as_market else "limit",
        )
        self._wanted.orders.append(order)

    # ------------------------------------------------------------ entries

    def _plan_entries(self) -> None:
        if self._mode.mode is Mode.TP_ONLY:
            self._wanted.leave_alone(self._mode, "entry")
            self._withhold(Gate.MODE, f"tp_only: {self._mode.reason}; entries are neither created nor cancelled")
            return
        if self._position is None and self._mode.mode is not Mode.NORMAL:
            self._withhold(Gate.MODE, f"{self._mode.mode}: {self._mode.reason}; no new position")
            return
        kind = OrderClass.INITIAL_ENTRY if self._position is None else OrderClass.GRID_ENTRY
        if self._lack(kind):
            self._wanted.leave_alone(self._mode, "entry")
            return
        trailing = self._trailing("entry", OrderClass.TRAILING_ENTRY)
        orders = calc_entries(*self._arguments(), self._state(), self._held(), trailing)
        self._add(orders)
        if not orders:
            self._explain_no_entry()

    def _explain_no_entry(self) -> None:
        limit = self._situation.strategy.limit(self._coin, self._side)
        if limit == 0.0:
            self._withhold(Gate.EXPOSURE, "its wallet exposure limit is 0", OrderClass.GRID_ENTRY, limit=limit)
            return
        if self._position is None:
            self._withhold(Gate.NO_PRICE, "the first entry's price would be no more than one price step")
            return
        exposure = self._situation.exposure(self._position)
        if exposure >= limit * FULL:
            text = f"the position is full: exposure {exposure:.4g} of {limit:.4g}"
            self._withhold(Gate.EXPOSURE, text, OrderClass.GRID_ENTRY, exposure=exposure, limit=limit)
        elif self._ratio("entry") != 0.0:
            self._withhold(
                Gate.TRAILING, *self._waiting("entry", OrderClass.TRAILING_ENTRY), exposure=exposure, limit=limit
            )
        else:
            self._withhold(Gate.NO_PRICE, "the next entry's price would be no more than one price step")

    # ------------------------------------------------------------ closes

    def _plan_closes(self, position: Position) -> None:
        if self._lack(OrderClass.GRID_CLOSE):
            self._wanted.leave_alone(self._mode, "close")
            return
        trailing = self._trailing("close", OrderClass.TRAILING_CLOSE)
        orders = calc_closes(*self._arguments(), self._close_state(position), self._held(), trailing)
        if self._price is None:
            orders = self._without_price(orders)
        self._add(orders)
        if self._situation.snapshot.as_backtest:
            self._condition_closes(position, trailing)
        if not orders and self._ratio("close") != 0.0:
            self._withhold(Gate.TRAILING, *self._waiting("close", OrderClass.TRAILING_CLOSE))

    def _close_state(self, position: Position) -> MarketState:
        """Without a price a grid close is at its markup from the average price, and never better than that (§3.8)."""
        return self._state() if self._price is not None else self._state_at(position.price)

    def _without_price(self, orders: list[Order]) -> list[Order]:
        self._lack(OrderClass.AUTO_REDUCE)
        return [order for order in orders if class_of(order.type) not in _CLOSES_AT_THE_PRICE]

    def _condition_closes(self, position: Position, trailing: Trailing) -> None:
        """The backtest places the close list only if its next close would fill (`spec/engine.md` §4.9)."""
        beyond = calc_next_close(*self._arguments(), self._close_state(position), self._held(), trailing).price
        self._wanted.orders = [
            dataclasses.replace(order, fills_beyond=beyond) if self._is_close_of_mine(order) else order
            for order in self._wanted.orders
        ]

    def _is_close_of_mine(self, order: PlannedOrder) -> bool:
        return (order.coin, order.side, order.part) == (self._coin, self._side, "close")

    # ------------------------------------------------------------ what the order functions take

    def _arguments(self) -> tuple[Side, dict[str, float], dict[str, float]]:
        strategy = self._situation.strategy.params(self._coin, self._side)
        return self._side, dict(self._situation.market(self._coin)), dict(strategy)

    def _state(self) -> MarketState:
        assert self._price is not None
        return self._state_at(self._price)

    def _state_at(self, price: float) -> MarketState:
        band = self._situation.snapshot.coins[self._coin].side(self._side).band
        lower, upper = (price, price) if band is None else (band.lower, band.upper)
        return MarketState(self._situation.balance, price, price, upper, lower)

    def _held(self) -> tuple[float, float]:
        return (0.0, 0.0) if self._position is None else (self._position.size, self._position.price)

    def _ratio(self, part: Part) -> float:
        return self._situation.strategy.params(self._coin, self._side)[f"{part}_trailing_grid_ratio"]

    def _trailing(self, part: Part, kind: OrderClass) -> Trailing:
        """The extremes where orders trail; while they are missing, none that could trigger an order."""
        if self._position is None or self._ratio(part) == 0.0:
            return _UNTRIGGERED
        if self._lack(kind):
            self._wanted.leave_alone(self._mode, part)
            return _UNTRIGGERED
        trailing = self._situation.snapshot.coins[self._coin].side(self._side).trailing
        assert trailing is not None
        return trailing

    # ------------------------------------------------------------ results

    def _add(self, orders: Iterable[Order]) -> None:
        self._wanted.orders += [
            PlannedOrder(self._coin, self._side, order.qty, order.price, order.type) for order in orders
        ]

    def _lack(self, kind: OrderClass) -> bool:
        """Note what the class lacks; whether it lacks anything."""
        missing = self._situation.missing(self._coin, self._side, kind)
        self._wanted.withheld += missing
        return bool(missing)

    def _waiting(self, part: Part, kind: OrderClass) -> tuple[str, OrderClass]:
        params = self._situation.strategy.params(self._coin, self._side)
        threshold = params[f"{part}_trailing_threshold_pct"]
        retracement = params[f"{part}_trailing_retracement_pct"]
        text = f"waits for the price to go {threshold:.3%} beyond its average, then to come back {retracement:.3%}"
        return text, kind

    def _withhold(self, gate: Gate, text: str, kind: OrderClass | None = None, **numbers: float) -> None:
        withheld = Withheld(self._coin, self._side, gate, text, kind, tuple(numbers.items()))
        self._wanted.withheld.append(withheld)
