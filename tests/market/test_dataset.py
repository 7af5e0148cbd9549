"""Dataset folders: found by name, read with every problem named, listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passivtui.errors import DataError
from passivtui.market import list_datasets, open_dataset
from passivtui.paths import Home

Make = Callable[..., Any]


def test_a_folder_opens_by_its_path_and_says_what_it_holds(
    tmp_path: Path, home: Home, columns: Make, dataset_writer: Make, start_ms: int
) -> None:
    market = {"SOL": columns(20, start_ms + 60_000), "BTC": columns(10)}
    folder = dataset_writer(tmp_path / "mine", market, more={"SOL": {"listed_ms": start_ms}})
    dataset = open_dataset(str(folder), home)
    assert (dataset.name, dataset.folder) == ("mine", folder)
    assert (dataset.exchange, dataset.market_type, dataset.quote) == ("binance", "linear_perpetual", "USDT")
    assert not dataset.synthetic
    assert tuple(dataset.coins) == ("BTC", "SOL")
    assert (dataset.first_ms, dataset.last_ms) == (start_ms, start_ms + 20 * 60_000)
    assert dataset.coins["SOL"].listed_ms == start_ms
    assert dataset.coins["BTC"].listed_ms is None
    assert dataset.load("SOL").close.tolist() == market["SOL"]["close"].tolist()
    assert open_dataset(str(folder / "dataset.json"), home) == dataset


def test_a_relative_path_works(
    tmp_path: Path, home: Home, columns: Make, dataset_writer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset_writer(tmp_path / "mine", {"BTC": columns(10)})
    monkeypatch.chdir(tmp_path)
    assert open_dataset("mine", home).folder == tmp_path / "mine"


def test_a_folder_of_the_home_opens_by_its_name(home: Home, columns: Make, dataset_writer: Make) -> None:
    folder = dataset_writer(home.candles / "binance-2025", {"BTC": columns(10)})
    assert open_dataset("binance-2025", home).folder == folder


@pytest.mark.parametrize("name", ["", "a\0b", "dmo", "/nowhere/at/all", "x" * 5000, "~nobody-of-this-name/x"])
def test_an_unknown_dataset_is_one_sentence(home: Home, name: str) -> None:
    with pytest.raises(DataError) as caught:
        open_dataset(name, home)
    assert "\n" not in str(caught.value)


def test_a_near_miss_is_told_the_name(home: Home) -> None:
    with pytest.raises(DataError, match=r"there is no dataset dmo; did you mean demo\?"):
        open_dataset("dmo", home)


def test_a_folder_without_description_is_not_a_dataset(tmp_path: Path, home: Home) -> None:
    with pytest.raises(DataError, match=r"is not a dataset folder: it holds no dataset\.json"):
        open_dataset(str(tmp_path), home)


def test_an_unknown_coin_is_told_the_nearest_first(
    tmp_path: Path, home: Home, columns: Make, dataset_writer: Make
) -> None:
    market = {coin: columns(5) for coin in ("ADA", "BTC", "DOGE")}
    dataset = open_dataset(str(dataset_writer(tmp_path / "mine", market)), home)
    with pytest.raises(DataError, match="has no coin DOGGE; it has DOGE, ADA, BTC"):
        dataset.load("DOGGE")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b"\xff\xfe\x00", b'{"exchange": "a", "exchange": "b"}', b"[" * 100_000, b"null"],
)
def test_a_malformed_description_is_one_sentence(tmp_path: Path, home: Home, content: bytes) -> None:
    (tmp_path / "dataset.json").write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_dataset(str(tmp_path), home)
    assert str(tmp_path / "dataset.json") in str(caught.value)
    assert "\n" not in str(caught.value)


REMOVED = object()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("file", "../BTC.npz", "file must be the name of an .npz file in the same folder"),
        ("file", "/etc/passwd", "file must be the name of an .npz file in the same folder"),
        ("file", REMOVED, "file is missing"),
        ("symbol", 5, "symbol must be text"),
        ("qty_step", 0, "qty_step must be above 0"),
        ("qty_step", "0.1", "qty_step must be a finite number"),
        ("price_step", float("nan"), "price_step must be a finite number"),
        ("price_step", 10**400, "price_step must be a finite number"),
        ("price_step", True, "price_step must be a finite number"),
        ("min_qty", -1, "min_qty must be 0 or more"),
        ("min_cost", None, "min_cost must be a finite number"),
        ("c_mult", 0.0, "c_mult must be above 0"),
        ("maker_fee", 2, "maker_fee must be a fraction between -0.1 and 0.1"),
        ("taker_fee", REMOVED, "taker_fee is missing"),
        ("rows", 0, "rows must be a whole number above 0"),
        ("rows", 1.5, "rows must be a whole number above 0"),
        ("first_ms", 1_735_689_600, "first_ms must be a whole minute in milliseconds"),
        ("first_ms", 1_735_689_600_001, "first_ms must be a whole minute in milliseconds"),
        ("last_ms", "2025", "last_ms must be a whole number"),
        ("last_ms", 1_577_836_800_000, "first_ms is after last_ms"),
        ("listed_ms", "soon", "listed_ms must be a whole number"),
    ],
)
def test_a_wrong_value_of_a_coin_is_named(
    tmp_path: Path, home: Home, columns: Make, dataset_writer: Make, key: str, value: object, problem: str
) -> None:
    folder = dataset_writer(tmp_path / "mine", {"BTC": columns(5)})
    content = json.loads((folder / "dataset.json").read_text())
    if value is REMOVED:
        del content["coins"]["BTC"][key]
    else:
        content["coins"]["BTC"][key] = value
    (folder / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(DataError) as caught:
        open_dataset(str(folder), home)
    assert any(detail.startswith(f"coins.BTC.{problem}") for detail in caught.value.details)


def test_all_problems_are_told_at_once(tmp_path: Path, home: Home, columns: Make, dataset_writer: Make) -> None:
    folder = dataset_writer(
        tmp_path / "mine",
        {"BTC": columns(5), "ETH": columns(5)},
        more={"BTC": {"qty_step": -1}, "ETH": {"rows": "many"}},
        interval="5m",
        quote="",
        synthetic="no",
    )
    with pytest.raises(DataError, match=r"\(and 4 more\)") as caught:
        open_dataset(str(folder), home)
    assert len(caught.value.details) == 5


@pytest.mark.parametrize("coins", [{}, [], None, {"BTC": 3}, {"  ": {}}])
def test_a_description_needs_coins(
    tmp_path: Path, home: Home, columns: Make, dataset_writer: Make, coins: object
) -> None:
    folder = dataset_writer(tmp_path / "mine", {"BTC": columns(5)}, coins=coins)
    with pytest.raises(DataError, match="coins"):
        open_dataset(str(folder), home)


def test_the_list_has_demo_first_and_names_what_is_broken(
    home: Home, columns: Make, dataset_writer: Make, start_ms: int
) -> None:
    dataset_writer(home.candles / "b", {"SOL": columns(5), "BTC": columns(3)}, title="My data")
    dataset_writer(home.candles / "a", {"SOL": columns(5)}, exchange=None)
    (home.candles / "empty").mkdir()
    demo, broken, good = list_datasets(home)
    assert (demo.name, demo.synthetic, demo.coins[:2]) == ("demo", True, ("ADA", "BTC"))
    assert not (home.datasets / "demo").exists(), "listing makes nothing"
    assert broken.name == "a"
    assert "exchange must be text" in broken.problem
    assert (good.name, good.title, good.coins, good.problem) == ("b", "My data", ("BTC", "SOL"), "")
    assert (good.first_ms, good.last_ms, good.synthetic) == (start_ms, start_ms + 4 * 60_000, False)


def test_the_list_of_a_fresh_home_is_the_demo(tmp_path: Path) -> None:
    assert [entry.name for entry in list_datasets(Home(tmp_path / "none"))] == ["demo"]
