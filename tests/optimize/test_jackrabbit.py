"""Jackrabbit over a Passivbot genome: its steps, its sequence, and that it goes on after a stop or a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import passivtui
from passivtui.errors import ConfigError, ReportError
from passivtui.optimize import (
    JACKRABBIT,
    OptimizationRequest,
    OptimizationResult,
    SearchProgress,
    read_front,
    resume_optimization,
    run_optimization,
)
from passivtui.optimize.genome import GenomeSpace
from passivtui.optimize.goal import WORST, Goal
from passivtui.optimize.jackrabbit import JackrabbitSchedule, JackrabbitSearch, deciding_metric
from passivtui.optimize.jackrabbit_file import VIEW_FILE, read_view
from passivtui.passivx.jackrabbit import mutation_schedule
from passivtui.paths import Home
from passivtui.progress import CancelToken

MakeRequest = Callable[..., OptimizationRequest]
N = 30
SPACE = GenomeSpace(np.array([0.0, -5.0, 3.0]), np.array([1.0, 5.0, 3.0]), 4)

#: Runs a request that is given as its fields, and tells of its iterations on stdout.
_CHILD = """
import sys
from itertools import count
from pathlib import Path
from passivtui.config import load_config
from passivtui.optimize import JACKRABBIT, OptimizationRequest, SearchProgress, run_optimization
from passivtui.paths import Home
root, config, market, out = map(Path, sys.argv[1:])
def tell(event):
    if isinstance(event, SearchProgress):
        print(event.generation, flush=True)
request = OptimizationRequest(
    load_config(config), dataset=str(market), seed=7, workers=1, out=out, algorithm=JACKRABBIT
)
run_optimization(request, Home(root), tell, timer=count(0.0, 0.5).__next__)  # checkpoints often, as a slow run does
"""


def driven(search: JackrabbitSearch, objective: Callable[[np.ndarray], float]) -> list[np.ndarray]:
    """Search to the end; every candidate in its order."""
    tried = []
    while not search.finished:
        for index in search.offspring.fresh:
            search.learn(index, (0.0, objective(search.offspring.genomes[index])))
        tried += list(search.offspring.genomes)
        search.advance()
    return tried


def begun(n: int = 100, batch: int = 1, seed: int = 1) -> JackrabbitSearch:
    search = JackrabbitSearch(SPACE, JackrabbitSchedule(n, batch, 1), seed)
    search.begin()
    return search


def to_the_middle(genome: np.ndarray) -> float:
    return float(abs(genome[0] - 0.25) + abs(genome[1] - 1.0))


def test_the_best_so_far_is_mutated_by_less_and_less() -> None:
    search, best, before = begun(), np.empty(0), WORST
    m = mutation_schedule(100)
    for k, genome in enumerate(driven(search, to_the_middle)):
        assert genome[2] == 3.0
        if k:
            assert np.all(np.abs(genome - best)[:2] <= np.array([1.0, 10.0]) * m[k - 1] + 0.001)
        if to_the_middle(genome) < before:
            best, before = genome, to_the_middle(genome)
    history = search.jackrabbit.history
    assert history[-1].objective == before < 0.2
    assert [step.objective for step in history] == sorted((step.objective for step in history), reverse=True)
    assert (search.jackrabbit.k, search.jackrabbit.n) == (100, 100)


def test_only_the_deciding_objective_makes_a_best() -> None:
    search = begun(n=10)
    while not search.finished:
        for index in search.offspring.fresh:
            search.learn(index, (-float(search.generation), 1.0))
        search.advance()
    assert [step.k for step in search.jackrabbit.history] == [0]


def test_without_a_result_there_is_no_best_and_the_search_wanders() -> None:
    search = begun(n=20)
    tried = driven(search, lambda genome: WORST)
    assert search.jackrabbit.history == ()
    assert len({genome.tobytes() for genome in tried}) > 15


def test_starting_candidates_come_first() -> None:
    search = JackrabbitSearch(SPACE, JackrabbitSchedule(5, 1, 1), 1)
    search.begin([np.array([0.5, 0.0, 3.0]), np.array([0.25, 1.0, 3.0])])
    tried = driven(search, to_the_middle)
    assert [genome.tolist() for genome in tried[:2]] == [[0.5, 0.0, 3.0], [0.25, 1.0, 3.0]]
    assert len(tried) == 5
    assert [step.k for step in search.jackrabbit.history][:2] == [0, 1]


def test_a_candidate_that_was_tried_counts_and_is_not_evaluated_again() -> None:
    narrow = GenomeSpace(np.array([1.0, 0.0]), np.array([1.0, 0.0005]), 1)
    search = JackrabbitSearch(narrow, JackrabbitSchedule(60, 5, 0), 1)
    search.begin()
    evaluated = 0
    while not search.finished:
        for index in search.offspring.fresh:
            search.learn(index, (1.0,))
            evaluated += 1
        search.advance()
    assert search.generation == 60
    assert evaluated == len(search.scores) < 60


@pytest.mark.parametrize("batch", [1, 4])
def test_a_snapshot_goes_on_as_the_search_would_have(batch: int) -> None:
    search = begun(batch=batch)
    for _ in range(7):
        for index in search.offspring.fresh:
            search.learn(index, (0.0, to_the_middle(search.offspring.genomes[index])))
        search.advance()
    other = JackrabbitSearch(SPACE, JackrabbitSchedule(100, batch, 1), 99)
    other.restore(search.snapshot(), dict(search.scores))
    rest, of_other = driven(search, to_the_middle), driven(other, to_the_middle)
    assert [genome.tolist() for genome in rest] == [genome.tolist() for genome in of_other]
    assert other.jackrabbit == search.jackrabbit


# ---- as a run


@pytest.fixture
def make(make_request: MakeRequest) -> MakeRequest:
    return lambda **changes: replace(make_request(iters=changes.pop("iters", N)), algorithm=JACKRABBIT, **changes)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in [*(folder / "pareto").iterdir(), folder / VIEW_FILE]}


def test_a_run_keeps_the_front_and_says_how_the_best_came_about(make: MakeRequest, home: Home) -> None:
    result = run_optimization(make(), home)
    assert result.finished and result.jackrabbit is not None
    assert result.generation == result.generations == N
    assert result.evaluations <= N
    assert result.goal.scoring[result.jackrabbit.decides] == "adg"
    best = min(member.objectives[result.jackrabbit.decides] for member in result.front)
    assert result.chosen is not None
    assert result.front[result.chosen].objectives[result.jackrabbit.decides] == best
    assert result.jackrabbit.history[-1].objective == pytest.approx(best, rel=1e-3)
    assert len(read_front(result.folder)) == len(result.front)
    assert read_view(result.folder) == result.jackrabbit


def test_the_metric_that_decides_is_chosen(make: MakeRequest, home: Home) -> None:
    asked = "equity_balance_diff_neg_mean"
    result = run_optimization(make(iters=3, decides=asked), home)
    assert result.jackrabbit is not None
    assert result.goal.scoring[result.jackrabbit.decides] == asked
    resumed = resume_optimization(result.folder, home)
    assert resumed.jackrabbit == result.jackrabbit
    with pytest.raises(ConfigError, match=f"gain can't decide: optimize.scoring has adg, {asked}"):
        run_optimization(make(decides="gain"), home)


def test_what_is_to_be_high_decides_by_itself() -> None:
    assert deciding_metric(Goal(("drawdown_worst", "gain", "sharpe_ratio")), None) == "gain"
    assert deciding_metric(Goal(("drawdown_worst",)), None) == "drawdown_worst"


def test_a_start_is_the_first_candidate_without_a_twin(make: MakeRequest, home: Home) -> None:
    request = make(iters=1)
    result = run_optimization(replace(request, starts=(request.config.config,)), home)
    assert result.evaluations == 1


@pytest.mark.parametrize("batch", [1, 4])
def test_the_number_of_threads_changes_nothing(batch: int, make: MakeRequest, home: Home, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("three", 3)):
        run_optimization(make(batch=batch, out=tmp_path / name, workers=workers), home)
    assert files(tmp_path / "one") == files(tmp_path / "three")


@pytest.mark.parametrize(("n", "batch"), [(1, 1), (17, 1), (17, 4)])
def test_a_stopped_run_goes_on_to_the_same_end(
    n: int, batch: int, make: MakeRequest, home: Home, tmp_path: Path
) -> None:
    undisturbed = run_optimization(make(batch=batch, out=tmp_path / "undisturbed"), home)
    cancel, now = CancelToken(), iter(range(10**9))

    def watch(event: object) -> None:
        if isinstance(event, SearchProgress) and event.evaluations >= n:
            cancel.cancel()

    request = make(batch=batch, out=tmp_path / "stopped")
    stopped = run_optimization(request, home, watch, cancel, timer=lambda: float(next(now)))
    assert not stopped.finished
    ended = resume_optimization(stopped.folder, home)
    assert ended.evaluations == undisturbed.evaluations
    assert files(stopped.folder) == files(undisturbed.folder)


def test_kill_9_and_resume_end_like_an_undisturbed_run(
    make: MakeRequest, market: Path, home: Home, tmp_path: Path
) -> None:
    request = make(iters=600)
    folder = tmp_path / "killed"
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD, str(home.root), str(home.configs / "lively.toml"), market, folder],
        env={**os.environ, "PYTHONPATH": str(Path(passivtui.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        while int(next(child.stdout)) < 40:
            pass
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL
    resumed: OptimizationResult = resume_optimization(folder, home)
    undisturbed = run_optimization(replace(request, out=tmp_path / "undisturbed"), home)
    assert resumed.evaluations == undisturbed.evaluations
    assert files(folder) == files(undisturbed.folder)


def test_a_damaged_view_is_refused_and_another_algorithm_has_none(tmp_path: Path) -> None:
    assert read_view(tmp_path) is None
    (tmp_path / VIEW_FILE).write_text('{"k": 1}')
    with pytest.raises(ReportError, match="is damaged"):
        read_view(tmp_path)
