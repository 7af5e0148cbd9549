"""Tags of configs lie beside them, follow a rename, and never get in a config's way."""

from __future__ import annotations

import pytest

from passivtui.config import list_configs
from passivtui.config.shelf import Shelf
from passivtui.config.tags import read_tags, write_tags
from passivtui.errors import StorageError
from passivtui.paths import Home


def test_tags_are_kept_tidied_and_replaced(home: Home) -> None:
    assert read_tags(home) == {}
    assert write_tags(home, "mine.toml", ["Low risk", "btc", "btc"]) == ("btc", "low-risk")
    write_tags(home, "other.json", ["x"])
    assert read_tags(home) == {"mine.toml": ("btc", "low-risk"), "other.json": ("x",)}
    write_tags(home, "mine.toml", [])
    assert read_tags(home) == {"other.json": ("x",)}
    assert all(not entry.path.name.startswith(".") for entry in list_configs(home))


def test_a_renamed_config_keeps_its_tags(home: Home) -> None:
    path = home.configs / "mine.toml"
    path.write_text("")
    write_tags(home, path.name, ["a"])
    Shelf(home).rename(path, "yours")
    assert read_tags(home) == {"yours.toml": ("a",)}


@pytest.mark.parametrize("content", ["[", "3", "\0"])
def test_a_broken_file_is_told_and_left_alone(home: Home, content: str) -> None:
    home.config_tags.write_text(content)
    with pytest.raises(StorageError, match="repair or delete"):
        write_tags(home, "mine.toml", ["a"])
    assert home.config_tags.read_text() == content
