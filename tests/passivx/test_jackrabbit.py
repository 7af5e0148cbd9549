"""Jackrabbit's rules, by the vectors of Passiv-X's own functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from passivx_cases import vectors

from passivtui.passivx import SearchRange
from passivtui.passivx.jackrabbit import (
    candidate_hash,
    mutate,
    mutate_value,
    mutation_schedule,
    random_candidate,
    window,
)


def test_the_schedule_falls_from_1_to_0() -> None:
    vector = vectors()["V52"]
    schedule = mutation_schedule(200)
    assert [schedule[k] for k in vector["args"]] == pytest.approx(vector["expect"], rel=1e-12, abs=1e-15)
    assert schedule == sorted(schedule, reverse=True)
    assert (mutation_schedule(1), mutation_schedule(0)) == ([1.0], [])


@pytest.mark.parametrize("name", ["V53", "V54", "V55", "V56"])
def test_windows_are_moved_into_the_range(name: str) -> None:
    value, allowed, m = vectors()[name]["args"]
    assert list(window(value, SearchRange(*allowed), m)) == vectors()[name]["expect"]


def test_draws_are_those_of_the_original_for_a_seed() -> None:
    random = np.random.RandomState(7)
    drawn = [mutate_value(0.803, SearchRange(0.01, 1.0, 0.001), 0.2, random) for _ in range(5)]
    assert drawn == vectors()["V57"]["expect"]


def test_the_hash_is_that_of_the_original() -> None:
    vector = vectors()["V58"]
    assert candidate_hash(vector["args"][0]) == vector["expect"]
    assert candidate_hash(dict(reversed(vector["args"][0].items()))) == vector["expect"]


@given(
    st.floats(-10.0, 10.0), st.floats(0.0, 5.0), st.floats(-20.0, 20.0), st.floats(0.0, 1.0), st.integers(0, 2**32 - 1)
)
def test_a_mutation_stays_in_the_range_and_near_the_value(
    low: float, span: float, value: float, m: float, seed: int
) -> None:
    allowed = SearchRange(low, low + span, 0.001)
    new = mutate_value(value, allowed, m, np.random.RandomState(seed))
    assert low - 0.00051 <= new <= low + span + 0.00051
    inside = min(max(value, low), low + span)
    assert abs(new - inside) <= span * m + 0.00051


def test_all_values_mutate_in_the_order_of_their_names() -> None:
    ranges = {"b": SearchRange(0.0, 1.0, 1e-9), "a": SearchRange(5.0, 9.0, 1e-9)}
    one = mutate({"a": 7.0, "b": 0.5}, ranges, 0.5, np.random.RandomState(3))
    other = mutate({"b": 0.5, "a": 7.0}, dict(reversed(ranges.items())), 0.5, np.random.RandomState(3))
    assert one == other
    assert list(one) == ["a", "b"]
    assert one["a"] != 7.0
    assert one["b"] != 0.5
    anywhere = random_candidate(ranges, np.random.RandomState(4))
    assert 5.0 <= anywhere["a"] <= 9.0
