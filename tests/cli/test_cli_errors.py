"""What goes wrong is one sentence on stderr and an exit status: never a traceback, nothing half-written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import passivtui.config
from passivtui.backtest import open_report
from passivtui.paths import Home

Cli = Callable[..., Any]


def explained(ran: Any, status: int = 1) -> str:
    """The one line on stderr, after seeing that nothing else was said."""
    assert (ran.status, ran.out) == (status, "")
    assert "Traceback" not in ran.err
    (line,) = ran.err.splitlines()
    assert line.startswith("passivtui: ")
    return line.removeprefix("passivtui: ")


def nothing_half_written(home: Home) -> None:
    assert not home.backtests.exists() or list(home.backtests.iterdir()) == []
    no_leftovers(home)


def no_leftovers(home: Home) -> None:
    assert not [path for path in home.root.rglob(".*") if path.is_dir()]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("bad.json", '{"bot": {', "bad.json"),
        ("bad.hjson", "{bot: {", "bad.hjson"),
        ("bad.toml", "bot = [", "bad.toml"),
        ("bad.toml", "\0", "bad.toml"),
        ("bad.json", "[1, 2]", "bad.json"),
        ("bad.json", "[" * 100_000, "bad.json"),
        ("bad.toml", "bot.long.n_positions = -1", "bot.long.n_positions = -1"),
    ],
)
def test_a_config_that_can_not_be_read_is_named(
    name: str, content: str, part: str, cli: Cli, home: Home, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    assert part in explained(cli("backtest", tmp_path / name))
    nothing_half_written(home)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["no_such_config"], "no config no_such_config"),
        (["btc_long_gird"], "did you mean btc_long_grid?"),
        (["btc_long_grid", "--dataset", "no_such_data"], "no dataset no_such_data"),
        (["btc_long_grid", "--set", "live.approved_coins=XMR"], "no coin XMR"),
        (["btc_long_grid", "--start", "2025-02-02", "--end", "2025-02-01"], "must be before backtest.end_date"),
        (["btc_long_grid", "--start", "2030", "--end", "2031"], "2030"),
        (["btc_long_grid", "--start", "yesterday"], "yesterday"),
        (["btc_long_grid", "--set", "bot.long.n_position=1"], "did you mean"),
    ],
)
def test_what_can_not_be_run_is_said(arguments: list[str], part: str, cli: Cli, home: Home) -> None:
    assert part in explained(cli("backtest", *arguments))
    nothing_half_written(home)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "needs a terminal"),
        (["backtest", "btc_long_grid", "--set", "n_positions"], "--set n_positions"),
        (["backtest", "btc_long_grid", "--set", "=3"], "--set =3"),
        (["--home", "~nobody-has-this-name", "where"], "~nobody-has-this-name"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(arguments: list[str], part: str, cli: Cli) -> None:
    assert part in explained(cli(*arguments), status=2)


@pytest.mark.parametrize("arguments", [["backtest"], ["brew"], ["backtest", "x", "--speed", "9"], ["config"]])
def test_arguments_that_make_no_sense_show_the_usage(arguments: list[str], cli: Cli) -> None:
    ran = cli(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("usage: passivtui")


def test_a_damaged_dataset_is_named(cli: Cli, home: Home, config: Path, market: Path) -> None:
    (market / "ETH.npz").write_bytes((market / "ETH.npz").read_bytes()[:5000])
    assert "ETH" in explained(cli("backtest", config, "--dataset", market))
    nothing_half_written(home)
    (market / "ETH.npz").unlink()
    assert "ETH" in explained(cli("backtest", config, "--dataset", market))
    nothing_half_written(home)


def test_rows_that_can_not_be_true_are_told_or_refused(cli: Cli, config: Path, market: Path) -> None:
    candles = {name: np.array(column) for name, column in np.load(market / "ETH.npz").items()}
    candles["close"][100], candles["low"][200] = np.nan, -5.0
    np.savez(market / "ETH.npz", **candles)
    ran = cli("backtest", config, "--dataset", market)
    assert ran.status == 0
    assert "warning: ETH: " in ran.err


def test_a_home_below_a_file_is_refused(cli: Cli, config: Path, market: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    line = explained(cli("backtest", config, "--dataset", market, "--home", tmp_path / "file" / "home"))
    assert str(tmp_path / "file" / "home") in line
    assert (tmp_path / "file").read_text() == "mine"


def test_a_database_of_a_newer_program_is_refused_before_the_work(
    cli: Cli, home: Home, config: Path, market: Path
) -> None:
    assert cli("backtest", config, "--dataset", market).status == 0
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(home.database)) as database:
        database.execute("PRAGMA user_version = 99")
    before = sorted(home.backtests.iterdir())
    assert "newer passivtui" in explained(cli("backtest", config, "--dataset", market))
    assert sorted(home.backtests.iterdir()) == before


@pytest.mark.parametrize("place", ["other files", "a file", "below a file"])
def test_an_output_folder_that_is_somebody_elses_is_refused_before_the_work(
    place: str, cli: Cli, home: Home, config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    if place == "other files":
        out.mkdir()
        (out / "thesis.tex").write_text("mine")
    else:
        out.write_text("mine")
    line = explained(
        cli("backtest", config, "--dataset", "demo", "--out", out / "x" if place == "below a file" else out)
    )
    assert str(out) in line
    assert not (home.datasets / "demo").exists()  # the market was not even made


def test_a_fault_of_the_program_is_one_sentence_and_its_traceback_is_in_the_log(
    cli: Cli, home: Home, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passivtui.config, "load_config", lambda *_, **__: {}["a\nfault"])
    line = explained(cli("config", "check", config))
    assert (
        line
        == rf"this should not have happened (KeyError: 'a\nfault'); the details are in {home.logs / 'passivtui.log'}"
    )
    log = (home.logs / "passivtui.log").read_text()
    assert "Traceback" in log
    assert "KeyError" in log


def test_a_fault_of_the_program_is_told_even_when_there_is_no_place_for_a_log(
    cli: Cli, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(passivtui.config, "find_config", lambda *_: {}["fault"])
    line = explained(cli("config", "check", config, "--home", tmp_path / "file"))
    assert "the details are lost" in line


def test_too_little_memory_is_no_fault_of_the_program(cli: Cli, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(passivtui.config, "load_config", refuse)
    assert "not enough memory" in explained(cli("config", "check", config))


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small file system of its own: `mount("size=200k")`."""
    if sys.platform != "linux":
        pytest.skip("mounts a tmpfs, which needs Linux")
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    mounted: list[Path] = []

    def make(options: str) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        flags = 1 if "ro" in options.split(",") else 0  # MS_RDONLY
        data = ",".join(option for option in options.split(",") if option != "ro")
        if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, data.encode()):
            if (code := ctypes.get_errno()) in (errno.EPERM, errno.EACCES):
                pytest.skip("mounts a tmpfs, which only root may do")
            raise OSError(code, os.strerror(code), str(folder))
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        libc.umount2(os.fsencode(folder), 2)  # MNT_DETACH


@pytest.mark.parametrize("size", [16, 64, 128, 256, 320, 384, 448, 512, 576, 640, 1024])
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(
    size: int, cli: Cli, config: Path, market: Path, mount: Callable[[str], Path]
) -> None:
    home = Home(mount(f"size={size}k") / "home")
    ran = cli("backtest", config, "--dataset", market, "--home", home.root)
    if ran.status == 0:  # there was room for the report, if perhaps not for the list
        assert size > 384
        assert not ran.err or ran.err.startswith("warning: the report can't be listed yet")
        (folder,) = home.backtests.iterdir()
        assert open_report(folder).n_fills > 2
        no_leftovers(home)
    else:
        assert size < 1024
        line = explained(ran)
        assert "full" in line
        assert str(home.root) in line
        nothing_half_written(home)


@pytest.mark.parametrize("size", [4, 16])
def test_a_full_disk_leaves_an_earlier_output_as_it_was(
    size: int, cli: Cli, home: Home, config: Path, market: Path, mount: Callable[[str], Path]
) -> None:
    out = mount(f"size={size}k") / "out"
    ran = cli("backtest", config, "--dataset", market, "--out", out)
    assert "the disk is full" in explained(ran)
    assert not out.exists()
    out.mkdir()
    (out / "fills.csv").write_text("earlier")
    assert "the disk is full" in explained(cli("backtest", config, "--dataset", market, "--out", out))
    assert {path.name: path.read_text() for path in out.iterdir()} == {"fills.csv": "earlier"}


def test_a_read_only_disk_is_refused(
    cli: Cli, home: Home, config: Path, market: Path, mount: Callable[[str], Path]
) -> None:
    disk = mount("ro")
    assert "read-only" in explained(cli("backtest", config, "--dataset", market, "--home", disk / "home"))
    for out in (disk, disk / "out"):
        line = explained(cli("backtest", config, "--dataset", market, "--out", out))
        assert str(out) in line
        nothing_half_written(home)
