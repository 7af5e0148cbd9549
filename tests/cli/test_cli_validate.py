"""`passivtui validate` and `passivtui config cliffs`: figures for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_market import CONFIG, write_config, write_small_market

from passivtui.backtest import BacktestRequest
from passivtui.backtest.run import run_backtest
from passivtui.cli import main
from passivtui.config import config_from_document
from passivtui.paths import Home

SEARCH = """
[optimize]
iters = 40
population_size = 20
scoring = ["gain", "drawdown_worst"]
[optimize.bounds]
long_entry_grid_spacing_pct = [0.005, 0.05]
"""


@pytest.fixture
def small(home: Home) -> Path:
    write_config(home, text=CONFIG + SEARCH)
    return write_small_market(home, days=8)


def ran(capsys: pytest.CaptureFixture[str], home: Home, *arguments: str) -> str:
    """What a successful call prints."""
    assert main(["--home", str(home.root), *arguments]) == 0
    return capsys.readouterr().out


def test_a_search_is_validated(capsys: pytest.CaptureFixture[str], home: Home, small: Path, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    search = ["--dataset", str(small), "--holdout", "3", "--seed", "1", "--out", run, "--quiet"]
    ran(capsys, home, "optimize", "lively", *search)
    found = json.loads(ran(capsys, home, "validate", run, "--members", "2", "--json", "--quiet"))
    assert found["trials"] >= 40 and found["holdout_days"] == 3.0
    assert set(found["members"][0]["outside"]) == {"gain", "drawdown_worst"}
    words = ran(capsys, home, "validate", run, "--quiet")
    assert "tries" in words and "unseen" in words


def test_what_can_t_be_validated_is_explained(capsys: pytest.CaptureFixture[str], home: Home, tmp_path: Path) -> None:
    assert main(["--home", str(home.root), "validate", str(tmp_path), "--quiet"]) == 1
    assert "holds no optimizer run" in capsys.readouterr().err
    assert main(["--home", str(home.root), "validate", str(tmp_path), "--members", "0"]) == 2


def test_cliffs_are_drawn(capsys: pytest.CaptureFixture[str], home: Home, small: Path) -> None:
    around = ["config", "cliffs", "lively", "--dataset", str(small), "--quiet"]
    text = ran(capsys, home, *around)
    assert "bot.long.entry_grid_spacing_pct" in text and "+5%" in text and "#" in text
    found = json.loads(ran(capsys, home, *around, "--json"))
    assert {step["step"] for step in found["steps"]} == {-0.05, -0.01, 0.01, 0.05}


def test_a_search_walks_forward(capsys: pytest.CaptureFixture[str], home: Home, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "walk"
    walk = ["walk-forward", "lively", "--dataset", str(small), "--folds", "2", "--iters", "40", "--quiet"]
    found = json.loads(ran(capsys, home, *walk, "--out", str(out), "--json"))
    first, second = found["folds"]
    assert first["end_ms"] == second["border_ms"] < second["end_ms"]
    assert found["gain"] == pytest.approx(first["outside_gain"] * second["outside_gain"])
    assert {path.name for path in out.iterdir()} == {"fold_1", "fold_2"}
    document = json.loads(sorted((out / "fold_1" / "pareto").iterdir())[0].read_text())
    request = BacktestRequest(
        config_from_document({key: value for key, value in document.items() if not key.startswith("analyses")}),
        str(small),
        start=str(first["border_ms"]),
        end=str(first["end_ms"] - 60_000),
    )
    assert run_backtest(request, home).analysis["gain"] == first["outside_gain"]
    assert main(["--home", str(home.root), *walk, "--out", str(out)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["--home", str(home.root), *walk, "--folds", "20", "--out", str(tmp_path / "other")]) == 1
    assert "too short for 20 steps" in capsys.readouterr().err
