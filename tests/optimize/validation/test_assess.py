"""Validating a run: what its members do on days the search never saw."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_market import CONFIG, write_config, write_small_market

from passivtui.backtest import BacktestRequest
from passivtui.backtest.run import run_backtest
from passivtui.clock import DAY_MS, iso_minute
from passivtui.config import config_from_document, load_config
from passivtui.errors import Cancelled, ReportError
from passivtui.optimize import OptimizationRequest, read_front, run_optimization
from passivtui.optimize.documents import RESULT_KEYS
from passivtui.optimize.validation import ValidationOptions, validate_run
from passivtui.paths import Home
from passivtui.progress import CancelToken

SEARCH = """
[optimize]
iters = 60
population_size = 20
n_cpus = 1
scoring = ["gain", "drawdown_worst"]
[optimize.limits]
penalize_if_greater_than_drawdown_worst = 0.9
[optimize.bounds]
long_entry_grid_spacing_pct = [0.005, 0.05]
long_close_grid_markup_start = [0.002, 0.02]
"""


@pytest.fixture
def run(home: Home) -> Path:
    write_small_market(home, days=12)
    loaded = load_config(write_config(home, text=CONFIG + SEARCH))
    return run_optimization(OptimizationRequest(loaded, "small", seed=3, holdout_days=4.0), home).folder


def test_members_are_looked_at_inside_and_outside(run: Path, home: Home) -> None:
    result = validate_run(run, home, ValidationOptions(members=2, trials=20, periods=3))
    files = read_front(run)
    assert result.trials >= 60 and result.sampled >= 20
    assert [check.path for check in result.members] == [file.path for file in files[:2]]
    assert result.overfitting is not None and result.verdict.startswith("Best of ")
    first = result.members[0]
    assert first.outside is not None and len(first.periods) == 3
    assert first.robust is not None and 0.0 <= first.robust <= 1.0
    assert 0.0 <= first.deflated <= 1.0
    assert first.verdict


def test_outside_is_the_backtest_of_those_days(run: Path, home: Home) -> None:
    first = validate_run(run, home, ValidationOptions(members=1, trials=5)).members[0]
    document = read_front(run)[0].document
    loaded = config_from_document({key: value for key, value in document.items() if key not in RESULT_KEYS})
    begin = iso_minute(1_735_689_600_000 + 8 * DAY_MS).replace(" ", "T")
    result = run_backtest(BacktestRequest(loaded, "small", start=begin), home)
    assert first.outside is not None
    assert first.outside[1] == result.analysis["gain"]
    assert first.outside[0] == result.analysis["drawdown_worst"]


def test_a_folder_without_a_run_is_explained_and_a_cancel_heard(run: Path, home: Home, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds no optimizer run"):
        validate_run(tmp_path, home)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        validate_run(run, home, cancel=token)
