"""A Passiv-X folder is looked through whole; keys are told by user and path, never by content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passivtui.errors import DataError
from passivtui.passivx.folder import PassivXFolder, read_passivx_folder

KEY, SECRET = "k3y-of-mine", "s3cret-of-mine"


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
    (downloads / "BTCUSD" / "1_2.csv").write_text("trade_id,side,price,qty,timestamp\n")
    results = inner / "backtest_results" / "bybit" / "BTCUSD" / "btc_001_60_days"
    results.mkdir(parents=True)
    with (results / "ticks_cache.npy").open("wb") as file:
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return inner.parent


def told(folder: PassivXFolder, kind: Any) -> dict[tuple[str, str], bool]:
    return {(file.exchange, file.name): file.is_usable for file in folder.of_kind(kind)}


def test_everything_is_listed_with_whether_it_can_be_used(root: Path) -> None:
    folder = read_passivx_folder(root)
    assert told(folder, "keys") == {
        ("binance", "example_user"): False,
        ("bybit", "broken"): False,
        ("bybit", "example_user"): False,
        ("bybit", "mine"): True,
        ("bybit", "object"): False,
    }
    assert told(folder, "live settings") == {("bybit", "default"): True, ("bybit", "wrong"): False}
    assert told(folder, "backtest settings") == {("", "broken"): False, ("", "btc"): True}
    assert told(folder, "tick cache") == {("bybit", "BTCUSD"): False}


def test_an_unfinished_download_is_told_apart(root: Path) -> None:
    trades = read_passivx_folder(root).of_kind("trades")
    assert [(file.path.name, file.is_usable) for file in trades] == [
        ("BTCUSD", True),
        ("BTCUSD_cache", False),
        ("ETHUSD", False),
    ]


def test_what_can_not_be_used_says_why(root: Path) -> None:
    problems = {file.path.name: file.problem for file in read_passivx_folder(root).files if not file.is_usable}
    assert "the example that ships" in problems["example_user.json"]
    assert '["KEY", "SECRET"]' in problems["object.json"]
    assert "leverage = 0: must be a number > 0" in problems["wrong.json"]
    assert "malformed" in problems["broken.hjson"]
    assert "never opened" in problems["ticks_cache.npy"]


def test_facts_say_what_a_file_is(root: Path) -> None:
    facts = {file.path.name: file.facts for file in read_passivx_folder(root).files if file.is_usable}
    assert facts["default.json"] == "BTCUSD, leverage 19"
    assert facts["btc.hjson"] == "BTCUSD on bybit, 200 iterations"
    assert facts["BTCUSD"] == "1 files of trades"


def test_no_content_of_a_key_file_is_told(root: Path) -> None:
    told_of_it = repr(read_passivx_folder(root))
    assert KEY not in told_of_it
    assert SECRET not in told_of_it
    assert "mine.json" in told_of_it


def test_the_checkout_and_the_folder_in_it_are_the_same(root: Path) -> None:
    assert read_passivx_folder(root) == read_passivx_folder(root / "Passiv-25")


def test_an_empty_part_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "live_settings").mkdir()
    assert read_passivx_folder(tmp_path).files == ()


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds none of .*; name the folder that Passiv-X's main\.py is in"):
        read_passivx_folder(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        read_passivx_folder(tmp_path / "nowhere")
