"""A snapshot with what all rules look up in it: positions and orders by coin and side, limits, the sizing balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from passivtui.core import EXCHANGE_PARAMS, calc_position
from passivtui.core.rounding import hysteresis_round
from passivtui.live.exposure import Strategy
from passivtui.live.inputs import missing_inputs
from passivtui.live.orders import OpenOrder, OrderClass, PlannedOrder, Side
from passivtui.live.reasons import Withheld, for_input
from passivtui.live.snapshot import Position, Snapshot

#: Steps of the sizing balance where collateral moves it, and how far it must leave a step (`spec/live.md` §5).
HYSTERESIS_STEP: Final = 0.05
HYSTERESIS_MARGIN: Final = 0.75
_MOST_STEPS: Final = 200


class Situation:
    """Of one plan; only made when the account's inputs are fresh."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.strategy = Strategy(snapshot)
        self.balance = sizing_balance(snapshot)
        self.positions = {(p.coin, p.side): p for p in snapshot.positions if p.size != 0.0}
        self._markets: dict[str, Mapping[str, float]] = {}
        self._missing: dict[tuple[str, Side, OrderClass], list[Withheld]] = {}

    def position(self, coin: str, side: Side) -> Position | None:
        return self.positions.get((coin, side))

    def price(self, coin: str) -> float | None:
        """The last price if it is fresh."""
        state = self.snapshot.coins.get(coin)
        return None if state is None else state.fresh_price

    def distance(self, order: PlannedOrder | OpenOrder) -> float:
        """How far an order is from the last price, as a fraction of it; 0 while the price is not known."""
        last = self.price(order.coin)
        return 0.0 if last is None else abs(order.price - last) / last

    def market(self, coin: str) -> Mapping[str, float]:
        """The venue's rules as the order functions take them; the coin must have a state."""
        if coin not in self._markets:
            rules = self.snapshot.coins[coin].market
            self._markets[coin] = {name: getattr(rules, name) for name in EXCHANGE_PARAMS}
        return self._markets[coin]

    def exposure(self, position: Position) -> float:
        """The wallet exposure of a position at its average price."""
        market = self.market(position.coin)
        return calc_position(market, self.balance, position.size, position.price, 0.0, 0.0).exposure

    def qty_step(self, coin: str) -> float:
        """In contracts; 0 for a coin that the venue doesn't list."""
        return self.market(coin)["qty_step"] if coin in self.snapshot.coins else 0.0

    def missing(self, coin: str, side: Side, kind: OrderClass) -> list[Withheld]:
        """What this class of orders lacks, as reasons."""
        key = coin, side, kind
        if key not in self._missing:
            found = missing_inputs(self.snapshot, coin, side, kind)
            self._missing[key] = [for_input(coin, side, kind, one) for one in found]
        return self._missing[key]


def sizing_balance(snapshot: Snapshot) -> float:
    """The balance that orders are sized by: the account's, in steps where it moves with the price of collateral.

    As many steps as it takes: after a withdrawal one step per plan would let orders exceed their limit for a while.
    """
    balance = snapshot.balance
    assert balance is not None, "a plan without a balance has no situation"
    if not snapshot.venue.balance_follows_collateral:
        return balance
    sizing = snapshot.last_sizing_balance or balance
    for _ in range(_MOST_STEPS):
        before = sizing
        sizing = hysteresis_round(balance, before, HYSTERESIS_STEP, HYSTERESIS_MARGIN)
        if sizing == before or abs(balance - sizing) >= abs(balance - before):
            break
    return sizing
