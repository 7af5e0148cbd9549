"""Stopped, killed or out of disk: a run goes on and ends as if nothing had been."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import passivtui
from passivtui._version import VERSION
from passivtui.errors import DataError, ReportError, StorageError
from passivtui.optimize import (
    Notice,
    OptimizationRequest,
    OptimizationResult,
    SearchProgress,
    read_records,
    resume_optimization,
    run_optimization,
)
from passivtui.optimize.append_log import AppendLog
from passivtui.optimize.run_folder import locked
from passivtui.paths import Home
from passivtui.progress import CancelToken
from passivtui.storage import known_runs

Run = Callable[..., OptimizationResult]
MakeRequest = Callable[..., OptimizationRequest]

_RECORDED = ("optimize.write_all_results=true",)

#: Runs a request that is given as its fields, and tells of its generations on stdout.
_CHILD = """
import sys
from itertools import count
from pathlib import Path
from passivtui.config import load_config
from passivtui.optimize import OptimizationRequest, SearchProgress, run_optimization
from passivtui.paths import Home
root, config, market, out = map(Path, sys.argv[1:])
def tell(event):
    if isinstance(event, SearchProgress):
        print(event.generation, flush=True)
request = OptimizationRequest(load_config(config), dataset=str(market), seed=7, workers=1, out=out)
run_optimization(request, Home(root), tell, timer=count(0.0, 0.5).__next__)  # checkpoints often, as a slow run does
"""


def front_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "pareto").iterdir()}


def records(folder: Path) -> list[dict[str, Any]]:
    return list(read_records(folder / "all_results.bin"))


def stopped_after(n: int, request: OptimizationRequest, home: Home, folder: Path) -> OptimizationResult:
    """A run that is cancelled when it tells of `n` evaluations or more."""
    cancel, now = CancelToken(), iter(range(10**9))

    def watch(event: object) -> None:
        if isinstance(event, SearchProgress) and event.evaluations >= n:
            cancel.cancel()

    # A clock that runs ahead, so that progress is told after every batch.
    return run_optimization(replace(request, out=folder), home, watch, cancel, timer=lambda: float(next(now)))


@pytest.mark.parametrize("n", [1, 17, 30])
def test_a_stopped_run_goes_on_to_the_same_end(n: int, make_request: MakeRequest, home: Home, tmp_path: Path) -> None:
    request = make_request(*_RECORDED)
    undisturbed = run_optimization(replace(request, out=tmp_path / "undisturbed"), home)
    stopped = stopped_after(n, request, home, tmp_path / "stopped")
    assert not stopped.finished
    assert n <= stopped.evaluations < undisturbed.evaluations
    assert len(stopped.files) == len(stopped.front) and all(path.is_file() for path in stopped.files)
    statuses = {row.folder: row.status for row in known_runs(home)}
    assert statuses == {str(stopped.folder): "stopped", str(undisturbed.folder): "finished"}
    ended = resume_optimization(stopped.folder, home, workers=2)
    assert ended.finished
    assert ended.evaluations == undisturbed.evaluations
    assert front_files(stopped.folder) == front_files(undisturbed.folder)
    assert records(stopped.folder) == records(undisturbed.folder)
    assert (stopped.folder / "state/scores.bin").read_bytes() == (undisturbed.folder / "state/scores.bin").read_bytes()


def test_a_finished_run_gives_its_result_again(run: Run, home: Home) -> None:
    result = run()
    before = front_files(result.folder)
    again = resume_optimization(result.folder, home)
    assert again.finished and again.evaluations == result.evaluations
    assert front_files(result.folder) == before
    assert [member.genome for member in again.front] == [member.genome for member in result.front]


def test_a_run_killed_in_the_middle_of_a_write_goes_on_to_the_same_end(
    make_request: MakeRequest, home: Home, tmp_path: Path
) -> None:
    """What a kill may leave: logs longer than the checkpoint knows, half a member's file, and a stale lock."""
    request = make_request(*_RECORDED)
    undisturbed = run_optimization(replace(request, out=tmp_path / "undisturbed"), home)
    folder = stopped_after(17, request, home, tmp_path / "killed").folder
    for log in ("state/scores.bin", "state/front.bin", "all_results.bin"):
        with (folder / log).open("ab") as file:
            file.write(b"half a rec" * 50_000)
    (folder / "pareto" / f".000.1000_{'0' * 64}.json.abc").write_text("{")
    resume_optimization(folder, home)
    assert front_files(folder) == front_files(undisturbed.folder)
    assert records(folder) == records(undisturbed.folder)


def test_kill_9_and_resume_end_with_the_front_of_an_undisturbed_run(
    make_request: MakeRequest, market: Path, home: Home, tmp_path: Path
) -> None:
    request = make_request(*_RECORDED, iters=1800)
    config, folder = home.configs / "lively.toml", tmp_path / "killed"
    config.write_text(config.read_text().replace("[optimize]", "[optimize]\nwrite_all_results = true"))
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD, str(home.root), str(config), str(market), str(folder)],
        env={**os.environ, "PYTHONPATH": str(Path(passivtui.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        while int(next(child.stdout)) < 20:
            pass
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL  # it had not ended by itself
    first: list[int] = []

    def watch(event: object) -> None:
        if isinstance(event, SearchProgress):
            first.append(event.generation)

    resumed = resume_optimization(folder, home, watch, workers=2)
    assert 10 < first[0] < 150  # went on from a checkpoint, not from the beginning
    undisturbed = run_optimization(replace(request, out=tmp_path / "undisturbed"), home)
    assert resumed.evaluations == undisturbed.evaluations
    assert front_files(folder) == front_files(undisturbed.folder)
    assert records(folder) == records(undisturbed.folder)


def test_a_run_killed_before_its_first_checkpoint_begins_again(
    make_request: MakeRequest, home: Home, tmp_path: Path
) -> None:
    request = make_request(*_RECORDED)
    undisturbed = run_optimization(replace(request, out=tmp_path / "undisturbed"), home)
    folder = stopped_after(17, request, home, tmp_path / "killed").folder
    (folder / "state" / "checkpoint.msgpack").unlink()
    resume_optimization(folder, home)
    assert front_files(folder) == front_files(undisturbed.folder)
    assert records(folder) == records(undisturbed.folder)


def test_a_run_is_resumed_from_anywhere(
    make_request: MakeRequest, market: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(market.parent)
    stopped = stopped_after(5, replace(make_request(), dataset=market.name), home, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    assert resume_optimization(Path("out"), home).finished
    assert not stopped.finished


def test_another_version_of_the_program_is_told(make_request: MakeRequest, home: Home, tmp_path: Path) -> None:
    folder = stopped_after(5, make_request(), home, tmp_path / "out").folder
    facts = folder / "run.json"
    facts.write_text(facts.read_text().replace(VERSION, "0.0.1"))
    told: list[object] = []
    resume_optimization(folder, home, told.append)
    assert [one.text for one in told if isinstance(one, Notice)] == [
        f"the run began with passivtui 0.0.1; this is {VERSION}, whose results may differ"
    ]


def test_other_data_than_the_run_began_with_are_refused(
    make_request: MakeRequest, home: Home, tmp_path: Path, market: Path
) -> None:
    stopped = stopped_after(5, make_request(), home, tmp_path / "out")
    description = market / "dataset.json"
    description.write_text(description.read_text().replace('"min_cost": 1.0', '"min_cost": 2.0'))
    with pytest.raises(DataError, match=r"not those that the run in .* began with"):
        resume_optimization(stopped.folder, home)


def test_a_run_that_is_going_on_is_not_resumed(run: Run, home: Home) -> None:
    result = run()
    with locked(result.folder, create=False), pytest.raises(StorageError, match="another run is writing"):
        resume_optimization(result.folder, home)


def test_a_folder_without_a_run_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds no optimizer run"):
        resume_optimization(tmp_path, home)


@pytest.mark.parametrize("name", ["checkpoint.msgpack", "scores.bin", "front.bin"])
def test_a_damaged_state_is_refused_with_a_way_on(
    name: str, make_request: MakeRequest, home: Home, tmp_path: Path
) -> None:
    stopped = stopped_after(30, make_request(), home, tmp_path / "out")
    path = stopped.folder / "state" / name
    path.write_bytes(path.read_bytes()[:5])
    with pytest.raises(ReportError, match="start a new one with --start"):
        resume_optimization(stopped.folder, home)


@contextmanager
def files_no_larger_than(n: int) -> Iterator[None]:
    """Let writing beyond `n` bytes fail as it does where there is no room: an OSError in the middle of a file."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_when_there_is_no_room_the_run_says_how_to_go_on_and_loses_nothing(
    make_request: MakeRequest, home: Home, tmp_path: Path
) -> None:
    request = make_request(*_RECORDED, "optimize.compress_results_file=false")
    undisturbed = run_optimization(replace(request, out=tmp_path / "undisturbed"), home)
    size = (undisturbed.folder / "all_results.bin").stat().st_size
    with files_no_larger_than(size * 2 // 3), pytest.raises(StorageError, match="go on with --resume") as error:
        run_optimization(replace(request, out=tmp_path / "full"), home)
    assert "\n" not in str(error.value)
    resume_optimization(tmp_path / "full", home)
    assert front_files(tmp_path / "full") == front_files(undisturbed.folder)
    assert records(tmp_path / "full") == records(undisturbed.folder)


def test_a_log_says_that_the_disk_is_full() -> None:
    with AppendLog(Path("/dev/full")) as log, pytest.raises(StorageError, match="the disk is full; free some space"):
        log.append(b"x" * 2_000_000)
