"""Bots that are killed while everything goes wrong: does what docs/reliability.md promises hold?

    python benchmarks/chaos.py [--hours 6] [--venue-hours 2] [--seeds 20] [--kills 1000] [--first-seed 1] [--json]

Per seed a bot trades for so many simulated hours, in storms of faults with quiet between, while its process is killed
with SIGKILL: at the messages by which it reads, writes, or keeps its journal, and in every fourth seed also at moments
of no meaning. The venue is the paper venue, and in every fifth seed a local Binance or Bybit that is reached through
the real adapter. After every step the invariants are asserted from the venue's own records and the journal on disk. The
first that does not hold ends the run with its seed, which is the bug report. On paper, seeds without kills at moments
of no meaning tell the same story each time; the first is run twice to see that. The journal is where temporary files
are: a folder in memory (TMPDIR=/dev/shm) makes it all twice as fast, and SIGKILL makes no difference between them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from chaos_checks import Broken, Figures
from chaos_nursery import Nursery
from chaos_venue import VENUES, VenueChaos
from chaos_world import ChaosWorld

_MEANINGLESS = 0.25  # of the kills of every fourth seed


async def one_run(nursery: Nursery, folder: Path, seed: int, hours: float, kills: int) -> tuple[Figures, str]:
    with tempfile.TemporaryDirectory(dir=folder) as home:
        world: ChaosWorld | VenueChaos
        if venue := venue_of(seed):
            world = VenueChaos(nursery, Path(home), venue, seed, hours=hours, kills_wanted=kills)
        else:
            share = _MEANINGLESS if seed % 4 == 0 else 0.0
            world = ChaosWorld(nursery, Path(home), seed, hours=hours, kills_wanted=kills, share_later=share)
        try:
            return await world.run(), world.story
        except Broken as broken:
            raise SystemExit(f"seed {seed}, {world.moment}: {broken}") from None
        finally:
            world.journal.close()


def venue_of(seed: int) -> str:
    """The local venue of a seed, "" for paper."""
    names = sorted(VENUES)
    return names[seed // 5 % len(names)] if seed % 5 == 0 else ""


async def run(chosen: argparse.Namespace) -> None:
    total, began = Figures(), monotonic()
    seeds = range(chosen.first_seed, chosen.first_seed + chosen.seeds)
    with tempfile.TemporaryDirectory() as folder:
        async with Nursery(Path(folder) / "line", venues=True) as nursery:
            for number, seed in enumerate(seeds):
                kills = chosen.kills * (number + 1) // chosen.seeds - chosen.kills * number // chosen.seeds
                hours = chosen.venue_hours if venue_of(seed) else chosen.hours
                figures, story = await one_run(nursery, Path(folder), seed, hours, kills)
                total.add(figures)
                where = venue_of(seed) or "paper"
                print(f"seed {seed}, {where}: {figures.kills.total()} kills, {figures.orders} orders", file=sys.stderr)
                if number == 0 and story and seed % 4:
                    again = await one_run(nursery, Path(folder), seed, hours, kills)
                    if again[1] != story:
                        raise SystemExit(f"I11: seed {seed} told another story the second time")
                    total.checks["I11"] += 1
    show(total, chosen, monotonic() - began)


def show(total: Figures, chosen: argparse.Namespace, seconds: float) -> None:
    if chosen.json:
        print(json.dumps({**asdict(total), "seconds": round(seconds, 1)}))
        return
    print(f"{chosen.seeds} seeds of {chosen.hours:g} hours ({chosen.venue_hours:g} on venues) in {seconds:.0f} s")
    print(f"{total.kills.total()} kills, {total.orders} orders, {total.fills} fills, {total.cycles} passes")
    print(f"{total.lost} orders lost, {total.duplicates} duplicates, {total.unexplained} faults unexplained")
    for title, counter in (
        ("kills", total.kills),
        ("checks", total.checks),
        ("faults", total.faults),
        ("passes to the ideal book", total.cycles_to_ideal),
        ("  with those that waited for a look-up or a refusal", total.cycles_with_waits),
    ):
        print(f"{title}: " + ", ".join(f"{name} {count}" for name, count in sorted(counter.items(), key=str)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=6.0)
    parser.add_argument("--venue-hours", type=float, default=2.0, help="of the seeds on local venues")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
