"""Where the soft stop losses of a position begin."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tick_snapshots import terms

from passivtui.live.passivx import HeldPosition, risk_levels

PRICES = st.floats(10.0, 1e5)
DIFFS = st.floats(0.001, 0.95)
SIGNS = st.sampled_from([1.0, -1.0])


@given(SIGNS, PRICES, st.floats(0.05, 3.0), DIFFS, DIFFS, PRICES)
def test_a_stop_loss_is_due_beyond_the_levels_and_not_before(
    sign: float, average: float, liquidation: float, liq_diff: float, price_diff: float, last: float
) -> None:
    strategy = terms(stop_loss_liq_diff=liq_diff, stop_loss_pos_price_diff=price_diff).settings.strategy
    found = risk_levels(strategy, HeldPosition(sign, average, liquidation * average), last)
    assert found.liq_level is not None
    levels = [level for level in (found.liq_level, found.price_level) if level is not None]
    assume(all(abs(level - last) > 1e-9 * last for level in levels))
    beyond = any(last < level if sign > 0.0 else last > level for level in levels)
    assert bool(found.armed) == beyond


@pytest.mark.parametrize("told", [None, 0.0])
def test_a_position_without_liquidation_has_only_the_other_level(told: float | None) -> None:
    found = risk_levels(terms().settings.strategy, HeldPosition(1.0, 100.0, told), 94.0)
    assert (found.liquidation_price, found.liquidation_distance, found.liq_level) == (None, None, None)
    assert found.armed == "stop_loss_pos_price_diff"  # 6/94 is more than 0.05


def test_liquidation_counts_before_the_price() -> None:
    found = risk_levels(terms().settings.strategy, HeldPosition(-1.0, 100.0, 130.0), 126.0)
    assert found.armed == "stop_loss_liq_diff"
    assert found.liquidation_distance == pytest.approx(4 / 126)
    assert found.liq_level == pytest.approx(130 / 1.05)
    assert found.price_level == pytest.approx(100 / 0.95)
