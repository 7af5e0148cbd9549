"""What is cancelled and created, from the orders that are on the book and those that should be (`spec/live.md` §6)."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Final

from passivtui.live.orders import OpenOrder, OrderClass, Part, PlannedOrder, SentOrder, Side
from passivtui.live.reasons import Gate, Withheld, for_order
from passivtui.live.situation import Situation

#: For how long an order like one just sent isn't sent again, unless the venue rejected it.
RESEND_AFTER_MS: Final = 15_000
#: Two orders are alike, and one of them waits for the other, when price and quantity differ by no more than this.
ALIKE_PRICE, ALIKE_QTY = 0.002, 0.01
_HALF: Final = 0.5

AnyOrder = PlannedOrder | OpenOrder | SentOrder
Leg = tuple[str, Side, Part]


@dataclass(frozen=True, slots=True)
class Kept:
    """An open order that is as it should be, and the planned order that it stands for."""

    open: OpenOrder
    planned: PlannedOrder


@dataclass(frozen=True, slots=True)
class Changes:
    """What is done in this pass, cancellations first; `withheld` are the creations that wait for another."""

    kept: tuple[Kept, ...]
    cancellations: tuple[OpenOrder, ...]
    creations: tuple[PlannedOrder, ...]
    withheld: tuple[Withheld, ...]


def reconcile(situation: Situation, planned: Iterable[PlannedOrder], left_alone: Set[Leg]) -> Changes:
    """Compare and limit to one pass; the open orders of legs in `left_alone` are not cancelled."""
    kept, unmatched, wanted = _match(situation, planned)
    stale = sorted((order for order in unmatched if _leg(order) not in left_alone), key=situation.distance)
    cancellations = _first_cancellations(situation, stale)
    staying = [order for order in unmatched if order not in cancellations]
    gates = _CreationGates(situation, [pair.open for pair in kept], cancellations, staying)
    withheld: list[Withheld] = []
    creations = [order for order in sorted(wanted, key=situation.distance) if _passes(gates, order, withheld)]
    most = situation.snapshot.config.live.max_n_creations_per_batch
    text = f"{most} orders are sent at a time, nearest first; it is next"
    withheld += [for_order(order, Gate.BATCH, text, most=most) for order in creations[most:]]
    return Changes(tuple(kept), tuple(cancellations), tuple(creations[:most]), tuple(withheld))


def is_same(situation: Situation, order: OpenOrder, planned: PlannedOrder) -> bool:
    """Whether they agree in coin, side and direction, and within half a step in quantity and price."""
    if planned.execution == "market" or _leg(order) != _leg(planned):
        return False
    market = situation.market(planned.coin)
    return (
        abs(order.price - planned.price) <= market["price_step"] * _HALF
        and abs(order.qty - planned.qty) <= market["qty_step"] * _HALF
    )


def are_alike(a: AnyOrder, b: AnyOrder) -> bool:
    """Whether one may be the other a little later: prices within 0.2 %, quantities within 1 %, both at market."""
    if _leg(a) != _leg(b):
        return False
    if all(not isinstance(order, OpenOrder) and order.execution == "market" for order in (a, b)):
        return True
    return abs(a.price - b.price) <= ALIKE_PRICE * abs(a.price) and abs(a.qty - b.qty) <= ALIKE_QTY * abs(a.qty)


def _leg(order: AnyOrder) -> Leg:
    return order.coin, order.side, order.part


def _match(
    situation: Situation, planned: Iterable[PlannedOrder]
) -> tuple[list[Kept], list[OpenOrder], list[PlannedOrder]]:
    """Pairs, what is open without being planned, what is planned without being open. Each order is used once."""
    unmatched: dict[Leg, list[OpenOrder]] = {}
    for open_order in situation.snapshot.own_orders:
        unmatched.setdefault(_leg(open_order), []).append(open_order)
    kept, wanted = [], []
    for order in planned:
        rest = unmatched.get(_leg(order), [])
        twin = next((open_order for open_order in rest if is_same(situation, open_order, order)), None)
        if twin is None:
            wanted.append(order)
        else:
            rest.remove(twin)
            kept.append(Kept(twin, order))
    return kept, [order for rest in unmatched.values() for order in rest], wanted


def _first_cancellations(situation: Situation, stale: list[OpenOrder]) -> list[OpenOrder]:
    most = situation.snapshot.config.live.max_n_cancellations_per_batch
    if len(stale) > most:
        stale = sorted(stale, key=lambda order: not order.reduce_only)
    return stale[:most]


def _passes(gates: _CreationGates, order: PlannedOrder, withheld: list[Withheld]) -> bool:
    stopped = gates.stop(order)
    if stopped is not None:
        withheld.append(stopped)
    return stopped is None


class _CreationGates:
    """What an order must pass before it is created in this pass."""

    def __init__(
        self, situation: Situation, kept: list[OpenOrder], cancellations: list[OpenOrder], staying: list[OpenOrder]
    ) -> None:
        snapshot = situation.snapshot
        self._situation = situation
        self._cancellations = cancellations
        self._staying = staying
        self._unresolved = [order for order in snapshot.sent if order.outcome == "unresolved"]
        self._unseen = [order for order in snapshot.sent if order.is_unseen]
        self._recent = self._recently_sent(kept + staying + cancellations)
        self._closing = self._closing_sizes(kept + staying)

    def stop(self, order: PlannedOrder) -> Withheld | None:
        """The first gate that the order doesn't pass; None when it may be created."""
        return (
            self._unsettled(order)
            or self._unknown(order)
            or self._not_seen_yet(order)
            or self._sent_already(order)
            or self._being_cancelled(order)
            or self._no_room(order)
        )

    def _must_get_out(self, order: PlannedOrder) -> bool:
        """A panic close doesn't wait for cancellations where the venue itself keeps closes within the position."""
        return order.kind is OrderClass.PANIC and self._situation.snapshot.venue.reduce_only

    def _recently_sent(self, visible: list[OpenOrder]) -> list[SentOrder]:
        """Sent lately, not rejected, and not to be seen on the book: filled, or not visible yet."""
        known = {order.client_id for order in visible}
        since = self._situation.snapshot.now_ms - RESEND_AFTER_MS
        return [
            order
            for order in self._situation.snapshot.sent
            if order.sent_ms > since and order.outcome == "confirmed" and order.client_id not in known
        ]

    def _closing_sizes(self, orders: list[OpenOrder]) -> dict[tuple[str, Side], float]:
        sizes: dict[tuple[str, Side], float] = {}
        counted: list[OpenOrder | SentOrder] = [*orders, *self._unseen]
        for order in counted:
            if order.part == "close":
                sizes[order.coin, order.side] = sizes.get((order.coin, order.side), 0.0) + abs(order.qty)
        return sizes

    def _unsettled(self, order: PlannedOrder) -> Withheld | None:
        if order.coin not in self._situation.snapshot.unsettled or self._must_get_out(order):
            return None
        text = "a cancellation of the coin failed or its state changed under way; it waits for the next refresh"
        return for_order(order, Gate.UNSETTLED, text)

    def _unknown(self, order: PlannedOrder) -> Withheld | None:
        for sent in self._unresolved:
            if _leg(sent) == _leg(order):
                text = f"what came of order {sent.client_id} is not known yet; nothing is put in its place before"
                return for_order(order, Gate.UNRESOLVED, text)
        return None

    def _not_seen_yet(self, order: PlannedOrder) -> Withheld | None:
        """Entries were planned without those that the venue has taken and not shown: together they may be too many."""
        if order.part == "close" or not any(_leg(sent) == _leg(order) for sent in self._unseen):
            return None
        text = "an entry that the venue has just taken isn't on its book yet; the next ones wait until it shows"
        return for_order(order, Gate.RECENTLY_SENT, text)

    def _sent_already(self, order: PlannedOrder) -> Withheld | None:
        for sent in self._recent:
            if are_alike(order, sent):
                ago = (self._situation.snapshot.now_ms - sent.sent_ms) / 1000
                text = f"one like it was sent {ago:.0f} s ago; it is sent again after {RESEND_AFTER_MS / 1000:.0f} s"
                return for_order(order, Gate.RECENTLY_SENT, text, seconds=ago)
        return None

    def _being_cancelled(self, order: PlannedOrder) -> Withheld | None:
        if not any(are_alike(order, cancelled) for cancelled in self._cancellations):
            return None
        return for_order(order, Gate.CANCELLING, "one like it is being cancelled; it follows in the next pass")

    def _no_room(self, order: PlannedOrder) -> Withheld | None:
        """Orders that stay though they shouldn't may still fill: with the new one that must not be too much."""
        if order.part == "entry":
            if not any(_leg(stale) == _leg(order) for stale in self._staying):
                return None
            return for_order(order, Gate.BATCH, "entries of the coin that are no longer right are cancelled first")
        if self._must_get_out(order):
            return None
        position = self._situation.position(order.coin, order.side)
        size = 0.0 if position is None else abs(position.size)
        key = order.coin, order.side
        closing = self._closing.get(key, 0.0) + abs(order.qty)
        if closing > size + self._situation.qty_step(order.coin) * _HALF:
            text = "closes of the coin that are no longer right are cancelled first, as all may fill"
            return for_order(order, Gate.BATCH, text, closing=closing, position=size)
        self._closing[key] = closing
        return None
