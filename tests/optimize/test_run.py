"""A whole run: what it leaves on disk, what it tells, and what it refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from passivtui.backtest import BacktestRequest, run_backtest
from passivtui.config import LoadedConfig, load_config
from passivtui.errors import Cancelled, ConfigError, DataError, ReportError, StorageError
from passivtui.optimize import (
    Notice,
    OptimizationRequest,
    OptimizationResult,
    SearchProgress,
    is_running,
    read_facts,
    read_front,
    run_optimization,
)
from passivtui.optimize.goal import sign_of
from passivtui.optimize.run_folder import locked, run_name
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress
from passivtui.storage import known_runs

Run = Callable[..., OptimizationResult]
MakeRequest = Callable[..., OptimizationRequest]


def outcome(result: OptimizationResult) -> dict[str, bytes]:
    """The front's files: equal runs have equal ones."""
    return {path.name: path.read_bytes() for path in (result.folder / "pareto").iterdir()}


def test_a_run_ends_with_a_front_that_is_on_disk_and_in_the_list(run: Run, home: Home) -> None:
    result = run()
    assert result.finished and result.generation == result.generations == 3
    assert result.folder.parent == home.optimize
    assert "_binance_2days_BTC_ETH_" in result.folder.name.replace("combined", "binance")
    assert len(result.front) == len(result.files) == len(list((result.folder / "pareto").iterdir())) > 1
    assert result.chosen is not None and result.files[result.chosen].is_file()
    (row,) = known_runs(home)
    assert (row.folder, row.status) == (f"optimize/{result.folder.name}", "finished")
    assert (row.evaluations, row.front_size, row.seed) == (result.evaluations, len(result.front), 7)
    assert not is_running(result.folder)


def test_the_same_seed_gives_the_same_front_whatever_the_number_of_threads(run: Run) -> None:
    one, two = run(workers=1), run(workers=2)
    assert outcome(one) == outcome(two)
    assert outcome(one) != outcome(run(seed=8))


def test_a_seed_is_drawn_and_kept_when_none_is_given(run: Run) -> None:
    drawn = run(seed=None)
    assert read_facts(drawn.folder).seed == drawn.seed
    assert outcome(run(seed=drawn.seed)) == outcome(drawn)


def test_a_member_backtests_as_it_was_evaluated(run: Run, market: Path, home: Home) -> None:
    result = run()
    for member in read_front(result.folder)[:3]:
        backtest = run_backtest(BacktestRequest(load_config(member.path, home=home), str(market)), home)
        kept = member.document["analyses"]["combined"]
        for name in result.goal.scoring:
            value = backtest.analysis[name]
            assert value is not None and math.isclose(value, kept[name], rel_tol=1e-3)


def test_members_files_hold_their_metrics_and_objectives(run: Run) -> None:
    result = run()
    members = read_front(result.folder)
    assert [member.distance for member in members] == sorted(member.distance for member in members)
    assert {member.path for member in members} == set(result.files)
    for member in members:
        combined = member.document["analyses_combined"]
        signed = [sign_of(name) * combined[f"{name}_mean"] for name in result.goal.scoring]
        assert list(member.objectives) == pytest.approx(signed, rel=1e-3)
        assert member.path.name == f"{member.distance:08.4f}_{member.hash}.json"
        json.loads(member.path.read_text(), parse_constant=pytest.fail)


def test_progress_is_told_in_frozen_events(make_request: MakeRequest, home: Home) -> None:
    events: list[Progress | SearchProgress | Notice] = []
    result = run_optimization(make_request(), home, events.append)
    searching = [event for event in events if isinstance(event, SearchProgress)]
    last = searching[-1]
    assert isinstance(events[0], Progress)
    assert (last.evaluations, last.expected, last.front_size) == (result.evaluations,) * 2 + (len(result.front),)
    assert (last.generation, last.generations, last.place) == (3, 3, "1 thread")
    assert [name for name, _ in last.best] == ["adg", "equity_balance_diff_neg_mean"]
    adg = dict(last.best)["adg"]
    assert adg == max(member.measured[0]["adg"] for member in result.front)
    with pytest.raises(AttributeError):
        last.evaluations = 0  # type: ignore[misc]


def test_starting_members_are_tried(make_request: MakeRequest, home: Home) -> None:
    request = make_request("optimize.write_all_results=true")
    result = run_optimization(replace(request, starts=(request.config.config,)), home)
    facts = read_facts(result.folder)
    assert len(facts.starts) == 2  # the config and its twin with less exposure
    exposure = sorted(genome[22] for genome in facts.starts)
    assert exposure == [0.75, 1.0]


def test_a_population_grows_to_hold_all_starting_members(make_request: MakeRequest, home: Home) -> None:
    request = make_request(population=4, iters=4)
    configs = tuple(
        load_config(home.configs / "lively.toml", sets=[f"bot.long.ema_span_0={span}"]).config
        for span in (300, 400, 500, 600)
    )
    result = run_optimization(replace(request, starts=configs), home)
    assert result.evaluations >= 8


def test_a_holdout_is_kept_from_the_search(run: Run, make_request: MakeRequest, market: Path, home: Home) -> None:
    result = run(holdout_days=0.5)
    facts = read_facts(result.folder)
    assert facts.last_ms - facts.first_ms == (2 * 1440 - 720 - 1) * 60_000
    request = make_request()
    member = load_config(result.files[0], home=home)
    seen = run_backtest(BacktestRequest(member, str(market), end=str(facts.last_ms)), home)
    assert seen.analysis["adg"] == pytest.approx(result.front[0].measured[0]["adg"], rel=1e-9)
    assert request.holdout_days is None


def test_the_configs_own_holdout_counts_unless_another_is_asked_for(make_request: MakeRequest, home: Home) -> None:
    path = home.configs / "lively.toml"
    request = make_request()
    path.write_text(path.read_text().replace("[optimize]", "[optimize]\nvalidation = { holdout_days = 0.25 }"))
    request = replace(request, config=load_config(path))
    assert read_facts(run_optimization(request, home).folder).holdout_days == 0.25
    assert read_facts(run_optimization(replace(request, holdout_days=0.0), home).folder).holdout_days == 0.0
    path.write_text(path.read_text().replace("0.25", "-1"))
    with pytest.raises(ConfigError, match=r"optimize\.validation"):
        run_optimization(replace(request, config=load_config(path)), home)


def test_too_long_a_holdout_is_refused(run: Run) -> None:
    with pytest.raises(DataError, match="too little data to search on without the last 2 days"):
        run(holdout_days=2.0)


def test_candidates_without_a_fill_do_not_end_the_run(run: Run) -> None:
    """Far too few funds for any order: every metric of every candidate is undefined."""
    result = run("backtest.starting_balance=0.001")
    assert result.finished
    assert len(result.front) == 1
    combined = read_front(result.folder)[0].document["analyses_combined"]
    assert combined["adg_mean"] is None
    assert combined["w_0"] == 1e30


def test_a_search_with_one_objective_or_eleven(run: Run) -> None:
    assert len(run("optimize.scoring=adg").front) == 1
    names = "adg,mdg,gain,sharpe_ratio,sortino_ratio,omega_ratio,calmar_ratio,sterling_ratio,drawdown_worst"
    result = run(f"optimize.scoring={names},equity_choppiness,equity_jerkiness")
    assert len(read_front(result.folder)[0].objectives) == 11


def test_a_population_of_one_is_refused(run: Run) -> None:
    with pytest.raises(ConfigError, match=r"population_size = 1: must be at least 2"):
        run(population=1)


def test_a_market_without_any_of_the_coins_is_refused(run: Run) -> None:
    with pytest.raises(DataError, match="NOPE"):
        run("live.approved_coins=NOPE")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimize.bounds.long_ema_span_0=nan", "must be .low, high."),
        ("optimize.bounds.long_ema_span_0=[1,2,3]", "must be .low, high."),
        ("optimize.scoring=adgg", "is no metric; did you mean adg"),
        ("optimize.limits.drawdown_wurst=0.3", "is no metric; did you mean drawdown_worst"),
        ("optimize.crossover_probability=0.9", "must not be above 1"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_name(
    setting: str, message: str, make_config: Callable[..., LoadedConfig]
) -> None:
    with pytest.raises(ConfigError, match=message):
        make_config(setting)


def test_bounds_may_be_reversed_missing_or_too_wide_and_that_is_told(
    make_config: Callable[..., LoadedConfig],
) -> None:
    loaded = make_config("optimize.bounds.long_ema_span_0=[500,100]", "optimize.bounds.long_unstuck_close_pct=[-1,2]")
    bounds = loaded.config.optimize.bounds
    assert bounds["long_ema_span_0"] == (100.0, 500.0)
    assert 0.0 <= bounds["long_unstuck_close_pct"][0] < bounds["long_unstuck_close_pct"][1] <= 1.0
    told = {note.key: note.message for note in loaded.notes}
    assert "reaches beyond what is allowed" in told["optimize.bounds.long_unstuck_close_pct"]
    assert "the template's bounds" in told["optimize.bounds.long_ema_span_1"]


def test_a_second_run_into_one_folder_is_refused(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with locked(out, create=True):
        assert is_running(out)
        with pytest.raises(StorageError, match="another run is writing to"):
            run(out=out)
    run(out=out)
    with pytest.raises(StorageError, match="holds a run already; go on with it by --resume"):
        run(out=out)


def test_a_folder_with_other_files_is_refused_and_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"holds other files \(.*\); choose a new or empty folder"):
        run(out=tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_cancelling_before_the_search_leaves_nothing(make_request: MakeRequest, home: Home) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        run_optimization(make_request(), home, cancel=cancel)
    assert not home.optimize.exists()


def test_a_database_that_refuses_does_not_end_the_run(make_request: MakeRequest, home: Home) -> None:
    home.database.write_bytes(b"no database" * 100)
    notices: list[Any] = []
    result = run_optimization(make_request(), home, notices.append)
    assert result.finished
    assert any(isinstance(one, Notice) and "can't be listed" in one.text for one in notices)


def test_folders_are_named_by_time_market_days_and_coins() -> None:
    name = run_name(1_735_689_600_000, ("binance", "bybit"), 59.6, ("BTC", "ETH"))
    assert name.startswith("2025-01-01T00_00_00_binance_bybit_60days_BTC_ETH_")
    assert "_7_coins_" in run_name(0, ("combined",), 1.0, tuple("ABCDEFG"))


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}', '{"format": 99}'])
def test_damaged_or_newer_facts_of_a_run_are_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ReportError, match=r"damaged|newer passivtui"):
        read_facts(tmp_path)


def test_a_folder_without_a_front_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds no member of a front"):
        read_front(tmp_path)
    (tmp_path / f"000.1000_{'0' * 64}.json").write_text("{}")
    with pytest.raises(ReportError, match="is damaged"):
        read_front(tmp_path)
