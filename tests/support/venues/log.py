"""What a venue saw and did: every request, order, fill and stream message, and what must hold of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .orders import Fill, Order

_SECRET = ("signature", "api_key", "sign")


@dataclass(slots=True)
class Request:
    """One request: its role (see faults.ROLES), what was sent, what came back, the faults it met.

    `status` is None while it is being handled, 0 when no answer was sent.
    """

    at_ms: int
    role: str
    method: str
    path: str
    params: dict[str, Any]
    status: int | None = None
    error: str = ""
    faults: list[str] = field(default_factory=list)
    handled: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """Something a stream said or did: `what` is "open", "close", "send", "receive" or "fault"."""

    at_ms: int
    stream: str
    what: str
    text: str


@dataclass
class VenueLog:
    requests: list[Request] = field(default_factory=list)
    streams: list[StreamRecord] = field(default_factory=list)

    def begin(self, at_ms: int, role: str, method: str, path: str, params: dict[str, Any]) -> Request:
        shown = {name: value for name, value in params.items() if name not in _SECRET}
        request = Request(at_ms, role, method, path, shown)
        self.requests.append(request)
        return request

    def asked(self, role: str) -> list[Request]:
        """The requests of a role, or of a "GET /path"."""
        return [request for request in self.requests if role in (request.role, request.name)]

    def stream(self, at_ms: int, stream: str, what: str, text: str = "") -> None:
        self.streams.append(StreamRecord(at_ms, stream, what, text))


def duplicate_client_ids(orders: Iterable[Order]) -> list[str]:
    """Client ids that more than one accepted order carries: what a blind resend makes."""
    counts = Counter(order.client_id for order in orders if order.client_id)
    return [client_id for client_id, count in counts.items() if count > 1]


def twins(orders: Iterable[Order]) -> list[tuple[Order, Order]]:
    """Open orders that are alike in market, side, price and quantity under different ids: an intent placed twice."""
    seen: dict[tuple[Any, ...], Order] = {}
    found = []
    for order in orders:
        key = (order.pair, order.side, order.position_side, order.price, order.qty)
        if key in seen:
            found.append((seen[key], order))
        seen[key] = order
    return found


def total_filled(fills: Iterable[Fill]) -> dict[str, Any]:
    """Filled quantity by order id."""
    totals: dict[str, Any] = {}
    for fill in fills:
        if fill.kind != "funding":
            totals[fill.order_id] = totals.get(fill.order_id, 0) + fill.qty
    return totals
