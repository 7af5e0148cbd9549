"""A Passiv-X folder is taken over whole: every file has a fate, keys stay where they are, nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from passivx_files import KEY, SECRET

from passivtui.errors import Cancelled
from passivtui.passivx import load_tick_backtest, open_ticks
from passivtui.passivx.folder import read_passivx_folder
from passivtui.passivx.importing import ImportedFile, import_folder
from passivtui.passivx.jackrabbit_search import load_search
from passivtui.passivx.shelf import Shelf, find_settings
from passivtui.paths import Home
from passivtui.progress import CancelToken

Cli = Callable[..., Any]


def taken_over(root: Path, home: Home) -> dict[tuple[str, str], ImportedFile]:
    files = import_folder(read_passivx_folder(root), home)
    return {(file.found.kind, file.found.path.name): file for file in files}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_file_has_a_fate_and_a_reason(root: Path, home: Home) -> None:
    files = taken_over(root, home)
    fates = {key: file.fate for key, file in files.items()}
    assert fates == {
        ("keys", "broken.json"): "left",
        ("keys", "example_user.json"): "left",
        ("keys", "mine.json"): "for the vault",
        ("keys", "object.json"): "left",
        ("live settings", "default.json"): "taken",
        ("live settings", "wrong.json"): "left",
        ("backtest settings", "btc.hjson"): "taken",
        ("backtest settings", "broken.hjson"): "left",
        ("trades", "BTCUSD"): "taken",
        ("trades", "BTCUSD_cache"): "left",
        ("trades", "ETHUSD"): "left",
        ("results", "btc_001_60_days"): "taken",
        ("tick cache", "ticks_cache.npy"): "left",
    }
    assert all(file.words for file in files.values())
    assert all((file.place is not None) == (file.fate == "taken") for file in files.values())
    assert "leverage = 0" in files["live settings", "wrong.json"].words
    assert files["results", "btc_001_60_days"].words == "2 results, best gain 1.25"


def test_what_was_taken_can_be_run_and_searched(root: Path, home: Home) -> None:
    files = taken_over(root, home)
    session = files["backtest settings", "btc.hjson"].place
    assert session is not None
    assert load_search(session).settings.start is not None  # it finds the live settings that it starts from
    assert load_tick_backtest(session).settings.symbol == "BTCUSD"
    assert find_settings("btc", home) == session
    assert find_settings("default", home) == files["live settings", "default.json"].place
    trades = files["trades", "BTCUSD"].place
    assert trades is not None
    ticks = open_ticks(str(trades.parent), "BTCUSD")
    assert (ticks.data.n_trades, ticks.synthetic) == (50, False)


def test_files_are_copied_as_they_are_and_the_folder_stays(root: Path, home: Home) -> None:
    before = everything(root / "Passiv-25")
    files = taken_over(root, home)
    assert everything(root / "Passiv-25") == before
    for key in (("live settings", "default.json"), ("backtest settings", "btc.hjson")):
        file = files[key]
        assert file.place is not None
        assert file.place.read_bytes() == file.found.path.read_bytes()
    results = files["results", "btc_001_60_days"].place
    assert results is not None
    assert set(everything(results)) == {"results.txt", "best_result.json", "backtest_trades/abc.csv"}


def test_no_key_is_copied_or_told(root: Path, home: Home) -> None:
    files = taken_over(root, home)
    for content in everything(home.root).values():
        assert KEY.encode() not in content
        assert SECRET.encode() not in content
    assert KEY not in repr(files) and SECRET not in repr(files)
    assert "passivtui keys import" in files["keys", "mine.json"].words


def test_a_second_time_nothing_is_taken_twice(root: Path, home: Home) -> None:
    taken_over(root, home)
    before = everything(home.root / "passivx")
    again = taken_over(root, home)
    assert {file.fate for file in again.values()} == {"there already", "for the vault", "left"}
    assert everything(home.root / "passivx") == before


def test_a_name_that_is_taken_by_others_gets_a_number(root: Path, home: Home) -> None:
    taken_over(root, home)
    path = root / "Passiv-25" / "live_settings" / "bybit" / "default.json"
    path.write_text(path.read_text().replace("19.0", "18.0"))
    file = taken_over(root, home)["live settings", "default.json"]
    assert file.place is not None
    assert file.place.name == "default_2.json"
    assert "default is taken" in file.words
    assert [entry.name for entry in Shelf(home).entries()] == ["btc", "default", "default_2"]


def test_trades_that_can_not_be_read_are_left_and_the_others_go_on(root: Path, home: Home) -> None:
    downloads = root / "Passiv-25" / "historical_data" / "bybit" / "agg_trades_futures"
    (downloads / "BTCUSD" / "1_2.csv").write_text("no,trades\n1,2\n")
    files = taken_over(root, home)
    assert files["trades", "BTCUSD"].fate == "left"
    assert "is no file of trades" in files["trades", "BTCUSD"].words
    assert files["results", "btc_001_60_days"].fate == "taken"


def test_an_import_can_be_cancelled(root: Path, home: Home) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        import_folder(read_passivx_folder(root), home, cancel=token)
    assert not (home.root / "passivx").exists()


def test_the_command_line_says_what_became_of_everything(cli: Cli, root: Path, home: Home) -> None:
    ran = cli("passivx", "import", root, "--quiet")
    assert (ran.status, ran.err) == (0, "")
    assert "taken         live settings     bybit/default: BTCUSD, leverage 19" in ran.out
    assert "for the vault keys              bybit/mine: not copied; passivtui keys import" in ran.out
    assert KEY not in ran.out
    entries = json.loads(cli("passivx", "import", root, "--json", "--quiet").out)
    assert {entry["fate"] for entry in entries} == {"there already", "for the vault", "left"}
    listed = cli("passivx", "list")
    assert listed.out.splitlines() == ["backtest settings           btc", "live settings      bybit    default"]
    assert json.loads(cli("passivx", "list", "--json").out)[0]["name"] == "btc"


def test_imported_settings_run_by_name(cli: Cli, root: Path, home: Home) -> None:
    cli("passivx", "import", root, "--quiet")
    assert cli("backtest", "btc", "--ticks", "demo", "--quiet").status == 0
    folder = Shelf(home).trades_folder("bybit")
    ran = cli("optimize", "btc", "--ticks", folder, "--iters", 3, "--seed", 1, "--quiet")
    assert ran.status == 0


def test_another_folder_is_refused(cli: Cli, tmp_path: Path) -> None:
    ran = cli("passivx", "import", tmp_path / "nowhere")
    assert (ran.status, ran.out) == (1, "")
    assert "is no folder" in ran.err
    assert cli("passivx", "list").out.startswith("no settings of Passiv-X in the home")
