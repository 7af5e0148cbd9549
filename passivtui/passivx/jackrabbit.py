"""Jackrabbit: search by random mutation of the best so far, in smaller and smaller steps (`spec/passivx.md` §5).

A candidate has a number for every key of the ranges; `do_long` and `do_shrt` are 1 and 0. These are the rules alone;
`jackrabbit_run` runs them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from passivtui.core.contracts import round_nearest
from passivtui.passivx.model import SearchRange, Strategy, numbers_of

CHOICES: Final = 200  # evenly spaced values that a mutation picks from
_SLOWNESS: Final = 16.0

Candidate = dict[str, float]
Ranges = Mapping[str, SearchRange]


def mutation_schedule(n: int) -> list[float]:
    """How far the candidate after iteration k may be from the best: from 1, the whole range, to 0; n values."""
    raw = [1.0 / (k / 2.0 + _SLOWNESS) for k in range(n)]
    if n < 2:
        return [1.0] * n
    low, high = raw[-1], raw[0]
    return [(value - low) / (high - low) for value in raw]


def window(value: float, allowed: SearchRange, m: float) -> tuple[float, float]:
    """Where the new value lies: a part `m` of the range around `value`, moved to be within the range."""
    half = (allowed.high - allowed.low) * m / 2.0
    middle = max(allowed.low + half, min(value, allowed.high - half))
    return middle - half, middle + half


def mutate_value(value: float, allowed: SearchRange, m: float, random: np.random.RandomState) -> float:
    """One of `CHOICES` values in the window, rounded to the range's step."""
    low, high = window(value, allowed, m)
    choices = np.linspace(low, high, CHOICES)
    return round_nearest(float(choices[random.randint(CHOICES)]), allowed.step)


def mutate(candidate: Mapping[str, float], ranges: Ranges, m: float, random: np.random.RandomState) -> Candidate:
    """A new candidate: every value mutated, in the order of the names, on which the draws depend."""
    return {name: mutate_value(candidate[name], ranges[name], m, random) for name in sorted(ranges)}


def random_candidate(ranges: Ranges, random: np.random.RandomState) -> Candidate:
    """A candidate from anywhere in the ranges."""
    return mutate(dict.fromkeys(ranges, 0.0), ranges, 1.0, random)


def candidate_of(strategy: Strategy, ranges: Ranges) -> Candidate:
    """The strategy's values, as they are, even where they lie outside the ranges."""
    numbers = numbers_of(strategy)
    return {name: numbers[name] for name in sorted(ranges)}


def strategy_of(candidate: Mapping[str, float]) -> Strategy:
    """The strategy that a candidate of all its settings stands for."""
    values: dict[str, Any] = {**candidate, "n_close_orders": round(candidate["n_close_orders"])}
    switches = {name: bool(candidate[name]) for name in ("do_long", "do_shrt")}
    return Strategy(**{**values, **switches})


def candidate_hash(candidate: Mapping[str, float]) -> str:
    """SHA-256, in hex, of the candidate's JSON with sorted keys: what tells tried candidates apart."""
    return hashlib.sha256(json.dumps(dict(candidate), sort_keys=True).encode()).hexdigest()
