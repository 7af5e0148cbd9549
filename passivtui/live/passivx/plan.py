"""The ideal orders of a Passiv-X bot: a pure function of a snapshot (`spec/passivx.md` §3, §6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from passivtui.core.contracts import (
    average_entry_price,
    first_entry_qty,
    min_order_qty,
    round_nearest,
)
from passivtui.core.tick_orders import (
    TickOrder,
    close_ladder,
    flat_ask,
    flat_bid,
    min_close_qty,
    reentry_ladder,
    reentry_price,
    stop_loss_qty,
)
from passivtui.live.orders import SIDES, Execution, Side
from passivtui.live.passivx.levels import RiskLevels, risk_levels
from passivtui.live.passivx.orders import CLOSE, ENTRY, REENTRY, WantedOrder, side_of
from passivtui.live.passivx.snapshot import TickSnapshot
from passivtui.live.reasons import Gate, Withheld

#: Nothing is placed farther than this from the last price; closes of shorts are, as in Passiv-X.
FARTHEST: Final = 0.05
#: From one stop loss to the next: the original's time between two looks, without those that a touched order brings on.
STOP_LOSS_INTERVAL_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class TickPlan:
    """The orders that should be on the book, what is missing and why, and the position's levels (None when flat)."""

    orders: tuple[WantedOrder, ...]
    withheld: tuple[Withheld, ...]
    levels: RiskLevels | None = None


def plan(snapshot: TickSnapshot) -> TickPlan:
    """Stop loss, entries, closes; each nearest first. What an input is missing or absurd for is withheld."""
    planner = _Planner(snapshot)
    planner.plan()
    return TickPlan(tuple(planner.orders), tuple(planner.withheld), planner.levels)


class _Planner:
    """One plan in the making."""

    def __init__(self, snapshot: TickSnapshot) -> None:
        self.snapshot = snapshot
        self.settings = snapshot.terms.settings
        self.strategy = snapshot.terms.settings.strategy
        self.orders: list[WantedOrder] = []
        self.withheld: list[Withheld] = []
        self.levels: RiskLevels | None = None
        self._numbers = snapshot.terms.market_numbers, snapshot.terms.strategy_numbers
        self._side: Side = side_of(snapshot.position.size)

    def plan(self) -> None:
        bid, ask = self._usable(self.snapshot.bid, "bid"), self._usable(self.snapshot.ask, "ask")
        last = self._usable(self.snapshot.last_price, "last price")
        balance = self._working_balance()
        if bid is None or ask is None or last is None or balance is None:
            return
        if self.snapshot.position.size == 0.0:
            self._flat(balance, bid, ask)
        elif self._usable(self.snapshot.position.price, "price of the position") is not None:
            self.levels = risk_levels(self.strategy, self.snapshot.position, last)
            stopped = self._stop_loss(bid, ask)
            self._reentries(balance, bid, ask, last)
            self._closes(balance, bid, ask, last, stopped)

    # ------------------------------------------------------------ inputs

    def _usable(self, value: float | None, name: str) -> float | None:
        if value is not None and math.isfinite(value) and value > 0.0:
            return value
        known = "is not known yet" if value is None else f"is {value:g}, which can't be"
        self._withhold(Gate.INPUT, f"the {name} {known}; nothing is placed without it")
        return None

    def _working_balance(self) -> float | None:
        """What the strategy works with: its share of the wallet."""
        wallet = self.snapshot.balance
        if wallet is None or not math.isfinite(wallet):
            self._withhold(Gate.INPUT, "the balance is not known yet; nothing is placed without it")
            return None
        balance = wallet * self.strategy.balance_pct
        if balance > 0.0:
            return balance
        text = (
            f"the balance is {wallet:g} and balance_pct {self.strategy.balance_pct:g}: there is nothing to trade with"
        )
        self._withhold(Gate.BALANCE, text, balance=wallet)
        return None

    def _withhold(self, gate: Gate, text: str, side: Side | None = None, **numbers: float) -> None:
        self.withheld.append(
            Withheld(self.settings.symbol, side or self._side, gate, text, numbers=tuple(numbers.items()))
        )

    # ------------------------------------------------------------ flat

    def _flat(self, balance: float, bid: float, ask: float) -> None:
        ema = self._usable(self.snapshot.ema, "EMA")
        if ema is None:
            return
        prices = {"long": flat_bid(*self._numbers, ema, bid), "short": flat_ask(*self._numbers, ema, ask)}
        for side in SIDES:
            if self._may_open(side):
                self._first_entry(side, balance, prices[side])

    def _may_open(self, side: Side) -> bool:
        is_on, name = (self.strategy.do_long, "do_long") if side == "long" else (self.strategy.do_shrt, "do_shrt")
        if not is_on:
            self._withhold(Gate.MODE, f"{name} is off", side)
            return False
        return not self.settings.funding_fee_collect_mode or self._collects(side)

    def _collects(self, side: Side) -> bool:
        """Whether a position of this side is paid funding."""
        rate = self.snapshot.predicted_funding
        if rate is None:
            text = "the predicted funding rate is not known; funding_fee_collect_mode needs it"
            self._withhold(Gate.INPUT, text, side)
            return False
        if (rate < 0.0) if side == "long" else (rate > 0.0):
            return True
        text = f"the predicted funding rate is {rate:g}, so a {side} position would collect none"
        self._withhold(Gate.MODE, text, side, predicted_funding=rate)
        return False

    def _first_entry(self, side: Side, balance: float, price: float) -> None:
        if not (math.isfinite(price) and price > 0.0):
            self._withhold(Gate.NO_PRICE, "the EMA less its spread rounds to a price of 0", side)
            return
        qty = first_entry_qty(*self._numbers, balance, price)
        self.orders.append(WantedOrder(side, qty if side == "long" else -qty, price, ENTRY))

    # ------------------------------------------------------------ with a position

    def _stop_loss(self, bid: float, ask: float) -> float:
        """Reduce the position where a level is passed. Returns what that takes off, not signed."""
        assert self.levels is not None
        if not self.levels.armed:
            return 0.0
        before = self.snapshot.last_stop_loss_ms
        if before is not None and 0 <= self.snapshot.now_ms - before < STOP_LOSS_INTERVAL_MS:
            text = f"a stop loss was filled just now; the next follows {STOP_LOSS_INTERVAL_MS / 1000:.0f} s after it"
            self._withhold(Gate.RECENTLY_SENT, text)
            return 0.0
        size = self.snapshot.position.size
        qty = stop_loss_qty(*self._numbers, size)
        if not qty > 0.0:
            self._withhold(Gate.POSITION, "stop_loss_pos_reduction is 0: a stop loss is due and reduces nothing")
            return 0.0
        price, signed = (ask, -qty) if size > 0.0 else (bid, qty)
        execution: Execution = "market" if self.settings.market_stop_loss else "limit"
        self.orders.append(WantedOrder(self._side, signed, price, self.levels.armed, execution))
        return qty

    def _reentries(self, balance: float, bid: float, ask: float, last: float) -> None:
        position, most = self.snapshot.position, self.settings.n_entry_orders
        equity = self._usable(self.snapshot.equity, "equity")
        if equity is None:
            return
        book = bid if position.size > 0.0 else ask
        ladder = reentry_ladder(
            *self._numbers,
            balance,
            equity,
            position.size,
            position.price,
            book,
            last,
            most,
            self.snapshot.max_notional,
        )
        self.orders += [WantedOrder(self._side, qty, price, REENTRY) for qty, price in ladder if price > 0.0]
        if len(ladder) < most:
            self._explain_end(ladder, balance, book, last)

    def _explain_end(self, ladder: list[TickOrder], balance: float, book: float, last: float) -> None:
        """Why there are no more re-entries: the next one's price is too far, or there is no room for it."""
        size, average = self._after(ladder)
        price = reentry_price(*self._numbers, balance, size, average)
        before = ladder[-1].price if ladder else book
        price = min(before, price) if size > 0.0 else max(before, price)
        if not (math.isfinite(price) and price > 0.0):
            self._withhold(Gate.NO_PRICE, "the next re-entry would be at a price of 0")
        elif abs(price - last) / last > FARTHEST:
            text = f"the next re-entry, at {price:g}, is more than {FARTHEST:.0%} from the last price {last:g}"
            self._withhold(Gate.DISTANCE, text, price=price, last_price=last)
        else:
            text = f"the next re-entry, at {price:g}, would exceed what balance, equity and leverage carry"
            least = min_order_qty(self.snapshot.terms.market_numbers, price)
            self._withhold(Gate.EXPOSURE, text, price=price, size=size, min_qty=least)

    def _after(self, ladder: list[TickOrder]) -> tuple[float, float]:
        """Size and average price of the position once these are filled."""
        size, average = self.snapshot.position.size, self.snapshot.position.price
        for qty, price in ladder:
            average = average_entry_price(self.snapshot.terms.market_numbers, size, average, qty, price)
            size += qty
        return size, average

    def _closes(self, balance: float, bid: float, ask: float, last: float, stopped: float) -> None:
        position, market = self.snapshot.position, self.snapshot.terms.market
        rest = round_nearest(abs(position.size) - stopped, market.qty_step)
        if not rest > 0.0:
            return
        smallest = max(min_close_qty(*self._numbers, balance, position.price), market.qty_step)
        is_long = position.size > 0.0
        ladder = close_ladder(
            *self._numbers, rest if is_long else -rest, position.price, ask if is_long else bid, smallest
        )
        near = [each for each in ladder if not is_long or abs(each.price - last) / last < FARTHEST]
        if len(near) < len(ladder):
            text = f"{len(ladder) - len(near)} closes are {FARTHEST:.0%} or more from the last price {last:g}"
            self._withhold(Gate.DISTANCE, text, last_price=last)
        most = self.settings.n_entry_orders
        if len(near) > most:
            text = f"{len(near) - most} closes more follow; {most} (n_entry_orders) are on the book at a time"
            self._withhold(Gate.ORDER_CAP, text)
        self.orders += [WantedOrder(self._side, qty, price, CLOSE) for qty, price in near[:most]]
