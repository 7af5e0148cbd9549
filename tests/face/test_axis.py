"""Ticks are round, labels are readable, none lies over another."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.widgets.axis import axis_row, cell_of, date_ticks, log_ticks, number_text, number_ticks, round_step

FEB_2024 = 1_706_745_600_000.0  # 2024-02-01 00:00 UTC
DAY = 86_400_000.0


def test_ticks_are_round_and_have_thousands_commas() -> None:
    assert number_ticks(980, 1_860, 5) == [
        (1000.0, "1,000"),
        (1250.0, "1,250"),
        (1500.0, "1,500"),
        (1750.0, "1,750"),
    ]


def test_small_steps_get_the_decimals_they_need_and_no_exponent() -> None:
    assert [label for _, label in number_ticks(0.0, 0.00042, 4)] == ["0.0000", "0.0002", "0.0004"]
    assert [label for _, label in number_ticks(-0.05, 0.05, 5)] == ["-0.050", "-0.025", "0.000", "0.025", "0.050"]


def test_a_negative_zero_has_no_sign() -> None:
    assert number_text(-0.0, 0.5) == "0.0"
    assert number_text(-0.01, 1.0) == "0"


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-6, 1e9),
    st.integers(1, 12),
)
def test_ticks_lie_within_the_axis_and_are_never_too_many(low: float, width: float, most: int) -> None:
    ticks = number_ticks(low, low + width, most)
    assert len(ticks) <= max(most, 2)
    slack = width * 1e-6 + abs(low) * 1e-9
    assert all(low - slack <= value <= low + width + slack for value, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)


@given(st.floats(1e-9, 1e12))
def test_a_step_is_round_and_at_least_what_was_asked(least: float) -> None:
    step = round_step(least)
    assert step >= least * (1 - 1e-9)
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(mantissa - factor) for factor in (1, 2, 2.5, 5, 10)) < 1e-6


def test_a_log_axis_over_decades_shows_powers_of_ten() -> None:
    assert [label for _, label in log_ticks(0.5, 20_000, 6)] == ["1", "10", "100", "1,000", "10,000"]


def test_a_log_axis_within_a_decade_still_has_labels() -> None:
    assert len(log_ticks(1_210, 1_640, 5)) >= 2


def test_a_log_axis_over_values_that_are_not_positive_has_none() -> None:
    assert log_ticks(0.0, 10, 5) == []


@pytest.mark.parametrize(
    ("days", "most", "labels"),
    [
        (0.25, 4, ["02-01 00:00", "02:00", "04:00", "06:00"]),
        (3, 4, ["2024-02-01", "02-02", "02-03", "02-04"]),
        (28, 4, ["2024-02-01", "02-11", "02-21"]),
        (150, 5, ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]),
        (3 * 366, 4, ["2025", "2026", "2027"]),
    ],
)
def test_dates_step_with_the_calendar(days: float, most: int, labels: list[str]) -> None:
    assert [label for _, label in date_ticks(FEB_2024, FEB_2024 + days * DAY, most)] == labels


@given(st.integers(0, 4 * 10**12), st.integers(60_000, 10**12), st.integers(1, 20))
def test_dates_lie_within_the_axis_and_are_never_too_many(low: int, width: int, most: int) -> None:
    ticks = date_ticks(low, low + width, most)
    assert len(ticks) <= most
    assert all(low <= ms <= low + width for ms, _ in ticks)


def test_an_empty_axis_has_no_ticks() -> None:
    assert number_ticks(5, 5, 4) == []
    assert number_ticks(math.nan, 5, 4) == []
    assert date_ticks(5, 5, 4) == []


def test_labels_are_let_into_the_line_whole_and_apart() -> None:
    ticks = [(0.0, "2021-02-01"), (5.0, "over"), (20.0, "02-10"), (39.0, "end")]
    row = axis_row(ticks, lambda x: round(x), 40, "-")
    assert row == "2021-02-01----------02-10------------end"


def test_a_row_too_short_for_a_label_shows_none() -> None:
    assert axis_row([(0.0, "2021-02-01")], lambda x: 0, 5, "-") == "-----"


@pytest.mark.parametrize(("value", "cell"), [(0, 0), (100, 19), (2.6, 0), (2.7, 1), (50, 10), (-5, 0), (105, 19)])
def test_both_ends_of_an_axis_are_the_middle_of_the_end_cells(value: float, cell: int) -> None:
    assert cell_of(value, 0, 100, 20) == cell
