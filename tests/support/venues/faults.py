"""The fault dial of a local venue: what goes wrong, where, and when; the same seed gives the same faults.

    faults = FaultPlan(seed=7)
    faults.add("drop reply", "create", at=1)                # the first order is taken, its answer never arrives
    faults.add("status", "reads", status=502, chance=0.1)   # one read in ten meets a broken proxy
    faults.add("lag", "open orders", ms=3000)               # new orders show up after three seconds
    with faults.during("maintenance", "writes"): ...        # writes answer 503 for as long as the block runs

`where` is the role of an endpoint or stream message (the same on every venue, see ROLES), or "POST /fapi/v1/order", or
a pattern of either ("stream *", "* /v5/order/*"), or one of the groups "all", "reads" and "writes" of requests.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from .orders import Reason

Kind = Literal[
    # before the request is looked at
    "drop request",  # the connection breaks, nothing happened
    "hang request",  # no answer until the client gives up, nothing happened
    "delay request",  # `seconds` before it is looked at
    "status",  # `status`, `body`, `retry_after`, `content_type` instead of an answer, nothing happened
    "maintenance",  # 503 in the venue's words
    "rate limit",  # 429 (or the venue's own way), with `retry_after` seconds when given
    "ban",  # the address is banned for `seconds`
    "revoked",  # the key is not accepted any more
    "forbidden",  # the place or the permission is refused
    # while it is handled
    "refuse",  # the venue's refusal for `reason` (a Reason); where="batch entry" counts the orders of batches
    "fill anyway",  # the order fills while it is cancelled, the answer says cancelled
    "lag",  # what is younger than `ms` is not shown
    # after it was handled
    "drop reply",
    "hang reply",
    "delay reply",
    "status after",  # as "status", but the request was done
    "truncated",  # half of the answer
    "truncated gzip",  # the answer compressed, its end missing
    "malformed",  # JSON that ends in nonsense
    "html",  # an HTML page with status 200
    "wrong type",  # the right answer called text/plain
    "field",  # every `key` in the answer gets `value`, or goes when `value` is MISSING, or value(old) when callable
    "spoiled",  # the answer, or stream message, is what `value` makes of it
    "new field",  # an unknown field beside the others
    "repeat rows",  # each row of a list twice
    "reverse rows",
    "empty rows",  # an empty list
    "stale",  # the answer of the time before
    "frozen",  # the first answer for ever
    "late candles",  # the newest `minutes` candles are missing
    "missing candle",  # the candle before the newest is missing
    "revised candle",  # the newest closed candle has another close
    # stream messages
    "lose",
    "repeat",
    "hold",  # sent after the message that follows it
    "replay old",  # the first message of this kind again, after this one
    "silence",  # the connection says nothing more, but answers pings
    "dead",  # it does not even answer pings
    "close",  # the connection closes with `code` (1006: without a word), at once or after `seconds`
    "refuse subscription",  # of the topics that contain `topic`
    "refuse connection",  # `status` instead of a stream
    "garble",  # half of a message
]

ROLES = frozenset(
    {
        *("time", "markets", "candles", "tickers", "book", "funding rate", "listen key"),
        *("create", "create batch", "batch entry", "cancel", "cancel batch", "cancel all"),
        *("order", "open orders", "order history", "fills", "income", "closed pnl"),
        *("positions", "balance", "account", "permissions", "brackets", "fees"),
        *("leverage", "margin mode", "position mode", "read position mode"),
        *("stream connect private", "stream connect public", "stream login", "stream subscribe", "stream answer"),
        *(
            "stream order",
            "stream fill",
            "stream account",
            "stream position",
            "stream wallet",
            "stream candle",
            "stream ticker",
        ),
    }
)
GROUPS = frozenset({"all", "reads", "writes"})

MISSING: Any = object()


_BROKEN_PROXY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class Fault:
    """One entry of a plan: with probability `chance`, or at the calls `at` (counted from 1), at most `times` times.

    The fields from `seconds` on are details of the kinds that name them. `calls` and `hits` count what it met.
    """

    kind: Kind
    where: str = "all"
    chance: float = 1.0
    at: int | Container[int] | None = None
    times: int = 1_000_000_000
    seconds: float = 0.05
    status: int = 502
    body: str = _BROKEN_PROXY
    content_type: str = "text/html"
    retry_after: int | None = None
    ms: int = 1000
    reason: Reason = Reason.SYSTEM_BUSY
    key: str = ""
    value: Any = None
    minutes: int = 3
    code: int = 1006
    topic: str = ""
    dice: random.Random = field(default_factory=random.Random, repr=False)
    on: bool = True
    calls: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        known = self.where in ROLES or self.where in GROUPS
        if not known and "*" not in self.where and "/" not in self.where:
            raise ValueError(f"no endpoint or stream message is called {self.where!r}; see ROLES")

    def off(self) -> None:
        self.on = False

    def meets(self, names: tuple[str, ...]) -> bool:
        """Counts a call that is meant and decides about it; `names`: its role, its path and its groups."""
        if not self.on or not any(fnmatchcase(name, self.where) for name in names):
            return False
        self.calls += 1
        if self.hits >= self.times:
            return False
        if self.at is None:
            met = self.dice.random() < self.chance
        else:
            met = self.calls == self.at if isinstance(self.at, int) else self.calls in self.at
        self.hits += met
        return met


@dataclass
class FaultPlan:
    """All faults of a venue; `seed` decides those with a probability, each with dice of its own."""

    seed: int = 0
    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: Kind, where: str = "all", **details: Any) -> Fault:
        """Adds a fault with the fields of Fault; returned, so that it can be switched off."""
        dice = random.Random(f"{self.seed} {len(self.faults)} {kind} {where}")
        fault = Fault(kind, where, dice=dice, **details)
        self.faults.append(fault)
        return fault

    @contextmanager
    def during(self, kind: Kind, where: str = "all", **details: Any) -> Iterator[Fault]:
        """The fault while the block runs."""
        fault = self.add(kind, where, **details)
        try:
            yield fault
        finally:
            fault.off()

    def calm(self) -> None:
        """Switches every fault off."""
        for fault in self.faults:
            fault.off()

    @contextmanager
    def calmed(self) -> Iterator[None]:
        """Every fault is off while the block runs; afterwards those that were on go on."""
        interrupted = [fault for fault in self.faults if fault.on]
        self.calm()
        try:
            yield
        finally:
            for fault in interrupted:
                fault.on = True

    def storm(self, chance: float) -> None:
        """Every fault of transport, answers and streams that a client must survive without help, each with `chance`."""
        requests: tuple[Kind, ...] = (
            "drop request",
            "drop reply",
            "status",
            "status after",
            "truncated",
            "malformed",
            "html",
        )
        messages: tuple[Kind, ...] = ("lose", "repeat", "hold", "replay old", "close")
        for kind in requests:
            self.add(kind, "all", chance=chance)
        self.add("rate limit", "all", chance=chance, retry_after=1)
        for where in ("open orders", "order"):
            self.add("lag", where, chance=chance, ms=800)
        self.add("refuse", "batch entry", chance=chance)
        self.add("repeat rows", "fills", chance=chance)
        self.add("reverse rows", "fills", chance=chance)
        for kind in messages:
            self.add(kind, "stream *", chance=chance)

    def meeting(self, *names: str) -> list[Fault]:
        """The faults that a request or message of these names meets now."""
        return [fault for fault in self.faults if fault.meets(names)]


def one_of(faults: list[Fault], *kinds: Kind) -> Fault | None:
    """The first of the met faults that is of one of these kinds."""
    return next((fault for fault in faults if fault.kind in kinds), None)


def with_field(body: Any, key: str, value: Any) -> Any:
    """A copy of `body` in which every `key`, at any depth, has `value` (see the kind "field")."""

    def changed(part: Any) -> Any:
        if isinstance(part, list):
            return [changed(entry) for entry in part]
        if not isinstance(part, dict):
            return part
        made = {}
        for name, old in part.items():
            if name != key:
                made[name] = changed(old)
            elif value is not MISSING:
                made[name] = value(old) if isinstance(value, Callable) else value  # type: ignore[arg-type]
        return made

    return changed(copy.deepcopy(body))


def with_new_field(body: Any) -> Any:
    """A copy of `body` whose objects have a field that nobody has heard of."""
    if isinstance(body, list):
        return [with_new_field(entry) for entry in body]
    if not isinstance(body, dict):
        return body
    return {**{name: with_new_field(value) for name, value in body.items()}, "brandNewField": {"a": [1]}}


def with_rows(body: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """A copy of `body` whose list of rows (itself, or the first list in it) is changed."""
    if isinstance(body, list):
        return change(copy.deepcopy(body))
    if not isinstance(body, dict):
        return body
    made = dict(body)
    for name, value in body.items():
        if isinstance(value, list | dict):
            made[name] = with_rows(value, change)
            return made
    return made
