"""A real dask cluster on loopback: a scheduler and workers as processes of their own, ended by `close`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import passivtui

_PATIENCE_SECONDS = 30.0


class LocalCluster:
    """A scheduler on a port of its own; workers are started and killed by the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        package = str(Path(passivtui.__file__).parents[1])
        self._environment = {**os.environ, "PYTHONPATH": package, "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "false"}
        where = folder / "scheduler.json"
        self._scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(where))
        self.address = str(self._wait_for_json(where)["address"])
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_worker(self, *, threads: int = 1, python_path: Path | None = None) -> int:
        """Start a worker, which joins when it is ready. Returns its number."""
        scratch = self._folder / f"worker{len(self.workers)}"
        environment = self._environment
        if python_path is not None:
            environment = {**environment, "PYTHONPATH": f"{python_path}{os.pathsep}{environment['PYTHONPATH']}"}
        worker = self._start(
            "worker", self.address, "--no-nanny", "--nthreads", str(threads), "--local-directory", str(scratch),
            environment=environment,
        )  # fmt: skip
        self.workers.append(worker)
        return len(self.workers) - 1

    def wait_for_workers(self, n: int) -> None:
        """Return when the scheduler knows `n` workers."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(n, timeout=_PATIENCE_SECONDS)

    def kill_worker(self, number: int) -> None:
        """End a worker as a power cut would."""
        self.workers[number].send_signal(signal.SIGKILL)
        self.workers[number].wait(_PATIENCE_SECONDS)

    def kill_scheduler(self) -> None:
        """End the scheduler as a power cut would."""
        self._scheduler.send_signal(signal.SIGKILL)
        self._scheduler.wait(_PATIENCE_SECONDS)

    def close(self) -> None:
        """End every process that is left."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait(_PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, role: str, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{role}"
        return subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments, "--host", "127.0.0.1", "--no-dashboard"],
            env=environment or self._environment,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait_for_json(self, path: Path) -> dict[str, object]:
        """The content of a file that another process writes."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                content: dict[str, object] = json.loads(path.read_text())
                return content
            except (FileNotFoundError, ValueError):
                time.sleep(0.02)
        raise TimeoutError(f"{path} was not written")
