"""Who may ask a venue what: its paths and their handlers, the key and what it is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .faults import Fault
from .log import Request
from .replies import Answer


@dataclass(frozen=True)
class Credentials:
    key: str = "local-venue-key"
    secret: str = field(default="local-venue-secret", repr=False)


@dataclass
class Permissions:
    """What the key may do, for connection tests."""

    trade: bool = True
    withdraw: bool = False
    addresses: tuple[str, ...] = ("127.0.0.1",)


class Denied(Exception):
    """A request that is not answered as asked: bad signature, rate limit, unknown path."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"status {answer.status}")
        self.answer = answer


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    role: str
    handler: Callable[[Any, Call], Any]
    signed: bool
    writes: bool
    weight: int


@dataclass
class Call:
    """One request as a handler sees it: its parameters, the record of it and the faults it meets."""

    params: dict[str, Any]
    record: Request
    faults: list[Fault] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)

    def shown_until(self, now_ms: int) -> int:
        """What is newer than this is not shown yet."""
        return now_ms - max((fault.ms for fault in self.faults if fault.kind == "lag"), default=-1)


class Endpoints(dict[tuple[str, str], Endpoint]):
    """A venue's paths; `@endpoints.on("GET", path, role)` adds a handler (venue, call) -> the answer's body."""

    def on(
        self,
        method: str,
        path: str,
        role: str = "",
        *,
        signed: bool = True,
        writes: bool | None = None,
        weight: int = 1,
    ) -> Callable[[Callable[[Any, Call], Any]], Callable[[Any, Call], Any]]:
        def add(handler: Callable[[Any, Call], Any]) -> Callable[[Any, Call], Any]:
            changes = method != "GET" if writes is None else writes
            self[method, path] = Endpoint(method, path, role, handler, signed, changes, weight)
            return handler

        return add
