"""`passivtui backtest SETTINGS --ticks …`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tick_arrays import tick_arrays

from passivtui.passivx.run import WARNING

Cli = Callable[..., Any]
Write = Callable[..., Path]
Settings = dict[str, Any]


def test_settings_are_run_over_the_demo_and_written(
    cli: Cli, write: Write, flat_settings: Settings, tmp_path: Path
) -> None:
    ran = cli("backtest", write(flat_settings), "--ticks", "demo", "--out", tmp_path / "out")
    assert ran.status == 0
    assert ran.out.startswith("mine: BTCUSD on demo (synthetic data)\n")
    assert ran.out.endswith(f"report written to {tmp_path / 'out'}\n")
    assert ran.err == f"warning: {WARNING}\n"
    assert "original" in ran.out
    assert "true" in ran.out
    assert json.loads((tmp_path / "out" / "result.json").read_text())["n_trades"] == 382


def test_json_is_the_result_and_the_folder(cli: Cli, write: Write, flat_settings: Settings, tmp_path: Path) -> None:
    ran = cli("backtest", write(flat_settings), "--ticks", "demo", "--out", tmp_path / "out", "--json", "--quiet")
    assert (ran.status, ran.err) == (0, "")
    answer = json.loads(ran.out)
    assert answer.pop("folder") == str(tmp_path / "out")
    assert answer == json.loads((tmp_path / "out" / "result.json").read_text())


def test_without_out_nothing_is_written(cli: Cli, write: Write, flat_settings: Settings, tmp_path: Path) -> None:
    before = {path for path in tmp_path.iterdir() if path.name != "home"}
    ran = cli("backtest", write(flat_settings), "--ticks", "demo", "--set", "accounting=true")
    assert (ran.status, ran.err) == (0, "")
    assert "name a folder by --out" in ran.out
    assert {path for path in tmp_path.iterdir() if path.name not in ("home", "mine.json")} == before


def test_live_settings_backtest_settings_and_toml_are_run(
    cli: Cli, write: Write, live_settings: Settings, session: Path
) -> None:
    live = cli("backtest", write(live_settings), "--ticks", "demo", "--set", "starting_balance=0.05", "--quiet")
    from_session = cli("backtest", session, "--ticks", "demo", "--quiet")
    assert live.status == from_session.status == 0
    assert live.out.split("gain a day")[0].splitlines()[2:] == from_session.out.split("gain a day")[0].splitlines()[2:]


def test_files_of_ticks_are_run(cli: Cli, write: Write, flat_settings: Settings, tmp_path: Path) -> None:
    np.savez(tmp_path / "BTCUSD-1.npz", **tick_arrays())
    for place in (tmp_path / "BTCUSD-1.npz", tmp_path):
        ran = cli("backtest", write(flat_settings), "--ticks", place, "--quiet", "--json")
        assert ran.status == 0
        assert json.loads(ran.out)["ticks"]["synthetic"] is False


def test_all_problems_of_the_settings_are_listed(cli: Cli, write: Write, flat_settings: Settings) -> None:
    ran = cli(
        "backtest", write({**flat_settings, "leverage": 0, "n_close_orders": 0, "min_markup": 0.9}), "--ticks", "demo"
    )
    assert (ran.status, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert lines[0].startswith("passivtui: mine.json: 3 problems, all listed below")
    assert [line.split(" = ")[0] for line in lines[1:]] == [
        f"  mine.json: {name}" for name in ("leverage", "n_close_orders", "min_markup")
    ]


def test_a_condition_that_holds_code_is_shown_and_not_run(
    cli: Cli, write: Write, flat_settings: Settings, tmp_path: Path
) -> None:
    code = f"lambda trades, ticks, k: open('{tmp_path}/smuggled', 'w')"
    ran = cli("backtest", write({**flat_settings, "break_on": [["ON: code", code]]}), "--ticks", "demo")
    assert ran.status == 1
    assert "lambda trades, ticks, k: open(" in ran.err
    assert not (tmp_path / "smuggled").exists()


@pytest.mark.parametrize("option", ["--dataset", "--start", "--end"])
def test_options_for_candles_are_refused(cli: Cli, write: Write, flat_settings: Settings, option: str) -> None:
    ran = cli("backtest", write(flat_settings), "--ticks", "demo", option, "2025")
    assert (ran.status, ran.out) == (2, "")
    assert f"{option} is for candles" in ran.err


def test_an_output_folder_that_holds_other_files_is_refused_before_the_run(
    cli: Cli, write: Write, flat_settings: Settings, tmp_path: Path
) -> None:
    path = write(flat_settings)
    ran = cli("backtest", path, "--ticks", "nowhere", "--out", tmp_path)
    assert (ran.status, ran.out) == (1, "")
    assert "holds other files" in ran.err


def test_ticks_that_are_not_there_are_named(cli: Cli, write: Write, flat_settings: Settings) -> None:
    ran = cli("backtest", write(flat_settings), "--ticks", "nowhere")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "passivtui: there are no ticks at nowhere; give demo, an .npz file or a folder of them\n"


def test_the_run_needs_nothing_of_the_screen(write: Write, flat_settings: Settings) -> None:
    code = (
        "import sys; from passivtui.cli import main\n"
        f"status = main(['backtest', {str(write(flat_settings))!r}, '--ticks', 'demo', '--quiet'])\n"
        "assert status == 0 and not {'textual', 'rich', 'plotext', 'ccxt'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
