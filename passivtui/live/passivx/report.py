"""How a paper bot over ticks stands, in the rows of a status."""

from __future__ import annotations

from passivtui.core.contracts import contract_cost
from passivtui.live.modes import Mode
from passivtui.live.orders import SIDES, Side
from passivtui.live.passivx.levels import RiskLevels, risk_levels
from passivtui.live.passivx.orders import ENTRY, REENTRY, side_of
from passivtui.live.passivx.reconcile import reconcile
from passivtui.live.passivx.replay import PaperTrade, TickReplay
from passivtui.live.passivx.snapshot import TickSnapshot
from passivtui.live.status import FillRow, ModeRow, OrderRow, PositionRow, WithheldRow


class TickReport:
    """Of one moment."""

    def __init__(self, replay: TickReplay) -> None:
        self._replay = replay
        self._snapshot: TickSnapshot = replay.snapshot(replay.clock_ms)
        self._settings = self._snapshot.terms.settings
        self._symbol = self._settings.symbol
        position, last = self._snapshot.position, self._replay.venue.last_price
        self.levels: RiskLevels | None = None
        if position.size != 0.0:
            self.levels = risk_levels(self._settings.strategy, position, last)

    @property
    def balance(self) -> float:
        return self._replay.venue.balance

    @property
    def equity(self) -> float:
        return self.balance if self._snapshot.equity is None else self._snapshot.equity

    @property
    def upnl(self) -> float:
        return self.equity - self.balance

    @property
    def next_action(self) -> str:
        """How far the position is from its liquidation, and where its stop losses begin."""
        if self.levels is None:
            return "flat"
        levels, beyond = self.levels, "below" if self._snapshot.position.size > 0.0 else "above"
        parts = ["no liquidation"]
        if levels.liquidation_price is not None and levels.liquidation_distance is not None:
            parts = [f"liquidation at {levels.liquidation_price:.6g}, {levels.liquidation_distance:.1%} away"]
        stops = [level for level in (levels.liq_level, levels.price_level) if level is not None]
        if levels.armed:
            parts.append("a stop loss is due")
        elif stops:
            nearest = max(stops) if beyond == "below" else min(stops)
            parts.append(f"stop loss {beyond} {nearest:.6g}")
        return "; ".join(parts)

    def positions(self) -> tuple[PositionRow, ...]:
        if self.levels is None:
            return ()
        held, last = self._snapshot.position, self._replay.venue.last_price
        market, strategy = self._snapshot.terms.market_numbers, self._settings.strategy
        balance = self.balance if self.balance > 0.0 else float("inf")
        orders = [row for row in self.orders() if row.standing != "to cancel"]
        return (
            PositionRow(
                self._symbol,
                side_of(held.size),
                held.size,
                held.price,
                last,
                self.upnl,
                contract_cost(market, held.size, held.price) / balance,
                strategy.balance_pct * strategy.leverage,
                self._replay.mode,
                _nearest([row.price for row in orders if row.part == "entry"], last),
                _nearest([row.price for row in orders if row.part == "close"], last),
                self.levels.liquidation_price,
                self.levels.liquidation_distance,
                self.levels.liq_level,
                self.levels.price_level,
            ),
        )

    def orders(self) -> tuple[OrderRow, ...]:
        """What is on the book, and what the last plan wants besides."""
        changes = reconcile(self._snapshot, self._replay.plan.orders)
        last = self._replay.venue.last_price
        rows = [
            OrderRow(
                self._symbol,
                order.side,
                order.part,
                order.client_id.rpartition("-")[0],
                order.qty,
                order.price,
                "to cancel" if order in changes.cancellations else "as planned",
                (order.price - last) / last,
                order.client_id,
            )
            for order in self._snapshot.own_orders
        ]
        rows += [
            OrderRow(
                self._symbol,
                order.side,
                order.part,
                order.type,
                order.qty,
                order.price,
                "to create",
                (order.price - last) / last,
                execution=order.execution,
            )
            for order in changes.creations
        ]
        return tuple(sorted(rows, key=lambda row: abs(row.distance or 0.0)))

    def modes(self) -> tuple[ModeRow, ...]:
        strategy = self._settings.strategy
        is_on = {"long": strategy.do_long, "short": strategy.do_shrt}
        reason = "as the settings say" if self._replay.mode is Mode.NORMAL else "put into it"
        return tuple(ModeRow(self._symbol, side, self._replay.mode, reason) for side in SIDES if is_on[side])

    def withheld(self) -> tuple[WithheldRow, ...]:
        return tuple(
            WithheldRow(each.coin, each.side, each.gate.value, each.text, numbers=each.numbers)
            for each in self._replay.plan.withheld
        )


def fill_row(trade: PaperTrade, symbol: str, number: int) -> FillRow:
    """A trade as the status and the journal tell it; `number` makes its id."""
    opens = trade.type in (ENTRY, REENTRY)
    side: Side = "long" if (trade.qty > 0.0) == opens else "short"
    return FillRow(
        f"tick-{number}",
        trade.time_ms,
        symbol,
        side,
        trade.type,
        trade.qty,
        trade.price,
        trade.pnl,
        -trade.fee_paid,
    )


def _nearest(prices: list[float], last: float) -> float | None:
    return min(prices, key=lambda price: abs(price - last), default=None)
