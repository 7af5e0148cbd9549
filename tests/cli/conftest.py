"""A small market and a config on disk, and ways to run the command line: in this process and in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import passivtui
from passivtui.cli import main
from passivtui.paths import HOME_VARIABLE

FIRST_MS = 1_735_689_600_000  # 2025-01-01
ROWS = 3 * 1440
COINS = ("BTC", "ETH")

CONFIG = """
[backtest]
start_date = "2025-01-01"
end_date = "now"
exchanges = ["binance"]
starting_balance = 1000
use_btc_collateral = false

[live]
approved_coins = ["BTC", "ETH"]
minimum_coin_age_days = 0

[bot.long]
n_positions = 2
total_wallet_exposure_limit = 1.5
entry_initial_ema_dist = -0.001

[bot.short]
n_positions = 0
total_wallet_exposure_limit = 0
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command line said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A dataset folder with two lively coins over three days."""
    folder = tmp_path / "market"
    folder.mkdir()
    entries: dict[str, Any] = {}
    for number, coin in enumerate(COINS):
        random = np.random.default_rng(number)
        close = 100.0 * np.exp(np.cumsum(random.normal(0, 0.002, ROWS)))
        open_ = np.concatenate(([100.0], close[:-1]))
        np.savez(
            folder / f"{coin}.npz",
            timestamp_ms=FIRST_MS + 60_000 * np.arange(ROWS, dtype=np.int64),
            open=open_,
            high=np.maximum(open_, close) * 1.0005,
            low=np.minimum(open_, close) * 0.9995,
            close=close,
            volume=random.uniform(1, 10, ROWS),
        )
        entries[coin] = {
            "file": f"{coin}.npz",
            "symbol": f"{coin}/USDT:USDT",
            "qty_step": 0.001,
            "price_step": 0.01,
            "min_qty": 0.001,
            "min_cost": 1.0,
            "c_mult": 1.0,
            "maker_fee": 0.0002,
            "taker_fee": 0.0005,
            "rows": ROWS,
            "first_ms": FIRST_MS,
            "last_ms": FIRST_MS + 60_000 * (ROWS - 1),
        }
    description = {"exchange": "binance", "market_type": "linear_perpetual", "quote": "USDT", "interval": "1m"}
    (folder / "dataset.json").write_text(json.dumps({**description, "coins": entries}))
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config that trades on the market."""
    path = tmp_path / "lively.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in this process: `cli("config", "check", path)`."""

    def run(*arguments: object) -> Ran:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as leave:  # argparse
            status = int(leave.code or 0)
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return run


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., list[str]]:
    """The command line of a process of its own."""

    def build(*arguments: object) -> list[str]:
        return [sys.executable, "-P", "-m", "passivtui", *map(str, arguments)]

    return build


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of such a process: the test's own home, and this package."""
    package = str(Path(passivtui.__file__).parents[1])
    paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, HOME_VARIABLE: str(tmp_path / "home"), "PYTHONPATH": paths, "TERM": "xterm"}


@pytest.fixture
def process(command: Callable[..., list[str]], environment: dict[str, str]) -> Callable[..., Ran]:
    """Run the command line in a process of its own, to its end."""

    def run(*arguments: object) -> Ran:
        done = subprocess.run(command(*arguments), env=environment, capture_output=True, text=True, timeout=60)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
