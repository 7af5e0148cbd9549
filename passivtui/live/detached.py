"""Bots as processes of their own, which go on when the one that started them ends."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Final

from passivtui.clock import monotonic
from passivtui.errors import PassivTuiError, UsageError, storage_error
from passivtui.exchanges.login import Login
from passivtui.live.control import RemoteBot
from passivtui.live.status import BotSpec, BotState
from passivtui.live.status_text import spec_from_json, spec_to_json
from passivtui.paths import Home

_PATIENCE: Final = 30.0  # seconds until a new process must answer
_LOOK_AGAIN: Final = 0.1
_LAST_LINES: Final = 3


def log_path(home: Home, name: str) -> Path:
    """Where a detached bot's words go."""
    return home.logs / f"bot-{name}.log"


async def detach(spec: BotSpec, home: Home, login: Login | None = None) -> RemoteBot:
    """Start the bot in a process of its own and wait until it has started.

    The keys go through a pipe: they stand in no command line and in no file. Raises StorageError, and UsageError with
    the process's last words if it ends instead.
    """
    pid = _start(spec, home, login)
    bot = RemoteBot(spec.name, home)
    until = monotonic() + _PATIENCE
    while monotonic() < until:
        try:
            if (await bot.poll()).state is not BotState.STARTING:
                return bot
        except PassivTuiError:
            pass  # it doesn't listen yet
        await asyncio.sleep(_LOOK_AGAIN)
        if _has_ended(pid):
            raise UsageError(f"{spec.name} did not start: {_last_words(log_path(home, spec.name))}")
    os.kill(pid, signal.SIGTERM)
    raise UsageError(f"{spec.name} did not answer within {_PATIENCE:.0f} s; see {log_path(home, spec.name)}")


def _has_ended(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG) != (0, 0)


def _start(spec: BotSpec, home: Home, login: Login | None) -> int:
    """The process's id; it has a session of its own, so that it outlives the terminal."""
    path = log_path(home, spec.name)
    command = [sys.executable, "-P", "-m", "passivtui.cli.detached", spec.name]
    reading, writing = os.pipe()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            actions = [
                (os.POSIX_SPAWN_DUP2, end, place) for place, end in enumerate((reading, log.fileno(), log.fileno()))
            ]
            pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)
        os.write(writing, handed_over(spec, home, login))
    except OSError as error:
        raise storage_error("start a process that writes to", path, error) from error
    finally:
        os.close(reading)
        os.close(writing)
    return pid


def handed_over(spec: BotSpec, home: Home, login: Login | None) -> bytes:
    """What the process reads."""
    keys = None if login is None else dataclasses.asdict(login)
    return json.dumps({"home": str(home.root), "spec": spec_to_json(spec), "login": keys}).encode()


def taken_over(text: bytes) -> tuple[BotSpec, Home, Login | None]:
    """What `handed_over` wrote. Raises DataError, KeyError, TypeError and ValueError for anything else."""
    written = json.loads(text)
    login = None if written["login"] is None else Login(**written["login"])
    return spec_from_json(written["spec"]), Home(Path(written["home"])), login


def _last_words(path: Path) -> str:
    try:
        with path.open(errors="replace") as log:
            lines = deque((line.strip() for line in log if line.strip()), maxlen=_LAST_LINES)
    except OSError as error:
        raise storage_error("read", path, error) from error
    return " / ".join(lines) or f"it said nothing; see {path}"
