"""`[sources]` of settings.toml: defaults, mirrors, limits, and every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest

from passivtui.errors import ConfigError
from passivtui.market.sources.settings import SERVER_VARIABLE, SourceSettings, load_source_settings


def settings_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return path


def test_without_a_file_or_a_table_the_venues_themselves_are_asked(tmp_path: Path) -> None:
    assert load_source_settings(tmp_path / "none.toml", {}) == SourceSettings()
    assert load_source_settings(settings_file(tmp_path, 'theme = "dark"'), {}) == SourceSettings()
    assert SourceSettings().archives["binance"] == "https://data.binance.vision"


def test_a_mirror_and_limits_can_be_set(tmp_path: Path) -> None:
    text = """
        [sources]
        binance_archive = "http://mirror.example/binance/"
        okx_api = "https://proxy.example"
        attempts = 2
        requests_per_second = 3
    """
    settings = load_source_settings(settings_file(tmp_path, text), {})
    assert settings.archives["binance"] == "http://mirror.example/binance"
    assert settings.archives["bybit"] == SourceSettings().archives["bybit"]
    assert settings.apis == {"okx": "https://proxy.example"}
    assert (settings.attempts, settings.requests_per_second) == (2, 3.0)


def test_one_server_may_stand_in_for_all(tmp_path: Path) -> None:
    settings = load_source_settings(tmp_path / "none.toml", {SERVER_VARIABLE: "http://127.0.0.1:80/"})
    assert settings.archives["bybit"] == "http://127.0.0.1:80/archive/bybit"
    assert settings.apis["hyperliquid"] == "http://127.0.0.1:80/api/hyperliquid"
    assert "demo" not in settings.apis


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('binance_archive = "data.binance.vision"', "must be a URL such as"),
        ('binance_archive = "http://[half"', "must be a URL such as"),
        ("binance_archive = 1", "must be a URL such as"),
        ("attempts = 0", "must be a whole number from 1 to 100"),
        ("attempts = true", "must be a whole number from 1 to 100"),
        ("timeout_seconds = nan", "must be a number from 0.05 to 3600"),
        ("atempts = 3", "unknown setting; did you mean attempts?"),
        ("nonsense = 3", "unknown setting"),
    ],
)
def test_a_mistake_is_named_with_its_key(line: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_source_settings(settings_file(tmp_path, f"[sources]\n{line}"), {})
    assert f"sources.{line.split()[0]}" in str(caught.value)
    assert words in str(caught.value)


def test_a_file_or_variable_that_can_not_be_used_is_refused(tmp_path: Path) -> None:
    for text in ("sources = 3", "[sources"):
        with pytest.raises(ConfigError, match=r"settings\.toml"):
            load_source_settings(settings_file(tmp_path, text), {})
    with pytest.raises(ConfigError, match=SERVER_VARIABLE):
        load_source_settings(tmp_path / "none.toml", {SERVER_VARIABLE: "nowhere"})
