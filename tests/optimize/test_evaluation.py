"""Evaluating: the backtest's own metrics, refused genomes, order and early ends."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passivtui.backtest import BacktestRequest, run_backtest
from passivtui.clock import utc_ms
from passivtui.config import LoadedConfig
from passivtui.core import MarketData
from passivtui.optimize.arena import Arena, open_arena
from passivtui.optimize.evaluation import evaluate, listed
from passivtui.optimize.evaluator import BATCH_SECONDS, BatchSizes, ThreadEvaluator, in_order
from passivtui.optimize.genome import GENES, space_of
from passivtui.paths import Home
from passivtui.progress import CancelToken, ignore_progress

MakeConfig = Callable[..., LoadedConfig]


@pytest.fixture
def arena(make_config: MakeConfig, market: Path, home: Home) -> Arena:
    request = BacktestRequest(make_config(), str(market))
    return open_arena(request, home, ignore_progress, CancelToken(), utc_ms)


@pytest.fixture
def markets(arena: Arena) -> dict[str, MarketData]:
    return {one.key: MarketData(one.hlcv, one.btc_usd) for one in arena.candles}


def test_a_candidate_has_the_metrics_of_its_backtest(
    arena: Arena, markets: dict[str, MarketData], make_config: MakeConfig, market: Path, home: Home
) -> None:
    loaded = make_config("bot.long.ema_span_0=300", "bot.long.total_wallet_exposure_limit=0.5")
    space = space_of(loaded.config)
    [[measured]] = evaluate(markets, arena.tasks, [space.encode(loaded.config).tolist()])
    backtest = run_backtest(BacktestRequest(loaded, str(market)), home)
    assert backtest.n_fills > 2
    for name, value in measured.items():
        expected = backtest.analysis[name]
        assert expected is not None
        assert value == expected or (math.isnan(value) and math.isnan(expected)), name


def test_a_genome_that_the_engine_refuses_has_no_metrics_and_hurts_no_other(
    arena: Arena, markets: dict[str, MarketData], make_config: MakeConfig
) -> None:
    space = space_of(make_config().config)
    good, other, bad = listed(space.enforce(space.random(3, np.random.default_rng(1))))
    bad[GENES.index(("long", "ema_span_0"))] = math.nan
    [one, refused, two] = evaluate(markets, arena.tasks, [good, bad, other])
    assert refused == ({},)
    assert repr([one, two]) == repr(evaluate(markets, arena.tasks, [good, other]))


def test_batches_grow_to_their_time_and_shrink_towards_the_end() -> None:
    sizes = BatchSizes(workers=2)
    assert sizes.next(1000) == 1  # nothing is known yet
    sizes.measure(1, BATCH_SECONDS / 20)
    assert sizes.next(1000) == 20
    assert sizes.next(40) == 10
    assert sizes.next(1) == 1
    sizes.measure(1, 100 * BATCH_SECONDS)
    assert sizes.next(1000) == 1


def test_results_come_in_order_whatever_the_order_they_are_finished_in() -> None:
    order: list[float] = []
    later = threading.Event()

    def work(batch: list[list[float]]) -> tuple[Any, float]:
        if batch[0] == [0.0]:
            assert later.wait(10)
        elif len(order) >= 3:
            later.set()
        order.append(batch[0][0])
        return [({"n": genome[0]},) for genome in batch], 0.001

    genomes = [[float(number)] for number in range(50)]
    with ThreadPoolExecutor(2) as pool:
        found = list(in_order(lambda batch: pool.submit(work, batch), genomes, BatchSizes(2), CancelToken(), list))
    assert [measured[0]["n"] for measured in found] == [genome[0] for genome in genomes]
    assert order[0] != 0.0


def test_a_cancelled_evaluation_gives_what_was_running_and_ends() -> None:
    cancel, started = CancelToken(), threading.Event()

    def work(batch: list[list[float]]) -> tuple[Any, float]:
        started.set()
        assert cancelled.wait(10)
        return [({"n": genome[0]},) for genome in batch], 0.001

    cancelled = threading.Event()
    futures: list[Future[Any]] = []
    with ThreadPoolExecutor(1) as pool:

        def submit(batch: list[list[float]]) -> Future[Any]:
            futures.append(pool.submit(work, batch))
            if len(futures) == 2:
                futures[1].add_done_callback(lambda _: cancelled.set())
            return futures[-1]

        def tick() -> None:
            assert started.wait(10)
            cancel.cancel()

        found = list(in_order(submit, [[float(n)] for n in range(9)], BatchSizes(1), cancel, tick))
    assert found == [({"n": 0.0},)]
    assert len(futures) == 3 and all(future.cancelled() for future in futures[1:])


def test_a_failure_of_the_work_reaches_the_caller() -> None:
    def fail(batch: list[list[float]]) -> tuple[Any, float]:
        raise MemoryError("no memory left")

    with ThreadPoolExecutor(1) as pool, pytest.raises(MemoryError):
        list(in_order(lambda batch: pool.submit(fail, batch), [[1.0]], BatchSizes(1), CancelToken(), list))


def test_threads_say_where_the_work_is_done(arena: Arena) -> None:
    for workers, words in ((1, "1 thread"), (2, "2 threads")):
        evaluator = ThreadEvaluator(arena.candles, arena.tasks, workers)
        assert evaluator.place == words
        evaluator.close()
