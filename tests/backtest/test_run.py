"""A backtest from request to result: what it runs over, what it tells on the way, how it stops, what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from passivtui._version import VERSION
from passivtui.backtest import BacktestRequest, BacktestResult, run_backtest
from passivtui.config import LoadedConfig
from passivtui.core import FILL_DTYPE, SimulationCancelled, simulate
from passivtui.errors import Cancelled, ConfigError, DataError
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress

Run = Callable[..., BacktestResult]
Load = Callable[..., LoadedConfig]

DAY_MS = 86_400_000
FIRST_MS = 1_735_689_600_000


def test_a_result_says_what_was_run(run: Run, market: Path) -> None:
    result = run()
    info = result.info
    assert (info.config_name, info.dataset, info.exchange, info.quote) == ("lively", str(market), "binance", "USDT")
    assert not info.synthetic
    assert info.coins == ("BTC", "DOGE", "ETH")
    assert (info.first_ms, info.n_minutes, info.last_ms) == (FIRST_MS, 4 * 1440, FIRST_MS + 4 * DAY_MS - 60_000)
    assert (info.starting_balance, info.btc_collateral, info.maker_fee) == (1000.0, False, 0.0002)
    assert info.c_mult == {"BTC": 1.0, "DOGE": 1.0, "ETH": 1.0}
    assert (info.created_ms, info.version) == (1_740_830_400_123, VERSION)
    assert result.n_fills > 10
    assert result.fills.dtype == FILL_DTYPE
    assert {result.info.coins[index] for index in result.fills["coin"]} == {"BTC", "DOGE", "ETH"}
    assert result.equities_usd.shape == result.equities_btc.shape == (info.n_minutes - 1,)
    assert np.array_equal(result.btc_usd, np.ones(info.n_minutes))
    assert result.analysis["gain_per_exposure_long"] == pytest.approx((result.analysis["gain"] or 0.0) / 1.5)
    assert not any(name.startswith("btc_") for name in result.analysis)


def test_the_arrays_of_a_result_can_not_be_changed(run: Run) -> None:
    result = run()
    for array in (result.fills, result.equities_usd, result.equities_btc, result.btc_usd):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_the_same_request_gives_the_same_result(run: Run) -> None:
    first, second = run(), run()
    assert first.fills.tobytes() == second.fills.tobytes()
    assert first.equities_usd.tobytes() == second.equities_usd.tobytes()
    assert first.analysis == second.analysis


def test_with_btc_as_collateral_metrics_come_in_btc_too(run: Run) -> None:
    result = run("backtest.use_btc_collateral=true")
    assert result.info.btc_collateral
    assert result.btc_usd[0] != 1.0
    assert "btc_gain" in result.analysis
    assert "btc_gain_per_exposure_short" in result.analysis
    assert not any(name.startswith("btc_") and "position" in name for name in result.analysis)
    assert not any(name.startswith("btc_volume_pct_per_day") for name in result.analysis)


def test_a_run_without_fills_is_a_result(run: Run) -> None:
    result = run("bot.long.n_positions=0", "bot.short.n_positions=0")
    assert result.n_fills == 0
    assert np.array_equal(result.equities_usd, np.full(result.info.n_minutes - 1, 1000.0))
    assert result.analysis["loss_profit_ratio_long"] == 1.0
    assert np.isnan(result.analysis["pnl_ratio_long_short"] or 0.0)


def test_dates_of_the_request_go_before_the_configs_and_are_kept(home: Home, market: Path, load: Load) -> None:
    request = BacktestRequest(load(), str(market), start="2025-01-02", end="2025-01-03T12:00")
    result = run_backtest(request, home)
    assert result.info.first_ms == FIRST_MS + DAY_MS
    assert result.info.n_minutes == 1440 + 720 + 1  # the end's minute included
    assert (result.config.backtest.start_date, result.config.backtest.end_date) == ("2025-01-02", "2025-01-03T12:00")
    assert request.config.config.backtest.start_date == "2025-01-01"


def test_progress_is_told_phase_by_phase_from_the_calling_thread(home: Home, market: Path, load: Load) -> None:
    told: list[Progress] = []
    threads = set()

    def listen(progress: Progress) -> None:
        told.append(progress)
        threads.add(threading.current_thread())

    run_backtest(BacktestRequest(load(), str(market)), home, listen)
    phases = list(dict.fromkeys(progress.phase for progress in told))
    assert phases[0] == "data"
    assert phases[-2:] == ["simulate", "metrics"]
    simulating = [progress for progress in told if progress.phase == "simulate"]
    assert all(progress.total == 4 * 1440 and progress.unit == "minutes" for progress in simulating)
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("phase", ["data", "prepare", "simulate"])
def test_cancelling_stops_in_every_phase_and_leaves_nothing_half_written(
    phase: str, home: Home, market: Path, load: Load
) -> None:
    token = CancelToken()

    def cancel_in_phase(progress: Progress) -> None:
        if progress.phase == phase:
            token.cancel()

    with pytest.raises(Cancelled):
        run_backtest(BacktestRequest(load(), str(market)), home, cancel_in_phase, token)
    assert list(home.backtests.iterdir()) == []
    assert not [path for path in home.datasets.rglob("*") if path.name.startswith(".") and path.is_dir()]
    assert run_backtest(BacktestRequest(load(), str(market)), home).n_fills > 10


def test_cancelling_stops_the_engine_itself_and_not_just_its_caller(
    home: Home, market: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()

    def watched(*arguments: object) -> object:
        try:
            return simulate(*arguments)  # type: ignore[arg-type]
        except SimulationCancelled:
            stopped.set()
            raise

    monkeypatch.setattr("passivtui.backtest.run.simulate", watched)
    token = CancelToken()
    with pytest.raises(Cancelled):
        run_backtest(
            BacktestRequest(load(), str(market)),
            home,
            lambda progress: token.cancel() if progress.phase == "simulate" else None,
            token,
        )
    assert stopped.is_set()


def test_a_failing_listener_stops_the_engine(home: Home, market: Path, load: Load) -> None:
    def fail(progress: Progress) -> None:
        if progress.phase == "simulate":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_backtest(BacktestRequest(load(), str(market)), home, fail)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("engine")]


def test_coins_left_out_are_told(home: Home, market: Path, load: Load) -> None:
    candles = dict(np.load(market / "DOGE.npz"))
    kept = np.r_[0:100, 1000 : 4 * 1440]
    np.savez(market / "DOGE.npz", **{name: column[kept] for name, column in candles.items()})
    description = (market / "dataset.json").read_text()
    at = description.index('"DOGE"')
    (market / "dataset.json").write_text(description[:at] + description[at:].replace(f"{4 * 1440}", f"{len(kept)}", 1))
    result = run_backtest(BacktestRequest(load(), str(market)), home)
    assert result.info.coins == ("BTC", "ETH")
    assert any(issue.coin == "DOGE" and issue.severity == "warning" for issue in result.info.data_issues)


def test_an_empty_list_of_coins_means_all_of_the_dataset_but_the_ignored(run: Run) -> None:
    assert run("live.approved_coins=[]").info.coins == ("BTC", "DOGE", "ETH")
    assert run("live.approved_coins=[]", "live.ignored_coins=DOGE").info.coins == ("BTC", "ETH")


@pytest.mark.parametrize(
    ("sets", "sentence"),
    [
        (["live.approved_coins=BTC,XMR"], "no coin XMR"),
        (["live.approved_coins=[]", "live.empty_means_all_approved=false"], "no coin is approved"),
        (["live.approved_coins=[]", "live.ignored_coins=BTC,DOGE,ETH"], "ignored_coins"),
        (["backtest.start_date=2031"], "2031"),
        (["backtest.end_date=2025-01-01T00:00", "backtest.start_date=2024"], "only minute"),
        (["backtest.end_date=2024-06"], "2024-06"),
    ],
)
def test_what_can_not_be_run_is_said_in_one_sentence(sets: list[str], sentence: str, run: Run) -> None:
    with pytest.raises((DataError, ConfigError)) as error:
        run(*sets)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("start", "end"), [("2025-01-03", "2025-01-02"), ("2025-01-02", "2025-01-02")])
def test_a_start_that_is_not_before_the_end_is_refused(
    start: str, end: str, home: Home, market: Path, load: Load
) -> None:
    with pytest.raises(ConfigError, match=r"backtest\.start_date.*must be before backtest\.end_date"):
        run_backtest(BacktestRequest(load(), str(market), start, end), home)


def test_without_a_dataset_a_config_of_the_demo_market_runs_on_it(home: Home, load: Load) -> None:
    demo = load("backtest.exchanges=demo", "live.approved_coins=BTC", "backtest.end_date=2025-01-05")
    result = run_backtest(BacktestRequest(demo), home)
    assert (result.info.dataset, result.info.synthetic, result.info.exchange) == ("demo", True, "demo")


def test_a_folder_that_is_called_demo_is_not_the_demo_market(home: Home, market: Path, load: Load) -> None:
    folder = market.rename(market.with_name("demo"))
    result = run_backtest(BacktestRequest(load(), str(folder)), home)
    assert (result.info.dataset, result.info.synthetic) == (str(folder), False)


@pytest.mark.parametrize(
    "damage",
    ["missing file", "cut file", "text", "nan", "negative", "backwards", "no description", "cut description"],
)
def test_a_damaged_dataset_folder_is_refused_in_one_sentence_or_told_about(
    damage: str, home: Home, market: Path, load: Load
) -> None:
    candles = {name: np.array(column) for name, column in np.load(market / "ETH.npz").items()}
    if damage == "missing file":
        (market / "ETH.npz").unlink()
    elif damage == "cut file":
        (market / "ETH.npz").write_bytes((market / "ETH.npz").read_bytes()[:-1000])
    elif damage == "text":
        (market / "ETH.npz").write_text("not candles")
    elif damage == "no description":
        (market / "dataset.json").unlink()
    elif damage == "cut description":
        (market / "dataset.json").write_text((market / "dataset.json").read_text()[:-10])
    else:
        if damage == "nan":
            candles["close"][100] = np.nan
        elif damage == "negative":
            candles["low"][100] = -1.0
        else:
            candles["timestamp_ms"][[100, 101]] = candles["timestamp_ms"][[101, 100]]
        np.savez(market / "ETH.npz", **candles)
    try:
        result = run_backtest(BacktestRequest(load(), str(market)), home)
    except DataError as error:
        assert "\n" not in str(error)
        assert "ETH" in str(error) or "dataset.json" in str(error)
    else:
        assert damage in ("nan", "negative", "backwards")
        assert any(issue.coin == "ETH" and issue.severity == "warning" for issue in result.info.data_issues)
        assert np.isfinite(result.equities_usd).all()
    assert not [path for path in home.root.rglob(".*") if path.is_dir()]
