"""What a person should be told of at once: a short text for a change that needs one, and nothing for all others."""

from __future__ import annotations

from passivtui.live.status import BotState, BotStatus


def notice_of(before: BotStatus | None, after: BotStatus) -> str | None:
    """The most urgent new thing that needs a person, as `name: what`; None for nothing new.

    `before` is the status that was looked at last, None for the first: then what is wrong already counts as new.
    """
    for look in (_failure, _alarm, _end, _old_inputs, _warning, _restart):
        words = look(before, after)
        if words:
            return f"{after.spec.name}: {words}"
    return None


def _failure(before: BotStatus | None, after: BotStatus) -> str:
    is_new = before is None or before.state is not BotState.FAILED
    return f"failed: {after.reason}" if after.state is BotState.FAILED and is_new else ""


def _alarm(before: BotStatus | None, after: BotStatus) -> str:
    return after.alarm if before is None or after.alarm != before.alarm else ""


def _end(before: BotStatus | None, after: BotStatus) -> str:
    """An end that nobody asked for: the bot did not go through stopping."""
    is_sudden = before is not None and before.state in (BotState.STARTING, BotState.RUNNING)
    return f"ended: {after.reason}" if after.state is BotState.STOPPED and is_sudden else ""


def _old_inputs(before: BotStatus | None, after: BotStatus) -> str:
    """Inputs of a running bot that are too old now and were not before: orders wait for them."""
    if after.state is not BotState.RUNNING:
        return ""
    known = set() if before is None else {row.name for row in before.ages if not row.is_fresh}
    old = [row for row in after.ages if not row.is_fresh and row.ms is not None and row.name not in known]
    words = ", ".join(f"{row.name} {(row.ms or 0) / 1000:.0f} s" for row in old)
    return f"inputs are too old, and orders that need them wait: {words}" if words else ""


def _warning(before: BotStatus | None, after: BotStatus) -> str:
    known = () if before is None else before.warnings
    return next((warning for warning in after.warnings if subject_of(warning) not in map(subject_of, known)), "")


def subject_of(warning: str) -> str:
    """A text without its numbers, which change all the time."""
    return "".join(sign for sign in warning if not sign.isdigit() and sign not in ".,")


def _restart(before: BotStatus | None, after: BotStatus) -> str:
    if before is None or after.restarts <= before.restarts:
        return ""
    return f"began anew after a fault, {after.restarts} times within a day; the log has the details"
