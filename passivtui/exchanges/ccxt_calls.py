"""One call through ccxt: its urgency, whether it left this computer, what came back, and what a failure means.

A write that was not sent is denied locally. One that was sent is rejected only if the venue's own words prove it; all
else is unresolved (`design/reliability.md`, outcome policy).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from passivtui.clock import Clock
from passivtui.errors import VenueError
from passivtui.exchanges.base import Outcome, OutcomeKind
from passivtui.exchanges.ccxt_client import ccxt_package, is_limit, reason_of, strict
from passivtui.exchanges.errors import (
    AuthError,
    RateLimited,
    Rejected,
    RejectReason,
    Transient,
    UnknownOutcome,
    Unreadable,
)
from passivtui.exchanges.rate_ledger import PATIENCE, Priority, RateLedger

_OVERLOADED: Final = (408, 425)
_LIMITED: Final = (418, 429)
_FORBIDDEN: Final = 403
_BAN_SECONDS: Final = 600.0  # Bybit's, for an address that asked too often
_CODE_FIELDS: Final = ("code", "retCode", "sCode", "label")
_USED_A_MINUTE: Final = "x-mbx-used-weight-1m"  # Binance: by everybody at this address
_QUERY: Final = re.compile(r"(\w+://[^\s?]+)\?\S*")
_UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(slots=True)
class Call:
    """What is known of the call that the current task makes."""

    priority: Priority
    was_sent: bool = False
    sent_ms: int = 0  # when the last request left, after its turn in the ledger
    status: int | None = None  # HTTP, of the last answer
    pause: float | None = None  # seconds that the venue asked for
    answer: Any = None  # the JSON of the last answer

    def has_list(self, path: Sequence[str]) -> bool:
        """Whether the last answer has a list at this path of names: ccxt takes a missing one for an empty one."""
        found = self.answer
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return isinstance(found, list)


#: Seconds that a write waits for its turn: what it was decided by is no longer true after more.
WRITE_PATIENCE: Final = 10.0
_WRITES: Final = frozenset({Priority.PANIC, Priority.CLOSE, Priority.CANCEL, Priority.ENTRY})

CURRENT: ContextVar[Call | None] = ContextVar("venue_call", default=None)


def governed(
    base: Any, ledger: RateLedger, clock: Clock, default: Priority = Priority.STATE, patience: float = PATIENCE
) -> Any:
    """ccxt's class, but every request has its turn in the ledger and its `Call` knows what became of it. It signs with
    the time of `clock`. `default`: the urgency outside of a `Call`; `patience`: seconds that a turn is waited for."""

    class Governed(strict(base)):  # type: ignore[misc]  # ccxt is untyped
        def milliseconds(self) -> int:
            return clock()

        async def throttle(self, cost: float | None = None) -> None:
            call = CURRENT.get()
            urgency = call.priority if call else default
            waits = min(patience, WRITE_PATIENCE) if urgency in _WRITES else patience
            await ledger.turn(urgency, float(cost or 1.0), waits)

        async def fetch(self, *arguments: Any, **named: Any) -> Any:
            if (call := CURRENT.get()) is not None:
                call.was_sent, call.sent_ms, call.status, call.pause = True, clock(), None, None
            try:
                return await super().fetch(*arguments, **named)
            except Exception as error:
                if is_limit(error) and call is not None and call.pause is None:  # said without the HTTP status for it
                    is_ban = call.status == _FORBIDDEN
                    call.pause = ledger.refused(_BAN_SECONDS if is_ban else None, is_ban=is_ban)
                raise

        def on_rest_response(
            self, code: int, reason: str, url: str, method: str, response_headers: Any, *others: Any
        ) -> Any:
            body = super().on_rest_response(code, reason, url, method, response_headers, *others)
            headers = {str(name).lower(): str(value) for name, value in response_headers.items()}
            call = CURRENT.get()
            if call is not None:
                call.status = code
            if code in _LIMITED:
                pause = ledger.refused(_seconds(headers.get("retry-after")), is_ban=code == 418)
                if call is not None:
                    call.pause = pause
            elif code < 400:
                ledger.answered()
            used = _seconds(headers.get(_USED_A_MINUTE))
            if used is not None:
                ledger.used_by_venue(used, 60.0)
            return body

        def parse_json(self, http_response: str) -> Any:
            parsed = super().parse_json(http_response)
            if (call := CURRENT.get()) is not None:
                call.answer = parsed
            return parsed

    return Governed


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value or ""))
    except ValueError:
        return None


def said(error: BaseException) -> str:
    """What the venue or ccxt said, in one line, without the queries of URLs: they hold signatures."""
    return reason_of(Exception(_QUERY.sub(r"\1", str(error)) or type(error).__name__))


def code_of(error: BaseException) -> str:
    """The venue's own error code, out of the answer that ccxt put into its message; "" when there is none."""
    message = str(error)
    start = message.find("{")
    if start < 0:
        return ""
    try:
        answer = json.loads(message[start:])
    except ValueError:
        return ""
    return code_in(answer)


def code_in(answer: object) -> str:
    """The error code of one answer or row; the inner one where a batch of one wraps it (OKX)."""
    if not isinstance(answer, Mapping):
        return ""
    data = answer.get("data")
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], Mapping) and data[0].get("sCode"):
        return str(data[0]["sCode"])
    return next((str(answer[field]) for field in _CODE_FIELDS if answer.get(field) not in (None, "")), "")


@dataclass(frozen=True, slots=True)
class Failures:
    """What a venue's failures mean: `reasons` by its codes, `phrases` by words of its messages (lower case)."""

    title: str
    reasons: Mapping[str, RejectReason]
    phrases: Mapping[str, RejectReason]

    def error(self, doing: str, error: Exception, call: Call) -> VenueError:
        """The error of ours for a read or a setting that failed. `doing` completes "Binance can't …"."""
        if isinstance(error, VenueError):
            return error
        ccxt = ccxt_package()
        what = f"{self.title} can't {doing}: {said(error)}"
        if isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded):
            return RateLimited(what, call.pause or 1.0, is_ban=call.status == 418)
        reason = self.reason(error, call)
        if reason is RejectReason.NOT_ALLOWED:
            return AuthError(f"{self.title} doesn't accept the key or its permissions: {said(error)}")
        if reason is not None:
            return Rejected(what, reason)
        if isinstance(error, (ccxt.BadResponse, *_UNREADABLE)):
            return Unreadable(what)
        if isinstance(error, ccxt.ExchangeError) and call.status is not None and call.status < 500:
            return Rejected(what)
        return Transient(what)

    def setting_error(self, doing: str, error: Exception, call: Call) -> VenueError:
        """As `error`, but a setting that was sent and not plainly refused may have taken effect."""
        ours = self.error(doing, error, call)
        return UnknownOutcome(str(ours)) if call.was_sent and isinstance(ours, Transient) else ours

    def outcome(self, error: Exception, call: Call, client_id: str, order_id: str = "") -> Outcome:
        """What became of an order or a cancellation whose call failed."""
        message = str(error) if isinstance(error, VenueError) else said(error)
        if not call.was_sent:
            return Outcome(OutcomeKind.DENIED_LOCALLY, client_id, order_id, None, message)
        reason = self.reason(error, call)
        if reason is None:
            return Outcome(OutcomeKind.UNRESOLVED, client_id, order_id, None, message)
        return Outcome(OutcomeKind.REJECTED, client_id, order_id, reason, message)

    def reason(self, error: Exception, call: Call) -> RejectReason | None:
        """Why the venue refused; None when it is not proven that it did."""
        if call.status is None or call.status >= 500 or call.status in (*_OVERLOADED, *_LIMITED):
            return None
        return self.meaning(code_of(error), str(error)) or _of_class(error)

    def meaning(self, code: str, message: str) -> RejectReason | None:
        """The reason that a code, or the words of a message, stand for; None when they are unknown."""
        if code in self.reasons:
            return self.reasons[code]
        words = message.lower()
        return next((reason for phrase, reason in self.phrases.items() if phrase in words), None)


def _of_class(error: Exception) -> RejectReason | None:
    """What ccxt's class says; only those that it makes of a venue's plain refusal."""
    ccxt = ccxt_package()
    for kind, reason in (
        (ccxt.OrderNotFound, RejectReason.UNKNOWN_ORDER),
        (ccxt.OrderImmediatelyFillable, RejectReason.WOULD_CROSS),
        (ccxt.DuplicateOrderId, RejectReason.DUPLICATE_CLIENT_ID),
        (ccxt.ContractUnavailable, RejectReason.MARKET_CLOSED),
        (ccxt.InvalidOrder, RejectReason.OTHER),
        (ccxt.InsufficientFunds, RejectReason.INSUFFICIENT_MARGIN),
        (ccxt.AuthenticationError, RejectReason.NOT_ALLOWED),
        (ccxt.RestrictedLocation, RejectReason.NOT_ALLOWED),
        (ccxt.NoChange, RejectReason.UNCHANGED),
        (ccxt.MarketClosed, RejectReason.MARKET_CLOSED),
        (ccxt.OperationRejected, RejectReason.OTHER),
        (ccxt.BadSymbol, RejectReason.MARKET_CLOSED),
        (ccxt.BadRequest, RejectReason.OTHER),
        (ccxt.InvalidNonce, RejectReason.CLOCK),
    ):
        if isinstance(error, kind):
            return reason
    return None
