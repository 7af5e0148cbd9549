"""Configs by path and by name; the shipped ones; what importing costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from passivtui.config import find_config, list_configs, load_config, template_config
from passivtui.config.shipped import shipped_configs
from passivtui.errors import ConfigError
from passivtui.paths import Home

EXAMPLES = {
    "btc_long_grid",
    "eth_long_short",
    "six_coins_forager",
    "six_coins_long_short",
    "sol_trailing",
    "btc_collateral",
    "coin_overrides",
}
DEMO_COINS = {"ADA", "BTC", "DOGE", "ETH", "SOL", "XRP"}


def test_the_template_and_the_examples_ship_and_coin_lists_are_no_configs(home):
    assert {entry.name for entry in list_configs(home) if entry.shipped} == {*EXAMPLES, "template"}


def test_the_homes_configs_come_first_and_replace_shipped_ones(home):
    (home.configs / "mine.json").write_text('{"live": {}}')
    (home.configs / "template.toml").write_text("[live]\n")
    (home.configs / "twins.toml").write_text("[live]\n")
    (home.configs / "twins.json").write_text('{"live": {}}')
    (home.configs / "coins.json").write_text('  ["BTC"]')
    (home.configs / "notes.txt").write_text("x")
    entries = list_configs(home)
    assert [entry.name for entry in entries if not entry.shipped] == ["mine", "template", "twins.json", "twins.toml"]
    assert [entry.name for entry in entries].count("template") == 1
    assert find_config("template", home) == home.configs / "template.toml"
    assert find_config("twins.json", home) == home.configs / "twins.json"
    assert find_config("mine", home) == find_config("mine.json", home) == home.configs / "mine.json"


def test_a_path_is_taken_as_it_is(tmp_path, home, monkeypatch):
    (tmp_path / "my config.toml").write_text("[live]\n")
    monkeypatch.chdir(tmp_path)
    assert find_config("my config.toml", home) == Path("my config.toml")
    assert find_config(str(tmp_path / "my config.toml"), home) == tmp_path / "my config.toml"


def test_an_absent_config_is_an_error_that_names_the_nearest(tmp_path, home):
    with pytest.raises(ConfigError, match=r"there is no config six_coin_forager; did you mean six_coins_forager\?"):
        find_config("six_coin_forager", home)
    with pytest.raises(ConfigError, match="did you mean template"):
        find_config("configs/templat.json", home)
    with pytest.raises(ConfigError, match=r"there are .*btc_long_grid"):
        find_config("zzzzzzzzzzzz", home)
    with pytest.raises(ConfigError, match="is a folder"):
        find_config(str(tmp_path), home)
    with pytest.raises(ConfigError, match="there is no config"):
        find_config("a" * 5000, home)
    with pytest.raises(ConfigError, match="there is no config"):
        find_config("", home)


def test_a_home_without_configs_has_the_shipped_ones(tmp_path):
    assert all(entry.shipped for entry in list_configs(Home(tmp_path / "nowhere")))


def test_the_shipped_template_holds_every_template_value(home):
    loaded = load_config(find_config("template", home), home=home)
    assert loaded.config == template_config()
    assert loaded.notes == ()
    assert len(loaded.config.approved().union) == 23


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_runs_on_the_demo_market_as_it_is(home, name):
    loaded = load_config(find_config(name, home), home=home)
    config = loaded.config
    assert loaded.warnings == ()
    assert config.backtest.exchanges == ("demo",)
    assert (config.backtest.start_date, config.backtest.end_date) == ("2025-01-01", "2025-03-01")
    assert config.live.minimum_coin_age_days == 0.0
    assert set(config.approved().union) <= DEMO_COINS
    assert config.bot.long.is_on
    for side in (config.bot.long, config.bot.short):
        assert side.total_wallet_exposure_limit <= 1.2
    text = (shipped_configs() / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "synthetic" in text


def test_loading_toml_needs_no_numpy_and_nothing_of_the_screen():
    code = (
        "import sys; from passivtui.config import load_config, find_config; from passivtui.paths import Home;"
        "from pathlib import Path; load_config(find_config('template', Home(Path('nowhere'))));"
        "print(sorted({'numpy', 'textual', 'rich', 'hjson', 'difflib', 'passivtui.core'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "[]"
