"""`passivtui live` and `passivtui bots`: a bot's life from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


def test_a_paper_bot_at_full_speed_trades_the_market_to_its_end(cli: Cli, config: Path, market: Path) -> None:
    ran = cli(
        "live", config, "--user", "paper", "--market", market, "--speed", "max", "--start", "2025-01-03 12:00", "--json"
    )
    assert ran.status == 0, ran.err
    status = json.loads(ran.out)
    assert status["state"] == "stopped"
    assert status["reason"] == "the recorded market is over"
    assert status["fill_count"] > 5
    assert status["errors"] == []
    assert "entry_initial_normal_long" in ran.err
    listed = json.loads(cli("bots", "--json").out)
    assert [(bot["name"], bot["state"], bot["running"]) for bot in listed] == [("paper-lively", "stopped", False)]
    assert listed[0]["status"]["fill_count"] == status["fill_count"]


def test_a_headless_bot_is_listed_steered_and_stopped(
    cli: Cli, command: Callable[..., list[str]], environment: dict[str, str], config: Path, market: Path
) -> None:
    arguments = command("live", config, "--user", "paper", "--market", market, "--name", "far", "--speed", "60")
    bot = subprocess.Popen(arguments, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert bot.stderr is not None
        while "running" not in (line := bot.stderr.readline()):
            assert line, "the bot ended"
        assert "far  paper  running" in cli("bots").out
        again = cli("live", config, "--user", "paper", "--market", market, "--name", "far")
        assert (again.status, again.out) == (2, "")
        assert "runs already" in again.err
        assert json.loads(cli("bots", "far", "--mode", "gs", "--json").out)[0]["running"] is True
        assert cli("bots", "far", "--stop", "cancel-all").status == 0
        out, _ = bot.communicate(timeout=20)
        assert bot.returncode == 0
        assert "every order is cancelled" in out
    finally:
        bot.kill()
        bot.communicate()
    assert "does not answer" in cli("bots", "far", "--panic").err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_entries_and_keeps_closes(
    number: signal.Signals, command: Callable[..., list[str]], environment: dict[str, str], config: Path, market: Path
) -> None:
    arguments = command("live", config, "--user", "paper", "--market", market, "--speed", "600")
    bot = subprocess.Popen(arguments, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert bot.stderr is not None
    while "running" not in (line := bot.stderr.readline()):
        assert line, "the bot ended"
    os.kill(bot.pid, number)
    out, said = bot.communicate(timeout=20)
    assert bot.returncode == 0, said
    assert "entries are cancelled" in out


def test_a_killed_bot_is_told_apart(
    cli: Cli, command: Callable[..., list[str]], environment: dict[str, str], config: Path, market: Path
) -> None:
    arguments = command("live", config, "--user", "paper", "--market", market)
    bot = subprocess.Popen(arguments, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert bot.stderr is not None
    while "running" not in (line := bot.stderr.readline()):
        assert line, "the bot ended"
    bot.kill()
    bot.communicate()
    assert "paper-lively  paper  killed" in cli("bots").out


def test_wrong_usage_is_said_in_one_line(cli: Cli, config: Path) -> None:
    for arguments, words in (
        (("live", config, "--user", "bybit_01", "--speed", "2"), "--speed is for paper trading"),
        (("live", config, "--user", "paper", "--start", "2031-01-01"), "start within it"),
        (("bots", "nobody"), "there is no bot nobody"),
        (("bots", "--panic"), "name the bot that is meant"),
    ):
        ran = cli(*arguments)
        assert ran.status in (1, 2)
        assert words in ran.err
    assert "no bot has run" in cli("bots").err


def test_keys_are_needed_for_a_user_of_the_vault(cli: Cli, config: Path) -> None:
    ran = cli("live", config, "--user", "bybit_01")
    assert ran.status == 1
    assert "vault" in ran.err
