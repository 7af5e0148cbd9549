"""How faults replace, delay and spoil the answer to a request."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from .faults import Fault, one_of, with_field, with_new_field, with_rows

if TYPE_CHECKING:
    from .log import Request
    from .server import LocalVenue


@dataclass(frozen=True)
class Answer:
    """An answer before it is written; `body` is what becomes JSON, or text as it is."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def with_headers(self, more: dict[str, str]) -> Self:
        return replace(self, headers={**self.headers, **more})

    @property
    def bytes(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


async def answered_by_fault(venue: LocalVenue, request: web.Request, faults: list[Fault]) -> Answer | None:
    """The answer of a fault that stops a request before it is looked at; None when it goes on."""
    slow = one_of(faults, "delay request")
    if slow is not None:
        await asyncio.sleep(slow.seconds)
    if one_of(faults, "hang request") is not None:
        await _until_gone(venue, request)
    if one_of(faults, "drop request", "hang request") is not None:
        return Answer("", status=0)
    fault = one_of(faults, "status")
    if fault is not None:
        return _with_status(fault)
    fault = one_of(faults, "maintenance", "rate limit", "ban", "revoked", "forbidden")
    if fault is None:
        return None
    if fault.kind == "ban":
        venue.banned_until_ms = venue.clock.now() + round(fault.seconds * 1000)
        return venue.in_own_words("ban", round(fault.seconds) or 1)
    return venue.in_own_words(fault.kind, fault.retry_after)


async def spoiled(
    venue: LocalVenue, request: web.Request, record: Request, answer: Answer, faults: list[Fault]
) -> web.StreamResponse:
    """Writes the answer, or what the faults leave of it; the record gets its status."""
    record.status = answer.status
    if one_of(faults, "hang reply") is not None:
        await _until_gone(venue, request)
    slow = one_of(faults, "delay reply")
    if slow is not None:
        await asyncio.sleep(slow.seconds)
    if not answer.status or one_of(faults, "drop reply", "hang reply") is not None:
        record.status = 0
        return _broken(request)
    after = one_of(faults, "status after")
    if after is not None:
        answer = _with_status(after)
        record.status = answer.status
    answer = _changed(answer, faults)
    body = _old(venue, record, answer.bytes, faults)
    if one_of(faults, "truncated") is not None:
        body = body[: len(body) // 2]
    if one_of(faults, "malformed") is not None:
        body = body[:-1] + b',"x":}'
    content_type = answer.content_type
    if one_of(faults, "html") is not None:
        body, content_type = Fault("html").body.encode(), "text/html"
    if one_of(faults, "wrong type") is not None:
        content_type = "text/plain"
    headers = dict(answer.headers)
    if one_of(faults, "truncated gzip") is not None:
        body, headers["Content-Encoding"] = gzip.compress(body)[: len(gzip.compress(body)) // 2], "gzip"
    return web.Response(body=body, status=answer.status, headers=headers, content_type=content_type)


def _with_status(fault: Fault) -> Answer:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Answer(fault.body, fault.status, headers, fault.content_type)


def _changed(answer: Answer, faults: list[Fault]) -> Answer:
    """The answer after the faults that change what it says."""
    body = answer.body
    if isinstance(body, str) or answer.status != 200:
        return answer
    for fault in faults:
        if fault.kind == "field":
            body = with_field(body, fault.key, fault.value)
        elif fault.kind == "spoiled":
            body = fault.value(body)
        elif fault.kind == "new field":
            body = with_new_field(body)
        elif fault.kind == "repeat rows":
            body = with_rows(body, lambda rows: [row for row in rows for _ in range(2)])
        elif fault.kind == "reverse rows":
            body = with_rows(body, lambda rows: rows[::-1])
        elif fault.kind == "empty rows":
            body = with_rows(body, lambda rows: [])
    return replace(answer, body=body)


def _old(venue: LocalVenue, record: Request, body: bytes, faults: list[Fault]) -> bytes:
    before, first = venue.earlier_answer(record, body)
    if one_of(faults, "frozen") is not None:
        return first
    return before if one_of(faults, "stale") is not None else body


async def _until_gone(venue: LocalVenue, request: web.Request) -> None:
    """Until the client has given up, or the venue stops."""
    transport = request.transport  # it tells nobody when it closes
    while not venue.stopping and transport is not None and not transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def _broken(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
