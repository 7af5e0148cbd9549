"""What goes wrong in a chaos run, and when: storms of faults with quiet between them, drawn from a seed.

The numbers are those of the fault list in docs/reliability.md.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from passivtui.clock import MINUTE_MS


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble. `dial`: chances of the paper venue's own faults; `word`: what the world does besides."""

    numbers: tuple[int, ...]
    dial: Mapping[str, float] = field(default_factory=dict)
    word: str = ""
    is_moment: bool = False  # happens once, at its beginning
    most_minutes: float = 12.0


FAULTS: Final[Mapping[str, Fault]] = {
    "answers to orders lost": Fault((1, 4, 6), {"order_lost_taken": 0.4}),
    "orders lost": Fault((2, 6), {"order_lost_dropped": 0.4}),
    "orders refused": Fault((5,), {"order_rejected": 0.2}),
    "answers to cancellations lost": Fault((10, 11), {"cancel_lost_taken": 0.5}),
    "cancellations lost": Fault((10, 11), {"cancel_lost_dropped": 0.5}),
    "reads fail": Fault((34,), {"read_fails": 0.25}),
    "asked too often": Fault((17,), {"rate_limited": 0.05}),
    "banned": Fault((18,), word="ban", is_moment=True),
    "key refused": Fault((19,), word="key refused", most_minutes=2.0),
    "stream loses messages": Fault((15, 22), {"event_dropped": 0.4}),
    "stream repeats messages": Fault((13, 23), {"event_repeated": 0.5}),
    "stream breaks off": Fault((20, 21), {"stream_closed": 0.2}),
    "orders show late": Fault((3,), word="lag"),
    "partial fills": Fault((12, 13), word="partial fills"),
    "candles late": Fault((24,), word="late candles", most_minutes=10.0),
    "a candle missing": Fault((24,), word="missing candle"),
    "unreadable answers": Fault((25, 26, 27), word="unreadable"),
    "balance reads 0": Fault((28,), word="balance 0", most_minutes=5.0),
    "deposit": Fault((29,), word="deposit", is_moment=True),
    "withdrawal": Fault((29,), word="withdrawal", is_moment=True),
    "trade by hand": Fault((30, 8), word="trade by hand", is_moment=True),
    "order by hand": Fault((30,), word="order by hand", is_moment=True),
    "leverage changed": Fault((31,), word="leverage changed", is_moment=True),
    "market halted": Fault((32,), word="market halted", most_minutes=8.0),
    "steps changed": Fault((32,), word="steps changed"),
    "clock off": Fault((33,), word="clock off"),
    "no connection": Fault(
        (34,), {"read_fails": 1.0, "order_lost_dropped": 1.0, "cancel_lost_dropped": 1.0}, most_minutes=10.0
    ),
    "slow answers": Fault((34,), word="latency"),
    "computer sleeps": Fault((35,), word="sleep", is_moment=True),
    "disk full": Fault((39,), word="disk full", most_minutes=6.0),
    "config edited": Fault((40,), word="config edited", is_moment=True),
    "config half written": Fault((40,), word="config half written", most_minutes=3.0),
    "maintenance": Fault((45,), {"order_lost_dropped": 1.0, "cancel_lost_dropped": 1.0}, most_minutes=6.0),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """A fault from one time to another."""

    name: str
    begins_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Storm:
    """Some faults at once; after `ends_ms` all is quiet until the next."""

    begins_ms: int
    ends_ms: int
    episodes: tuple[Episode, ...]


def weather(seed: int, begins_ms: int, ends_ms: int) -> list[Storm]:
    """Storms of 4 to 12 minutes with one to four faults, and 5 to 8 minutes of quiet before each and at the end."""
    dice = random.Random(f"weather {seed}")
    storms: list[Storm] = []
    now = begins_ms
    names = list(FAULTS)
    dice.shuffle(names)
    while True:
        begin = now + _minutes(dice, 5.0, 8.0)
        longest = ends_ms - 8 * MINUTE_MS - begin
        if longest < 4 * MINUTE_MS:
            return storms
        end = begin + min(longest, _minutes(dice, 4.0, 12.0))
        chosen = [names[(7 * len(storms) + number) % len(names)] for number in range(dice.randint(1, 4))]
        storms.append(Storm(begin, end, tuple(_episode(dice, name, begin, end) for name in sorted(set(chosen)))))
        now = end


def _episode(dice: random.Random, name: str, begin: int, end: int) -> Episode:
    fault = FAULTS[name]
    first = begin + int((end - begin) * dice.random() * 0.5)
    last = first if fault.is_moment else min(end, first + _minutes(dice, 1.0, fault.most_minutes))
    return Episode(name, first, last)


def _minutes(dice: random.Random, least: float, most: float) -> int:
    return int(dice.uniform(least, most) * MINUTE_MS)


@dataclass(frozen=True, slots=True)
class Kill:
    """A SIGKILL: from `at_ms` on, at the `nth` message of a kind, before it is served, after, or a moment later."""

    at_ms: int
    of: str  # "any", "write" or "journal"
    nth: int
    phase: str  # "before", "after" or "later"
    later: float  # real seconds after the answer, for "later"


def kills(seed: int, begins_ms: int, ends_ms: int, number: int, *, share_later: float) -> list[Kill]:
    """So many kills over the whole time, half of them around writes; `share_later` of them at no message at all."""
    dice = random.Random(f"kills {seed}")
    found = []
    last_ms = ends_ms - (ends_ms - begins_ms) // 10  # so that the last finds its message
    for at_ms in sorted(dice.randrange(begins_ms, last_ms) for _ in range(number)):
        phase = "later" if dice.random() < share_later else dice.choice(("before", "after"))
        of = dice.choice(("any", "write", "journal", "journal"))
        found.append(Kill(at_ms, of, dice.randint(1, 6), phase, dice.uniform(0.0, 0.004)))
    return found
