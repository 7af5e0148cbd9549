"""How much of the engine's speed the optimizer keeps, on the six-coin forager example and the demo market.

    python benchmarks/optimizer.py [--json] [--population N] [--generations N]

A whole search (variation, selection, front, state on disk) against the engine alone on the same genomes: their sets
through `core.simulate_many`, in as many threads. The two take turns, generation by generation, because other work on
the machine changes from moment to moment. `kept` is the search's evaluations per second divided by the engine's;
`overhead` is the processor time beyond the engine's. Figures are printed and nothing is asserted about them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

from passivtui.backtest.request import BacktestRequest
from passivtui.clock import monotonic, utc_ms
from passivtui.config import find_config, load_config
from passivtui.core import MarketData, simulate_many
from passivtui.optimize.arena import Arena, open_arena
from passivtui.optimize.documents import Documents
from passivtui.optimize.evaluator import Genomes, ThreadEvaluator
from passivtui.optimize.genome import space_of
from passivtui.optimize.goal import Measured, goal_of
from passivtui.optimize.request import ignore_report
from passivtui.optimize.search import Schedule, Search
from passivtui.optimize.session import Session
from passivtui.optimize.state import RunState
from passivtui.optimize.variation import Chances
from passivtui.paths import Home
from passivtui.progress import CancelToken, ignore_progress

CHUNK = 10  # sets that a thread of the engine alone takes at a time


class Stopwatch:
    """Seconds, and seconds of processor time of all threads."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0

    def start(self) -> None:
        self._began, self._cpu_began = perf_counter(), process_time()

    def stop(self) -> None:
        self.seconds += perf_counter() - self._began
        self.cpu += process_time() - self._cpu_began


class Engine:
    """The engine alone: sets in chunks to a pool of threads."""

    def __init__(self, arena: Arena, threads: int) -> None:
        [candles], [self._task] = arena.candles, arena.tasks
        self._market = MarketData(candles.hlcv, candles.btc_usd)
        self._pool = ThreadPoolExecutor(threads)
        self.watch = Stopwatch()

    def run(self, genomes: Genomes) -> None:
        sets = [self._task.sets.of(genome) for genome in genomes]
        chunks = [sets[start : start + CHUNK] for start in range(0, len(sets), CHUNK)]
        self.watch.start()
        list(self._pool.map(self._simulate, chunks))
        self.watch.stop()

    def _simulate(self, sets: list[object]) -> object:
        task = self._task
        return simulate_many(self._market, sets, task.exchange_params, task.starting_balance, task.maker_fee)


class TakingTurns:
    """The search's evaluator; the search's watch stands still while the engine repeats the generation before."""

    def __init__(self, evaluator: ThreadEvaluator, engine: Engine) -> None:
        self._evaluator, self._engine = evaluator, engine
        self._before: Genomes = []
        self.watch, self.evaluations = Stopwatch(), 0
        self.place = evaluator.place

    def evaluate(self, genomes: Genomes, cancel: CancelToken, tick: Callable[[], None]) -> Iterator[Measured]:
        self.repeat()
        self._before = genomes
        self.evaluations += len(genomes)
        yield from self._evaluator.evaluate(genomes, cancel, tick)

    def repeat(self) -> None:
        """Let the engine alone evaluate the last generation."""
        self.watch.stop()
        self._engine.run(self._before)
        self.watch.start()

    def close(self) -> None:
        self._evaluator.close()


def measure(threads: int, schedule: Schedule, home: Home, folder: Path) -> dict[str, float]:
    """A search of a fixed seed against the engine alone."""
    loaded = load_config(find_config("six_coins_forager", home))
    optimize = replace(loaded.config.optimize, population_size=schedule.population)
    config = replace(loaded.config, optimize=optimize)
    arena = open_arena(BacktestRequest(loaded, "demo"), home, ignore_progress, CancelToken(), utc_ms)
    goal, search = goal_of(config), Search(space_of(config), schedule, seed=1)
    state = RunState(folder, len(goal.scoring), all_results=False, compress=False)
    session = Session(folder, search, goal, Documents(config, arena.names, 4), state, ignore_report, monotonic)
    engine = Engine(arena, threads)
    evaluator = TakingTurns(ThreadEvaluator(arena.candles, arena.tasks, threads), engine)
    folder.mkdir()
    evaluator.watch.start()
    search.begin()
    session.begin()
    session.run(evaluator, CancelToken())
    evaluator.repeat()
    evaluator.watch.stop()
    state.close()
    evaluator.close()
    n, watch = evaluator.evaluations, evaluator.watch
    return {
        "evaluations": n,
        "search_per_second": round(n / watch.seconds, 1),
        "engine_per_second": round(n / engine.watch.seconds, 1),
        "kept": round(engine.watch.seconds / watch.seconds, 3),
        "overhead": round(watch.cpu / engine.watch.cpu - 1.0, 3),
        "overhead_us": round((watch.cpu - engine.watch.cpu) / n * 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--population", type=int, default=500)
    parser.add_argument("--generations", type=int, default=4)
    args = parser.parse_args()
    schedule = Schedule(args.population, args.generations, Chances(0.64, 0.34))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").ensure()
        rows = {threads: measure(threads, schedule, home, Path(folder) / str(threads)) for threads in (1, 2)}
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'threads':>7}{'evaluations':>13}{'search/s':>10}{'engine/s':>10}{'kept':>8}{'overhead':>10}{'us each':>9}")
    for threads, row in rows.items():
        print(
            f"{threads:>7}{row['evaluations']:>13}{row['search_per_second']:>10}{row['engine_per_second']:>10}"
            f"{row['kept']:>8.1%}{row['overhead']:>10.1%}{row['overhead_us']:>9}"
        )


if __name__ == "__main__":
    main()
