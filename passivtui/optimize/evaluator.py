"""Who evaluates: threads over shared arrays, or a cluster. Batches go out side by side, results come back in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Protocol

from passivtui.clock import monotonic
from passivtui.core import MarketData
from passivtui.optimize.evaluation import Candles, Task, evaluate
from passivtui.optimize.goal import Measured
from passivtui.progress import CancelToken

Genomes = list[list[float]]

#: How long a batch should take: long enough for dispatch to cost nothing, short enough to stop and report often.
BATCH_SECONDS = 0.1
#: Batches that wait for each worker, so that none is idle while results are taken in.
_WAITING_PER_WORKER = 2
POLL_SECONDS = 0.1


class Evaluator(Protocol):
    """Evaluates genomes; results come back in the order of the genomes, whatever order they were finished in."""

    @property
    def place(self) -> str:
        """Where the work is done, in words: "2 threads", "cluster tcp://…, 4 threads"."""

    def evaluate(self, genomes: Genomes, cancel: CancelToken, tick: Callable[[], None]) -> Iterator[Measured]:
        """The metrics of each genome. `tick` is called some times a second while waiting.

        When cancelled, what runs is finished and given back, and then the iterator ends early.
        """

    def close(self) -> None:
        """End threads and connections. What still runs is waited for."""


class ThreadEvaluator:
    """Evaluation on this machine: a pool of threads over one set of arrays; the engine runs without the GIL."""

    def __init__(self, candles: Sequence[Candles], tasks: Sequence[Task], workers: int) -> None:
        self._markets = {one.key: MarketData(one.hlcv, one.btc_usd) for one in candles}
        self._tasks = tasks
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="optimizer")
        self._sizes = BatchSizes(workers)
        self.workers = workers

    @property
    def place(self) -> str:
        return threads_text(self.workers)

    def evaluate(self, genomes: Genomes, cancel: CancelToken, tick: Callable[[], None]) -> Iterator[Measured]:
        def submit(batch: Genomes) -> Any:
            return self._pool.submit(self._timed, batch)

        return in_order(submit, genomes, self._sizes, cancel, tick)

    def _timed(self, batch: Genomes) -> tuple[list[Measured], float]:
        started = monotonic()
        return evaluate(self._markets, self._tasks, batch), monotonic() - started

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def threads_text(n: int) -> str:
    """`1 thread`, `2 threads`."""
    return f"{n} thread{'' if n == 1 else 's'}"


class BatchSizes:
    """How many genomes go out together: as many as take `BATCH_SECONDS`, fewer towards the end of a generation.

    Measured as it goes. Sizes change how long a run takes and nothing else.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._seconds_each = 0.0

    def measure(self, n: int, seconds: float) -> None:
        """Take in what a batch took."""
        each = seconds / n
        self._seconds_each = each if self._seconds_each == 0.0 else 0.8 * self._seconds_each + 0.2 * each

    def next(self, remaining: int) -> int:
        """The size of the next batch of `remaining` genomes."""
        if self._seconds_each == 0.0:
            return 1
        fair = -(-remaining // (2 * self.workers))
        return max(1, min(int(BATCH_SECONDS / self._seconds_each), fair))

    @property
    def most_waiting(self) -> int:
        return self.workers * (1 + _WAITING_PER_WORKER)


def in_order(
    submit: Callable[[Genomes], Any],
    genomes: Genomes,
    sizes: BatchSizes,
    cancel: CancelToken,
    tick: Callable[[], None],
) -> Iterator[Measured]:
    """Send genomes out in batches and give their metrics back in order; ends early, after what was sent, on cancel.

    `submit` gives a future of (metrics of the batch, seconds it took).
    """
    waiting: deque[tuple[int, Any]] = deque()
    sent = 0

    def look_up() -> None:
        tick()
        if cancel.cancelled:
            _take_back(waiting)

    while waiting or (sent < len(genomes) and not cancel.cancelled):
        while sent < len(genomes) and len(waiting) < sizes.most_waiting and not cancel.cancelled:
            size = sizes.next(len(genomes) - sent)
            waiting.append((size, submit(genomes[sent : sent + size])))
            sent += size
        size, future = waiting[0]
        answer = _result(future, look_up)
        if answer is None:
            return
        waiting.popleft()
        measured, seconds = answer
        sizes.measure(size, seconds)
        yield from measured


def _take_back(waiting: deque[tuple[int, Any]]) -> None:
    """Cancel batches that have not begun, from the last one back, so that what is finished stays without gaps."""
    while waiting and waiting[-1][1].cancel():
        waiting.pop()


def _result(future: Any, look_up: Callable[[], None]) -> tuple[list[Measured], float] | None:
    """What a batch came to; None when it was taken back."""
    while not future.cancelled():
        try:
            answer: tuple[list[Measured], float] = future.result(timeout=POLL_SECONDS)
        except (FutureTimeout, TimeoutError):
            if future.done() and not future.cancelled():
                raise
            look_up()
            continue
        look_up()
        return answer
    return None
