"""`passivtui optimize`: results on stdout, progress on stderr, stopped by signals, resumed, and wrong usage refused."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passivtui.optimize import read_front

Cli = Callable[..., Any]

SMALL = ("--set", "optimize.population_size=12", "--set", "optimize.scoring=adg,equity_balance_diff_neg_mean")


@pytest.fixture
def arguments(config: Path, market: Path, tmp_path: Path) -> tuple[object, ...]:
    """A small search into a folder of its own."""
    return ("optimize", config, "--dataset", market, "--seed", 3, "--workers", 1, "--out", tmp_path / "run", *SMALL)


def test_a_search_prints_what_it_found(cli: Cli, arguments: tuple[object, ...], tmp_path: Path) -> None:
    ran = cli(*arguments, "--iters", 24)
    assert ran.status == 0
    first, second, *rest = ran.out.splitlines()
    assert first.startswith("finished after ") and first.endswith("(generation 2 of 2, seed 3)")
    members = read_front(tmp_path / "run")
    assert second == f"front: {len(members)} configs in {tmp_path / 'run' / 'pareto'}"
    assert any(line.startswith("  adg ") for line in rest)
    assert f"run in {tmp_path / 'run'}, 1 thread; Ctrl-C stops it, --resume goes on" in ran.err


def test_json_is_one_strict_object_that_agrees_with_the_files(
    cli: Cli, arguments: tuple[object, ...], tmp_path: Path
) -> None:
    ran = cli(*arguments, "--iters", 24, "--json", "--quiet")
    assert (ran.status, ran.err) == (0, "")
    answer = json.loads(ran.out, parse_constant=pytest.fail)
    assert (answer["finished"], answer["seed"], answer["folder"]) == (True, 3, str(tmp_path / "run"))
    assert answer["scoring"] == ["adg", "equity_balance_diff_neg_mean"]
    files = {member.path: member for member in read_front(tmp_path / "run")}
    assert {Path(member["file"]) for member in answer["front"]} == set(files)
    for member in answer["front"]:
        kept = files[Path(member["file"])].document["analyses_combined"]
        assert math.isclose(member["metrics"]["adg"], kept["adg_mean"], rel_tol=1e-3)
        assert isinstance(member["within_limits"], bool)
    assert 0 <= answer["chosen"] < len(answer["front"])


def test_a_member_of_the_front_can_be_backtested_and_started_from(
    cli: Cli, arguments: tuple[object, ...], config: Path, market: Path, tmp_path: Path
) -> None:
    cli(*arguments, "--iters", 12)
    member = read_front(tmp_path / "run")[0].path
    assert cli("backtest", member, "--dataset", market, "--quiet").status == 0
    again = cli(
        "optimize", config, "--dataset", market, "--iters", 12, "--start", tmp_path / "run", "--quiet", *SMALL
    )  # fmt: skip
    assert again.status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_everything_written_and_it_can_be_resumed(
    number: signal.Signals,
    cli: Cli,
    command: Callable[..., list[str]],
    environment: dict[str, str],
    arguments: tuple[object, ...],
    tmp_path: Path,
) -> None:
    running = subprocess.Popen(
        command(*arguments, "--iters", 600), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    while not running.stderr.readline().startswith("run in "):
        pass
    running.send_signal(number)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    assert out.startswith("stopped after ")
    assert out.endswith(f"go on with: passivtui optimize --resume {tmp_path / 'run'}\n")
    resumed = cli("optimize", "--resume", tmp_path / "run", "--json", "--quiet")
    assert resumed.status == 0
    whole = cli(*arguments[: -len(SMALL) - 1], tmp_path / "whole", *SMALL, "--iters", 600, "--json", "--quiet")
    one, other = json.loads(resumed.out), json.loads(whole.out)
    assert one["evaluations"] == other["evaluations"]
    assert [m["objectives"] for m in one["front"]] == [m["objectives"] for m in other["front"]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((), "name a CONFIG"),
        (("some", "--resume", "x"), "leave CONFIG and --set out"),
        (("--resume", "x", "--set", "optimize.iters=1"), "leave CONFIG and --set out"),
        (("--resume", "x", "--seed", "1"), "--seed can't be changed by --resume"),
        (("--resume", "x", "--dataset", "demo"), "--dataset can't be changed by --resume"),
        (("some", "--iters", "0"), "0 must be at least 1"),
        (("some", "--iters", "many"), "many is no whole number"),
        (("some", "--seed", "-1"), "must be between 0 and"),
        (("some", "--holdout", "-1"), "must be at least 0 days"),
        (("some", "--holdout", "long"), "long is no number of days"),
    ],
)
def test_wrong_usage_is_refused(cli: Cli, wrong: tuple[str, ...], message: str) -> None:
    ran = cli("optimize", *wrong)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimize.population_size=1", "optimize.population_size = 1: must be at least 2"),
        ("optimize.scoring=adgg", "is no metric; did you mean adg"),
        ("optimize.bounds.long_ema_span_0=nan", "must be [low, high]"),
        ("live.approved_coins=NOPE", "NOPE"),
    ],
)
def test_what_cannot_be_searched_is_explained(
    cli: Cli, arguments: tuple[object, ...], setting: str, message: str, tmp_path: Path
) -> None:
    ran = cli(*arguments, "--set", setting)
    assert (ran.status, ran.out) == (1, "")
    assert message in ran.err
    assert not (tmp_path / "run").exists()


def test_a_search_loads_neither_the_screens_nor_dask(environment: dict[str, str]) -> None:
    look = "import sys, passivtui.optimize, passivtui.cli.optimize_output; print(*sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", look], env=environment, capture_output=True, text=True, timeout=60
    )
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    assert {"passivtui", "deap"} <= loaded
    assert not loaded & {"textual", "rich", "plotext", "distributed", "dask"}


def test_a_folder_without_a_run_is_not_resumed(cli: Cli, tmp_path: Path) -> None:
    ran = cli("optimize", "--resume", tmp_path / "nothing")
    assert (ran.status, ran.err) == (
        1, f"passivtui: {tmp_path / 'nothing'} holds no optimizer run: there is no run.json\n",
    )  # fmt: skip


def test_an_unknown_start_is_explained(cli: Cli, arguments: tuple[object, ...]) -> None:
    ran = cli(*arguments, "--start", "nowhere")
    assert ran.status == 1
    assert "there is no config nowhere" in ran.err


def test_jackrabbit_says_how_the_best_came_about(cli: Cli, arguments: tuple[object, ...], tmp_path: Path) -> None:
    ran = cli(*arguments, "--algorithm", "jackrabbit", "--iters", 20)
    assert ran.status == 0
    assert "(iteration 20 of 20, seed 3)" in ran.out
    assert "best by adg: " in ran.out
    again = json.loads(cli("optimize", "--resume", tmp_path / "run", "--json", "--quiet").out)
    assert (again["algorithm"], again["jackrabbit"]["decides"], again["jackrabbit"]["k"]) == ("jackrabbit", "adg", 20)
    history = [step["value"] for step in again["jackrabbit"]["best_history"]]
    assert history == sorted(history)
    best = again["front"][again["chosen"]]
    assert math.isclose(best["metrics"]["adg"], history[-1], rel_tol=1e-3)
