"""`passivtui backtest`: results on stdout, everything else on stderr, the report where it was asked for."""

from __future__ import annotations

import asyncio
import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passivtui.backtest import open_report
from passivtui.backtest.metrics import METRICS
from passivtui.config import load_config
from passivtui.paths import Home
from passivtui.storage import ReportRow, open_reports

Cli = Callable[..., Any]


def listed(home: Home) -> tuple[ReportRow, ...]:
    async def rows() -> tuple[ReportRow, ...]:
        async with open_reports(home) as index:
            return await index.list()

    return asyncio.run(rows())


def test_a_backtest_prints_its_summary_and_is_kept_for_the_app(
    cli: Cli, home: Home, config: Path, market: Path
) -> None:
    ran = cli("backtest", config, "--dataset", market)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"lively on {market}\n\ncoins ")
    shown = ("gain", "adg", "drawdown_worst", "sharpe_ratio", "sortino_ratio", "loss_profit_ratio")
    for metric in (METRICS[name] for name in shown):
        assert f"\n{metric.label} " in ran.out
    assert "2025-01-01 00:00 to 2025-01-03 23:59, 3.0 days" in ran.out
    (row,) = listed(home)
    folder = home.root / row.folder
    assert ran.out.endswith(f"report kept in {folder}\n")
    result = open_report(folder)
    assert (row.name, row.n_fills, row.gain) == ("lively", result.n_fills, result.analysis["gain"])
    assert result.n_fills > 2


def test_the_demo_market_is_called_synthetic(cli: Cli, config: Path) -> None:
    ran = cli("backtest", config, "--dataset", "demo", "--end", "2025-01-03")
    assert ran.status == 0
    assert ran.out.startswith("lively on demo (synthetic data)\n")


def test_with_out_the_report_is_written_there_and_nowhere_else(
    cli: Cli, home: Home, config: Path, market: Path, tmp_path: Path
) -> None:
    ran = cli("backtest", config, "--dataset", market, "--out", tmp_path / "out")
    assert ran.status == 0
    assert ran.out.endswith(f"report written to {tmp_path / 'out'}\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "analysis.json",
        "balance_and_equity.csv",
        "config.json",
        "fills.csv",
    ]
    assert list(home.backtests.iterdir()) == []
    assert listed(home) == ()


def test_json_is_one_strict_object_that_agrees_with_the_files(
    cli: Cli, config: Path, market: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = cli("backtest", config, "--dataset", market, "--json", "--out", out, "--set", "bot.long.n_positions=1")
    assert (ran.status, ran.err) == (0, "")
    answer = json.loads(ran.out, parse_constant=pytest.fail)
    assert answer["folder"] == str(out)
    assert answer["info"]["coins"] == ["BTC", "ETH"]
    assert answer["analysis"] == json.loads((out / "analysis.json").read_text())
    assert all(value is None or not math.isnan(float(value)) or value == "nan" for value in answer["analysis"].values())
    with (out / "fills.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == answer["n_fills"]
    resolved = load_config(out / "config.json").config
    assert resolved.bot.long.n_positions == 1
    again = cli("backtest", out / "config.json", "--dataset", market, "--json", "--out", tmp_path / "again")
    assert json.loads(again.out)["analysis"] == answer["analysis"]


def test_dates_and_settings_of_the_command_line_go_before_the_configs(cli: Cli, config: Path, market: Path) -> None:
    ran = cli(
        "backtest", config, "--dataset", market, "--json", "--start", "2025-01-02", "--end", "2025-01-03T00:00",
        "--set", "backtest.starting_balance=5000", "--set", "live.approved_coins=ETH",
    )  # fmt: skip
    info = json.loads(ran.out)["info"]
    assert (info["n_minutes"], info["starting_balance"], info["coins"]) == (1441, 5000.0, ["ETH"])


def test_warnings_go_to_stderr_unless_quiet_and_remarks_only_when_verbose(cli: Cli, config: Path, market: Path) -> None:
    config.write_text(config.read_text() + "\n[live_]\nx = 1\n")
    arguments = ("backtest", config, "--dataset", market, "--json")
    plain, quiet, verbose = cli(*arguments), cli(*arguments, "--quiet"), cli(*arguments, "--verbose")
    assert quiet.err == ""
    assert plain.err.startswith("warning: live_: ")
    assert "info: " not in plain.err
    assert "info: bot.long.unstuck_close_pct: " in verbose.err
    assert json.loads(plain.out).keys() == json.loads(verbose.out).keys()


def test_a_run_without_fills_is_a_result(cli: Cli, config: Path, market: Path) -> None:
    ran = cli("backtest", config, "--dataset", market, "--set", "bot.long.n_positions=0")
    assert ran.status == 0
    assert re.search(r"^fills +0$", ran.out, re.MULTILINE)
    assert "not defined" in ran.out
    assert "-100" not in ran.out


def test_a_config_is_found_by_the_name_it_ships_with(cli: Cli) -> None:
    ran = cli("backtest", "btc_long_grid", "--end", "2025-01-04")
    assert ran.status == 0
    assert ran.out.startswith("btc_long_grid on demo (synthetic data)\n")
