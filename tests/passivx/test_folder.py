"""A Passiv-X folder is looked through whole; keys are told by user and path, never by content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from passivx_files import KEY, SECRET

from passivtui.errors import DataError
from passivtui.passivx.folder import PassivXFolder, read_passivx_folder


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
