"""The command line as a process: what it loads, how fast it answers, how it takes signals and closed pipes."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from passivtui._version import VERSION
from passivtui.console import cancelled_by_signals, progress_line
from passivtui.paths import Home
from passivtui.progress import Progress

Process = Callable[..., Any]
Command = Callable[..., list[str]]

LOADED = """
import sys
from passivtui.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
FACE = {"textual", "rich", "plotext", "ccxt", "deap", "dask"}
HEAVY = FACE | {"numpy", "aiosqlite", "asyncio", "hjson", "tomli", "tomlkit"}


def modules_loaded(environment: dict[str, str], *arguments: object) -> set[str]:
    """The top-level modules that a command has loaded at its end."""
    source = LOADED.format(arguments=[str(argument) for argument in arguments])
    done = subprocess.run(
        [sys.executable, "-P", "-c", source], env=environment, capture_output=True, text=True, timeout=60
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["backtest", "--help"], ["config", "show", "--help"], ["live", "--help"]]
)
def test_help_loads_nothing_heavy(arguments: list[str], environment: dict[str, str]) -> None:
    loaded = modules_loaded(environment, *arguments)
    assert "argparse" in loaded
    assert not loaded & HEAVY


def test_no_command_loads_the_app(environment: dict[str, str], config: Path, market: Path) -> None:
    for arguments in (
        ["backtest", config, "--dataset", market],
        ["backtest", config, "--dataset", market, "--json"],
        ["config", "check", config],
        ["config", "show", config],
        ["where"],
    ):
        assert not modules_loaded(environment, *arguments) & FACE
    assert "numpy" in modules_loaded(environment, "backtest", config, "--dataset", market)
    assert not modules_loaded(environment, "config", "check", config) & {"aiosqlite", "asyncio"}


def test_version_and_help_go_to_stdout(process: Process) -> None:
    assert process("--version").out == f"passivtui {VERSION}\n"
    helped = process("backtest", "--help")
    assert helped.status == 0
    for option in ("--dataset", "--start", "--end", "--out", "--set", "--json", "--home", "--verbose", "--quiet"):
        assert option in helped.out


def test_a_reader_that_goes_away_ends_it_quietly(
    command: Command, environment: dict[str, str], config: Path, market: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("backtest", config, "--dataset", market, "--json"),
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device /dev/full")
def test_a_stdout_that_takes_nothing_is_explained(command: Command, environment: dict[str, str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command("where"), env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == (
        "passivtui: can't write the results to stdout: the disk is full; free some space and try again\n"
    )


def test_a_closed_stderr_is_no_failure(
    command: Command, environment: dict[str, str], config: Path, market: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("backtest", config, "--dataset", market, "--verbose"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=writer,
        timeout=60,
    )
    os.close(writer)
    assert done.returncode == 0
    assert b"report kept in" in done.stdout


def test_paths_that_are_no_text_can_be_printed(process: Process, environment: dict[str, str]) -> None:
    environment["PYTHONIOENCODING"] = "ascii"
    assert process("where", "--home", os.fsdecode(b"/h\xc3\xb6\xff")).status == 0


class Terminal:
    """A process whose stderr is a terminal, with what it shows there."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        self.shown = b""

    def read_until(self, text: bytes) -> None:
        while text not in self.shown:
            self.shown += os.read(self._master, 4096)

    def end(self) -> tuple[int, bytes]:
        """Status and stdout, after the process ended by itself."""
        out, _ = self.process.communicate(timeout=60)
        try:
            while piece := os.read(self._master, 4096):
                self.shown += piece
        except OSError:  # how Linux tells that the other side of a terminal is closed
            pass
        os.close(self._master)
        return self.process.returncode, out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_work_and_leaves_nothing_half_written(
    number: signal.Signals,
    command: Command,
    environment: dict[str, str],
    home: Home,
    config: Path,
    market: Path,
    tmp_path: Path,
) -> None:
    # Another process prepares data: the run waits for it, and we know when it does.
    cache = home.datasets / "prepared"
    cache.mkdir()
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        terminal = Terminal(command("backtest", config, "--dataset", market, "--out", tmp_path / "out"), environment)
        terminal.read_until(b"waiting for another process")
        terminal.process.send_signal(number)
        status, out = terminal.end()
    assert (status, out) == (130, b"")
    assert terminal.shown.endswith(b"\r\x1b[Kcancelled\r\n")
    assert not (tmp_path / "out").exists()
    assert list(home.backtests.iterdir()) == []
    assert [path.name for path in cache.iterdir()] == [".lock"]


def test_on_a_terminal_there_is_a_bar_that_vanishes(
    command: Command, environment: dict[str, str], config: Path, market: Path
) -> None:
    terminal = Terminal(command("backtest", config, "--dataset", market), environment)
    status, out = terminal.end()
    assert status == 0
    assert b"simulate [" in terminal.shown
    assert terminal.shown.endswith(b"\r\x1b[K")
    assert b"report kept in" in out
    for options in (["--quiet"], []):
        calm = {**environment, "TERM": "xterm" if options else "dumb"}
        terminal = Terminal(command("backtest", config, "--dataset", market, *options), calm)
        assert terminal.end()[0] == 0
        assert terminal.shown == b""


def test_the_first_signal_asks_and_the_second_insists() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with cancelled_by_signals() as token:
        signal.raise_signal(signal.SIGTERM)
        assert token.cancelled
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == before
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("data", 0, 0), "data ..."),
        (Progress("read", 1234, 0, "bytes"), "read  1,234 bytes"),
        (Progress("simulate", 0, 4, "minutes"), f"simulate [{'-' * 30}]   0%  0 of 4 minutes"),
        (Progress("simulate", 2, 4, "minutes"), f"simulate [{'#' * 15}{'-' * 15}]  50%  2 of 4 minutes"),
        (Progress("simulate", 9, 4), f"simulate [{'#' * 30}] 100%  9 of 4"),
    ],
)
def test_a_line_of_progress(progress: Progress, line: str) -> None:
    assert progress_line(progress) == line
