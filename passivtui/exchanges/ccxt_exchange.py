"""An account on a real venue, through ccxt: what all venues have in common. `adapters/` holds what differs.

Nothing is sent twice: ccxt retries nothing, nor does this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar

from passivtui.clock import Clock, utc_ms
from passivtui.exchanges.base import CancelRequest, MarginMode, OrderRequest, Outcome, OutcomeKind, PositionMode
from passivtui.exchanges.bounded_ends import shut
from passivtui.exchanges.ccxt_calls import CURRENT, Call, said
from passivtui.exchanges.ccxt_client import ccxt_class
from passivtui.exchanges.ccxt_reads import CcxtReads
from passivtui.exchanges.errors import Rejected, RejectReason
from passivtui.exchanges.events import Event
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import Priority, RateLedgers
from passivtui.exchanges.readings import table, text, text_or_empty
from passivtui.exchanges.stream_timing import StreamTiming
from passivtui.exchanges.streams import Streams
from passivtui.exchanges.venues import VENUES
from passivtui.exchanges.windows import Row

Request = TypeVar("Request", OrderRequest, CancelRequest)
_AT_ONCE = 8  # requests under way at a time


class CcxtVenue(CcxtReads):
    """The `Exchange` of one account. Made by `exchanges.opening.open_exchange`; use `close` at the end."""

    def __init__(
        self,
        login: Login,
        client_class: Any,
        ledgers: RateLedgers,
        *,
        clock: Clock = utc_ms,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        stream_timing: StreamTiming | None = None,
        timeout_seconds: float = 15.0,
    ) -> None:
        super().__init__(login, client_class, ledgers, clock=clock, timeout_seconds=timeout_seconds)
        self._closing_seconds = (stream_timing or StreamTiming()).closing
        self._streams = Streams(self, clock=clock, sleep=sleep, timing=stream_timing)

    @classmethod
    async def open(cls, login: Login, ledgers: RateLedgers, **timing: Any) -> CcxtVenue:
        """Import ccxt in a thread and make the exchange; nothing is asked yet. Raises VenueError."""
        return cls(login, await ccxt_class(VENUES[cls.rules.traits.name], "ccxt.pro"), ledgers, **timing)

    # ------------------------------------------------------------ orders

    async def create_orders(self, requests: Sequence[OrderRequest], *, panic: bool = False) -> tuple[Outcome, ...]:
        self._touched.update(request.symbol for request in requests)
        closes = [request for request in requests if request.reduce_only]
        entries = [request for request in requests if not request.reduce_only]
        urgency = Priority.PANIC if panic else Priority.CLOSE
        sent = [
            *await self._in_batches(closes, self.traits.create_batch, urgency, self._create),
            *await self._in_batches(entries, self.traits.create_batch, Priority.ENTRY, self._create),
        ]
        by_id = {outcome.client_id: outcome for outcome in sent}
        for outcome in sent:
            if outcome.kind is OutcomeKind.CONFIRMED:
                self._streams.expect(outcome.client_id)
        return tuple(by_id[request.client_id] for request in requests)

    async def cancel_orders(self, requests: Sequence[CancelRequest], *, panic: bool = False) -> tuple[Outcome, ...]:
        urgency = Priority.PANIC if panic else Priority.CANCEL
        by_symbol: dict[str, list[CancelRequest]] = {}
        for request in requests:
            by_symbol.setdefault(request.symbol, []).append(request)
        done: list[Outcome] = []
        for same_market in by_symbol.values():
            done += await self._in_batches(same_market, self.traits.cancel_batch, urgency, self._cancel)
        by_id = {outcome.order_id: outcome for outcome in done}
        return tuple(by_id[request.order_id] for request in requests)

    async def _in_batches(
        self,
        requests: Sequence[Request],
        size: int,
        priority: Priority,
        send: Callable[[Sequence[Request], Priority], Awaitable[list[Outcome]]],
    ) -> list[Outcome]:
        """Send in batches of at most `size`, several at once; the outcomes in the order of the requests."""
        batches = [requests[start : start + size] for start in range(0, len(requests), size)]
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(batch: Sequence[Request]) -> list[Outcome]:
            async with turns:
                return await send(batch, priority)

        return [outcome for part in await asyncio.gather(*map(one, batches)) for outcome in part]

    async def _create(self, batch: Sequence[OrderRequest], priority: Priority) -> list[Outcome]:
        call = Call(priority)
        token = CURRENT.set(call)
        try:
            if len(batch) > 1:
                return await self.create_batch(batch)
            raw = await self._create_one(batch[0])
            order_id = text(table(raw, "order").get("id"), "order id")
            return [Outcome(OutcomeKind.CONFIRMED, batch[0].client_id, order_id)]
        except asyncio.CancelledError:
            raise
        except Exception as error:
            return [self._failures.outcome(error, call, request.client_id) for request in batch]
        finally:
            CURRENT.reset(token)

    def _create_one(self, request: OrderRequest) -> Awaitable[Any]:
        return self._client.create_order(  # type: ignore[no-any-return]
            request.symbol,
            request.kind,
            request.side,
            request.qty,
            self.price_sent(request),
            self.order_params(request),
        )

    def price_sent(self, request: OrderRequest) -> float | None:
        return request.price if request.kind == "limit" else None

    async def create_batch(self, batch: Sequence[OrderRequest]) -> list[Outcome]:
        """One request for several orders; each row of the answer is the outcome of one, in the requests' order."""
        infos = await self.send_batch(batch)
        return [
            self._row_outcome(info, request.client_id, "")
            for info, request in zip(_aligned(infos, len(batch)), batch, strict=True)
        ]

    async def send_batch(self, batch: Sequence[OrderRequest]) -> list[Row]:
        """The raw rows of a batch's answer. ccxt's own function won't do: it sorts them, so that a refusal is taken for
        another order's."""
        raise Rejected(f"{self.traits.title} takes one order per request", RejectReason.UNSUPPORTED)

    def raw_order(self, request: OrderRequest, *more: Any) -> dict[str, Any]:
        """An order as the venue wants it, made by ccxt; `more`: what a venue's function takes besides."""
        price, params = self.price_sent(request), self.order_params(request)
        made: dict[str, Any] = self._client.create_order_request(
            request.symbol, request.kind, request.side, request.qty, price, params, *more
        )
        return made

    def _row_outcome(self, info: Row | None, client_id: str, order_id: str) -> Outcome:
        """What one row of a batch's answer says: a refusal by its code, the id of an order, or nothing certain.

        An empty `order_id` is a new order's, which the row must name.
        """
        if info is None:
            return Outcome(OutcomeKind.UNRESOLVED, client_id, order_id, None, "the answer has not one row per order")
        code, words = self.row_failure(info)
        if code:
            reason = self._failures.meaning(code, words)
            kind = OutcomeKind.UNRESOLVED if reason is None else OutcomeKind.REJECTED
            return Outcome(kind, client_id, order_id, reason, said(Exception(f"{code} {words}")))
        found = text_or_empty(info.get("orderId"), "order id")
        named = text_or_empty(info.get("clientOrderId") or info.get("orderLinkId"), "client id")
        if not order_id and (not found or named not in ("", client_id)):
            return Outcome(OutcomeKind.UNRESOLVED, client_id, order_id, None, "the answer doesn't name the order")
        return Outcome(OutcomeKind.CONFIRMED, client_id, order_id or found)

    def row_failure(self, info: Row) -> tuple[str, str]:
        """Error code and words of a row, both "" for success."""
        code = info.get("code")
        ok = code in (None, "", 0, "0")
        return ("", "") if ok else (str(code), str(info.get("msg", "")))

    async def _cancel(self, batch: Sequence[CancelRequest], priority: Priority) -> list[Outcome]:
        call = Call(priority)
        token = CURRENT.set(call)
        try:
            if len(batch) > 1:
                return await self.cancel_batch(batch)
            await self._client.cancel_order(batch[0].order_id, batch[0].symbol, self.cancel_params(batch[0]))
            return [Outcome(OutcomeKind.CONFIRMED, batch[0].client_id, batch[0].order_id)]
        except asyncio.CancelledError:
            raise
        except Exception as error:
            return [self._failures.outcome(error, call, one.client_id, one.order_id) for one in batch]
        finally:
            CURRENT.reset(token)

    def cancel_params(self, request: CancelRequest) -> dict[str, Any]:
        return {}

    async def cancel_batch(self, batch: Sequence[CancelRequest]) -> list[Outcome]:
        """One request for several cancellations in one market."""
        infos = await self.send_cancellations(batch)
        return [
            self._row_outcome(info, request.client_id, request.order_id)
            for info, request in zip(_aligned(infos, len(batch)), batch, strict=True)
        ]

    async def send_cancellations(self, batch: Sequence[CancelRequest]) -> list[Row]:
        """As `send_batch`, for cancellations in one market."""
        raise Rejected(f"{self.traits.title} takes one cancellation per request", RejectReason.UNSUPPORTED)

    # ------------------------------------------------------------ settings

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        await self._set("set the leverage", lambda: self._client.set_leverage(leverage, symbol))

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        await self._set("set the margin mode", lambda: self._client.set_margin_mode(mode, symbol))

    async def set_position_mode(self, mode: PositionMode) -> None:
        if mode == "hedge" and not self.traits.has_hedge_mode:
            raise Rejected(f"{self.traits.title} is used in one-way mode only", RejectReason.UNSUPPORTED)
        await self._set("set the position mode", lambda: self.send_position_mode(mode))
        self.is_hedged = mode == "hedge"

    def send_position_mode(self, mode: PositionMode) -> Awaitable[Any]:
        return self._client.set_position_mode(mode == "hedge")  # type: ignore[no-any-return]

    # ------------------------------------------------------------ events

    def watch_candles(self, symbols: Collection[str]) -> None:
        self._streams.watch_candles(frozenset(symbols))

    def events(self) -> AsyncIterator[Event]:
        return self._streams.events()

    async def close(self) -> None:
        await self._streams.close()
        await shut(self._client, self._closing_seconds)


def _aligned(infos: list[Row], wanted: int) -> list[Row | None]:
    """The rows of a batch's answer; None for all when there are more or fewer than were sent."""
    return list(infos) if len(infos) == wanted else [None] * wanted
