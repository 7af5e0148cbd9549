"""Files of Passiv-X made by hand, and the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from passivx_cases import read_case
from passivx_files import SESSION

from passivtui.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the command line said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in this process: `cli("backtest", path, "--ticks", "demo")`."""

    def run(*arguments: object) -> Ran:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as leave:  # argparse
            status = int(leave.code or 0)
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return run


@pytest.fixture
def flat_settings() -> dict[str, Any]:
    """The settings of one backtest, as in the golden cases."""
    symbol, settings, _ = read_case("04_inverse_both")
    return {**settings, "symbol": symbol}


@pytest.fixture
def live_settings() -> dict[str, Any]:
    """Live settings in Passiv-X's form: those that it ships for Bybit."""
    return {
        "config_name": "btc_default",
        "symbol": "BTCUSD",
        "logging_level": 0,
        "cross_mode": True,
        "balance_pct": 0.537,
        "ddown_factor": 0.298,
        "entry_qty_pct": 0.10101,
        "min_close_qty_multiplier": 0.15,
        "leverage": 19.0,
        "n_entry_orders": 8,
        "n_close_orders": 18.0,
        "grid_spacing": 0.00152,
        "grid_coefficient": 203.6,
        "min_markup": 0.00066,
        "max_markup": 0.01135,
        "indicator_settings": {
            "do_long": True,
            "do_shrt": True,
            "funding_fee_collect_mode": False,
            "ohlcv_rsi": {"n_periods": 21, "period_ms": 1800000},
            "tick_ema": {"span": 61499.0, "spread": 0.0133},
        },
        "market_stop_loss": False,
        "stop_loss_liq_diff": 0.07,
        "stop_loss_pos_price_diff": 0.9,
        "stop_loss_pos_reduction": 0.01,
        "key": "a331d60f",
    }


@pytest.fixture
def session(tmp_path: Path, live_settings: dict[str, Any]) -> Path:
    """Backtest settings in a checkout of their own, with the live settings that they start from."""
    path = tmp_path / "Passiv-25" / "backtest_configs" / "btc.hjson"
    path.parent.mkdir(parents=True)
    path.write_text(SESSION)
    candidate = tmp_path / "Passiv-25" / "live_settings" / "bybit" / "default.json"
    candidate.parent.mkdir(parents=True)
    candidate.write_text(json.dumps(live_settings))
    return path


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write settings as JSON: `write(document)`."""

    def to_file(document: object, name: str = "mine.json") -> Path:
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return to_file
