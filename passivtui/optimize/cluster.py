"""Evaluation on other machines by dask.distributed (`pip install 'passivtui[cluster]'`, docs/cluster.md).

A worker gets a dataset once: it keeps candles by the hash of their content, and is only sent what it lacks. A worker
that is lost costs the batches it was working on, which dask gives to another; when the cluster is gone, this machine's
threads go on.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from passivtui._version import VERSION
from passivtui.clock import monotonic
from passivtui.errors import PassivTuiError
from passivtui.optimize.cluster_worker import Evaluated, Unable, WorkerFacts, evaluate_batch, facts, hold
from passivtui.optimize.evaluation import Candles, Task
from passivtui.optimize.evaluator import BatchSizes, Genomes, ThreadEvaluator, in_order, threads_text
from passivtui.optimize.goal import Measured
from passivtui.optimize.request import Notice, Report
from passivtui.progress import CancelToken

CONNECT_SECONDS = 10.0
WORKERS_SECONDS = 30.0  # how long to wait for a worker, at the start and when the last one is lost
SEND_SECONDS = 600.0
_ROSTER_SECONDS = 1.0
_CLOSE_SECONDS = 2.0
_RETRIES = 3  # of a batch, on other workers


class ClusterError(PassivTuiError):
    """The cluster can't be used from the start: unreachable, without workers, or of another version."""


class ClusterLost(Exception):
    """The cluster was there and is no more; the text says what happened."""


class ClusterEvaluator:
    """Evaluation on a dask cluster, and on local threads once it is lost. Raises ClusterError when it can't begin."""

    def __init__(
        self,
        address: str,
        candles: Sequence[Candles],
        tasks: Sequence[Task],
        workers: int,
        report: Report,
        *,
        patience_seconds: float = WORKERS_SECONDS,
    ) -> None:
        self._address = address
        self._candles = {one.key: one for one in candles}
        self._tasks = tuple(tasks)
        self._workers = workers
        self._report = report
        self._patience = patience_seconds
        self._alone_since: float | None = None
        self._roster: dict[str, int] = {}  # address → threads
        self._roster_at = 0.0
        self._local: ThreadEvaluator | None = None
        self._client = _connected(address)
        try:
            self._welcome()
        except BaseException:
            self._disconnect()
            raise
        self._sizes = BatchSizes(max(1, self._threads))

    @property
    def place(self) -> str:
        if self._local is not None:
            return self._local.place
        return f"cluster {self._address}, {threads_text(self._threads)}"

    def evaluate(self, genomes: Genomes, cancel: CancelToken, tick: Callable[[], None]) -> Iterator[Measured]:
        given = 0
        if self._local is None:
            try:
                for measured in in_order(self._submit, genomes, self._sizes, cancel, tick):
                    given += 1
                    yield measured
                return
            except ClusterLost as loss:
                self._fall_back(loss)
        if self._local is not None:
            yield from self._local.evaluate(genomes[given:], cancel, tick)

    def close(self) -> None:
        self._disconnect()
        if self._local is not None:
            self._local.close()

    # -- batches ------------------------------------------------------------------------------------------------------

    def _submit(self, batch: Genomes) -> _Batch:
        self._sizes.workers = max(1, self._threads)
        return _Batch(self, batch)

    def send(self, batch: Genomes) -> Any:
        """A dask future of the batch. Raises ClusterLost."""
        try:
            return self._client.submit(evaluate_batch, VERSION, self._tasks, batch, pure=False, retries=_RETRIES)
        except Exception as error:  # whatever the client makes of a connection that is gone
            raise ClusterLost(_reason(error)) from error

    def enable(self, unable: Unable) -> None:
        """Give a worker what it lacks to evaluate; one of another version is sent away. Raises ClusterLost."""
        address = unable.address
        try:
            if unable.version != VERSION:
                self._report(Notice(f"{_of_other_version(address, unable.version)}; the run goes on without it"))
                self._client.retire_workers(workers=[address], close_workers=True)
            else:
                for key in unable.missing:
                    self._send_candles(key, [address])
        except Exception as error:
            self._call_the_roll()
            if address in self._roster:
                raise ClusterLost(f"worker {address} can't be given the candles: {_reason(error)}") from error
            # it left meanwhile; its batch goes to another

    def check(self) -> None:
        """While waiting: raise ClusterLost when the scheduler is gone, or all workers for longer than the patience."""
        now = monotonic()
        if now - self._roster_at >= _ROSTER_SECONDS:
            self._call_the_roll()
        if self._roster:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since >= self._patience:
            raise ClusterLost("no worker is left")

    # -- workers ------------------------------------------------------------------------------------------------------

    def _welcome(self) -> None:
        """Wait for a worker, see that all run this version, and send the candles to those that lack them."""
        try:
            self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError as error:
            raise ClusterError(
                f"the cluster at {self._address} has no worker; start one with: dask worker {self._address}"
            ) from error
        self._call_the_roll()
        answers: dict[str, Any] = self._client.run(facts, on_error="return")
        for address, answer in answers.items():
            if isinstance(answer, ModuleNotFoundError):
                raise ClusterError(f"worker {address} has no passivtui: install passivtui {VERSION} there")
            if not isinstance(answer, WorkerFacts):
                raise ClusterError(f"worker {address} can't be used: {_reason(answer)}")
            if answer.version != VERSION:
                raise ClusterError(f"{_of_other_version(address, answer.version)}; install the same version on both")
        try:
            for key in self._candles:
                self._send_candles(key, [address for address, answer in answers.items() if key not in answer.held])
        except Exception as error:
            raise ClusterError(
                f"the cluster at {self._address} can't be given the candles: {_reason(error)}"
            ) from error

    def _send_candles(self, key: str, addresses: Sequence[str]) -> None:
        """Send candles to workers, which keep them beyond this run."""
        if not addresses:
            return
        candles = self._candles[key]
        arrays = (np.asarray(candles.hlcv), np.asarray(candles.btc_usd))
        [there] = self._client.scatter([arrays], workers=list(addresses), broadcast=True, hash=False)
        kept = [
            self._client.submit(hold, key, there, workers=[address], allow_other_workers=False, pure=False)
            for address in addresses
        ]
        for future in kept:
            future.result(timeout=SEND_SECONDS)

    def _call_the_roll(self) -> None:
        """Ask which workers there are. Raises ClusterLost."""
        if self._client.status != "running":
            raise ClusterLost("its scheduler is gone")
        try:
            self._roster = dict(self._client.nthreads())
        except Exception as error:
            raise ClusterLost(_reason(error)) from error
        self._roster_at = monotonic()

    @property
    def _threads(self) -> int:
        return sum(self._roster.values())

    # -- the end ------------------------------------------------------------------------------------------------------

    def _fall_back(self, loss: ClusterLost) -> None:
        self._local = ThreadEvaluator(list(self._candles.values()), self._tasks, self._workers)
        self._report(
            Notice(f"the cluster at {self._address} is lost ({loss}); the run goes on with {self._local.place} here")
        )
        self._disconnect()

    def _disconnect(self) -> None:
        self._client.close(timeout=_CLOSE_SECONDS)


class _Batch:
    """A batch on its way, in the form of a future that `in_order` takes."""

    def __init__(self, cluster: ClusterEvaluator, genomes: Genomes) -> None:
        self._cluster = cluster
        self._genomes = genomes
        self._send()

    def result(self, timeout: float) -> tuple[list[Measured], float]:
        """The metrics and seconds. Raises TimeoutError when it takes longer, ClusterLost."""
        if not self._finished.wait(timeout):
            self._cluster.check()
            raise TimeoutError
        try:
            answer = self._future.result()
        except (asyncio.CancelledError, concurrent.futures.CancelledError) as error:
            raise ClusterLost("its scheduler is gone") from error
        except Exception as error:  # a batch that killed several workers, or that no worker could make sense of
            raise ClusterLost(_reason(error)) from error
        if isinstance(answer, Evaluated):
            return answer.measured, answer.seconds
        self._try_again(answer)
        raise TimeoutError

    def done(self) -> bool:
        return False  # a timeout always means: ask again

    def cancelled(self) -> bool:
        return False

    def cancel(self) -> bool:
        return False  # what was sent is waited for; it is a fraction of a second

    def _try_again(self, unable: Unable) -> None:
        """Enable the worker that answered, and send the batch again."""
        self._cluster.enable(unable)
        self._send()

    def _send(self) -> None:
        # dask's own wait with a timeout can lose its answer when the time is up just then: an event is waited for.
        finished = self._finished = threading.Event()
        self._future = self._cluster.send(self._genomes)
        self._future.add_done_callback(lambda _: finished.set())


def _connected(address: str) -> Any:
    """A client of the scheduler. Raises ClusterError."""
    try:
        dask: Any = import_module("distributed")  # an extra, and without types
    except ModuleNotFoundError as error:
        raise ClusterError("a cluster needs dask: pip install 'passivtui[cluster]'") from error
    _tame_logging()
    if address.startswith("tls:") and dask.Security().get_connection_args("client")["ssl_context"] is None:
        raise ClusterError(f"{address} needs certificates; set them as docs/cluster.md says, or use a tcp:// address")
    try:
        return dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="passivtui")
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"can't reach a dask scheduler at {address}; start one with: dask scheduler, and give the address it prints"
        ) from error


def _tame_logging() -> None:
    """Let dask's loggers write to the program's log instead of to stderr."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("distributed").addHandler(logging.NullHandler())


def _of_other_version(address: str, version: str) -> str:
    return f"worker {address} runs passivtui {version}, and this is {VERSION}"


def _reason(error: object) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
