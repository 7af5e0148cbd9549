"""The process from which a chaos run's bots are forked."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import passivtui


class Nursery:
    """The process from which bots are forked; an async context manager. `venues`: it knows ccxt too."""

    def __init__(self, socket: Path, *, venues: bool = False) -> None:
        self._socket = socket
        self._options = ["--venues"] if venues else []
        self._process: subprocess.Popen[str] | None = None
        self.connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def __aenter__(self) -> Nursery:
        self._process = self._start()
        assert self._process.stdout is not None
        ready = await asyncio.to_thread(self._process.stdout.readline)
        assert ready == "ready\n"
        self._server = await asyncio.start_unix_server(self._greet, self._socket)
        return self

    def _start(self) -> subprocess.Popen[str]:
        here = str(Path(__file__).parent)
        package = str(Path(passivtui.__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, package]), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-P", str(Path(__file__).with_name("chaos_victim.py")), *self._options]
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.put_nowait((reader, writer))

    async def bear(self, **order: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Fork a bot; its end of the line."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"socket": str(self._socket), **order}) + "\n")
        self._process.stdin.flush()
        async with asyncio.timeout(20):
            return await self.connections.get()

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._server.close()
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
