"""Jackrabbit over ticks as a run of the optimizer: its folder, its list, stop, kill and resume, the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tick_arrays import tick_arrays

import passivtui
from passivtui.errors import ConfigError, DataError, ReportError, StorageError
from passivtui.optimize import (
    TickSearchProgress,
    TickSearchRequest,
    is_tick_run,
    read_tick_facts,
    resume_tick_search,
    run_tick_search,
)
from passivtui.passivx import load_live_settings, open_ticks
from passivtui.paths import Home
from passivtui.progress import CancelToken
from passivtui.storage import known_runs

Cli = Callable[..., Any]


@pytest.fixture
def request_(session: Path, tmp_path: Path) -> TickSearchRequest:
    """A short search over invented ticks, without a condition that breaks it, with a lively EMA."""
    text = session.read_text().replace("ON: ", "OFF: ").replace("[100, 100000, 1]", "[1, 50, 1]")
    session.write_text(text.replace("ema_spread: [0.0, 0.02, 0.0001]", "ema_spread: [0.0, 0.002, 0.0001]"))
    ticks = tmp_path / "ticks" / "BTCUSD.npz"
    ticks.parent.mkdir()
    np.savez(ticks, **tick_arrays(6000))
    return TickSearchRequest(session, str(ticks), iters=25, seed=5, out=tmp_path / "run")


def made(request: TickSearchRequest, folder: Path) -> TickSearchRequest:
    return replace(request, out=folder)


def files(folder: Path) -> dict[str, bytes]:
    """Everything a search found."""
    kept = {path for path in folder.rglob("*") if path.is_file() and path.name not in ("run.json", ".lock")}
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


def test_a_search_is_a_folder_and_a_row_of_the_list(request_: TickSearchRequest, home: Home, tmp_path: Path) -> None:
    told: list[TickSearchProgress] = []
    result = run_tick_search(
        request_, home, lambda event: told.append(event) if isinstance(event, TickSearchProgress) else None
    )
    assert (result.finished, result.k, result.n, result.seed) == (True, 25, 25, 5)
    assert is_tick_run(result.folder)
    facts = read_tick_facts(result.folder)
    assert (facts.symbol, facts.config_name, facts.n_ticks) == (
        "BTCUSD",
        "btc",
        len(open_ticks(request_.place, "BTCUSD").data),
    )
    assert result.best is not None and told[-1].bests == result.bests
    live = load_live_settings(result.folder / "live_config.json").settings
    assert live.extra["key"] == result.best.key
    (row,) = known_runs(home)
    assert (row.status, row.evaluations, row.expected, row.front_size) == ("finished", 25, 25, 1)
    assert (row.scoring, row.coins, row.config_name) == (("gain",), ("BTCUSD",), "btc")


@pytest.mark.parametrize("batch", [1, 4])
def test_a_stopped_search_goes_on_to_the_same_end(
    request_: TickSearchRequest, home: Home, tmp_path: Path, batch: int
) -> None:
    request_ = replace(request_, batch=batch)
    run_tick_search(made(request_, tmp_path / "whole"), home)
    token, now = CancelToken(), iter(range(10**9))

    def watch(event: object) -> None:
        if isinstance(event, TickSearchProgress) and event.k >= 9:
            token.cancel()

    stopped = run_tick_search(request_, home, watch, token, timer=lambda: float(next(now)))
    assert not stopped.finished and 9 <= stopped.k < 25
    assert known_runs(home)[0].status == "stopped" or known_runs(home)[1].status == "stopped"
    assert resume_tick_search(stopped.folder, home, workers=2).finished
    assert files(stopped.folder) == files(tmp_path / "whole")


def test_settings_that_move_or_change_do_not_disturb_a_run(
    request_: TickSearchRequest, home: Home, tmp_path: Path
) -> None:
    """What it searches and starts from is kept in its folder."""
    run_tick_search(made(request_, tmp_path / "whole"), home)
    token = CancelToken()
    stopped = run_tick_search(
        request_, home, lambda event: token.cancel() if isinstance(event, TickSearchProgress) else None, token
    )
    request_.settings.unlink()
    (request_.settings.parents[1] / "live_settings" / "bybit" / "default.json").unlink()
    assert resume_tick_search(stopped.folder, home).finished
    assert files(stopped.folder) == files(tmp_path / "whole")


def test_ticks_that_changed_are_refused(request_: TickSearchRequest, home: Home) -> None:
    folder = run_tick_search(request_, home).folder
    np.savez(request_.place, **tick_arrays(6000, seed=2))
    with pytest.raises(DataError, match="are not those that the run in"):
        resume_tick_search(folder, home)


def test_a_folder_that_is_in_use_or_of_something_else_is_refused(
    request_: TickSearchRequest, home: Home, tmp_path: Path
) -> None:
    folder = run_tick_search(request_, home).folder
    with pytest.raises(StorageError, match="holds a run already"):
        run_tick_search(request_, home)
    (folder / "run.json").write_text('{"kind": "ticks", "format": 1}')
    with pytest.raises(ReportError, match="is damaged"):
        resume_tick_search(folder, home)
    assert not is_tick_run(tmp_path)


def test_a_search_over_ticks_is_no_run_to_validate(request_: TickSearchRequest, home: Home, cli: Cli) -> None:
    folder = run_tick_search(request_, home).folder
    ran = cli("validate", folder)
    assert ran.status == 1
    assert "holds a search over ticks, which has no front" in ran.err


def test_a_seed_and_a_first_iteration_out_of_range_are_refused(request_: TickSearchRequest, home: Home) -> None:
    with pytest.raises(DataError, match="the seed of a search over ticks must be from 0 to 4294967295"):
        run_tick_search(replace(request_, seed=2**40), home)
    with pytest.raises(ConfigError, match="starting_k = 30 leaves no iteration of 25"):
        run_tick_search(replace(request_, sets=("starting_k=30",)), home)


# ---- the command line


@pytest.fixture
def arguments(request_: TickSearchRequest) -> tuple[object, ...]:
    return (
        *("optimize", request_.settings, "--ticks", request_.place, "--seed", 5, "--iters", 25),
        *("--out", request_.out),
    )


def test_the_result_is_told_in_words_and_as_json(
    cli: Cli, arguments: tuple[object, ...], request_: TickSearchRequest
) -> None:
    ran = cli(*arguments, "--algorithm", "jackrabbit")
    assert ran.status == 0
    assert ran.out.startswith("finished after 25 of 25 iterations, ")
    assert f"live settings in {request_.out}/live_config.json" in ran.out
    again = cli("optimize", "--resume", request_.out, "--json", "--quiet")
    assert (again.status, again.err) == (0, "")
    answer = json.loads(again.out, parse_constant=pytest.fail)
    assert (answer["algorithm"], answer["k"], answer["finished"]) == ("jackrabbit", 25, True)
    assert answer["best"]["results"]["gain"] == answer["best_history"][-1]["gain"]
    assert answer["best"] == {
        name: value
        for name, value in json.loads((request_.out / "best_result.json").read_text()).items()
        if name not in ("index", "note")
    } | {"k": answer["best"]["k"]}


def test_start_and_settings_may_be_given(
    cli: Cli, arguments: tuple[object, ...], request_: TickSearchRequest, tmp_path: Path
) -> None:
    cli(*arguments, "--quiet")
    ran = cli(
        *(*arguments[:-1], tmp_path / "next", "--start", request_.out / "live_config.json", "--quiet"),
        *("--set", "starting_balance=0.1", "--set", "accounting=true", "--batch", 3),
    )
    assert ran.status == 0
    first = json.loads((tmp_path / "next" / "results.txt").read_text().splitlines()[0])
    assert first["candidate"] == json.loads((request_.out / "best_result.json").read_text())["candidate"]
    settings = json.loads((tmp_path / "next" / "settings.json").read_text())
    assert (settings["starting_balance"], settings["accounting"]) == (0.1, "true")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_was_interrupted_or_killed_goes_on_to_the_same_end(
    number: signal.Signals, cli: Cli, arguments: tuple[object, ...], request_: TickSearchRequest, tmp_path: Path
) -> None:
    longer = [*map(str, arguments), "--iters", "400"]
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "passivtui", "--home", str(tmp_path / "home"), *longer],
        env={**os.environ, "PYTHONPATH": str(Path(passivtui.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    results = (request_.out or tmp_path) / "results.txt"
    assert running.stderr is not None
    while "run in" not in running.stderr.readline():
        pass
    while not results.exists() or results.read_bytes().count(b"\n") < 30:
        assert running.poll() is None
    running.send_signal(number)
    out, _ = running.communicate(timeout=30)
    if number is signal.SIGINT:
        assert running.returncode == 130
        assert out.endswith(f"go on with: passivtui optimize --resume {request_.out}\n")
        assert results.read_bytes().endswith(b"\n")
    assert results.read_bytes().count(b"\n") < 400
    assert cli("optimize", "--resume", request_.out, "--quiet").status == 0
    assert cli(*longer[:-4], "--out", tmp_path / "whole", "--iters", 400, "--quiet").status == 0
    assert request_.out is not None
    assert files(request_.out) == files(tmp_path / "whole")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--dataset", "demo"), "--dataset is for candles"),
        (("--holdout", "3"), "--holdout is for candles"),
        (("--algorithm", "nsga2"), "over ticks there is jackrabbit"),
        (("--resume", "RUN", "--batch", "2"), "--ticks can't be changed by --resume"),
    ],
)
def test_wrong_usage_is_refused(
    cli: Cli, request_: TickSearchRequest, home: Home, wrong: tuple[str, ...], message: str
) -> None:
    if "--resume" in wrong:
        wrong = tuple(str(run_tick_search(request_, home).folder) if word == "RUN" else word for word in wrong)
        ran = cli("optimize", *wrong, "--ticks", request_.place)
    else:
        ran = cli("optimize", request_.settings, "--ticks", request_.place, *wrong)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


def test_a_batch_is_for_jackrabbit(cli: Cli) -> None:
    ran = cli("optimize", "some", "--batch", "2")
    assert (ran.status, "--batch is for --algorithm jackrabbit" in ran.err) == (2, True)
