"""Samples for the drawdown stop out of what is recorded, and what the stop itself keeps across restarts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from passivtui.errors import DataError
from passivtui.live.drawdown_stop import DrawdownRule, DrawdownWatch, Sample, Scope
from passivtui.live.orders import part_of
from passivtui.storage.journal import EquityRow, LiveFillRow


def samples_of(rows: Sequence[EquityRow], fills: Iterable[LiveFillRow]) -> list[Sample]:
    """Samples from rows of equity and from fills, both oldest first. Fills before the first row are left out."""
    waiting = sorted(fills, key=lambda fill: fill.time_ms)
    samples: list[Sample] = []
    taken = 0
    for row in rows:
        first = taken
        while taken < len(waiting) and waiting[taken].time_ms <= row.time_ms:
            taken += 1
        realised = realised_by_leg(waiting[first:taken]) if samples else {}
        samples.append(Sample(row.time_ms, row.balance, row.equity, _upnl(row), realised))
    return samples


def realised_by_leg(fills: Iterable[LiveFillRow]) -> dict[str, float | None]:
    """What fills have brought to the balance, fees taken off; None for a leg with a close whose profit isn't told."""
    realised: dict[str, float | None] = {}
    for fill in fills:
        leg = f"{fill.coin} {fill.side}"
        is_close = part_of("long" if fill.side == "long" else "short", fill.qty) == "close"
        before = realised.get(leg, 0.0)
        if before is None or (fill.pnl is None and is_close):
            realised[leg] = None
        else:
            realised[leg] = before + (fill.pnl or 0.0) - (fill.fee or 0.0)
    return realised


def _upnl(row: EquityRow) -> dict[str, float]:
    try:
        return {str(leg): float(value) for leg, value in json.loads(row.upnl).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError(f"the recorded equity of {row.bot} is damaged") from error


# ---------------------------------------------------------------- what is kept


@dataclass(slots=True)
class StopState:
    """`since_ms`: from when the high point counts. `held`: parts that are stopped and until when. `released`: when
    parts were let go on, from which their high points count."""

    since_ms: int
    held: dict[str, float] = field(default_factory=dict)
    released: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        held = {part: None if math.isinf(until) else until for part, until in self.held.items()}
        return json.dumps({"since_ms": self.since_ms, "held": held, "released": self.released})

    @classmethod
    def from_json(cls, text: str) -> StopState:
        """Raises DataError for anything that `to_json` didn't write."""
        try:
            values = json.loads(text)
            held = {str(part): math.inf if until is None else float(until) for part, until in values["held"].items()}
            released = {str(part): int(time_ms) for part, time_ms in values["released"].items()}
            return cls(int(values["since_ms"]), held, released)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise DataError(
                "what the drawdown stop has kept is damaged; start the bot with another limit, which begins anew"
            ) from error


def rule_to_json(rule: DrawdownRule) -> str:
    """One line of JSON."""
    return json.dumps(asdict(rule))


def rule_from_values(values: dict[str, Any]) -> DrawdownRule:
    """A rule from what `rule_to_json` wrote, read as JSON."""
    return DrawdownRule(**{**values, "scope": Scope(values["scope"])})


def watch_again(rule: DrawdownRule, state: StopState, samples: Iterable[Sample]) -> DrawdownWatch:
    """The watch as it was before a restart: nothing of the past fires, but high points and stops hold."""
    watch = DrawdownWatch(rule)
    due = sorted(state.released.items(), key=lambda one: one[1])
    for sample in samples:
        while due and due[0][1] <= sample.time_ms:
            watch.release(due.pop(0)[0])
        if sample.time_ms >= state.since_ms:
            watch.follow(sample, may_fire=False)
    for part, until_ms in state.held.items():
        watch.hold(part, until_ms)
    return watch
