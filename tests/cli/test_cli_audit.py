"""`passivtui audit`: what a paper bot did, against what the strategy would have done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.fixture
def traded(cli: Cli, config: Path, market: Path) -> str:
    """The name of a bot that has traded three hours."""
    ran = cli(
        "live",
        config,
        "--user",
        "paper",
        "--market",
        market,
        "--speed",
        "max",
        "--start",
        "2025-01-03 21:00",
        "--name",
        "b",
        "--quiet",
        "--set",
        "live.mimic_backtest_1m_delay=true",
    )
    assert ran.status == 0, ran.err
    return "b"


def test_a_faultless_paper_bot_agrees_with_the_strategy(cli: Cli, traded: str) -> None:
    ran = cli("audit", traded)
    assert ran.status == 0, ran.err
    first, second = ran.out.splitlines()
    assert first == "b: parity 100 %, drift cost 0.00 USDT"
    assert "h of it audited" in second
    report = json.loads(cli("audit", traded, "--json").out)
    assert (report["parity"], report["drift_cost"], report["differences"]) == (1.0, 0.0, [])
    assert report["fills"] == report["agreeing"] > 5
    assert report["audited_minutes"] > 120
    report = json.loads(cli("audit", traded, "--day", "2025-01-03", "--json").out)
    assert report["first_ms"] == 1_735_862_400_000
    assert report["fills"] > 5


def test_what_can_not_be_audited_is_explained(cli: Cli, traded: str) -> None:
    for arguments, says in (
        (("nobody",), "nothing was recorded of the bot nobody"),
        ((traded, "--day", "2025-01-02"), "on that day"),
        ((traded, "--day", "soon"), "--day"),
    ):
        ran = cli("audit", *arguments)
        assert ran.status in (1, 2)
        assert says in ran.err
        assert ran.out == ""
