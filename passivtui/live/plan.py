"""The plan of one cycle: a pure function of a snapshot, with a reason for every order that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from passivtui.live.ideal import wanted_orders
from passivtui.live.inputs import missing_account_inputs
from passivtui.live.modes import CoinMode, decide_modes
from passivtui.live.orders import SIDES, OpenOrder, PlannedOrder, Side
from passivtui.live.placement import place_orders
from passivtui.live.reasons import Gate, Withheld, for_input
from passivtui.live.reconcile import Kept, reconcile
from passivtui.live.situation import Situation
from passivtui.live.snapshot import Snapshot
from passivtui.live.unstucking import unstick

#: Below this balance, in quote, nothing is done: more likely a wrong answer of the venue than an account.
LEAST_BALANCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What should be on the book and what is done towards it in this pass.

    `orders` are all that should be there, nearest to the price first; `kept` those that are, `creations` those that are
    sent now, after `cancellations`. `kept` also tells the present type of an order whose price and quantity still hold.
    `withheld` says for each order that is absent what stopped it. `sizing_balance` is
    to be handed to the next snapshot; `foreign` are open orders that somebody else placed.
    """

    modes: tuple[CoinMode, ...] = ()
    orders: tuple[PlannedOrder, ...] = ()
    kept: tuple[Kept, ...] = ()
    cancellations: tuple[OpenOrder, ...] = ()
    creations: tuple[PlannedOrder, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    warnings: tuple[str, ...] = ()
    sizing_balance: float | None = None
    foreign: tuple[OpenOrder, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Nothing is to be sent or cancelled."""
        return not self.cancellations and not self.creations

    def why(self, coin: str, side: Side) -> tuple[Withheld, ...]:
        """The reasons of one coin and side."""
        return tuple(reason for reason in self.withheld if (reason.coin, reason.side) == (coin, side))


def plan(snapshot: Snapshot) -> Plan:
    """Plan one pass (`spec/live.md` §3 to §6). Raises ConfigError for a mode that is none, and nothing else."""
    missing = missing_account_inputs(snapshot)
    if missing:
        withheld = [for_input(coin, side, None, one) for one in missing for coin, side in _everything(snapshot)]
        warnings = tuple(f"Nothing is sent or cancelled: {one.text}." for one in missing)
        return Plan(withheld=tuple(withheld), warnings=warnings, sizing_balance=snapshot.last_sizing_balance)
    if snapshot.balance is None or snapshot.balance < LEAST_BALANCE:
        return _without_balance(snapshot)
    situation = Situation(snapshot)
    modes = decide_modes(situation)
    wanted = wanted_orders(situation, modes.coins)
    unstick(situation, modes.coins, wanted)
    placed = place_orders(situation, wanted.orders)
    changes = reconcile(situation, placed.orders, wanted.left_alone)
    return Plan(
        modes.coins,
        placed.orders,
        changes.kept,
        changes.cancellations,
        changes.creations,
        (*modes.withheld, *wanted.withheld, *placed.withheld, *changes.withheld),
        modes.warnings,
        situation.balance,
        tuple(order for order in snapshot.open_orders if not order.is_ours),
    )


def _without_balance(snapshot: Snapshot) -> Plan:
    text = f"the balance is {snapshot.balance:g}, less than {LEAST_BALANCE:g}"
    withheld = [Withheld(coin, side, Gate.BALANCE, text) for coin, side in _everything(snapshot)]
    warning = f"Nothing is sent or cancelled: {text}. Check the account's wallet and its type."
    return Plan(withheld=tuple(withheld), warnings=(warning,), sizing_balance=snapshot.last_sizing_balance)


def _everything(snapshot: Snapshot) -> list[tuple[str, Side]]:
    """Every coin and side that a person may ask about."""
    held = {(position.coin, position.side) for position in snapshot.positions}
    ordered = {(order.coin, order.side) for order in snapshot.open_orders}
    return sorted(held | ordered | {(coin, side) for side in SIDES for coin in snapshot.approved_coins(side)})
