"""How long the config editor's preview takes, in milliseconds: from a key press to the new ladder and the new curve.

    python benchmarks/editor.py [--presses 40] [--json]

The app runs without a terminal on a home of its own, with the six-coin example and the demo market. A ladder counts as
there when its rows are in the table, a curve when the chart was given it; a terminal shows them with the next frame, at
most 17 ms later. The pause that the backtest waits for further changes is part of its time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from passivtui.app import PassivTuiApp
from passivtui.config.shipped import shipped_configs
from passivtui.paths import Home
from passivtui.screens.editor import EditorScreen
from passivtui.screens.preview_pane import PreviewPane

KEY = "bot.long.entry_grid_spacing_pct"


async def _until(there: Callable[[], bool]) -> None:
    while not there():  # noqa: ASYNC110  what is waited for sets no event
        await asyncio.sleep(0.001)


async def measure(presses: int) -> dict[str, list[float]]:
    """Milliseconds of each press."""
    ladders, curves = [], []
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).ensure()
        (home.configs / "mine.toml").write_bytes((shipped_configs() / "six_coins_forager.toml").read_bytes())
        app = PassivTuiApp(home)
        async with app.run_test(size=(120, 35)) as pilot:
            await pilot.press("4")
            await pilot.pause(0.5)
            await pilot.press("enter")
            await _until(lambda: isinstance(app.screen, EditorScreen))
            screen = app.screen
            assert isinstance(screen, EditorScreen)
            pane = screen.query_one(PreviewPane)
            await _until(lambda: pane.trial.both is not None)
            screen.go_to_key(KEY)
            await pilot.pause(0.2)
            for _ in range(presses):
                ladder, both = pane.shown, pane.trial.both
                started = time.perf_counter()
                app.simulate_key("plus")
                await _until(lambda ladder=ladder: pane.shown is not ladder)
                ladders.append((time.perf_counter() - started) * 1000)
                await _until(lambda both=both: pane.trial.both is not both)
                curves.append((time.perf_counter() - started) * 1000)
    return {"ladder": ladders, "curve": curves}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    times = asyncio.run(measure(chosen.presses))
    figures = {
        name: {"median": round(statistics.median(values), 1), "worst": round(max(values), 1)}
        for name, values in times.items()
    }
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:<8} median {figure['median']:>7.1f} ms   worst {figure['worst']:>7.1f} ms")


if __name__ == "__main__":
    main()
