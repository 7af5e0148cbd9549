"""However many minutes there are, no extreme is lost and no gap is closed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from passivtui.widgets.downsample import min_max, window


def test_few_points_stay_as_they_are() -> None:
    x, y = np.arange(5.0), np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    xs, ys = min_max(x, y, 0, 4, 10)
    assert xs.tolist() == x.tolist() and ys.tolist() == y.tolist()


def test_a_single_spike_in_half_a_million_minutes_is_kept() -> None:
    x = np.arange(500_000.0)
    y = np.zeros_like(x)
    y[123_456] = -0.4
    xs, ys = min_max(x, y, 0, x[-1], 80)
    assert len(xs) <= 160
    assert ys.min() == -0.4 and xs[ys.argmin()] == 123_456


def test_a_gap_stays_a_gap() -> None:
    x = np.arange(10_000.0)
    y = np.ones_like(x)
    y[4000:6000] = np.nan
    xs, ys = min_max(x, y, 0, x[-1], 50)
    assert np.isnan(ys[(xs > 4200) & (xs < 5800)]).all() and np.isfinite(ys[(xs < 3800) | (xs > 6200)]).all()


def test_the_neighbours_outside_the_window_are_kept_so_that_lines_reach_the_edge() -> None:
    x = np.array([0.0, 10.0, 20.0, 30.0])
    assert window(x, 12, 18) == slice(1, 3)
    assert window(x, -5, 50) == slice(0, 4)


@given(arrays(np.float64, st.integers(2, 3000), elements=st.floats(-1e6, 1e6)), st.integers(2, 60))
def test_extremes_survive_and_points_stay_in_order(y: np.ndarray, columns: int) -> None:
    x = np.arange(float(len(y)))
    xs, ys = min_max(x, y, 0, x[-1], columns)
    assert len(xs) <= 2 * columns
    assert (np.diff(xs) > 0).all()
    assert ys.min() == y.min() and ys.max() == y.max()
