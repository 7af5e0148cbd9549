"""What is worked out from a result once: figures, metric rows, facts; and two reports compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hand_made import DAY, FIRST_MS, MINUTE_MS, STORY, hand_made

from passivtui.backtest.comparison import compare_rows, names_of, overlay_of
from passivtui.backtest.report import build_report


def test_the_figures_begin_with_the_gain_and_carry_its_sign() -> None:
    report = build_report(hand_made(STORY, equity=[1000.0] * 98 + [900.0]))
    figures = {figure.label: figure for figure in report.figures}
    assert report.figures[0].label == "gain"
    assert (figures["gain"].value, figures["gain"].sign) == ("+10.00 %", 1)
    assert (figures["equity at the end"].value, figures["equity at the end"].sign) == ("900.00", -1)
    assert (figures["balance at the end"].value, figures["balance at the end"].sign) == ("1,016.34", 0)
    assert figures["exposure max, long"].value == "0.19 of 1.00"
    assert figures["exposure max, short"].value == "0.20 of 0.50"
    assert all(len(figure.meaning) > 30 for figure in report.figures)


def test_a_side_that_is_off_has_no_figure() -> None:
    labels = [figure.label for figure in build_report(hand_made(STORY[:2], sides=(1.0, 0.0))).figures]
    assert "exposure max, long" in labels and "exposure max, short" not in labels


def test_an_undefined_gain_is_neither_gain_nor_loss() -> None:
    figure = build_report(hand_made(STORY, analysis={"gain": math.nan})).figures[0]
    assert (figure.value, figure.sign) == ("not defined", 0)


def test_the_facts_say_what_was_run() -> None:
    report = build_report(hand_made(STORY, n_minutes=2 * DAY, synthetic=True))
    assert report.facts == (
        "demo (synthetic)",
        "2025-01-01 .. 2025-01-02 (2 days)",
        "2 coins",
        "7 fills",
        "engine 0.25 s",
    )


def test_metrics_in_btc_stand_beside_those_in_quote_currency() -> None:
    analysis: dict[str, float | None] = {"gain": 1.1, "btc_gain": 0.9, "loss_profit_ratio_long": 0.5, "moon": 1.0}
    rows = {row.metric.name: row for row in build_report(hand_made(STORY, analysis=analysis)).metrics}
    assert list(rows) == ["gain", "loss_profit_ratio_long", "moon"]
    assert (rows["gain"].value, rows["gain"].btc_value) == ("+10.00 %", "-10.00 %")
    assert rows["moon"].btc_value == ""


def test_overlapping_runs_are_compared_by_date_in_per_cent_of_their_start() -> None:
    first = build_report(hand_made(n_minutes=4, equity=[1000.0, 1100.0, 900.0]))
    second = build_report(
        hand_made(n_minutes=4, equity=[50.0, 50.0, 75.0], starting_balance=50.0, first_ms=FIRST_MS + MINUTE_MS)
    )
    overlay = overlay_of([first, second])
    assert overlay.by_date
    assert overlay.curves[0].change.tolist() == pytest.approx([0.0, 10.0, -10.0])
    assert overlay.curves[1].change.tolist() == pytest.approx([0.0, 0.0, 50.0])
    assert overlay.curves[1].x[0] == FIRST_MS + MINUTE_MS


def test_runs_of_different_times_are_compared_by_days_since_their_start() -> None:
    later = hand_made(n_minutes=DAY + 2, first_ms=FIRST_MS + 90 * DAY * MINUTE_MS)
    overlay = overlay_of([build_report(hand_made(n_minutes=10)), build_report(later)])
    assert not overlay.by_date
    assert overlay.curves[1].x[0] == 0.0
    assert overlay.curves[1].x[DAY] == pytest.approx(1.0)


def test_names_are_told_apart_by_their_number() -> None:
    report = build_report(hand_made(STORY))
    assert names_of([report, report]) == ("1 by_hand", "2 by_hand")


def test_metrics_are_compared_with_the_first_report() -> None:
    first = build_report(hand_made(STORY, analysis={"gain": 1.1, "drawdown_worst": 0.10, "adg": 0.001}))
    second = build_report(hand_made(STORY, analysis={"gain": 1.2, "drawdown_worst": 0.15, "mdg": 0.0}))
    rows = {row.label: row for row in compare_rows([first, second])}
    gain, drawdown = rows["gain"].cells, rows["worst drawdown"].cells
    assert (gain[0].value, gain[0].difference, gain[0].better) == ("+10.00 %", "", None)
    assert (gain[1].value, gain[1].difference, gain[1].better) == ("+20.00 %", "+10.00 %", True)
    assert (drawdown[1].difference, drawdown[1].better) == ("+5.00 %", False)
    assert "average daily gain" not in rows and "median daily gain" not in rows
    assert rows["fills"].cells[1].value == "7"


def test_a_curve_of_an_account_that_began_with_nothing_does_no_harm() -> None:
    report = build_report(hand_made(n_minutes=3, equity=[0.0, 1.0], starting_balance=0.0))
    assert not np.isfinite(overlay_of([report, report]).curves[0].change).any()
