"""`passivtui drawdown-stop`, and a bot that runs with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from passivtui.paths import Home

Cli = Callable[..., Any]
LIVE = ("--user", "paper", "--speed", "max", "--start", "2025-01-03 21:00", "--name", "b")


def test_it_is_tried_on_a_bot_s_record_before_it_is_switched_on(cli: Cli, config: Path, market: Path) -> None:
    first = cli("live", config, "--market", market, *LIVE, "--drawdown-stop", "20%")
    assert first.status == 0, first.err
    assert "there is no record yet" in first.err
    assert "drawdown stop fired" not in first.err
    shown = cli("drawdown-stop", "--bot", "b", "--limit", "50%")
    assert shown.out.startswith("would not have fired in 0.1 days (deepest drawdown ")
    again = cli("live", config, "--market", market, *LIVE, "--drawdown-stop", "0.5", "--stop-action", "panic")
    assert "the drawdown stop would not have fired in 0.1 days" in again.err


def test_a_narrow_one_fires_on_the_record_and_in_the_bot(cli: Cli, config: Path, market: Path) -> None:
    cli("live", config, "--market", market, *LIVE, "--quiet")
    narrow = ("--limit", "0.00005", "--cooldown", "0.5", "--json")
    shown = json.loads(cli("drawdown-stop", "--bot", "b", *narrow).out)
    assert shown["times"] == len(shown["firings"]) >= 1
    assert shown["worst"] >= 0.00005
    stopped = cli(
        "live", config, "--market", market, *LIVE, "--drawdown-stop", "0.00005", "--stop-cooldown", "0", "--json"
    )
    status = json.loads(stopped.out)
    assert status["commanded_mode"] == "graceful_stop"
    assert "drawdown stop of the account" in status["alarm"]
    again = cli(
        "live", config, "--market", market, *LIVE, "--drawdown-stop", "0.00005", "--stop-cooldown", "0", "--json"
    )
    assert json.loads(again.out)["fill_count"] == status["fill_count"] >= 1  # each run has an account of its own


def test_it_is_tried_on_a_backtest(cli: Cli, config: Path, market: Path, home: Home) -> None:
    assert cli("backtest", config, "--dataset", market).status == 0
    (folder,) = (kept for kept in home.backtests.iterdir() if kept.is_dir())
    shown = json.loads(cli("drawdown-stop", "--report", folder.name, "--limit", "0.002", "--json").out)
    assert shown["times"] >= 1
    assert shown["end_ms"] - shown["first_ms"] > 86_400_000
    assert cli("drawdown-stop", "--report", folder, "--limit", "90%").out.startswith("would not have fired in ")
    refused = cli("drawdown-stop", "--report", folder.name, "--limit", "0.2", "--scope", "coin")
    assert (refused.status, refused.out) == (2, "")
    assert "use the scope account" in refused.err


def test_what_can_not_be_shown_is_explained(cli: Cli) -> None:
    for arguments, says in (
        (("--bot", "nobody", "--limit", "0.2"), "nothing was recorded of the bot nobody"),
        (("--bot", "nobody", "--limit", "2"), "above 0 and below 1"),
        (("--bot", "nobody", "--limit", "0.2", "--cooldown", "-1"), "hours"),
        (("--report", "nowhere", "--limit", "0.2"), "nowhere"),
    ):
        ran = cli("drawdown-stop", *arguments)
        assert ran.status in (1, 2)
        assert says in ran.err
        assert ran.out == ""
