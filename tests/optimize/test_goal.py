"""Objectives: signs, several datasets, limits, and metrics that are undefined."""

from __future__ import annotations

import math

import pytest

from passivtui.config import Limit
from passivtui.optimize.goal import WORST, Goal, spread_of

GOAL = Goal(("adg", "drawdown_worst"))


def test_metrics_to_be_maximised_are_negated() -> None:
    assert GOAL.objectives([{"adg": 0.002, "drawdown_worst": 0.3}]) == (-0.002, 0.3)
    assert GOAL.natural((-0.002, 0.3)) == (0.002, 0.3)


def test_objectives_are_means_over_the_datasets() -> None:
    measured = [{"adg": 0.002, "drawdown_worst": 0.3}, {"adg": 0.004, "drawdown_worst": 0.1}]
    assert GOAL.objectives(measured) == pytest.approx((-0.003, 0.2), rel=1e-15)
    spread = spread_of("adg", measured)
    assert spread is not None
    assert (spread.min, spread.max, spread.std) == pytest.approx((0.002, 0.004, 0.001), rel=1e-12)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_undefined_metric_counts_as_the_worst_value_and_not_as_nought(value: float) -> None:
    measured = [{"adg": 0.002, "drawdown_worst": value}]
    assert GOAL.objectives(measured) == (-0.002, WORST)
    assert GOAL.metrics(measured) == [0.002, None]
    assert GOAL.objectives([{"adg": 0.002, "drawdown_worst": 0.1}, {"adg": value, "drawdown_worst": 0.1}])[0] == WORST


def test_a_candidate_without_metrics_is_the_worst_in_everything() -> None:
    assert GOAL.objectives([{}]) == (WORST, WORST)


def test_a_broken_limit_adds_its_excess_to_every_objective() -> None:
    goal = Goal(("adg", "drawdown_worst"), (Limit("drawdown_worst", "greater", 0.25), Limit("adg", "lower", 0.001)))
    assert goal.penalty([{"adg": 0.002, "drawdown_worst": 0.25}]) == 0.0
    one, other = goal.objectives([{"adg": 0.002, "drawdown_worst": 0.35}])
    assert one == pytest.approx(100_000 - 0.002)
    assert other == pytest.approx(100_000 + 0.35)
    assert goal.penalty([{"adg": -0.001, "drawdown_worst": 0.1}]) == pytest.approx(2000)


def test_limits_look_at_the_worst_dataset() -> None:
    goal = Goal(("adg",), (Limit("drawdown_worst", "greater", 0.25), Limit("adg", "lower", 0.0)))
    measured = [{"adg": 0.1, "drawdown_worst": 0.1}, {"adg": -0.01, "drawdown_worst": 0.3}]
    assert goal.penalty(measured) == pytest.approx(50_000 + 10_000)


def test_a_limit_on_an_undefined_metric_is_broken_and_objectives_stay_finite() -> None:
    goal = Goal(("adg",), (Limit("sharpe_ratio", "lower", 0.1),))
    assert goal.objectives([{"adg": 0.1, "sharpe_ratio": math.nan}]) == (WORST,)
