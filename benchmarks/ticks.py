"""How long the tick engine takes on the golden cases of the Passiv-X strategy.

    python benchmarks/ticks.py [--json] [--repeats N]

Per case the best of several runs of the loop over ticks that were checked before, in nanoseconds per merged tick, for
both accountings. A case that is liquidated after a few ticks says so. Figures are printed and nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from passivx_cases import CASES, demo_data, read_case  # noqa: E402

from passivtui.core import ACCOUNTINGS, run_ticks  # noqa: E402


def measure(case: str, accounting: str, repeats: int) -> dict[str, Any]:
    """The figures of one case."""
    symbol, settings, _ = read_case(case)
    ticks, start, latency = demo_data(symbol), settings["starting_balance"], settings["latency_simulation_ms"]
    best, run = float("inf"), None
    for _ in range(repeats):
        begun = perf_counter()
        run = run_ticks(ticks, settings, settings, start, latency_ms=latency, accounting=accounting)
        best = min(best, perf_counter() - begun)
    assert run is not None
    return {
        "case": case,
        "accounting": accounting,
        "ns_per_tick": best / (run.end_tick + 1) * 1e9,
        "ticks": run.end_tick + 1,
        "trades": len(run.trades),
        "ended": run.ended,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    rows = [measure(case, accounting, chosen.repeats) for case in CASES for accounting in ACCOUNTINGS]
    if chosen.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'case':<28}{'accounting':<12}{'ns/tick':>8}{'ticks':>9}{'trades':>8}  ended")
    for row in rows:
        figures = f"{row['ns_per_tick']:>8.1f}{row['ticks']:>9,}{row['trades']:>8}"
        print(f"{row['case']:<28}{row['accounting']:<12}{figures}  {row['ended']}")


if __name__ == "__main__":
    main()
