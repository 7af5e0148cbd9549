"""Files of Passiv-X made by hand, and the command line in this process."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from passivx_cases import read_case
from passivx_files import KEY, LIVE, SECRET, SESSION, TRADES

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
    return copy.deepcopy(LIVE)


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


@pytest.fixture
def root(session: Path, live_settings: dict[str, Any]) -> Path:
    """A checkout with something of every kind, some of it unusable."""
    inner = session.parents[1]
    for exchange in ("binance", "bybit"):
        keys = inner / "api_key_secrets" / exchange
        keys.mkdir(parents=True)
        (keys / "example_user.json").write_text('["EXAMPLE_KEY","EXAMPLE_SECRET"]')
    (inner / "api_key_secrets" / "bybit" / "mine.json").write_text(json.dumps([KEY, SECRET]))
    (inner / "api_key_secrets" / "bybit" / "broken.json").write_text(f'["{KEY}", ')
    (inner / "api_key_secrets" / "bybit" / "object.json").write_text(json.dumps({"key": KEY, "secret": SECRET}))
    (inner / "live_settings" / "bybit" / "wrong.json").write_text(json.dumps({**live_settings, "leverage": 0}))
    (inner / "backtest_configs" / "broken.hjson").write_text("{ ranges: [")
    downloads = inner / "historical_data" / "bybit" / "agg_trades_futures"
    for name in ("BTCUSD", "BTCUSD_cache", "ETHUSD"):
        (downloads / name).mkdir(parents=True)
    (downloads / "BTCUSD" / "1_2.csv").write_text(TRADES)
    results = inner / "backtest_results" / "bybit" / "BTCUSD" / "btc_001_60_days"
    results.mkdir(parents=True)
    (results / "results.txt").write_text('{"gain": 1.1}\n{"gain": 1.25}\n')
    (results / "best_result.json").write_text('{"gain": 1.25}')
    (results / "backtest_trades").mkdir()
    (results / "backtest_trades" / "abc.csv").write_text("trade_id,side\n")
    with (results / "ticks_cache.npy").open("wb") as file:
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return inner.parent
