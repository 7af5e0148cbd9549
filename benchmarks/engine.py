"""How long the engine takes on the golden cases of the demo market, beside the least that any engine could take.

    python benchmarks/engine.py [--json] [--repeats N]

Per case the best of several runs of the simulation alone: candles checked and parameters at hand; then the metrics of
its series, and one of several runs with metrics and without series (`simulate_many`). Figures are printed and nothing
is asserted about them; compare multiples of the floor, which are of one run and one machine.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from golden import DEMO_CASES, bot_params, read_json  # noqa: E402

from passivtui.core import MarketData, analyse, simulate_many, simulate_market  # noqa: E402
from passivtui.market import Dataset, open_dataset, prepare  # noqa: E402
from passivtui.paths import Home  # noqa: E402

FLOOR_MINUTES = 525_600
MARKET_NAMES = ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of `repeats` calls."""
    best = float("inf")
    for _ in range(repeats):
        start = perf_counter()
        work()
        best = min(best, perf_counter() - start)
    return best


def build_floor(folder: Path) -> Callable[[], float]:
    """Compile floor.c with the engine's flags; the result gives nanoseconds per candle."""
    library = folder / "floor.so"
    source = ROOT / "benchmarks" / "floor.c"
    flags = ["-O3", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run([os.environ.get("CC", "gcc"), *flags, "-o", str(library), str(source)], check=True)
    function = ctypes.CDLL(str(library)).floor_ns
    function.restype = ctypes.c_double
    return lambda: float(function(ctypes.c_long(FLOOR_MINUTES), ctypes.c_int(5)))


class Case:
    """One golden case, ready to run."""

    def __init__(self, name: str, demo: Dataset) -> None:
        config, coins = read_json(name, "config.json"), read_json(name, "expected.json")["coins"]
        candles = [demo.load(coin) for coin in coins]
        columns = [np.stack([c.high, c.low, c.close, c.volume * c.close], axis=1) for c in candles]
        hlcv = np.ascontiguousarray(np.stack(columns, axis=1))
        self.btc_collateral: bool = config["backtest"]["use_btc_collateral"]
        btc_usd = np.array(demo.load("BTC").close) if self.btc_collateral else np.ones(len(hlcv))
        self.name, self.hlcv, self.btc_usd = name, hlcv, btc_usd
        self.market = MarketData(hlcv, btc_usd)
        self.bots = bot_params(config, coins)
        self.exchanges = [{name: getattr(demo.coins[coin], name) for name in MARKET_NAMES} for coin in coins]
        self.balance: float = config["backtest"]["starting_balance"]
        self.coin_candles = hlcv.shape[0] * hlcv.shape[1]

    def run(self) -> Any:
        return simulate_market(self.market, self.bots, self.exchanges, self.balance, 0.0002)

    def run_many(self, n: int) -> Any:
        """`n` runs for their metrics alone."""
        return simulate_many(self.market, [self.bots] * n, self.exchanges, self.balance, 0.0002)


def time_case(case: Case, floor: Callable[[], float], repeats: int) -> dict[str, float]:
    floor_ns = floor()
    seconds = best_of(repeats, case.run)
    result = case.run()
    metrics = best_of(repeats, lambda: analyse(*result, case.btc_collateral))
    many = best_of(repeats, lambda: case.run_many(4)) / 4
    check = best_of(3, lambda: MarketData(case.hlcv, case.btc_usd))
    ns = seconds / case.coin_candles * 1e9
    return {
        "ns_per_coin_candle": round(ns, 2),
        "multiple": round(ns / floor_ns, 2),
        "fills": len(result.fills),
        "run_ms": round(seconds * 1e3, 3),
        "metrics_ms": round(metrics * 1e3, 3),
        "many_ms": round(many * 1e3, 3),
        "check_ms": round(check * 1e3, 3),
    }


def time_threads(case: Case, threads: int, runs: int) -> float:
    """Simulations with metrics per second of `threads` threads that share one set of candles."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(case.run_many, [1] * threads))
        start = perf_counter()
        list(pool.map(case.run_many, [runs // threads] * threads))
        return runs / (perf_counter() - start)


def time_preparing(demo: Dataset, home: Home) -> dict[str, float]:
    def work() -> object:
        return prepare(
            demo, sorted(demo.coins), start_ms=None, end_ms=None, gap_tolerance_minutes=120, minimum_coin_age_days=0,
            btc_collateral=False, home=home,
        )  # fmt: skip

    first = best_of(1, work)
    return {"prepare_ms": round(first * 1e3, 2), "open_cached_ms": round(best_of(5, work) * 1e3, 2)}


def measure(repeats: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").ensure()
        floor = build_floor(Path(folder))
        demo = open_dataset("demo", home)
        result: dict[str, Any] = {"limit_ns": round(min(floor() for _ in range(3)), 3), "cases": {}, "threads": {}}
        for name in DEMO_CASES:
            case = Case(name, demo)
            result["cases"][name] = time_case(case, floor, repeats)
            if name.startswith("04"):
                rates = {threads: [time_threads(case, threads, 80) for _ in range(5)] for threads in (1, 2)}
                result["threads"] = {str(threads): round(max(values), 1) for threads, values in rates.items()}
        result["dataset"] = time_preparing(demo, home)
        return result


def print_table(result: dict[str, Any]) -> None:
    print(f"floor {result['limit_ns']:.2f} ns per candle\n")
    print(
        f"{'case':<26}{'ns':>8}{'x floor':>9}{'fills':>8}{'run ms':>9}{'metrics ms':>12}{'many ms':>9}{'check ms':>10}"
    )
    for name, row in result["cases"].items():
        print(
            f"{name:<26}{row['ns_per_coin_candle']:>8.1f}{row['multiple']:>9.1f}{row['fills']:>8}"
            f"{row['run_ms']:>9.2f}{row['metrics_ms']:>12.2f}{row['many_ms']:>9.2f}{row['check_ms']:>10.2f}"
        )
    one, two = result["threads"]["1"], result["threads"]["2"]
    print(f"\nthreads: 1 {one:.0f} runs/s, 2 {two:.0f} runs/s ({two / one:.2f} x)")
    print("demo market: prepare {prepare_ms:.1f} ms, open cached {open_cached_ms:.2f} ms".format(**result["dataset"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--repeats", type=int, default=7, help="runs per case, of which the best counts (7)")
    args = parser.parse_args()
    result = measure(args.repeats)
    if args.json:
        print(json.dumps(result, indent=1))
    else:
        print_table(result)


if __name__ == "__main__":
    main()
