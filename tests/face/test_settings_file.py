"""Settings are read forgivingly, told about plainly, and changed without losing the user's comments."""

from __future__ import annotations

import pytest

from passivtui.errors import StorageError
from passivtui.paths import Home
from passivtui.screens.settings_file import Settings, load_settings, save_setting


def test_no_file_means_defaults(home: Home) -> None:
    assert load_settings(home.settings).settings == Settings()
    assert load_settings(home.settings).problems == ()


def test_known_values_are_taken_and_keys_read(home: Home) -> None:
    home.settings.write_text('theme = "sand"\nglyphs = "ascii"\n[keys]\nzoom-in = "i"\n')
    settings = load_settings(home.settings).settings
    assert (settings.theme, settings.glyphs, settings.colours) == ("sand", "ascii", "blue-orange")
    assert settings.keys == {"zoom-in": "i"}


def test_every_value_that_cannot_be_used_is_named(home: Home) -> None:
    home.settings.write_text('theme = "pink"\ncolours = 3\n[keys]\nzoom-in = 7\n')
    loaded = load_settings(home.settings)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 3
    assert "theme = 'pink' is not known; use one of dark, black, light" in loaded.problems[0]
    assert "keys.zoom-in" in loaded.problems[2]


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe\x00"])
def test_a_broken_file_gives_defaults_and_one_sentence(home: Home, content: bytes) -> None:
    home.settings.write_bytes(content)
    loaded = load_settings(home.settings)
    assert loaded.settings == Settings() and len(loaded.problems) == 1


def test_saving_keeps_comments_and_everything_else(home: Home) -> None:
    home.settings.write_text('# mine\ntheme = "dark"  # night\nother = 5\n')
    save_setting(home.settings, "theme", "light")
    assert home.settings.read_text() == '# mine\ntheme = "light"  # night\nother = 5\n'


def test_saving_makes_the_file(home: Home) -> None:
    save_setting(home.settings, "glyphs", "ascii")
    assert load_settings(home.settings).settings.glyphs == "ascii"


def test_a_broken_file_is_not_overwritten(home: Home) -> None:
    home.settings.write_text("theme = ")
    with pytest.raises(StorageError, match="not valid TOML"):
        save_setting(home.settings, "theme", "light")
    assert home.settings.read_text() == "theme = "
