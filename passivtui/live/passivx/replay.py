"""A Passiv-X bot on paper, driven trade by trade as fast as it goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final, Literal

from passivtui.core import TickData
from passivtui.core.contracts import contract_pnl
from passivtui.exchanges.base import Fill, Market, Order, OrderRequest
from passivtui.exchanges.paper_account import Refusal
from passivtui.exchanges.paper_ticks import PaperTicks
from passivtui.live.modes import Mode
from passivtui.live.orders import OpenOrder
from passivtui.live.passivx.as_backtest import BacktestMemory, after_fill, after_tick, plan_as_backtest
from passivtui.live.passivx.market_view import MarketView
from passivtui.live.passivx.orders import ENTRY, REENTRY, STOP_LOSSES, WantedOrder, side_of
from passivtui.live.passivx.plan import TickPlan, plan
from passivtui.live.passivx.reconcile import MOST_AT_A_TIME, reconcile
from passivtui.live.passivx.snapshot import HeldPosition, Terms, TickSnapshot
from passivtui.live.status import StopChoice

Rules = Literal["live", "backtest"]
#: A look at least so often, by the trades' time (`spec/passivx.md` §6).
LOOK_EVERY_MS: Final = 5_000
PANIC: Final = "panic"
#: What a mode keeps off the book.
_FORBIDDEN: Final = {Mode.GRACEFUL_STOP: (ENTRY,), Mode.TP_ONLY: (ENTRY, REENTRY)}


@dataclass(frozen=True, slots=True)
class PaperTrade:
    """One fill, with the account after it. `tick` is the row in the merged ticks, `fee_paid` below 0 when it cost."""

    tick: int
    time_ms: int
    type: str
    qty: float  # signed
    price: float
    pnl: float
    fee_paid: float
    pos_size: float
    pos_price: float
    balance: float


class TickReplay:
    """One bot on one paper account over recorded ticks.

    `rules` "live": what a bot on a venue does, which looks at its orders when a trade touches one, or after five
    seconds; what it sends arrives `latency_ms` later. "backtest": what the backtest does, which decides in the instant
    of each trade; `latency_ms` is the pause after a trade.
    """

    def __init__(
        self, terms: Terms, ticks: TickData, starting_balance: float, *, rules: Rules = "live", latency_ms: float = 0.0
    ) -> None:
        strategy = terms.settings.strategy
        self._terms = terms
        self._as_backtest = rules == "backtest"
        self._latency_ms = latency_ms
        under_way = 0 if self._as_backtest else round(latency_ms)
        self.venue = PaperTicks(
            _market_of(terms), starting_balance, strategy.leverage, float(ticks.price[0]), latency_ms=under_way
        )
        self._times = ticks.timestamp_ms.tolist()
        self._prices = ticks.price.tolist()
        self._sold = ticks.buyer_is_maker.tolist()
        self.quote = _quote_of(terms)
        self._alpha = 2.0 / (strategy.ema_span + 1.0)
        self._view = MarketView.at_first(self._prices[0], self._prices[1])
        self._memory = BacktestMemory()
        self._looked_ms: int | None = None
        self._stopped_ms: int | None = None
        self._sent = 0
        self._next = 0
        self.mode = Mode.NORMAL
        self.plan = TickPlan((), ())
        self.trades: list[PaperTrade] = []
        self.refused: Counter[str] = Counter()

    @property
    def is_over(self) -> bool:
        return self.venue.is_liquidated or self._next >= len(self._prices)

    @property
    def ended(self) -> str:
        """As a backtest's end is told; "" while it goes on."""
        if self.venue.is_liquidated:
            return "liquidation"
        return "end of data" if self.is_over else ""

    @property
    def clock_ms(self) -> int:
        """The time of the last trade; before the first, of the first."""
        return int(self._times[max(0, self._next - 1)])

    @property
    def next_ms(self) -> int | None:
        """When the next trade is; None at the end."""
        return None if self.is_over else int(self._times[self._next])

    def run(self, most: int | None = None, until_ms: int | None = None) -> str:
        """Go on to the end, over at most so many ticks, up to a time. How it ended, "" if it did not."""
        stop = len(self._prices) if most is None else min(len(self._prices), self._next + most)
        while not self.venue.is_liquidated and self._next < stop:
            if until_ms is not None and self._times[self._next] > until_ms:
                break
            self._step(self._next)
            self._next += 1
        return self.ended

    def wind_down(self, choice: StopChoice) -> None:
        """Do with orders and position what a bot does that is stopped."""
        keeps_closes = choice is StopChoice.KEEP_CLOSES
        if choice is not StopChoice.LEAVE:
            for order in self.venue.open_orders:
                if not (keeps_closes and order.reduce_only):
                    self.venue.cancel(order.id)
        if choice is StopChoice.CLOSE_POSITIONS and self.venue.position is not None:
            self.venue.place(self._request(_panic(self.venue.position.size, self.venue.last_price)), self.clock_ms)
            self._note_fills(max(0, self._next - 1), self.clock_ms)

    def snapshot(self, now_ms: int) -> TickSnapshot:
        """Everything the bot knows, at a time."""
        view, last = self._view, self.venue.last_price
        position = self._position()
        return TickSnapshot(
            now_ms,
            self._terms,
            self.venue.balance,
            self._equity(position),
            view.bid,
            view.ask,
            last,
            view.ema,
            position,
            tuple(map(self._open_order, self.venue.open_orders)),
            last_stop_loss_ms=self._stopped_ms,
        )

    # ------------------------------------------------------------ one trade

    def _step(self, tick: int) -> None:
        price, sold, now_ms = self._prices[tick], self._sold[tick], self._times[tick]
        if self._as_backtest and self.mode is not Mode.MANUAL:
            self._follow(plan_as_backtest(self.snapshot(now_ms), self._memory, price, self._latency_ms))
            self._send(now_ms, most=len(self.plan.orders) + len(self.venue.open_orders))
        held, before = self._position(), self._view
        self.venue.trade(price, buyer_is_maker=sold, time_ms=now_ms)
        self._view = before.after(price, buyer_is_maker=sold, alpha=self._alpha)
        self._memory = after_tick(self._memory, held, before, price, buyer_is_maker=sold)
        filled = self._note_fills(tick, now_ms)
        if not self._as_backtest and not self.venue.is_liquidated and (filled or self._must_look(price, now_ms)):
            self._look(now_ms)
            self._note_fills(tick, now_ms)

    def _must_look(self, price: float, now_ms: int) -> bool:
        """Whether five seconds are over, or the price is at or through an own order."""
        if self._looked_ms is None or now_ms - self._looked_ms > LOOK_EVERY_MS:
            return True
        orders = self.venue.open_orders
        return any(price <= order.price if order.side == "buy" else price >= order.price for order in orders)

    def _look(self, now_ms: int) -> None:
        self._looked_ms = now_ms
        if self.mode is not Mode.MANUAL:
            self._follow(plan(self.snapshot(now_ms)))
            self._send(now_ms)

    def _follow(self, ideal: TickPlan) -> None:
        """Take over a plan but for what the mode forbids."""
        held = self.venue.position
        if self.mode is Mode.PANIC:
            orders = [] if held is None else [_panic(held.size, self.venue.last_price)]
        else:
            orders = [order for order in ideal.orders if order.type not in _FORBIDDEN.get(self.mode, ())]
        self.plan = replace(ideal, orders=tuple(orders))

    def _send(self, now_ms: int, most: int = MOST_AT_A_TIME) -> None:
        changes = reconcile(self.snapshot(now_ms), self.plan.orders, most)
        for order in changes.cancellations:
            self.venue.cancel(order.id)
        for wanted in changes.creations:
            try:
                self.venue.place(self._request(wanted), now_ms)
            except Refusal as refusal:
                self.refused[f"{wanted.type}: {refusal}"] += 1

    def _request(self, wanted: WantedOrder) -> OrderRequest:
        self._sent += 1
        return OrderRequest(
            client_id=f"{wanted.type}-{self._sent}",
            symbol=self._terms.settings.symbol,
            side="buy" if wanted.qty > 0.0 else "sell",
            position_side=wanted.side,
            qty=abs(wanted.qty),
            price=wanted.price,
            reduce_only=wanted.reduce_only,
            kind=wanted.execution,
            post_only=wanted.execution == "limit",
        )

    # ------------------------------------------------------------ the account

    def _position(self) -> HeldPosition:
        held = self.venue.position
        return HeldPosition() if held is None else HeldPosition(held.size, held.price, self.venue.liquidation_price)

    def _equity(self, position: HeldPosition) -> float:
        if position.size == 0.0:
            return self.venue.balance
        side = "long" if position.size > 0.0 else "shrt"
        market = self._terms.market_numbers
        return self.venue.balance + contract_pnl(
            side, market, position.price, self.venue.last_price, abs(position.size)
        )

    def _open_order(self, order: Order) -> OpenOrder:
        qty = order.remaining if order.side == "buy" else -order.remaining
        return OpenOrder(
            order.id, order.client_id, order.symbol, order.position_side, qty, order.price, order.reduce_only
        )

    def _note_fills(self, tick: int, now_ms: int) -> bool:
        """Record what was filled since the last look; whether anything was."""
        fills = self.venue.take_fills()
        for fill in fills:
            trade = self._trade(tick, now_ms, fill)
            self.trades.append(trade)
            if trade.type in STOP_LOSSES:
                self._stopped_ms = now_ms
            self._memory = after_fill(self._terms, self._position(), self.venue.balance, self._view, trade.type, now_ms)
        return bool(fills)

    def _trade(self, tick: int, now_ms: int, fill: Fill) -> PaperTrade:
        position = self._position()
        return PaperTrade(
            tick,
            now_ms,
            fill.client_id.rpartition("-")[0],
            fill.qty if fill.side == "buy" else -fill.qty,
            fill.price,
            fill.pnl or 0.0,
            -(fill.fee or 0.0),
            position.size,
            position.price,
            self.venue.balance,
        )


def _panic(size: float, last_price: float) -> WantedOrder:
    return WantedOrder(side_of(size), -size, last_price, PANIC, "market")


def _quote_of(terms: Terms) -> str:
    """What profit and fees are in."""
    return terms.settings.symbol.removesuffix("USD") if terms.market.inverse else "USDT"


def _market_of(terms: Terms) -> Market:
    rules = terms.market
    symbol = terms.settings.symbol
    return Market(
        symbol=symbol,
        coin=symbol,
        quote=_quote_of(terms),
        qty_step=rules.qty_step,
        price_step=rules.price_step,
        min_qty=rules.min_qty,
        min_cost=0.0 if rules.inverse else rules.min_cost,
        c_mult=1.0,
        max_leverage=rules.max_leverage,
        maker_fee=rules.maker_fee,
        taker_fee=rules.taker_fee,
        is_inverse=rules.inverse,
    )
