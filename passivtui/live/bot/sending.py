"""Orders and cancellations on their way: written down first, sent, and followed until their outcome is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from passivtui.errors import StorageError
from passivtui.exchanges.base import (
    CancelRequest,
    Exchange,
    Fill,
    Order,
    OrderRequest,
    OrderStatus,
    Outcome,
    OutcomeKind,
)
from passivtui.exchanges.client_ids import new_client_id, order_type_of
from passivtui.exchanges.errors import AuthError, RejectReason
from passivtui.live.bot.timing import Timing
from passivtui.live.bot.trouble import Chance, Handling, Troubles
from passivtui.live.orders import Execution, OpenOrder, PlannedOrder, SentOrder, Side
from passivtui.storage.journal import IntentRow, Journal, OutcomeRow

#: For how long orders that were sent are remembered; the planner looks back 15 s.
_REMEMBERED_MS: Final = 60_000
#: Between two looks for an order of which nothing is known: venues that say they show orders at once have been seen to
#: take five seconds.
_LEAST_BETWEEN_LOOKS_MS: Final = 2_600
_ABSENCES: Final = 2


@dataclass(slots=True)
class _Unresolved:
    """An order of which nobody knows whether the venue has it."""

    sent: SentOrder
    symbol: str
    intent: int | None
    absences: int = 0
    next_look_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Unseen:
    """An order that the venue has taken and not shown yet."""

    sent: SentOrder
    order_id: str


@dataclass(slots=True)
class Sent:
    """What came of one round of creations."""

    handlings: list[Handling]
    confirmed: int = 0


class Sender:
    """Writes for one account. Nothing is sent that isn't in the journal; while that can't be written only closes,
    cancellations and what `panic` sends go out, and `alarm` says so. `stale` tells what of the account has become too
    old since the plan was made ("" for nothing): then nothing at all is sent."""

    def __init__(
        self,
        bot: str,
        exchange: Exchange,
        journal: Journal,
        timing: Timing,
        troubles: Troubles,
        *,
        chance: Chance,
    ) -> None:
        self._bot = bot
        self._exchange = exchange
        self._journal = journal
        self._timing = timing
        self._troubles = troubles
        self._chance = chance
        self._sent: list[SentOrder] = []
        self._unresolved: dict[str, _Unresolved] = {}
        self._unseen: dict[str, _Unseen] = {}
        self.alarm = ""
        self.stale: Callable[[], str] = lambda: ""
        self.write_ms: float | None = None

    # ------------------------------------------------------------ what is on its way

    @property
    def sent(self) -> tuple[SentOrder, ...]:
        """Orders of the last minute and all of which the outcome isn't known, for the planner."""
        since = self._timing.clock() - _REMEMBERED_MS
        self._sent = [order for order in self._sent if order.sent_ms > since]
        unresolved = (one.sent for one in self._unresolved.values())
        settled = (order for order in self._sent if order.client_id not in self._unresolved)
        marked = (replace(order, is_unseen=True) if order.client_id in self._unseen else order for order in settled)
        return (*marked, *unresolved)

    @property
    def unresolved(self) -> int:
        return len(self._unresolved)

    async def take_over(self) -> int:
        """After a restart: what the journal doesn't know the end of is unresolved. How many. Raises StorageError.

        What was confirmed a moment before the end is remembered as sent: the venue may not show it yet.
        """
        now_ms = self._timing.clock()
        for intent in await self._journal.intents_since(self._bot, now_ms - _REMEMBERED_MS):
            if intent.action == "create" and intent.outcome == OutcomeKind.CONFIRMED:
                sent = _as_sent(intent, "confirmed")
                self._sent.append(sent)
                self._unseen[sent.client_id] = _Unseen(sent, intent.order_id)
        for intent in await self._journal.open_intents(self._bot):
            if intent.action == "cancel":  # the next look at the open orders tells
                if intent.id is not None:
                    await self._keep([OutcomeRow(intent.id, "restarted", "", "", "the open orders tell", now_ms)])
                continue
            first_look_ms = max(now_ms, intent.intended_ms + self._lag_ms)
            sent = _as_sent(intent, "unresolved")
            self._unresolved[intent.client_id] = _Unresolved(sent, intent.symbol, intent.id, next_look_ms=first_look_ms)
        return len(self._unresolved)

    # ------------------------------------------------------------ cancellations

    async def cancel(self, orders: Sequence[OpenOrder], symbols: Mapping[str, str], *, panic: bool = False) -> set[str]:
        """Cancel; the ids of the orders that are gone now. Others may be too: the next reading tells."""
        if not orders or self._is_stale():
            return set()
        requests = [CancelRequest(symbols.get(o.coin, o.coin), o.id, o.client_id) for o in orders]
        intents = await self._intend([self._cancel_row(*pair) for pair in zip(orders, requests, strict=True)])
        began = self._timing.elapsed()
        outcomes = await self._exchange.cancel_orders(requests, panic=panic)
        self.write_ms = (self._timing.elapsed() - began) * 1000.0
        await self._settle(list(zip(intents, outcomes, strict=True)))
        gone = set()
        for order, outcome in zip(orders, outcomes, strict=True):
            if outcome.kind is OutcomeKind.CONFIRMED:
                gone.add(order.id)
                self._unseen.pop(order.client_id, None)
            elif outcome.reason is not RejectReason.UNKNOWN_ORDER:  # that one filled or went: reading settles it
                self._troubles.cancel_failed(order.id)
                self._troubles.count(f"cancel {outcome.kind.replace('_', ' ')}", outcome.message)
            self._check_access(outcome)
        return gone

    def _cancel_row(self, order: OpenOrder, request: CancelRequest) -> IntentRow:
        order_type = order_type_of(order.client_id) or ""
        return IntentRow(
            self._bot,
            "cancel",
            order.client_id,
            request.symbol,
            order.coin,
            order.side,
            order_type,
            "limit",
            order.qty,
            order.price,
            self._timing.clock(),
            order_id=order.id,
        )

    # ------------------------------------------------------------ creations

    async def create(
        self, orders: Sequence[PlannedOrder], symbols: Mapping[str, str], *, post_only: bool, panic: bool = False
    ) -> Sent:
        """Send orders and take in what comes of them. Raises AuthError when the key may not."""
        result = Sent([])
        if self._is_stale():
            return result
        requests = [self._request(order, symbols, post_only=post_only) for order in orders]
        pairs = list(zip(orders, requests, strict=True))
        intents = await self._intend([self._create_row(*pair) for pair in pairs])
        if intents and intents[0] is None and not panic:  # not written down: only what reduces goes out
            pairs = [(order, request) for order, request in pairs if order.part == "close"]
            intents = [None] * len(pairs)
        if not pairs:
            return result
        now_ms = self._timing.clock()
        for order, request in pairs:  # until an answer is here, nobody knows
            sent = SentOrder(
                request.client_id, order.coin, order.side, order.qty, order.price, now_ms, order.execution, "unresolved"
            )
            self._unresolved[request.client_id] = _Unresolved(
                sent, request.symbol, None, next_look_ms=now_ms + self._lag_ms
            )
        for (_, request), intent in zip(pairs, intents, strict=True):
            self._unresolved[request.client_id].intent = intent
        began = self._timing.elapsed()
        outcomes = await self._exchange.create_orders([request for _, request in pairs], panic=panic)
        self.write_ms = (self._timing.elapsed() - began) * 1000.0
        for (order, request), outcome in zip(pairs, outcomes, strict=True):
            self._take_in(order, request, outcome, result)
        await self._settle(list(zip(intents, outcomes, strict=True)))
        for outcome in outcomes:
            self._check_access(outcome)
        return result

    def _is_stale(self) -> bool:
        """Answers that took their time, or a computer that slept, since the plan was made: it holds no more."""
        words = self.stale()
        if words:
            self._troubles.count("not sent", words)
        return bool(words)

    def _take_in(self, order: PlannedOrder, request: OrderRequest, outcome: Outcome, result: Sent) -> None:
        one = self._unresolved[request.client_id]
        if outcome.kind is OutcomeKind.UNRESOLVED or outcome.reason is RejectReason.DUPLICATE_CLIENT_ID:
            self._troubles.count("order unresolved", outcome.message)
            return
        del self._unresolved[request.client_id]
        if outcome.kind is OutcomeKind.CONFIRMED:
            result.confirmed += 1
            self._sent.append(replace(one.sent, outcome="confirmed"))
            self._unseen[request.client_id] = _Unseen(one.sent, outcome.order_id)
            self._troubles.accepted(order)
            return
        self._sent.append(replace(one.sent, outcome="rejected"))
        if outcome.kind is OutcomeKind.DENIED_LOCALLY:
            self._troubles.count("not sent", outcome.message)
        else:
            reason = outcome.reason or RejectReason.OTHER
            result.handlings.append(self._troubles.refused(order, reason, outcome.message))

    def _request(self, order: PlannedOrder, symbols: Mapping[str, str], *, post_only: bool) -> OrderRequest:
        return OrderRequest(
            new_client_id(order.type, self._timing.clock, self._chance),
            symbols.get(order.coin, order.coin),
            "buy" if order.qty > 0.0 else "sell",
            order.side,
            abs(order.qty),
            order.price,
            order.reduce_only,
            order.execution,
            post_only and order.execution == "limit",
            order.fills_beyond,
        )

    def _create_row(self, order: PlannedOrder, request: OrderRequest) -> IntentRow:
        return IntentRow(
            self._bot,
            "create",
            request.client_id,
            request.symbol,
            order.coin,
            order.side,
            order.type,
            order.execution,
            order.qty,
            order.price,
            self._timing.clock(),
        )

    @staticmethod
    def _check_access(outcome: Outcome) -> None:
        if outcome.reason is RejectReason.NOT_ALLOWED:
            raise AuthError(outcome.message or "the key may not trade; check its permissions")

    # ------------------------------------------------------------ what nobody knows yet

    @property
    def _lag_ms(self) -> int:
        return max(_LEAST_BETWEEN_LOOKS_MS, self._exchange.traits.visibility_lag_ms)

    async def resolve(self, open_orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """Look for orders of which nothing is known: in what was read, else at the venue, twice beyond its lag."""
        if not self._unresolved and not self._unseen:
            return
        seen = {order.client_id: order.id for order in open_orders}
        seen |= {fill.client_id: fill.order_id for fill in fills}
        self._look_for_taken(set(seen), set(seen.values()))
        for client_id in list(self._unresolved):
            if client_id in seen:
                await self._resolved(client_id, "confirmed", seen[client_id], "found on the book")
            elif self._unresolved[client_id].next_look_ms <= self._timing.clock():
                await self._look_for(client_id)

    def _look_for_taken(self, client_ids: set[str], order_ids: set[str]) -> None:
        """Forget those that show now, and those that should have shown by now: they went again."""
        since = self._timing.clock() - _ABSENCES * self._lag_ms
        self._unseen = {
            client_id: one
            for client_id, one in self._unseen.items()
            if one.sent.sent_ms > since and client_id not in client_ids and one.order_id not in order_ids
        }

    async def _look_for(self, client_id: str) -> None:
        one = self._unresolved[client_id]
        order = await self._exchange.find_order(one.symbol, client_id)
        one.next_look_ms = self._timing.clock() + self._lag_ms
        if order is None:
            one.absences += 1
            if one.absences >= _ABSENCES:
                self._troubles.never_arrived(one.sent)
                await self._resolved(client_id, "rejected", "", "the venue has no such order: it never arrived")
        elif order.status is OrderStatus.UNKNOWN:
            self.alarm = f"order {client_id} of {one.sent.coin} has a status that this version doesn't know"
        elif order.status is OrderStatus.REJECTED:
            await self._resolved(client_id, "rejected", order.id, "the venue had refused it")
        else:
            await self._resolved(client_id, "confirmed", order.id, f"found: {order.status}")

    async def _resolved(self, client_id: str, outcome: str, order_id: str, message: str) -> None:
        one = self._unresolved.pop(client_id)
        self._sent.append(replace(one.sent, outcome="confirmed" if outcome == "confirmed" else "rejected"))
        if one.intent is not None:
            row = OutcomeRow(one.intent, outcome, order_id, "", message, self._timing.clock())
            await self._keep([row])

    # ------------------------------------------------------------ the journal

    async def _intend(self, rows: Sequence[IntentRow]) -> list[int | None]:
        if not rows:
            return []
        try:
            ids = await self._journal.intend(rows)
        except StorageError as error:
            self.alarm = f"the journal can't be written, so no entries are sent: {error}"
            self._troubles.count("journal", str(error))
            return [None] * len(rows)
        self.alarm = ""
        return list(ids)

    async def _settle(self, pairs: Sequence[tuple[int | None, Outcome]]) -> None:
        now_ms = self._timing.clock()
        rows = [
            OutcomeRow(intent, outcome.kind.value, outcome.order_id, outcome.reason or "", outcome.message, now_ms)
            for intent, outcome in pairs
            if intent is not None
        ]
        await self._keep(rows)

    async def _keep(self, rows: Sequence[OutcomeRow]) -> None:
        if not rows:
            return
        try:
            await self._journal.settle(rows)
        except StorageError as error:  # the intent is there: after a restart the venue is asked
            self._troubles.count("journal", str(error))


def _as_sent(intent: IntentRow, outcome: Literal["confirmed", "unresolved"]) -> SentOrder:
    side: Side = "long" if intent.side == "long" else "short"
    execution: Execution = "market" if intent.execution == "market" else "limit"
    qty, price = intent.qty, intent.price
    return SentOrder(intent.client_id, intent.coin, side, qty, price, intent.intended_ms, execution, outcome)
