"""The search: its folder, its sequence, and that a search that was stopped goes on as if it had not been."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tick_arrays import tick_arrays

from passivtui.core import TickData
from passivtui.errors import Cancelled, ConfigError, DataError
from passivtui.passivx import Ticks, load_live_settings
from passivtui.passivx.jackrabbit import candidate_of, mutation_schedule
from passivtui.passivx.jackrabbit_folder import BEST_FILE, LIVE_FILE, RESULTS_FILE, TRADES_FOLDER, read_steps
from passivtui.passivx.jackrabbit_run import run_jackrabbit
from passivtui.passivx.jackrabbit_search import Search, Step, load_search
from passivtui.progress import CancelToken

SEED = 5


@pytest.fixture
def search(session: Path) -> Search:
    """The session's search, shortened, with a lively EMA and without a break condition."""
    search = load_search(session).settings
    ranges = dict(search.session.ranges)
    ranges["ema_span"] = replace(ranges["ema_span"], low=1.0, high=50.0)
    ranges["ema_spread"] = replace(ranges["ema_spread"], high=0.002)
    shorter = replace(
        search.session, n_jackrabbit_iterations=25, break_on=(), ranges=type(search.session.ranges)(ranges)
    )
    return replace(search, session=shorter)


@pytest.fixture(scope="module")
def ticks() -> Ticks:
    arrays = tick_arrays(6000)
    columns = (arrays["timestamp_ms"], arrays["price"], arrays["buyer_is_maker"])
    return Ticks("made", "BTCUSD", True, TickData(*columns))


def test_the_search_starts_from_the_live_settings_of_the_session(search: Search, session: Path) -> None:
    assert search.start is not None
    assert search.start.strategy.ema_span == 61499.0
    assert search.market.inverse
    session.write_text(session.read_text().replace("bybit/default.json", "bybit/other.json"))
    assert load_search(session).settings.start is None


def test_a_search_goes_through_its_schedule_and_keeps_the_best(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    told: list[tuple[Step, Step | None]] = []
    best = run_jackrabbit(search, ticks, tmp_path / "s", SEED, on_step=lambda *step: told.append(step))
    steps = [step for step, _ in told]
    assert [step.k for step in steps] == list(range(25))
    assert [step.m for step in steps] == mutation_schedule(25)
    assert search.start is not None
    assert steps[0].candidate == candidate_of(search.start.strategy, search.session.ranges)
    gains = [step.gain for step in steps if step.gain is not None]
    assert best is not None
    assert best.gain == max(gains)
    so_far = [best.gain for _, best in told if best is not None and best.gain is not None]
    assert so_far == sorted(so_far)
    assert len(set(so_far)) > 1
    for step in steps[2:]:
        for name, allowed in search.session.ranges.items():
            assert allowed.low - allowed.step <= step.candidate[name] <= allowed.high + allowed.step, name


def test_the_folder_holds_results_best_live_settings_and_trades(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    best = run_jackrabbit(search, ticks, tmp_path, SEED)
    assert best is not None
    rows = [json.loads(line) for line in (tmp_path / RESULTS_FILE).read_text().splitlines()]
    assert [row["index"] for row in rows] == list(range(25))
    written = json.loads((tmp_path / BEST_FILE).read_text())
    assert written == rows[best.k]
    assert written["results"]["gain"] == best.gain
    live = load_live_settings(tmp_path / LIVE_FILE).settings
    assert (live.config_name, live.symbol, live.extra["key"]) == ("btc_001", "BTCUSD", best.key)
    assert live.strategy.grid_spacing == best.candidate["grid_spacing"]
    trades = (tmp_path / TRADES_FOLDER / f"{best.key}.csv").read_text().splitlines()
    assert len(trades) == 1 + written["results"]["n_trades"]


def test_one_seed_is_one_sequence(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run_jackrabbit(search, ticks, tmp_path / name, seed)
    a, b, c = ((tmp_path / name / RESULTS_FILE).read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("stop_after", [1, 7, 24])
def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(
    search: Search, ticks: Ticks, tmp_path: Path, stop_after: int
) -> None:
    whole = run_jackrabbit(search, ticks, tmp_path / "whole", SEED)
    token = CancelToken()

    def stop(step: Step, _: Step | None) -> None:
        if step.k + 1 == stop_after:
            token.cancel()

    with pytest.raises(Cancelled):
        run_jackrabbit(search, ticks, tmp_path / "parts", SEED, token, stop)
    with (tmp_path / "parts" / RESULTS_FILE).open("a") as file:
        file.write('{"index": 99, "half a li')  # as a kill leaves it
    assert run_jackrabbit(search, ticks, tmp_path / "parts", SEED) == whole
    for name in (RESULTS_FILE, BEST_FILE, LIVE_FILE):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("stop_after", [2, 6, 9])
def test_batches_are_one_sequence_whatever_the_threads_and_stops(
    search: Search, ticks: Ticks, tmp_path: Path, stop_after: int
) -> None:
    whole = run_jackrabbit(search, ticks, tmp_path / "whole", SEED, batch=4, workers=3)
    run_jackrabbit(search, ticks, tmp_path / "parts", SEED, batch=4)
    path = tmp_path / "parts" / RESULTS_FILE
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:stop_after]))  # as a kill leaves it
    assert run_jackrabbit(search, ticks, tmp_path / "parts", SEED, batch=4, workers=2) == whole
    assert path.read_bytes() == (tmp_path / "whole" / RESULTS_FILE).read_bytes()
    steps = read_steps(path.parent, search)
    assert [step.k for step in steps] == list(range(25))
    run_jackrabbit(search, ticks, tmp_path / "one by one", SEED)
    assert path.read_bytes() != (tmp_path / "one by one" / RESULTS_FILE).read_bytes()


def test_a_best_that_a_kill_left_half_written_is_written_again(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    best = run_jackrabbit(search, ticks, tmp_path, SEED)
    assert best is not None
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / BEST_FILE).unlink()
    (tmp_path / LIVE_FILE).write_text("{}")
    (tmp_path / TRADES_FOLDER / f"{best.key}.csv").unlink()
    assert run_jackrabbit(search, ticks, tmp_path, SEED) == best
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_settings_without_ranges_can_not_be_searched(tmp_path: Path, flat_settings: dict[str, object]) -> None:
    path = tmp_path / "flat.json"
    path.write_text(json.dumps(flat_settings))
    with pytest.raises(ConfigError, match="has no ranges to search in"):
        load_search(path)


def test_a_finished_search_gives_its_best_again(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    best = run_jackrabbit(search, ticks, tmp_path, SEED)
    before = (tmp_path / RESULTS_FILE).read_bytes()
    assert run_jackrabbit(search, ticks, tmp_path, SEED) == best
    assert (tmp_path / RESULTS_FILE).read_bytes() == before


def test_a_candidate_that_was_tried_is_not_run_again(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    fixed = {name: replace(each, low=each.low, high=each.low) for name, each in search.session.ranges.items()}
    fixed["balance_pct"] = replace(fixed["balance_pct"], low=0.5, high=0.5)
    session = replace(search.session, ranges=type(search.session.ranges)(fixed))
    run_jackrabbit(replace(search, session=session, start=None), ticks, tmp_path, SEED)
    steps = read_steps(tmp_path, search)
    assert steps[0].note != "tried before"
    assert {step.note for step in steps[1:]} == {"tried before"}


def test_a_candidate_that_can_not_be_run_is_noted_and_the_search_goes_on(
    search: Search, ticks: Ticks, tmp_path: Path
) -> None:
    ranges = {**search.session.ranges, "balance_pct": replace(search.session.ranges["balance_pct"], low=0.0, high=0.0)}
    session = replace(search.session, ranges=type(search.session.ranges)(ranges))
    assert run_jackrabbit(replace(search, session=session, start=None), ticks, tmp_path, SEED) is None
    steps = read_steps(tmp_path, search)
    assert len(steps) == 25
    assert all("balance_pct must be above 0" in step.note for step in steps)
    assert not (tmp_path / BEST_FILE).exists()


def test_a_condition_that_breaks_a_run_is_noted(search: Search, session: Path, ticks: Ticks, tmp_path: Path) -> None:
    text = session.read_text().replace("trades[-1]['closest_liq'] < 0.09", "trades[-1]['price'] > 0")
    session.write_text(text)
    breaking = replace(search, session=replace(search.session, break_on=load_search(session).settings.session.break_on))
    assert run_jackrabbit(breaking, ticks, tmp_path, SEED) is None
    notes = {step.note for step in read_steps(tmp_path, search)}
    assert "ON: liq too close" in notes
    assert notes <= {"ON: liq too close", "no trades", "tried before"}


@pytest.mark.parametrize(
    "line",
    [
        '{"index": 3, "m": 1, "key": "", "candidate": {}, "results": null, "note": ""}',
        '{"index": 0, "m": 1, "key": "", "candidate": {"leverage": 2}, "results": null, "note": ""}',
        '{"index": 0}',
        "[1]",
        "no json",
        '{"index": 0, "m": 1, "key": "", "candidate": {}, "results": {"gain": "much"}, "note": ""}',
    ],
)
def test_a_folder_of_something_else_is_refused(search: Search, ticks: Ticks, tmp_path: Path, line: str) -> None:
    (tmp_path / RESULTS_FILE).write_text(line + "\n")
    with pytest.raises(DataError, match="name a new folder"):
        run_jackrabbit(search, ticks, tmp_path, SEED)


def test_a_seed_out_of_range_is_refused(search: Search, ticks: Ticks, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the seed must be"):
        run_jackrabbit(search, ticks, tmp_path, -1)
