"""`passivtui config convert`, `diff` and `check --json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passivtui.config import load_config

Cli = Callable[..., Any]

OLD = {
    "backtest": {"exchange": "binance"},
    "bot": {"long": {"close_grid_min_markup": 0.005, "close_grid_markup_range": 0.002}},
    "live": {"approved_coins": ["BTC"]},
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.json"
    path.write_text(json.dumps(OLD))
    return path


def test_an_old_config_is_printed_in_todays_form_and_its_changes_told(cli: Cli, old: Path, tmp_path: Path) -> None:
    ran = cli("config", "convert", old)
    assert ran.status == 0
    assert "close_grid_markup_start 0.007" in ran.err
    (tmp_path / "new.toml").write_text(ran.out)
    assert load_config(tmp_path / "new.toml").config == load_config(old).config


@pytest.mark.parametrize(("name", "options"), [("new.json", ()), ("new.toml", ()), ("odd.cfg", ("--to", "json"))])
def test_the_form_follows_from_the_files_name_or_is_chosen(cli: Cli, old: Path, tmp_path: Path, name, options) -> None:
    out = tmp_path / "folder" / name
    ran = cli("config", "convert", old, "--out", out, *options)
    assert (ran.status, ran.out) == (0, "")
    is_json = out.read_text().lstrip().startswith("{")
    assert is_json == (name != "new.toml")


def test_a_file_is_only_replaced_when_told_so(cli: Cli, old: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.toml"
    out.write_text("mine")
    ran = cli("config", "convert", old, "--out", out)
    assert ran.status == 2
    assert "exists already" in ran.err
    assert out.read_text() == "mine"
    assert cli("config", "convert", old, "--out", out, "--force").status == 0
    assert load_config(out).config == load_config(old).config


def test_a_place_that_can_t_be_written_is_one_sentence(cli: Cli, old: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = cli("config", "convert", old, "--out", tmp_path / "file" / "new.toml")
    assert ran.status == 1
    assert len(ran.err.splitlines()[-1:]) == 1
    assert "can't make the folder" in ran.err


def test_passiv_x_settings_are_converted(cli: Cli, tmp_path: Path) -> None:
    settings = {
        "symbol": "XRPUSDT", "balance_pct": 0.5, "entry_qty_pct": 0.04, "ddown_factor": 0.3, "leverage": 6,
        "n_close_orders": 5, "grid_spacing": 0.002, "grid_coefficient": 120.0, "min_markup": 0.001, "max_markup": 0.01,
    }  # fmt: skip
    path = tmp_path / "x.json"
    path.write_text(json.dumps(settings))
    assert "passivtui config convert x.json" in cli("config", "check", path).err
    ran = cli("config", "convert", path, "--to", "json")
    assert ran.status == 0
    assert json.loads(ran.out)["bot"]["long"]["entry_grid_double_down_factor"] == 0.3
    assert "no counterpart" not in ran.out


def test_two_configs_are_compared_key_by_key(cli: Cli, config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(config.read_text().replace("n_positions = 2", "n_positions = 1"))
    ran = cli("config", "diff", config, other)
    assert ran.status == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines == [["key", "lively", "other"], ["bot.long.n_positions", "2", "1"]]
    assert json.loads(cli("config", "diff", config, other, "--json").out) == {"bot.long.n_positions": [2, 1]}
    assert cli("config", "diff", config, config).out == "no difference\n"


def test_a_check_for_programs_tells_problems_and_remarks(cli: Cli, config: Path, old: Path) -> None:
    good = json.loads(cli("config", "check", old, "--json").out)
    assert good["ok"] is True
    assert any(note["key"] == "backtest.exchange" for note in good["notes"])
    ran = cli("config", "check", config, "--json", "--set", "bot.long.ema_span_0=-1")
    bad = json.loads(ran.out)
    assert (ran.status, bad["ok"]) == (1, False)
    assert [problem["key"] for problem in bad["problems"]] == ["bot.long.ema_span_0"]
    config.write_text("not [ toml")
    assert "malformed" in json.loads(cli("config", "check", config, "--json").out)["problems"][0]["expected"]
