"""The table of metrics is complete, agrees with the optimizer's directions, and reads as a person expects."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from passivtui.backtest import BacktestResult
from passivtui.backtest.metrics import METRICS, format_difference, format_metric, is_better, metric_of
from passivtui.config.metric_names import METRIC_DIRECTIONS


def test_every_metric_that_the_optimizer_knows_is_in_the_table_with_its_direction() -> None:
    assert {name: METRICS[name].direction for name in METRIC_DIRECTIONS} == dict(METRIC_DIRECTIONS)


def test_the_table_holds_nothing_else_but_the_ratios_by_side() -> None:
    assert set(METRICS) - set(METRIC_DIRECTIONS) == {
        "loss_profit_ratio_long",
        "loss_profit_ratio_short",
        "pnl_ratio_long_short",
    }


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_label_a_sentence_and_an_explanation(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.label and len(metric.label) <= 48
    assert metric.help.endswith(".") and "\n" not in metric.help
    assert len(metric.explanation) > 40
    assert metric.help in metric.answer() and name in metric.answer()


def test_labels_are_not_given_twice() -> None:
    labels = [metric.label for metric in METRICS.values()]
    assert len(set(labels)) == len(labels)


def test_forms_explain_themselves_and_their_trap() -> None:
    assert "divided by ten all the same" in METRICS["adg_w"].explanation
    assert "total wallet exposure limit of the short side" in METRICS["mdg_w_per_exposure_short"].explanation
    assert "counted in BTC" in METRICS["btc_sharpe_ratio"].explanation
    assert "infinite" in METRICS["omega_ratio"].explanation


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("gain", 1.382, "+38.20 %"),
        ("gain", 0.9711, "-2.89 %"),
        ("gain", 13.5, "+1,250.00 %"),
        ("adg", 0.000914, "+0.0914 %"),
        ("drawdown_worst", 0.1246, "12.46 %"),
        ("sharpe_ratio", -0.03854, "-0.0385"),
        ("omega_ratio", 123.456, "123.46"),
        ("exponential_fit_error", 0.0004725747, "0.000473"),
        ("position_held_hours_max", 47.9, "47.9 h"),
        ("position_held_hours_max", 103.2833, "4.3 d"),
        ("positions_held_per_day", 1191.2, "1,191.20"),
        ("gain_per_exposure_long", 0.485, "0.4850"),
        ("omega_ratio", math.inf, "infinite"),
        ("gain", -math.inf, "-infinite"),
        ("loss_profit_ratio", math.nan, "not defined"),
        ("loss_profit_ratio", None, "not defined"),
    ],
)
def test_values_read_by_their_unit(name: str, value: float | None, text: str) -> None:
    assert format_metric(METRICS[name], value) == text


@pytest.mark.parametrize(
    ("name", "value", "other", "text"),
    [
        ("gain", 1.05, 1.10, "-5.00 %"),
        ("drawdown_worst", 0.2, 0.15, "+5.00 %"),
        ("adg", 0.001, 0.0, "+0.1000 %"),
        ("position_held_hours_max", 100.0, 28.0, "+3.0 d"),
        ("sharpe_ratio", 0.5, 0.25, "+0.2500"),
        ("omega_ratio", math.inf, 1.0, ""),
        ("omega_ratio", None, 1.0, ""),
    ],
)
def test_differences_carry_their_sign(name: str, value: float | None, other: float | None, text: str) -> None:
    assert format_difference(METRICS[name], value, other) == text


def test_better_follows_the_direction() -> None:
    assert is_better(METRICS["gain"], 1.2, 1.1) is True
    assert is_better(METRICS["drawdown_worst"], 0.2, 0.1) is False
    assert is_better(METRICS["omega_ratio"], math.inf, 3.0) is True
    assert is_better(METRICS["gain"], 1.1, 1.1) is None
    assert is_better(METRICS["gain"], math.nan, 1.1) is None
    assert is_better(METRICS["pnl_ratio_long_short"], 1.0, 0.5) is None


def test_a_metric_of_a_newer_version_is_shown_as_it_is() -> None:
    metric = metric_of("moon_phase")
    assert metric.label == "moon phase"
    assert format_metric(metric, 0.25) == "0.2500"


@pytest.mark.parametrize("collateral", ["true", "false"])
def test_every_metric_of_a_real_run_is_described(run: Callable[..., BacktestResult], collateral: str) -> None:
    analysis = run(f"backtest.use_btc_collateral={collateral}").analysis
    expected = {name for name in METRICS if collateral == "true" or not name.startswith("btc_")}
    assert set(analysis) == expected
