"""The genetic algorithm: operators within bounds, duplicates made new, one seed one history."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from passivtui.config import Config, LoadedConfig
from passivtui.optimize.duplicates import PERTURBATIONS, made_new, scale_all, step_last_digit
from passivtui.optimize.genome import GenomeSpace, digest, space_of
from passivtui.optimize.search import Schedule, Search, schedule_of
from passivtui.optimize.selection import select
from passivtui.optimize.variation import Chances, crossover, mutate, vary

CHANCES = Chances(0.6, 0.3)


@pytest.fixture
def space(config: Config) -> GenomeSpace:
    return space_of(config)


def small_space() -> GenomeSpace:
    """Three free genes and a fixed one."""
    return GenomeSpace(np.array([0.0, -1.0, 100.0, 5.0]), np.array([1.0, 1.0, 200.0, 5.0]), 4)


def distance_from(target: float, space: GenomeSpace, genome: NDArray[np.float64]) -> float:
    free = space.free
    return float((((genome - space.low)[free] / (space.high - space.low)[free] - target) ** 2).sum())


def learn_all(search: Search) -> None:
    """Two goals that pull apart."""
    for index in search.offspring.fresh:
        genome = search.offspring.genomes[index]
        search.learn(index, tuple(distance_from(target, search.space, genome) for target in (0.2, 0.8)))


def test_operators_stay_within_bounds_and_leave_fixed_genes_alone(space: GenomeSpace) -> None:
    rng = np.random.default_rng(1)
    ones, others = space.random(500, rng), space.random(500, rng)
    for children in (crossover(ones, others, space, rng), mutate(ones, space, rng)):
        assert (children >= space.low).all() and (children <= space.high).all()
        fixed = space.low == space.high
        assert (children[:, fixed] == space.low[fixed]).all()
        assert (children != ones).any()


def test_half_of_the_genes_are_crossed_and_children_stay_near_their_parents() -> None:
    space = small_space()
    rng = np.random.default_rng(2)
    ones = np.tile([0.4, -0.1, 140.0, 5.0], (4000, 1))
    others = np.tile([0.6, 0.1, 160.0, 5.0], (4000, 1))
    children = crossover(ones, others, space, rng)
    changed = (children != ones)[:, :3]
    assert 0.45 < changed.mean() < 0.55
    near_one, near_other = np.abs(children[:, 0] - 0.4) < 0.05, np.abs(children[:, 0] - 0.6) < 0.05
    assert (near_one | near_other).mean() > 0.95
    assert 0.2 < near_other.mean() < 0.3  # the half that is crossed, and of that the half that swaps


def test_mutation_moves_one_gene_of_all_on_average_and_less_the_farther() -> None:
    space = small_space()
    rng = np.random.default_rng(3)
    genomes = np.tile([0.5, 0.0, 150.0, 5.0], (8000, 1))
    moved = mutate(genomes, space, rng) != genomes
    assert abs(moved[:, :3].mean() - 0.25) < 0.02
    steps = np.abs(mutate(genomes, space, rng) - genomes)[:, 0]
    assert np.median(steps[steps > 0]) < 0.05 < steps.max() < 0.5


def test_parents_of_a_crossover_are_two_and_copies_are_told(space: GenomeSpace) -> None:
    rng = np.random.default_rng(4)
    parents = space.random(2, rng)
    offspring, copied = vary(parents, 3000, space, CHANCES, rng)
    known = {parent.tobytes() for parent in parents}
    assert abs(copied.mean() - 0.1) < 0.03
    assert all(genome.tobytes() in known for genome in offspring[copied])
    assert sum(genome.tobytes() not in known for genome in offspring) > 0.6 * len(offspring)


@pytest.mark.parametrize("perturb", PERTURBATIONS)
def test_every_perturbation_stays_within_bounds_and_repeats_with_its_seed(
    perturb: Callable[..., NDArray[np.float64]],
) -> None:
    space = small_space()
    genome = np.array([0.0, 0.5, 150.0, 5.0])
    changed = [space.enforce(perturb(genome, space, np.random.default_rng(seed))) for seed in (1, 1, 2)]
    assert changed[0].tolist() == changed[1].tolist()
    assert any(one.tolist() != genome.tolist() for one in changed)
    assert all((one >= space.low).all() and (one <= space.high).all() and one[3] == 5.0 for one in changed)


def test_the_first_perturbation_moves_values_by_a_hundredth_at_most() -> None:
    space = small_space()
    genome = np.array([0.3, 0.5, 150.0, 5.0])
    moved = scale_all(genome, space, np.random.default_rng(1))
    assert (np.abs(moved / genome - 1.0) <= 0.01).all() and (moved[:3] != genome[:3]).all()


def test_the_second_perturbation_steps_the_last_significant_digit() -> None:
    space = small_space()
    genome = np.array([0.0, 0.05, 150.0, 5.0])
    seen = np.array([step_last_digit(genome, space, np.random.default_rng(seed)) for seed in range(40)]) - genome
    for column, step in zip(seen.T[:3], (0.001, 0.00001, 0.1), strict=True):
        assert sorted({round(float(value) / step) for value in column}) == [-1, 0, 1]


def test_perturbations_are_tried_until_one_is_new_and_the_genome_stays_when_none_is() -> None:
    space = GenomeSpace(np.array([1.0, 5.0]), np.array([2.0, 5.0]), 1)  # 1 and 2 are all there is
    genome = np.array([1.0, 5.0])
    other = space.enforce(np.array([2.0, 5.0]))
    found = [made_new(genome, {digest(genome)}, space, np.random.default_rng(seed)) for seed in range(8)]
    assert any(is_new for _, _, is_new in found)
    assert all(one.tolist() == other.tolist() and key == digest(other) for one, key, is_new in found if is_new)
    same, key, is_new = made_new(genome, {digest(genome), digest(other)}, space, np.random.default_rng(1))
    assert (same.tolist(), key, is_new) == (genome.tolist(), digest(genome), False)


@given(st.integers(0, 2**32))
def test_selection_keeps_the_best_front_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 6, (30, 2)).astype(float)
    chosen = select(points.tolist(), 10)
    assert len(set(chosen)) == 10
    dominates = (points[:, None] <= points[None]).all(2) & (points[:, None] < points[None]).any(2)
    for rejected in set(range(30)) - set(chosen):
        assert not any(dominates[rejected, kept] for kept in chosen)


def test_a_single_objective_is_sorted_by_its_value() -> None:
    assert sorted(select([[3.0], [1.0], [2.0], [5.0]], 2)) == [1, 2]


def test_generations_follow_from_iters_and_population() -> None:
    assert [schedule_of(iters, 100, CHANCES).generations for iters in (1, 100, 199, 250)] == [1, 1, 1, 2]
    assert schedule_of(1000, 100, CHANCES).evaluations == 1000


def test_no_genome_is_evaluated_twice_and_one_seed_gives_one_history(space: GenomeSpace) -> None:
    def history(seed: int) -> list[bytes]:
        search = Search(space, Schedule(20, 4, CHANCES), seed)
        search.begin()
        evaluated: list[bytes] = []
        while not search.finished:
            evaluated += [search.offspring.digests[index] for index in search.offspring.fresh]
            learn_all(search)
            search.advance()
        assert len(set(evaluated)) == len(evaluated) == len(search.scores)
        return evaluated

    assert history(5) == history(5) != history(6)


def test_the_search_improves_on_its_first_generation(space: GenomeSpace) -> None:
    search = Search(space, Schedule(40, 15, CHANCES), 1)
    search.begin()
    learn_all(search)
    first = min(score[0] for score in search.scores.values())
    while not search.finished:
        search.advance()
        learn_all(search)
    assert min(score[0] for score in search.scores.values()) < 0.5 * first


def test_a_restored_search_goes_on_as_if_nothing_had_been(space: GenomeSpace) -> None:
    one = Search(space, Schedule(20, 4, CHANCES), 1)
    one.begin()
    learn_all(one)
    one.advance()
    other = Search(space, Schedule(20, 4, CHANCES), 99)
    other.restore(one.snapshot(), dict(one.scores))
    for search in (one, other):
        learn_all(search)
        search.advance()
    assert one.offspring.digests == other.offspring.digests


def test_starting_members_come_first_and_their_copies_fill_half_of_the_population(
    space: GenomeSpace, make_config: Callable[..., LoadedConfig]
) -> None:
    start = space.encode(make_config().config)
    search = Search(space, Schedule(10, 1, CHANCES), 1)
    search.begin([start])
    genomes = search.offspring.genomes
    assert genomes[0].tolist() == start.tolist()
    free = space.free
    relative = np.abs(genomes[:, free] / np.where(start[free] == 0.0, 1.0, start[free]) - 1.0).max(axis=1)
    assert (relative[1:5] < 0.011).all()  # perturbed copies
    assert (relative[5:] > 0.05).all()  # random ones
    assert search.offspring.fresh == list(range(10))
