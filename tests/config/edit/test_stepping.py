"""Steps: sensible, exact, and never outside of what is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.config.edit.stepping import spans_decades, step_words, stepped
from passivtui.config.edit.value_text import show_number
from passivtui.config.parameter import Param
from passivtui.config.parameters import PARAMETERS

STEPPING = {key: param for key, param in PARAMETERS.items() if param.step is not None}


@pytest.mark.parametrize(
    ("key", "value", "count", "expected"),
    [
        ("bot.long.entry_grid_spacing_pct", 0.02744, 1, 0.02844),
        ("bot.long.entry_initial_ema_dist", 0.2, 100, 0.3),  # 0.1 + 0.2 without dust
        ("bot.long.entry_initial_ema_dist", 0.001, -1, 0.0),
        ("bot.long.n_positions", 7, 10, 17),
        ("bot.long.close_grid_qty_pct", 0.98, 1, 1.0),  # a closed end is reached
        ("bot.long.close_grid_qty_pct", 0.05, -1, 0.045),  # an open one is not
        ("bot.long.close_grid_qty_pct", 7.0, -1, 0.95),  # what is outside comes in first
        ("bot.long.close_trailing_retracement_pct", 0.0007421, 1, 0.0007521),  # follows the size of the value
        ("bot.long.close_trailing_retracement_pct", 0.001, -1, 0.00099),
        ("bot.long.close_trailing_retracement_pct", 0.0, 1, 0.0005),
        ("backtest.starting_balance", 100000.0, 1, 110000.0),
        ("optimize.iters", 300000, -10, 200000),
        ("live.leverage", 1.0, -10, 1.0),
        ("live.max_n_creations_per_batch", 3, 1, 4),
    ],
)
def test_a_step_is_what_one_would_type(key: str, value: float, count: int, expected: float) -> None:
    moved = stepped(PARAMETERS[key], value, count)
    assert moved == expected and type(moved) is type(expected)


@given(
    key=st.sampled_from(sorted(STEPPING)),
    counts=st.lists(st.integers(-25, 25).filter(bool), max_size=12),
    data=st.data(),
)
def test_every_step_of_every_parameter_stays_allowed_and_without_dust(
    key: str, counts: list[int], data: st.DataObject
) -> None:
    param = STEPPING[key]
    value = data.draw(st.sampled_from(_starts(param)))
    for count in counts:
        value = stepped(param, value, count)
        assert param.read(value) == pytest.approx(value, abs=0.51)
        assert value in param.allowed
        assert len(show_number(value).lstrip("-0.").replace(".", "")) <= 12


@given(key=st.sampled_from(sorted(STEPPING)), count=st.integers(1, 20), data=st.data())
def test_steps_up_go_up_and_steps_down_go_down(key: str, count: int, data: st.DataObject) -> None:
    param = STEPPING[key]
    sensible = [start for start in _starts(param) if start in param.allowed and start == round(start, 9)]
    value = data.draw(st.sampled_from([start for start in sensible if param.kind != "whole number" or start % 1 == 0]))
    assert stepped(param, value, count) >= value >= stepped(param, value, -count)
    if not spans_decades(param) and value + 20 * (param.step or 0.0) in param.allowed:
        assert stepped(param, stepped(param, value, count), -count) == pytest.approx(value)


def _starts(param: Param) -> list[float]:
    templates = param.template if isinstance(param.template, tuple) else (param.template,)
    bounds = [end for side in param.bounds or () for end in side]
    return [*templates, *bounds, 0.0, 1.0, 0.1, 0.30000000000000004, 123456.789, -3.0, 1]


def test_the_step_is_told_in_words() -> None:
    assert step_words(PARAMETERS["bot.long.ema_span_0"]) == "10"
    assert step_words(PARAMETERS["bot.long.close_trailing_retracement_pct"]) == "1 in the second digit"
    assert step_words(PARAMETERS["live.user"]) == ""
