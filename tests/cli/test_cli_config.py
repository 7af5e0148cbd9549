"""`passivtui config` and `passivtui where`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from passivtui.config import load_config
from passivtui.paths import Home

Cli = Callable[..., Any]


def test_a_good_config_is_ok(cli: Cli, config: Path) -> None:
    ran = cli("config", "check", config)
    assert (ran.status, ran.out, ran.err) == (0, "lively: ok\n", "")
    assert "info: " in cli("config", "check", config, "--verbose").err


def test_warnings_are_counted_and_told(cli: Cli, config: Path) -> None:
    config.write_text(config.read_text() + "\n[live_]\nx = 1\n")
    ran = cli("config", "check", config)
    assert (ran.status, ran.out) == (0, "lively: ok, 1 warning\n")
    assert ran.err.startswith("warning: live_")


def test_every_problem_of_a_config_has_a_line_of_its_own(cli: Cli, config: Path) -> None:
    ran = cli("config", "check", config, "--set", "bot.long.ema_span_0=-1", "--set", "bot.long.close_grid_qty_pct=x")
    assert (ran.status, ran.out) == (1, "")
    first, *rest = ran.err.splitlines()
    assert first.startswith("passivtui: ")
    assert len(rest) == 2
    assert "bot.long.ema_span_0 = -1" in ran.err
    assert 'bot.long.close_grid_qty_pct = "x"' in ran.err


def test_a_config_is_shown_whole_in_forms_that_load_equal(cli: Cli, config: Path, tmp_path: Path) -> None:
    original = load_config(config).config
    for name, options in (("shown.toml", ()), ("shown.json", ("--json",))):
        ran = cli("config", "show", config, *options)
        assert ran.status == 0
        (tmp_path / name).write_text(ran.out)
        assert load_config(tmp_path / name).config == original
    changed = json.loads(cli("config", "show", config, "--json", "--set", "bot.long.n_positions=7").out)
    assert changed["bot"]["long"]["n_positions"] == 7


def test_where_names_every_place(cli: Cli, home: Home) -> None:
    ran = cli("where")
    assert ran.status == 0
    for place in (home.root, home.configs, home.database, home.logs / "passivtui.log"):
        assert f"{place}\n" in ran.out
    assert json.loads(cli("where", "--json").out)["home"] == str(home.root)


def test_the_home_can_be_chosen_before_and_after_the_command(cli: Cli, tmp_path: Path) -> None:
    for arguments in (("--home", tmp_path / "a", "where", "--json"), ("where", "--json", "--home", tmp_path / "a")):
        assert json.loads(cli(*arguments).out)["home"] == str(tmp_path / "a")
    assert not (tmp_path / "a").exists()
