"""Whole config files: nothing is overwritten, nothing is lost, odd names are refused with a way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from passivtui.config import load_config
from passivtui.config.shelf import Shelf
from passivtui.config.shipped import shipped_configs
from passivtui.errors import ConfigError, StorageError, UsageError
from passivtui.paths import Home

EXAMPLE = shipped_configs() / "btc_long_grid.toml"


@pytest.fixture
def shelf(home: Home) -> Shelf:
    return Shelf(home, clock=lambda: 1_700_000_000_000)


def test_a_copy_keeps_every_byte(shelf: Shelf, home: Home) -> None:
    path = shelf.copy(EXAMPLE, "mine")
    assert path == home.configs / "mine.toml"
    assert path.read_bytes() == EXAMPLE.read_bytes()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "type a name"),
        ("../evil", "letters, digits"),
        (".hidden", "begin with a letter"),
        ("a/b", "letters, digits"),
        ("x" * 90, "letters, digits"),
        ("[red]", "letters, digits"),
        ("taken", "taken.toml is taken; taken_2 is free"),
        ("taken.toml", "is taken"),
    ],
)
def test_names_that_won_t_do_are_explained(shelf: Shelf, name: str, words: str) -> None:
    shelf.copy(EXAMPLE, "taken")
    assert words in (shelf.fault_of(name) or "")
    with pytest.raises(UsageError):
        shelf.copy(EXAMPLE, name)


def test_odd_but_good_names_are_taken(shelf: Shelf) -> None:
    for name in ("Über 2", "v1.2+test", "a-b_c", "x.json"):
        assert shelf.fault_of(name) is None
    assert shelf.copy(EXAMPLE, "x.toml").name == "x.toml"


def test_renaming_moves_the_file_and_replaces_none(shelf: Shelf, home: Home) -> None:
    one, other = shelf.copy(EXAMPLE, "one"), shelf.copy(EXAMPLE, "other")
    assert shelf.rename(one, "new").name == "new.toml"
    assert not one.exists()
    with pytest.raises(UsageError, match="taken"):
        shelf.rename(other, "new")
    with pytest.raises(UsageError, match="can't change the form"):
        shelf.rename(other, "other.json")
    assert other.exists()
    with pytest.raises(StorageError):
        shelf.rename(home.configs / "absent.toml", "whatever")


def test_thrown_away_configs_come_back_under_a_free_name(shelf: Shelf, home: Home) -> None:
    path = shelf.copy(EXAMPLE, "mine")
    content = path.read_bytes()
    item = shelf.throw_away(path)
    assert not path.exists()
    assert [(entry.name, entry.when_ms) for entry in shelf.trashed()] == [("mine.toml", 1_700_000_000_000)]
    shelf.copy(EXAMPLE, "mine")
    back = shelf.restore(item)
    assert (back.name, back.read_bytes()) == ("mine_2.toml", content)
    assert shelf.trashed() == ()


def test_the_trash_is_not_among_the_configs_and_can_be_emptied(shelf: Shelf, home: Home) -> None:
    from passivtui.config import list_configs

    shelf.throw_away(shelf.copy(EXAMPLE, "mine"))
    assert all(entry.shipped for entry in list_configs(home))
    assert shelf.empty_trash() == 1
    assert shelf.trashed() == ()
    assert shelf.empty_trash() == 0


def test_an_import_is_brought_to_todays_form(shelf: Shelf, home: Home, tmp_path: Path) -> None:
    source = tmp_path / "old (1).json"
    source.write_text(
        json.dumps({"bot": {"long": {"close_grid_min_markup": 0.01, "close_grid_markup_range": 0.02}}, "live": {}})
    )
    path, notes = shelf.import_file(source)
    assert path == home.configs / "old _1.toml"
    assert load_config(path).config == load_config(source).config
    assert any("close_grid_markup_start" in str(note) for note in notes)
    again, _ = shelf.import_file(source)
    assert again.name == "old _1_2.toml"
    with pytest.raises(ConfigError):
        shelf.import_file(tmp_path / "absent.json")


def test_an_export_is_in_the_form_of_its_ending(shelf: Shelf, tmp_path: Path) -> None:
    for name in ("out.json", "out.toml"):
        written = shelf.export(EXAMPLE, tmp_path / name)
        assert load_config(written).config == load_config(EXAMPLE).config
    assert (tmp_path / "out.json").read_text().startswith("{")
    with pytest.raises(UsageError, match="exists already"):
        shelf.export(EXAMPLE, tmp_path / "out.json")


def test_a_folder_that_is_no_folder_is_one_sentence(home: Home) -> None:
    home.configs.rmdir()
    home.configs.write_text("")
    with pytest.raises(StorageError):
        Shelf(home).copy(EXAMPLE, "mine")
