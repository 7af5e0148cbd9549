"""`passivtui backtest CONFIG` from an empty home: downloads, prepares and runs, and goes on where it was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from archive_market import DAY_MS, Market, candles
from archive_server import ArchiveServer, Fault
from archive_time import NOW_MS

import passivtui
from passivtui.market.store import CandleStore
from passivtui.paths import Home

Cli = Callable[..., Any]
FIRST_MS = NOW_MS // DAY_MS * DAY_MS - 30 * DAY_MS
BTC = Market("BTC", price=60_000, decimals=1, first_ms=FIRST_MS)
ETH = Market("ETH", first_ms=FIRST_MS)
SOL = Market("SOL", first_ms=FIRST_MS + 5 * DAY_MS)

CONFIG = """
[backtest]
start_date = "2025-06-05"
end_date = "2025-06-09"
exchanges = ["binance", "bybit"]
starting_balance = 1000
use_btc_collateral = false

[live]
approved_coins = ["BTC", "ETH"]
minimum_coin_age_days = 0

[bot.long]
n_positions = 2
total_wallet_exposure_limit = 1.5

[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


@pytest.fixture(scope="module")
def serving() -> Iterator[ArchiveServer]:
    with ArchiveServer({"binance": [BTC, ETH], "bybit": [BTC, ETH, SOL]}, now_ms=NOW_MS) as running:
        yield running


@pytest.fixture
def server(serving: ArchiveServer, home: Home, monkeypatch: pytest.MonkeyPatch) -> ArchiveServer:
    home.settings.write_text("[sources]\nrequests_per_second = 10000\n")
    serving.faults.clear()
    serving.requests.clear()
    for name, value in serving.environment.items():
        monkeypatch.setenv(name, value)
    return serving


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "plain.toml"
    path.write_text(CONFIG)
    return path


def run(cli: Cli, config: Path, *options: object) -> Any:
    ran = cli("backtest", config, "--json", "--quiet", *options)
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def test_what_is_missing_is_downloaded_once(server: ArchiveServer, cli: Cli, config: Path) -> None:
    first = run(cli, config)
    assert (first["info"]["exchange"], first["info"]["coins"]) == ("combined", ["BTC", "ETH"])
    assert first["info"]["n_minutes"] == 4 * 1440 + 1
    assert first["n_fills"] > 0
    assert any("taken from" in issue["message"] for issue in first["info"]["data_issues"])
    asked = len(server.requests)
    again = run(cli, config)
    assert len(server.requests) == asked
    assert again["analysis"] == first["analysis"]


def test_the_candles_are_those_of_the_venue(server: ArchiveServer, cli: Cli, config: Path, home: Home) -> None:
    run(cli, config, "--set", 'backtest.exchanges=["binance"]')
    day = FIRST_MS // DAY_MS + 22
    held = CandleStore(home.store).read("binance", "ETH", day * DAY_MS, (day + 1) * DAY_MS - 1)
    table = candles(ETH, day * DAY_MS, (day + 1) * DAY_MS - 1)
    assert len(held) == 1440
    assert held.close.tolist() == pytest.approx(table[:, 4].tolist(), abs=0)


def test_a_coin_that_one_venue_has_is_taken_from_there(server: ArchiveServer, cli: Cli, config: Path) -> None:
    result = run(cli, config, "--set", 'live.approved_coins=["BTC", "SOL"]')
    messages = {issue["coin"]: issue["message"] for issue in result["info"]["data_issues"]}
    assert "taken from bybit" in messages["SOL"]


def test_not_combined_there_is_a_report_for_each_exchange(
    server: ArchiveServer, cli: Cli, config: Path, tmp_path: Path
) -> None:
    results = run(cli, config, "--set", "backtest.combine_ohlcvs=false", "--out", tmp_path / "out")
    assert [result["info"]["exchange"] for result in results] == ["binance", "bybit"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["binance", "bybit"]
    assert all((tmp_path / "out" / name / "fills.csv").is_file() for name in ("binance", "bybit"))


def test_a_minimum_age_is_counted_from_the_first_candle_anywhere(server: ArchiveServer, cli: Cli, config: Path) -> None:
    sets = ["--set", 'live.approved_coins=["BTC", "SOL"]', "--set", "live.minimum_coin_age_days=22"]
    result = run(cli, config, *sets)
    messages = [issue["message"] for issue in result["info"]["data_issues"] if issue["coin"] == "SOL"]
    assert any("22 days after its listing" in message for message in messages)


def test_a_coin_that_no_venue_has_is_told(server: ArchiveServer, cli: Cli, config: Path) -> None:
    result = run(cli, config, "--set", 'live.approved_coins=["BTC", "NOSUCH"]')
    assert any(issue["coin"] == "NOSUCH" for issue in result["info"]["data_issues"])
    alone = cli("backtest", config, "--set", 'live.approved_coins=["NOSUCH"]')
    assert alone.status == 1
    assert "has no perpetual of NOSUCH" in alone.err


def test_btc_collateral_brings_its_price_along(server: ArchiveServer, cli: Cli, config: Path) -> None:
    sets = ["--set", "backtest.use_btc_collateral=true", "--set", 'live.approved_coins=["ETH"]']
    result = run(cli, config, *sets)
    assert result["info"]["btc_collateral"] is True
    assert "btc_adg" in result["analysis"]


def test_a_venue_that_can_t_be_reached_leaves_what_is_stored(server: ArchiveServer, cli: Cli, config: Path) -> None:
    run(cli, config, "--end", "2025-06-07")
    server.faults.append(Fault("", "status", status=500))
    home_settings = "[sources]\nrequests_per_second = 10000\nattempts = 1\n"
    (config.parent / "home" / "settings.toml").write_text(home_settings)
    ran = cli("backtest", config, "--end", "2025-06-08")
    assert ran.status == 0
    assert "only what is stored is used" in ran.err


def test_with_nothing_stored_and_no_venue_it_is_one_sentence(
    server: ArchiveServer, cli: Cli, config: Path, home: Home
) -> None:
    server.faults.append(Fault("", "status", status=500))
    home.settings.write_text("[sources]\nrequests_per_second = 10000\nattempts = 1\n")
    ran = cli("backtest", config)
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1


def test_a_damaged_file_is_fetched_again(server: ArchiveServer, cli: Cli, config: Path, home: Home) -> None:
    first = run(cli, config)
    for path in (home.store / "binance" / "BTC").glob("2025-06-06*.day"):
        path.write_bytes(path.read_bytes()[:-20])
    again = run(cli, config)
    assert again["analysis"] == first["analysis"]
    assert CandleStore(home.store).verify() == ()


def stored(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*.day"))}


@pytest.mark.slow
def test_killed_in_the_middle_and_started_again_ends_with_the_same_bytes(
    server: ArchiveServer, config: Path, tmp_path: Path
) -> None:
    settings = "[sources]\nrequests_per_second = 10000\n"
    paths = os.pathsep.join(filter(None, [str(Path(passivtui.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, **server.environment, "PYTHONPATH": paths}

    def start(home: Path) -> subprocess.Popen[str]:
        home.mkdir(exist_ok=True)
        (home / "settings.toml").write_text(settings)
        command = [
            sys.executable,
            "-P",
            "-m",
            "passivtui",
            "--home",
            str(home),
            "backtest",
            str(config),
            "--json",
            "--quiet",
        ]
        return subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(process: subprocess.Popen[str]) -> Any:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        return json.loads(out)["analysis"]

    expected = finish(start(tmp_path / "whole"))
    asked = len(server.requests)
    for round_, after in enumerate(range(4, asked, max(1, asked // 4))):
        home = tmp_path / f"killed{round_}"
        server.requests.clear()
        process = start(home)
        deadline = monotonic() + 30
        while len(server.requests) < after and process.poll() is None and monotonic() < deadline:
            sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        assert finish(start(home)) == expected
        assert stored(home) == stored(tmp_path / "whole")
