"""The entries of one coin and side if the price went through all of them, and the closes of the position they make.

Orders, quantities and averages come from the engine's functions; nothing here computes a price of its own. Trailing
orders are shown as if the price had turned just beyond their threshold: that is the earliest moment they are placed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from passivtui.config import Config, engine_params
from passivtui.core import (
    EXCHANGE_PARAMS,
    MarketState,
    Order,
    Position,
    Trailing,
    calc_closes,
    calc_entries,
    calc_next_close,
    calc_next_entry,
    calc_position,
)
from passivtui.formulas import Turn
from passivtui.market import MarketSpec

Side = Literal["long", "short"]
Numbers = Mapping[str, float]
MOST_RUNGS: Final = 60
_FLAT: Final = Position(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Rung:
    """One order, the position before it, and the position once it has filled.

    `qty` is signed (above 0 buys); `distance` is the price's way from the start as a fraction. `bankruptcy` is the
    price at which the loss of the position after it would be the whole balance (`balance / size` from the average
    price), None when it can't be reached. `turn` is set for trailing orders.
    """

    type: str
    price: float
    qty: float
    cost: float
    distance: float
    before: Position
    after: Position
    bankruptcy: float | None
    turn: Turn | None = None

    @property
    def average(self) -> float:
        """The average entry price after it; 0 when the position is closed."""
        return self.after.price

    @property
    def exposure(self) -> float:
        """The wallet exposure after it."""
        return self.after.exposure


@dataclass(frozen=True, slots=True)
class Ladder:
    """Entries from flat, closes after all of them; `limit` is the wallet exposure limit of one position.

    `bot` and `market` are what the engine was given for the coin and side.
    """

    coin: str
    side: Side
    price: float
    balance: float
    limit: float
    bot: Numbers
    market: Numbers
    entries: tuple[Rung, ...]
    closes: tuple[Rung, ...]
    notes: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Whether the entries reach the limit, to a hundredth."""
        return bool(self.entries) and self.entries[-1].exposure >= self.limit * 0.99

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Entries, then closes."""
        return (*self.entries, *self.closes)


def build_ladder(config: Config, coin: str, side: Side, spec: MarketSpec, *, price: float, balance: float) -> Ladder:
    """The ladder for a price that is also the book and the EMA band; `balance` in quote, `price` above 0."""
    bot = dict(engine_params(config, coin)[side])
    if bot["wallet_exposure_limit"] < 0.0:
        slots = max(1.0, bot["n_positions"])
        bot["wallet_exposure_limit"] = bot["total_wallet_exposure_limit"] / slots
    market = {name: getattr(spec, name) for name in EXCHANGE_PARAMS}
    walk = _Walk(side, bot, market, balance, price)
    limit = bot["wallet_exposure_limit"]
    if not config.bot.side(side).is_on or limit <= 0.0:
        off = ("This side is switched off.",)
        return Ladder(coin, side, price, balance, limit, bot, market, (), (), off)
    entries, position = walk.entries()
    closes = walk.closes(position)
    notes = tuple(_notes(entries, limit, bot))
    return Ladder(coin, side, price, balance, limit, bot, market, entries, closes, notes)


@dataclass(frozen=True, slots=True)
class _Walk:
    """The price on its way through the orders of one coin and side."""

    side: Side
    bot: Numbers
    market: Numbers
    balance: float
    start: float

    def entries(self) -> tuple[tuple[Rung, ...], Position]:
        """From flat to where no entry is left, and the position there."""
        rungs: list[Rung] = []
        position, price = _FLAT, self.start
        while len(rungs) < MOST_RUNGS:
            orders, turn = self._next(calc_entries, calc_next_entry, "entry", position, price)
            before = len(rungs)
            for order in orders:
                rungs.append(self._filled(order, position, turn))
                position, price = rungs[-1].after, order.price
            if len(rungs) == before:
                break
        return tuple(rungs), position

    def closes(self, position: Position) -> tuple[Rung, ...]:
        """From a position, with the price at its average, to where no close is left."""
        rungs: list[Rung] = []
        price = position.price
        while position.size and len(rungs) < MOST_RUNGS:
            orders, turn = self._next(calc_closes, calc_next_close, "close", position, price)
            before = len(rungs)
            for order in orders:
                rungs.append(self._filled(order, position, turn))
                position = rungs[-1].after
            if len(rungs) == before:
                break
        return tuple(rungs)

    def _next(
        self,
        list_orders: Callable[..., list[Order]],
        next_order: Callable[..., Order],
        kind: Literal["entry", "close"],
        position: Position,
        price: float,
    ) -> tuple[list[Order], Turn | None]:
        """The orders placed now; if there are none and a trailing one waits, that one, once the price has turned."""
        held = (position.size, position.price)
        orders = list_orders(self.side, self.market, self.bot, self._state(price), held, Trailing())
        if orders or not position.size:
            return orders, None
        turn, trailing = self._turn(kind, position.price, price)
        order = next_order(self.side, self.market, self.bot, self._state(turn.trigger), held, trailing)
        return ([order], turn) if order.qty else ([], None)

    def _turn(self, kind: Literal["entry", "close"], average: float, price: float) -> tuple[Turn, Trailing]:
        """The least that triggers a trailing order (`spec/engine.md` §3.5, §3.9): just beyond its two distances."""
        threshold_pct = self.bot[f"{kind}_trailing_threshold_pct"]
        retracement_pct = self.bot[f"{kind}_trailing_retracement_pct"]
        down_first = (kind == "entry") == (self.side == "long")
        away = -1.0 if down_first else 1.0
        threshold = average * (1.0 + away * threshold_pct) if threshold_pct > 0.0 else None
        extreme = price if threshold is None else math.nextafter(threshold, away * math.inf)
        trigger = math.nextafter(extreme * (1.0 - away * retracement_pct), -away * math.inf)
        if down_first:
            return Turn(threshold, trigger), Trailing(min_since_open=extreme, max_since_min=trigger)
        return Turn(threshold, trigger), Trailing(max_since_open=extreme, min_since_max=trigger)

    def _state(self, price: float) -> MarketState:
        return MarketState(self.balance, price, price, self.start, self.start)

    def _filled(self, order: Order, before: Position, turn: Turn | None) -> Rung:
        after = calc_position(self.market, self.balance, before.size, before.price, order.qty, order.price)
        return Rung(
            order.type,
            order.price,
            order.qty,
            abs(order.qty) * order.price * self.market["c_mult"],
            order.price / self.start - 1.0,
            before,
            after,
            self._bankruptcy(after),
            turn,
        )

    def _bankruptcy(self, position: Position) -> float | None:
        if not position.size:
            return None
        reach = self.balance / (abs(position.size) * self.market["c_mult"])
        price = position.price - math.copysign(reach, position.size)
        return price if price > 0.0 else None


def _notes(entries: tuple[Rung, ...], limit: float, bot: Numbers) -> list[str]:
    """What the orders alone don't tell."""
    notes = []
    if entries and entries[-1].exposure < limit * 0.99:
        notes.append(f"The entries end at {entries[-1].exposure / limit:.0%} of the limit.")
    if entries and entries[0].exposure > limit * bot["entry_initial_qty_pct"] * 1.5:
        notes.append("The first entry is raised to the market's minimum: the balance is small for this config.")
    return notes
