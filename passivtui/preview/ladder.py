"""The entries of one coin and side if the price went through all of them, and the closes of the position they make.

Orders, quantities and averages come from the engine's functions; nothing here computes a price of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    calc_position,
)
from passivtui.market import MarketSpec

Side = Literal["long", "short"]
_NO_POSITION: Final = Position(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Rung:
    """One order, and the position once it has filled.

    `qty` is signed (above 0 buys); `distance` is the price's way from the start as a fraction; `average` and `exposure`
    are 0 when the position is closed. `bankruptcy` is the price at which the position's loss would be the whole balance
    (`balance / size` from the average price), None when it can't be reached.
    """

    type: str
    price: float
    qty: float
    cost: float
    distance: float
    average: float
    exposure: float
    bankruptcy: float | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Entries from flat, closes after all of them; `limit` is the wallet exposure limit of one position."""

    coin: str
    side: Side
    price: float
    balance: float
    limit: float
    entries: tuple[Rung, ...]
    closes: tuple[Rung, ...]
    notes: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Whether the entries reach the limit, to a hundredth."""
        return bool(self.entries) and self.entries[-1].exposure >= self.limit * 0.99


def build_ladder(config: Config, coin: str, side: Side, spec: MarketSpec, *, price: float, balance: float) -> Ladder:
    """The ladder for a price that is also the book and the EMA band; `balance` in quote, `price` above 0."""
    bot = dict(engine_params(config, coin)[side])
    if bot["wallet_exposure_limit"] < 0.0:
        slots = max(1.0, bot["n_positions"])
        bot["wallet_exposure_limit"] = bot["total_wallet_exposure_limit"] / slots
    limit = bot["wallet_exposure_limit"]
    if not config.bot.side(side).is_on or limit <= 0.0:
        return Ladder(coin, side, price, balance, limit, (), (), ("This side is switched off.",))
    market = {name: getattr(spec, name) for name in EXCHANGE_PARAMS}
    orders = calc_entries(side, market, bot, _state(balance, price), (0.0, 0.0), Trailing())
    entries, position = _filled(orders, market, balance, price, _NO_POSITION)
    closes: tuple[Rung, ...] = ()
    if position.size:
        held = (position.size, position.price)
        wanted = calc_closes(side, market, bot, _state(balance, position.price), held, Trailing())
        closes, _ = _filled(wanted, market, balance, position.price, position)
    ladder = Ladder(coin, side, price, balance, limit, entries, closes, ())
    notes = tuple(_notes(ladder, bot))
    return Ladder(coin, side, price, balance, limit, entries, closes, notes)


def _state(balance: float, price: float) -> MarketState:
    return MarketState(balance, price, price, price, price)


def _filled(
    orders: list[Order], market: Mapping[str, float], balance: float, start: float, position: Position
) -> tuple[tuple[Rung, ...], Position]:
    """The orders filled one after the other, from `position` on."""
    rungs = []
    for order in orders:
        position = calc_position(market, balance, position.size, position.price, order.qty, order.price)
        units = abs(position.size) * market["c_mult"]
        rungs.append(
            Rung(
                order.type,
                order.price,
                order.qty,
                abs(order.qty) * order.price * market["c_mult"],
                order.price / start - 1.0,
                position.price,
                position.exposure,
                _bankruptcy(position, units, balance),
            )
        )
    return tuple(rungs), position


def _bankruptcy(position: Position, units: float, balance: float) -> float | None:
    if not position.size:
        return None
    if position.size < 0.0:
        return position.price + balance / units
    below = position.price - balance / units
    return below if below > 0.0 else None


def _notes(ladder: Ladder, bot: Mapping[str, float]) -> list[str]:
    """What the orders alone don't show."""
    notes = []
    trailing = bot["entry_trailing_grid_ratio"]
    if abs(trailing) >= 1.0:
        notes.append("Re-entries trail: they are placed once the price has turned, and aren't shown.")
    elif trailing:
        notes.append("A part of the re-entries trails the price; only those of the grid are shown.")
    if bot["close_trailing_grid_ratio"]:
        notes.append("A part of the closes trails the price; only those of the grid are shown.")
    if ladder.entries and not ladder.is_full and not trailing:
        reached = ladder.entries[-1].exposure / ladder.limit
        notes.append(f"The entries end at {reached:.0%} of the limit.")
    if ladder.entries:
        first = ladder.limit * bot["entry_initial_qty_pct"]
        if ladder.entries[0].exposure > first * 1.5:
            notes.append("The first entry is raised to the market's minimum: the balance is small for this config.")
    return notes
