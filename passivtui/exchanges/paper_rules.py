"""How a paper venue behaves: fees and matching, and the faults that a user may rehearse with (`spec/live.md` §9.1)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Crossing = Literal["rests", "as_venues"]


@dataclass(frozen=True, slots=True)
class PaperRules:
    """The matching. The defaults are the backtest's: every order rests until a candle trades strictly through it, fills
    whole at its own price, and pays the maker fee.

    `crossing`: "as_venues" refuses post-only orders beyond the last price and fills other such orders at once as taker.
    `late_order_ms`: how far into a minute an order may arrive and still take part in its candle. `partial_chance`: that
    a fill takes only a part. `funding_rate`: what longs pay shorts at 00, 08 and 16 h UTC, a fraction of the position's
    value. `visibility_lag_ms`: how long reads don't show a new order. A fee of None is the market's.
    """

    starting_balance: float = 1000.0
    maker_fee: float | None = None
    taker_fee: float | None = None
    crossing: Crossing = "rests"
    late_order_ms: int = 10_000
    checks_margin: bool = False
    partial_chance: float = 0.0
    funding_rate: float = 0.0
    visibility_lag_ms: int = 0
    has_hedge_mode: bool = True
    seed: int = 0


#: What may go wrong, by name. A write that is lost was sent, and its answer never arrives.
FAULTS: Final = {
    "read_fails": "a read finds no connection",
    "rate_limited": "a call is refused for being one too many",
    "order_rejected": "an order is refused without a reason",
    "order_lost_taken": "an order is taken, and its answer lost",
    "order_lost_dropped": "an order gets lost on its way",
    "cancel_lost_taken": "a cancellation is done, and its answer lost",
    "cancel_lost_dropped": "a cancellation gets lost on its way",
    "event_dropped": "the stream leaves out a message",
    "event_repeated": "the stream says something twice",
    "stream_closed": "the stream breaks off",
}


@dataclass(frozen=True, slots=True)
class PaperFaults:
    """The dial. `chance`: per fault of `FAULTS` its probability from 0 to 1 at each call; `at_calls`: per fault the
    numbers of the calls, from 1 on, at which it strikes for certain. `latency_ms`: least and most that a call takes."""

    chance: Mapping[str, float] = field(default_factory=dict)
    at_calls: Mapping[str, frozenset[int]] = field(default_factory=dict)
    latency_ms: tuple[int, int] = (0, 0)
    rate_limit_seconds: float = 5.0

    def __post_init__(self) -> None:
        for name in (*self.chance, *self.at_calls):
            if name not in FAULTS:
                raise ValueError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")


class Dice:
    """Chance that is the same for the same seed, also when it goes on after a restart: each throw has its number."""

    def __init__(self, seed: int, throws: int = 0) -> None:
        self._seed = seed
        self.throws = throws

    def throw(self) -> float:
        """From 0 up to 1."""
        self.throws += 1
        return random.Random(f"{self._seed}:{self.throws}").random()


class FaultDial:
    """Decides at each call whether a fault strikes."""

    def __init__(self, faults: PaperFaults, dice: Dice) -> None:
        self._faults = faults
        self._dice = dice
        self._calls: Counter[str] = Counter()

    def strikes(self, name: str) -> bool:
        self._calls[name] += 1
        if self._calls[name] in self._faults.at_calls.get(name, ()):
            return True
        chance = self._faults.chance.get(name, 0.0)
        return chance > 0.0 and self._dice.throw() < chance

    def latency_seconds(self) -> float:
        shortest, longest = self._faults.latency_ms
        if longest <= 0:
            return 0.0
        return (shortest + (longest - shortest) * self._dice.throw()) / 1000.0
