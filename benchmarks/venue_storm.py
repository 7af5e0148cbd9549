"""Many random operations of the adapters on the local venues in a storm of faults, and what became of them.

    python benchmarks/venue_storm.py [--operations 10000] [--seed 1] [--venue binance|bybit|"bybit inverse"] [--json]

Ends with an error where an order was doubled, a fill lost, or the adapter's view was not the venue's at a quiet point.
The same seed gives the same digest.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from venue_storm import STORMS, Storm, storm_world  # noqa: E402


async def weather(venue: str, seed: int, operations: int) -> dict[str, Any]:
    """The figures of one storm."""
    begun = perf_counter()
    async with storm_world(venue) as world:
        figures = await Storm(world, seed).run(operations)
    return {"venue": venue, "seed": seed, "seconds": round(perf_counter() - begun, 1), **vars(figures)}


def shown(run: dict[str, Any]) -> str:
    """The figures in a few lines for people."""
    lines = [
        f"{run['venue']}, seed {run['seed']}: {sum(run['operations'].values())} operations in {run['seconds']} s",
        f"  {run['requests']} requests, {run['orders']} orders, {run['fills']} fills in {run['hours']:.1f} hours there",
        f"  {run['quiet_points']} quiet points; digest {run['digest']}",
    ]
    for name in ("operations", "outcomes", "faults"):
        told = (f"{number} {what}" for what, number in sorted(run[name].items(), key=lambda one: (-one[1], one[0])))
        lines.append(f"  {name}: {', '.join(told)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--venue", choices=STORMS, help="one of them; all when not given")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    for venue in (chosen.venue,) if chosen.venue else STORMS:
        run = asyncio.run(weather(venue, chosen.seed, chosen.operations))
        print(json.dumps(run) if chosen.json else shown(run), flush=True)


if __name__ == "__main__":
    main()
