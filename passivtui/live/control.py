"""Steering a bot from another process: a Unix socket per bot, one JSON object per line in either direction.

`{"do": "status"}`, `{"do": "stop", "choice": "keep-closes"}`, `{"do": "mode", "mode": "gs"}` and `{"do": "panic"}` are
answered by `{"ok": true, "status": {…}}` or `{"ok": false, "error": "…"}`; `{"do": "why", "order": {…}}` and
`{"do": "picture", "coin": "BTC"}` have their answer besides. Only the user who started the bot gets in.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from passivtui.errors import DataError, PassivTuiError, StorageError, UsageError, storage_error
from passivtui.live.coin_picture import CoinPicture, picture_from_values
from passivtui.live.status import BotHandle, BotStatus, OrderRow, StopChoice
from passivtui.live.status_text import status_from_json, status_to_json
from passivtui.paths import Home

_LONGEST_PATH: Final = 100  # of a socket; the system's limit is 107
_LONGEST_LINE: Final = 4_000_000
_PATIENCE: Final = 120.0  # seconds for an answer; a stop takes its time


def socket_path(home: Home, name: str) -> Path:
    """Where the bot listens: in the home, or in a folder of the user's own where that path would be too long."""
    short = hashlib.sha256(name.encode()).hexdigest()[:12]
    path = home.live / "sockets" / short
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    folder = hashlib.sha256(os.fsencode(home.root)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"passivtui-{os.getuid()}" / f"{folder}-{short}"


class ControlServer:
    """Listens for one bot. The caller must hold the bot's lock: a socket that lies there is a dead bot's."""

    def __init__(self, bot: BotHandle, home: Home) -> None:
        self._bot = bot
        self._path = socket_path(home, bot.name)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen. Raises StorageError."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._path.parent.stat().st_uid != os.getuid():
                raise StorageError(f"{self._path.parent} belongs to somebody else; remove it")
            self._path.parent.chmod(0o700)
            self._path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LONGEST_LINE)
            self._path.chmod(0o600)
        except OSError as error:
            raise storage_error("listen on", self._path, error) from error

    async def close(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write((await self._answer(line) + "\n").encode())
                await writer.drain()
        except (ConnectionError, ValueError):  # gone, or a line without end
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> str:
        try:
            answer = await self._do(json.loads(line))
        except (ValueError, TypeError, LookupError, AttributeError):
            return json.dumps({"ok": False, "error": "that is no command; use status, stop, mode or panic"})
        except PassivTuiError as error:
            return json.dumps({"ok": False, "error": str(error)})
        return f'{{"ok":true,"answer":{json.dumps(answer)},"status":{status_to_json(self._bot.status())}}}'

    async def _do(self, command: dict[str, Any]) -> Any:
        """Carry it out; the answer besides the status, None for most."""
        match command["do"]:
            case "status":
                pass
            case "stop":
                await self._bot.stop(StopChoice(command["choice"]))
            case "mode":
                await self._bot.set_mode(str(command["mode"]))
            case "panic":
                await self._bot.panic()
            case "why":
                return await self._bot.why(OrderRow(**command["order"]))
            case "picture":
                return asdict(await self._bot.picture(str(command["coin"])))
            case _:
                raise ValueError
        return None


class RemoteBot:
    """A `BotHandle` for a bot of another process. `poll` asks for its status; everything else asks too."""

    def __init__(self, name: str, home: Home, status: BotStatus | None = None) -> None:
        self._name = name
        self._path = socket_path(home, name)
        self._status = status
        self._listeners: list[Callable[[BotStatus], None]] = []

    @property
    def name(self) -> str:
        return self._name

    def status(self) -> BotStatus:
        """What was heard last. Raises UsageError before anything was."""
        if self._status is None:
            raise UsageError(f"nothing is known of the bot {self._name} yet")
        return self._status

    def subscribe(self, listener: Callable[[BotStatus], None]) -> Callable[[], None]:
        """Have `listener` called with each status that is heard. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def poll(self) -> BotStatus:
        """Ask how the bot stands. Raises UsageError when nobody answers, DataError for an answer that is none."""
        await self._ask({"do": "status"})
        return self.status()

    async def stop(self, choice: StopChoice) -> None:
        """Stop as chosen; returns when no write will follow. Raises as `poll`."""
        await self._ask({"do": "stop", "choice": choice.value})

    async def set_mode(self, mode: str) -> None:
        """Put the whole bot into a mode. Raises as `poll`."""
        await self._ask({"do": "mode", "mode": mode})

    async def panic(self) -> None:
        """Close everything at market and stay out. Raises as `poll`."""
        await self._ask({"do": "panic"})

    async def why(self, order: OrderRow) -> tuple[str, ...]:
        """The formula of an order with its numbers. Raises as `poll`."""
        return tuple(str(line) for line in await self._ask({"do": "why", "order": asdict(order)}) or ())

    async def picture(self, coin: str) -> CoinPicture:
        """Prices and bands of a coin. Raises as `poll`."""
        return picture_from_values(await self._ask({"do": "picture", "coin": coin}))

    async def _ask(self, command: dict[str, Any]) -> Any:
        """Take note of the status that comes back; what was answered besides, None for most."""
        try:
            line = await asyncio.wait_for(self._exchange_lines(json.dumps(command)), _PATIENCE)
        except (OSError, TimeoutError) as error:
            raise UsageError(f"the bot {self._name} does not answer; it may have ended") from error
        try:
            answer = json.loads(line)
            is_done, besides = answer["ok"] is True, answer.get("answer")
        except (ValueError, LookupError, TypeError) as error:
            raise DataError(f"the bot {self._name} answered in a way that this version doesn't know") from error
        if not is_done:
            raise UsageError(str(answer.get("error", "refused")))
        self._status = status_from_json(json.dumps(answer["status"]))
        for listener in tuple(self._listeners):
            listener(self._status)
        return besides

    async def _exchange_lines(self, line: str) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._path, limit=_LONGEST_LINE)
        try:
            writer.write((line + "\n").encode())
            await writer.drain()
            return await reader.readline()
        finally:
            writer.close()
