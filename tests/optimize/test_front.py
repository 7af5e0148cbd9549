"""The front by dominance, distances, and the ideal points that choose among it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.optimize.front import Candidate, Front, distances
from passivtui.optimize.ideal import Ideal, ideal_point, nearest_member

CORNERS = np.array([[0.0, 10.0], [4.0, 2.0], [10.0, 0.0]])


def candidate(*objectives: float) -> Candidate:
    return Candidate((1.0,), objectives, ({},))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=40))
def test_the_front_is_what_no_offered_candidate_dominates(points: list[tuple[int, int]]) -> None:
    front = Front(2, 4)
    for point in points:
        front.offer(candidate(*map(float, point)))
    kept = sorted(member.objectives for member in front.members)
    best = {
        (float(a), float(b)) for a, b in points if not any(c <= a and d <= b and (c, d) != (a, b) for c, d in points)
    }
    assert kept == sorted(best)
    assert front.vectors.tolist() == [list(member.objectives) for member in front.members]


def test_vectors_are_compared_as_rounded_and_the_first_of_equal_ones_stays() -> None:
    front = Front(2, 3)
    first, same = candidate(1.0001, 2.0), candidate(1.0002, 1.9999)
    assert front.offer(first)
    assert not front.offer(same)
    assert front.members == (first,)


def test_distances_are_on_the_fronts_own_scale() -> None:
    assert distances(CORNERS).tolist() == pytest.approx([1.0, (0.4**2 + 0.2**2) ** 0.5, 1.0])
    assert distances(np.array([[3.0, 3.0]])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("mode", "weights", "point"),
    [
        (Ideal.MIN, (), (0.0, 0.0)),
        (Ideal.WEIGHTED, (), (0.0, 0.0)),
        (Ideal.WEIGHTED, (0.5,), (5.0, 5.0)),
        (Ideal.WEIGHTED, (0.0, 1.0), (0.0, 10.0)),
        (Ideal.UTOPIAN, (), (-0.01, -0.01)),
        (Ideal.PERCENTILE, (), (0.8, 0.4)),
        (Ideal.MIDRANGE, (), (5.0, 5.0)),
    ],
)
def test_ideal_points(mode: Ideal, weights: tuple[float, ...], point: tuple[float, float]) -> None:
    assert ideal_point(CORNERS, mode, weights).tolist() == pytest.approx(point)


def test_the_geometric_median_has_the_least_sum_of_distances() -> None:
    vectors = np.random.default_rng(1).random((9, 2))
    median = ideal_point(vectors, Ideal.GEOMEDIAN)

    def total(point: np.ndarray) -> float:
        return float(np.linalg.norm(vectors - point, axis=1).sum())

    assert total(median) < total(vectors.mean(axis=0))
    around = [median + np.array(step) for step in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02))]
    assert all(total(median) < total(point) for point in around)
    assert ideal_point(np.array([[1.0, 2.0]]), Ideal.GEOMEDIAN).tolist() == [1.0, 2.0]


def test_the_nearest_member_is_chosen_by_mode() -> None:
    assert nearest_member(CORNERS)[0] == 1
    assert nearest_member(CORNERS, Ideal.WEIGHTED, (0.0, 1.0)) == (0, 0.0)


def test_a_wrong_number_of_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="3 weights for 2 objectives"):
        ideal_point(CORNERS, Ideal.WEIGHTED, (1.0, 2.0, 3.0))
