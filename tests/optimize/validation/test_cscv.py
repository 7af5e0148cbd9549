"""The probability of overfitting: noise must come out as luck, a planted edge must not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passivtui.optimize.validation import Overfitting, overfitting


def found(returns: np.ndarray, blocks: int = 16) -> Overfitting:
    result = overfitting(returns, blocks)
    assert result is not None
    return result


def test_noise_is_overfit() -> None:
    values = [found(np.random.default_rng(seed).normal(0.0, 0.01, (320, 50)), 10).probability for seed in range(12)]
    assert 0.4 < float(np.mean(values)) < 0.6


def test_a_planted_edge_is_not() -> None:
    returns = np.random.default_rng(3).normal(0.0, 0.01, (320, 50))
    returns[:, 17] += 0.01
    result = found(returns)
    assert result.probability < 0.02
    assert result.loss < 0.02
    assert (result.combinations, result.trials, result.blocks) == (12_870, 50, 16)


def test_an_edge_that_turns_round_is_worse_than_luck() -> None:
    returns = np.random.default_rng(3).normal(0.0, 0.002, (320, 20))
    for trial in range(20):  # each is good in one stretch and as bad in all others
        returns[:, trial] -= 0.001
        returns[trial * 16 : trial * 16 + 16, trial] += 0.02
    assert found(returns).probability > 0.9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.floats(0.1, 100.0))
def test_neither_order_nor_scale_of_the_trials_matters(seed: int, trials: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    returns = random.normal(0.0005, 0.01, (64, trials))
    result = found(returns, 8)
    shuffled = found(returns[:, random.permutation(trials)], 8)
    assert shuffled.probability == result.probability
    assert found(returns * scale, 8).probability == pytest.approx(result.probability, abs=0.03)
    assert 0.0 <= result.probability <= 1.0


def test_too_little_time_or_a_single_trial_tells_nothing() -> None:
    assert overfitting(np.zeros((3, 5))) is None
    assert overfitting(np.zeros((100, 1))) is None
    short = found(np.random.default_rng(1).normal(0, 1, (12, 4)))
    assert short.blocks == 4 and short.combinations == 6


def test_trials_that_all_stand_still_are_in_the_middle() -> None:
    assert found(np.zeros((64, 5)), 8).probability == 1.0  # none is better than the middle of equals
