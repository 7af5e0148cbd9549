"""Sharpe ratios that must be told apart from luck: figures of the papers, and cases whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from passivtui.optimize.validation import deflated_sharpe, expected_maximum_sharpe, probabilistic_sharpe, sharpe


def test_the_example_of_the_deflated_sharpe_ratio() -> None:
    # Bailey and López de Prado (2014): a yearly ratio of 2.5 over five years of days, 100 trials whose yearly ratios
    # vary by 1/2, skewness -3, kurtosis 10: the threshold is 0.1132 a day, the deflated ratio about 0.90.
    days = 250
    ratio, variance = 2.5 / math.sqrt(days), 0.5 / days
    threshold = expected_maximum_sharpe(variance, 100)
    assert threshold == pytest.approx(0.1132, abs=1e-4)
    assert probabilistic_sharpe(ratio, 1250, -3.0, 10.0, threshold) == pytest.approx(0.9004, abs=2e-4)


def test_normal_returns_need_fewer_days_than_skewed_ones() -> None:
    assert probabilistic_sharpe(0.1, 250, 0.0, 3.0) > probabilistic_sharpe(0.1, 250, -2.0, 12.0) > 0.5
    assert probabilistic_sharpe(0.1, 250, 0.0, 3.0, benchmark=0.1) == pytest.approx(0.5)


def test_more_trials_expect_more_by_luck() -> None:
    values = [expected_maximum_sharpe(0.01, trials) for trials in (1, 10, 100, 48_000)]
    assert values == sorted(values) and values[0] == 0.0


def test_the_expected_maximum_is_that_of_many_draws() -> None:
    draws = np.random.default_rng(1).normal(0.0, 0.1, (4000, 200)).max(axis=1)
    assert expected_maximum_sharpe(0.01, 200) == pytest.approx(float(draws.mean()), rel=0.02)


def test_noise_that_was_the_best_of_many_is_no_skill_and_an_edge_is() -> None:
    random = np.random.default_rng(7)
    trials = random.normal(0.0, 0.01, (400, 500))
    ratios = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
    best = trials[:, int(ratios.argmax())]
    assert deflated_sharpe(best, float(ratios.var()), 500) < 0.8
    assert probabilistic_sharpe(sharpe(best), 400, 0.0, 3.0) > 0.99  # what it looks like without counting the trials
    edge = random.normal(0.004, 0.01, 400)
    assert deflated_sharpe(edge, float(ratios.var()), 500) > 0.95


@pytest.mark.parametrize("returns", [np.zeros(50), np.full(50, 0.01), np.array([]), np.array([0.1, 0.2])])
def test_what_has_no_ratio_has_no_skill(returns: np.ndarray) -> None:
    assert sharpe(returns) == 0.0
    assert deflated_sharpe(returns, 0.01, 10) == 0.0
