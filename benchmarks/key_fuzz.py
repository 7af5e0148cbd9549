"""Presses random keys on every section of the app, resizes the terminal meanwhile, and prints what broke.

    python benchmarks/key_fuzz.py [--keys 10000] [--seed 1] [--section backtest] [--size 80x24]

The home is made anew for each section, in a temporary folder; no venue is reached. Ends with status 1 when something
was found: a traceback in the log, an exception, or threads that outlive the app.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from furnished_home import furnish  # noqa: E402
from key_fuzz import press_at_random  # noqa: E402

from passivtui.app import PassivTuiApp  # noqa: E402
from passivtui.paths import Home  # noqa: E402
from passivtui.screens.sections import SECTIONS  # noqa: E402

NOBODY = "http://127.0.0.1:9"
PATIENCE_SECONDS = 10.0


async def fuzz(home: Home, digit: str, keys: int, seed: int, size: tuple[int, int]) -> str:
    """What was found from this section on; empty when nothing was."""
    app = PassivTuiApp(home)
    async with app.run_test(size=size) as pilot:
        await pilot.press(digit)
        found = await press_at_random(pilot, app, digit, keys, seed)
    print(f"  {found.keys} keys on {', '.join(sorted(found.kinds))}", flush=True)
    return f"after {found.before}:\n{found.fault}" if found.fault else ""


def leftover_threads() -> list[str]:
    """Threads that keep the process from ending although the app has."""
    began = perf_counter()
    while perf_counter() - began < PATIENCE_SECONDS:
        alive = [one.name for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]
        if not alive:
            return []
        threading.Event().wait(0.1)
    return alive


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keys", type=int, default=10_000, help="per section (10000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--section", choices=[row.name for row in SECTIONS], help="only this one")
    parser.add_argument("--size", default="80x24", help="of the terminal at the beginning")
    chosen = parser.parse_args()
    size = tuple(int(part) for part in chosen.size.split("x"))
    os.environ["PASSIVTUI_SOURCES"] = NOBODY
    faults = 0
    for section in SECTIONS:
        if chosen.section not in (None, section.name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.environ["HOME"] = folder
            os.chdir(folder)
            print(f"{section.name}, seed {chosen.seed}", flush=True)
            home = furnish(Home(Path(folder) / "home").ensure())
            try:
                fault = asyncio.run(fuzz(home, section.digit, chosen.keys, chosen.seed, (size[0], size[1])))
            except Exception:  # what broke is what is looked for
                fault = traceback.format_exc()
            os.chdir(ROOT)
        alive = leftover_threads()
        fault += f"\nthreads that go on: {', '.join(alive)}" if alive else ""
        if fault.strip():
            faults += 1
            print(fault.strip(), flush=True)
    print(f"{faults} section{'' if faults == 1 else 's'} with faults")
    sys.stdout.flush()
    os._exit(1 if faults else 0)  # not through the threads that are reported


if __name__ == "__main__":
    main()
