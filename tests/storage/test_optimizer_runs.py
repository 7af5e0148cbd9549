"""The list of optimizer runs: a row a folder, kept up to date, newest first."""

from __future__ import annotations

from dataclasses import replace

from passivtui.paths import Home
from passivtui.storage import OptimizerRunRow, forget_run, keep_run, known_runs

ROW = OptimizerRunRow(
    folder="optimize/one",
    created_ms=1_740_830_400_000,
    config_name="forager",
    dataset="demo",
    synthetic=True,
    coins=("BTC", "ETH"),
    first_ms=1_735_689_600_000,
    last_ms=1_740_873_540_000,
    scoring=("adg", "drawdown_worst"),
    seed=2**63 - 1,
    evaluations=10,
    expected=100,
    front_size=3,
    status="running",
)


def test_a_row_comes_back_as_it_was_kept_and_is_replaced_by_the_next_of_its_folder(home: Home) -> None:
    keep_run(home, ROW)
    assert known_runs(home) == (ROW,)
    finished = replace(ROW, evaluations=100, status="finished")
    keep_run(home, finished)
    assert known_runs(home) == (finished,)


def test_the_newest_run_comes_first_and_a_forgotten_one_is_gone(home: Home) -> None:
    later = replace(ROW, folder="/elsewhere/two", created_ms=ROW.created_ms + 1)
    for row in (ROW, later):
        keep_run(home, row)
    assert known_runs(home) == (later, ROW)
    forget_run(home, later.folder)
    assert known_runs(home) == (ROW,)
