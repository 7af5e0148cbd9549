"""A long run of the app with its bots: event loop lag, memory, key presses, and what the bots wrote.

    python benchmarks/soak.py [--hours 24] [--bots 10] [--coins 5] [--speed 60] [--json]

The app runs without a terminal on a home of its own. So many paper bots trade so many coins each of the demo market,
from its fourth day on, at `speed` times the real pace, all in the app's event loop, while the monitor of the first is
open and gets a key press every second. Lag is how much later than wanted a task that sleeps 10 ms comes to its turn;
"own" is the processor time that the loop's thread spent meanwhile: what the program is to blame for on a machine that
does other things too. Memory is the process's resident set, its slope that of a straight line through the samples after
the first quarter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

from passivtui.app import PassivTuiApp
from passivtui.clock import DAY_MS
from passivtui.live.status import BotSpec, BotState, PaperSettings, StopChoice
from passivtui.market import open_dataset
from passivtui.paths import Home
from passivtui.screens.bot_monitor import BotMonitorScreen
from passivtui.widgets.line_table import LineTable

TICK = 0.01  # seconds
KEYS = "1234"
WARM_UP_MS = 3 * DAY_MS  # of the market, so that rolling windows are full when the bots start

CONFIG = """
[live]
approved_coins = {coins}
minimum_coin_age_days = 0
execution_delay_seconds = 2
leverage = 5
[bot.long]
n_positions = {count}
total_wallet_exposure_limit = 1.5
entry_initial_ema_dist = -0.002
[bot.short]
n_positions = {count}
total_wallet_exposure_limit = 1.5
entry_initial_ema_dist = -0.002
"""


@dataclass
class Measured:
    """What was seen; lags and presses in milliseconds, memory in MB by simulated hour."""

    lags: list[float] = field(default_factory=list)
    own_lags: list[float] = field(default_factory=list)
    presses: list[float] = field(default_factory=list)
    own_presses: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)


async def feel_the_lag(measured: Measured) -> None:
    while True:
        began, own = time.perf_counter(), time.thread_time()
        await asyncio.sleep(TICK)
        measured.own_lags.append((time.thread_time() - own) * 1000.0)
        measured.lags.append(max(0.0, time.perf_counter() - began - TICK) * 1000.0)


async def press_keys(app: PassivTuiApp, measured: Measured) -> None:
    """Move from pane to pane of the monitor; a press is over when the pane has the keys."""
    number = 0
    while True:
        await asyncio.sleep(1.0)
        number = (number + 1) % len(KEYS)
        table = list(app.screen.query("#panes > LineTable").results(LineTable))[number]
        began, own = time.perf_counter(), time.thread_time()
        app.simulate_key(KEYS[number])
        while not table.has_focus:  # noqa: ASYNC110  what is waited for sets no event
            await asyncio.sleep(0.001)
        measured.own_presses.append((time.thread_time() - own) * 1000.0)
        measured.presses.append((time.perf_counter() - began) * 1000.0)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def configs(home: Home, bots: int, coins: int) -> list[str]:
    """A config per bot, each with another choice of the market's coins."""
    names = sorted(open_dataset("demo", home).coins)
    choices = list(combinations(names, min(coins, len(names))))
    written = []
    for number in range(bots):
        path = home.configs / f"soak_{number}.toml"
        chosen = choices[number % len(choices)]
        path.write_text(CONFIG.format(coins=json.dumps(chosen), count=len(chosen)))
        written.append(str(path))
    return written


async def soak(chosen: argparse.Namespace) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).ensure()
        app = PassivTuiApp(home)
        async with app.run_test(size=(120, 35)) as pilot:
            await pilot.pause(0.5)
            measured = Measured()
            dataset = open_dataset("demo", home)
            start_ms = min(coin.first_ms for coin in dataset.coins.values()) + WARM_UP_MS
            for number, config in enumerate(configs(home, chosen.bots, chosen.coins)):
                paper = PaperSettings(speed=chosen.speed, start_ms=start_ms, balance=10_000.0, seed=number)
                await app.bots.start(BotSpec(f"soak-{number}", "paper", config, paper=paper))
            first = app.bots.running[0]
            while first.status().state is not BotState.RUNNING:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            app.push_screen(BotMonitorScreen(first))
            await pilot.pause(1.0)
            begun_ms, began, cpu = first.status().clock_ms, time.monotonic(), time.process_time()
            tasks = [asyncio.create_task(feel_the_lag(measured)), asyncio.create_task(press_keys(app, measured))]
            await watch(app, begun_ms, chosen.hours, measured)
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            bots = app.bots.running
            cycles = sum(bot.status().rates.cycles for bot in bots)
            fills = sum(bot.status().fill_count for bot in bots)
            errors = {error.name: error.count for bot in bots for error in bot.status().errors}
            running = len(bots)
            await asyncio.gather(*(bot.stop(StopChoice.LEAVE) for bot in bots))
            size = sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file()) / 1e6
        return figures(chosen, measured, seconds, cpu) | {
            "bots running at the end": running,
            "passes": cycles,
            "fills": fills,
            "errors": errors,
            "files on disk, MB": round(size, 1),
        }


async def watch(app: PassivTuiApp, begun_ms: int, hours: float, measured: Measured) -> None:
    """Take samples until the time is over."""
    first = app.bots.running[0]
    told = 0
    while (hour := (first.status().clock_ms - begun_ms) / 3_600_000) < hours:
        measured.memory.append((hour, resident_mb()))
        if int(hour) > told:
            told = int(hour)
            print(f"hour {told}: {measured.memory[-1][1]:.0f} MB, {len(measured.lags)} ticks", file=sys.stderr)
        await asyncio.sleep(1.0)


def figures(chosen: argparse.Namespace, measured: Measured, seconds: float, cpu: float) -> dict[str, object]:
    steady = np.array([sample for sample in measured.memory if sample[0] > chosen.hours / 4])
    slope = float(np.polyfit(steady[:, 0], steady[:, 1], 1)[0]) if len(steady) > 2 else float("nan")
    return {
        "simulated hours": chosen.hours,
        "speed": chosen.speed,
        "seconds": round(seconds),
        "processor seconds": round(cpu),
        "lag p50, p99, max, ms": percentiles(measured.lags),
        "own lag p50, p99, max, ms": percentiles(measured.own_lags),
        "key press p50, p99, max, ms": percentiles(measured.presses),
        "own key press p50, p99, max, ms": percentiles(measured.own_presses),
        "memory first, last, MB": [round(measured.memory[0][1]), round(measured.memory[-1][1])],
        "memory slope, MB per simulated hour": round(slope, 3),
    }


def percentiles(values: list[float]) -> list[float]:
    return [round(float(np.percentile(values, share)), 1) for share in (50, 99, 100)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--bots", type=int, default=10)
    parser.add_argument("--coins", type=int, default=5)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    found = asyncio.run(soak(chosen))
    if chosen.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
