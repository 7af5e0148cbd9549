"""Which venues can be reached, how fast they answer, and how far this computer's clock is off theirs.

Only asked for when a person wants it. Nobody's keys are used: the question is what time it is. No answer is calmly
said: without a network everything but downloads and live bots works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from passivtui.clock import Clock, monotonic, utc_ms
from passivtui.doctor.finding import Finding, Verdict
from passivtui.errors import VenueError
from passivtui.exchanges.ccxt_client import may_pass, public_client, reason_of
from passivtui.exchanges.venues import VENUES, Venue

if TYPE_CHECKING:
    from passivtui.market.sources.settings import SourceSettings

LIMIT_SECONDS: Final = 5.0
OFFSET_LIMIT_MS: Final = 1_000
"""Beyond it venues begin to refuse requests that are signed with the time."""
_AREA: Final = "venues"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of asking one venue for the time; `reason` is set when it didn't tell."""

    venue: Venue
    latency_ms: float = 0.0
    offset_ms: float = 0.0
    reason: str = ""


async def ask_venues(
    settings: SourceSettings,
    venues: Sequence[Venue] | None = None,
    *,
    clock: Clock = utc_ms,
    limit_seconds: float = LIMIT_SECONDS,
) -> tuple[Finding, ...]:
    """Asks all venues (those that ccxt reaches, unless given) at once for the time.

    `settings.apis` says where to ask instead of at the venue. Takes `limit_seconds` at most, beside the half second
    that importing ccxt takes the first time. Never raises for what a venue does.
    """
    asked = [venue for venue in VENUES.values() if venue.ccxt_id] if venues is None else venues
    answers = await asyncio.gather(*(_ask(venue, settings, clock, limit_seconds) for venue in asked))
    return (*(_venue_finding(answer, answers) for answer in answers), clock_finding(answers))


async def _ask(venue: Venue, settings: SourceSettings, clock: Clock, limit_seconds: float) -> Answer:
    base_url = settings.apis.get(venue.name, "")
    try:
        async with public_client(venue, base_url=base_url, timeout_seconds=limit_seconds) as client:
            began, before = monotonic(), clock()
            async with asyncio.timeout(limit_seconds):
                theirs = await client.fetch_time()
            latency_ms = (monotonic() - began) * 1000
            if not isinstance(theirs, int):
                return Answer(venue, reason="it answered without a time")
            return Answer(venue, latency_ms, theirs - (before + clock()) / 2)
    except TimeoutError:
        return Answer(venue, reason=f"no answer within {limit_seconds:g} s")
    except VenueError as error:
        return Answer(venue, reason=str(error))
    except Exception as error:  # whatever the network, the venue or ccxt does is what was asked for
        what = "no connection" if may_pass(error) else "refused"
        return Answer(venue, reason=f"{what} ({reason_of(error)})")


def _venue_finding(answer: Answer, answers: Sequence[Answer]) -> Finding:
    if answer.reason:
        others_answer = any(not other.reason for other in answers)
        advice = "only its downloads and bots need it; it may be closed to where you are" if others_answer else ""
        return Finding(_AREA, answer.venue.title, Verdict.UNKNOWN, answer.reason, advice)
    return Finding(_AREA, answer.venue.title, Verdict.GOOD, f"answered in {answer.latency_ms:.0f} ms")


def clock_finding(answers: Sequence[Answer]) -> Finding:
    """This computer's clock beside the median of the venues that told the time."""
    told = [answer.offset_ms for answer in answers if not answer.reason]
    if not told:
        text = "no venue told the time; offline, everything but downloads and live bots works"
        return Finding(_AREA, "clock", Verdict.UNKNOWN, text)
    offset = median(told)
    ahead = "behind" if offset > 0 else "ahead of"
    text = f"{abs(offset) / 1000:.1f} s {ahead} the venues' clocks ({len(told)} asked)"
    if abs(offset) > OFFSET_LIMIT_MS:
        advice = "set it by the network (timedatectl set-ntp true): venues refuse requests from another time"
        return Finding(_AREA, "clock", Verdict.WARNING, text, advice)
    return Finding(_AREA, "clock", Verdict.GOOD, f"within {abs(offset):.0f} ms of {len(told)} venues")
