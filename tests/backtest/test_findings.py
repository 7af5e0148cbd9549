"""Each thing worth knowing is found when it is there, and not when it isn't."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hand_made import DAY, METRICS, STORY, Fill, hand_made

from passivtui.backtest import BacktestResult
from passivtui.backtest.findings import Finding, Severity, findings_of
from passivtui.backtest.series import curves_of
from passivtui.backtest.tables import coin_rows
from passivtui.market import DataIssue

LONG = 100 * DAY


def find(result: BacktestResult) -> dict[str, Finding]:
    return {finding.key: finding for finding in findings_of(result, curves_of(result), coin_rows(result))}


def busy(n: int = 120) -> list[Fill]:
    """Round trips of an hour, one a day, all over when they are done."""
    fills: list[Fill] = []
    for number in range(n // 2):
        minute = number * DAY
        fills.append((minute, "BTC", "entry_initial_normal_long", 1.0, 100.0, 1.0, 100.0, 0.0, 0.0, 1000.0))
        fills.append((minute + 60, "BTC", "close_grid_long", -1.0, 101.0, 0.0, 100.0, 1.0, 0.0, 1001.0))
    return fills


def test_a_long_busy_run_on_real_prices_leaves_nothing_to_say() -> None:
    assert find(hand_made(busy(), n_minutes=LONG)) == {}


@pytest.mark.parametrize(
    ("key", "severity", "make"),
    [
        ("short", Severity.CAUTION, lambda: hand_made(busy(), n_minutes=89 * DAY)),
        ("few-fills", Severity.CAUTION, lambda: hand_made(busy(98), n_minutes=LONG)),
        ("synthetic", Severity.CAUTION, lambda: hand_made(busy(), n_minutes=LONG, synthetic=True)),
        ("defaults", Severity.CAUTION, lambda: hand_made(busy()[:1], n_minutes=LONG)),
        (
            "undefined",
            Severity.NOTE,
            lambda: hand_made(busy(), n_minutes=LONG, analysis={**METRICS, "omega_ratio": math.inf}),
        ),
        (
            "data-warning",
            Severity.CAUTION,
            lambda: hand_made(busy(), n_minutes=LONG, issues=(DataIssue("warning", "XMR", "left out: a gap"),)),
        ),
        (
            "data-info",
            Severity.NOTE,
            lambda: hand_made(busy(), n_minutes=LONG, issues=(DataIssue("info", "XMR", "2 minutes filled flat"),)),
        ),
    ],
)
def test_each_finding_comes_alone(key: str, severity: Severity, make: Callable[[], BacktestResult]) -> None:
    found = find(make())
    assert set(found) - {"open-at-end", "held-long", "stuck-at-end", "few-fills" if key == "defaults" else ""} == {key}
    assert found[key].severity is severity
    assert found[key].sentence.endswith(".") and "\n" not in found[key].sentence
    assert len(found[key].explanation) > 40


def test_a_fall_of_more_than_half_is_serious_and_tells_what_it_takes_to_be_back() -> None:
    equity = np.full(LONG - 1, 1000.0)
    equity[5000:6000] = 400.0
    found = find(hand_made(busy(), n_minutes=LONG, equity=equity))
    assert found["deep-drawdown"].severity is Severity.SERIOUS
    assert "fell by 60 %" in found["deep-drawdown"].sentence
    assert "grow by 150 %" in found["deep-drawdown"].explanation


def test_an_empty_account_is_the_first_thing_told() -> None:
    equity = np.full(LONG - 1, 1000.0)
    equity[DAY:] = -5.0
    result = hand_made(busy(), n_minutes=LONG, equity=equity, synthetic=True)
    first = findings_of(result, curves_of(result), coin_rows(result))[0]
    assert first.key == "broke" and "2025-01-02 00:00" in first.sentence


def test_a_position_kept_to_the_end_for_weeks_is_stuck() -> None:
    entry = (85 * DAY, "ETH", "entry_initial_normal_short", -1.0, 50.0, -1.0, 50.0, 0.0, 0.0, 1001.0)
    found = find(hand_made([*busy(), entry], n_minutes=LONG))
    assert "ETH short" in found["stuck-at-end"].sentence
    assert "open-at-end" not in found


def test_a_position_opened_lately_is_only_open() -> None:
    entry = (99 * DAY, "ETH", "entry_initial_normal_short", -1.0, 50.0, -1.0, 50.0, 0.0, 0.0, 1001.0)
    found = find(hand_made([*busy(), entry], n_minutes=LONG))
    assert found["open-at-end"].sentence == "1 position is open at the end: ETH short."
    assert "stuck-at-end" not in found


def test_a_position_held_for_weeks_and_closed_is_noted() -> None:
    fills = [
        *busy(),
        (70 * DAY, "ETH", "entry_initial_normal_long", 1.0, 50.0, 1.0, 50.0, 0.0, 0.0, 1001.0),
        (90 * DAY, "ETH", "close_grid_long", -1.0, 51.0, 0.0, 50.0, 1.0, 0.0, 1002.0),
    ]
    assert "ETH long was held for 20.0 d" in find(hand_made(fills, n_minutes=LONG))["held-long"].sentence


def test_all_issues_of_the_data_are_in_the_explanation() -> None:
    issues = (DataIssue("warning", "XMR", "left out: a gap"), DataIssue("warning", "LTC", "left out: no candles"))
    found = find(hand_made(busy(), n_minutes=LONG, issues=issues))["data-warning"]
    assert "and 1 more" in found.sentence
    assert "LTC: left out: no candles" in found.explanation


def test_the_short_story_has_all_that_it_should() -> None:
    assert set(find(hand_made(STORY))) == {"short", "few-fills", "defaults", "open-at-end"}
