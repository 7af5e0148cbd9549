"""What can go wrong between a bot and a venue, by what the bot does about it (`design/reliability.md`).

VenueError
 ├── Transient          the network or the venue's servers fail; ask again after a pause, keep the state
 │    └── Unreadable    an answer arrived that can't be used: no JSON, null, a number that is none
 ├── RateLimited        asked too often, or banned for a while; nobody asks before `retry_after_seconds` are over
 ├── Rejected           the venue's own words say no, and say why; asking again in the same way won't help
 ├── AuthError          the key is wrong, revoked or lacks a permission; stop the account, a person is needed
 └── UnknownOutcome     a write was sent and nobody knows what became of it; look it up before anything replaces it

Reads raise these. Orders and cancellations answer with one `Outcome` each instead, since a batch may fail in part.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from passivtui.errors import VenueError


class RejectReason(StrEnum):
    """Why a venue refuses an order, a cancellation or a setting."""

    WOULD_CROSS = "would_cross"  # post-only, and it would have been filled at once
    BELOW_MINIMUM = "below_minimum"  # quantity or cost
    ABOVE_MAXIMUM = "above_maximum"  # quantity, position, leverage or number of open orders
    BAD_STEP = "bad_step"  # price or quantity is no multiple of its step, or outside the venue's price band
    INSUFFICIENT_MARGIN = "insufficient_margin"
    REDUCE_ONLY = "reduce_only"  # there is no position, or not enough of it, to reduce
    DUPLICATE_CLIENT_ID = "duplicate_client_id"  # an order of that client id exists: it was sent before
    UNKNOWN_ORDER = "unknown_order"  # filled, cancelled or never there
    POSITION_MODE = "position_mode"  # the account is in hedge mode and the order is not, or the other way round
    MARKET_CLOSED = "market_closed"  # halted, delisted, or reduce-only for everybody
    CLOCK = "clock"  # the request's timestamp is outside the venue's window
    UNCHANGED = "unchanged"  # a setting has that value already: as good as done
    NOT_ALLOWED = "not_allowed"  # the key is wrong, revoked or lacks the permission: stop the account
    UNSUPPORTED = "unsupported"  # the venue has no such thing
    OTHER = "other"


class Transient(VenueError):
    """The network or the venue's servers failed; asking again later may help."""


class Unreadable(Transient):
    """The venue answered with something that can't be used. Nothing is guessed in its place."""


class RateLimited(VenueError):
    """The venue refuses to be asked for `retry_after_seconds`; `is_ban`: the address, not only this call."""

    def __init__(self, message: str, retry_after_seconds: float, *, is_ban: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.is_ban = is_ban


class Rejected(VenueError):
    """The venue says no. `reason` is what it means, the message what it said."""

    def __init__(self, message: str, reason: RejectReason = RejectReason.OTHER, details: Iterable[str] = ()) -> None:
        super().__init__(message, details)
        self.reason = reason


class AuthError(VenueError):
    """The key is wrong, revoked, not allowed from this address, or lacks a permission. Never holds the key."""


class UnknownOutcome(VenueError):
    """A setting was sent, and whether it took effect is not known. Read it back before sending it again."""
