"""Draw the README's pictures from the running program: `python docs/take_pictures.py`.

The main menu, and the report of the first shipped example on the demo market, as SVG at 100×32.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.paths import Home

PICTURES = Path(__file__).parent / "pictures"
SIZE = (100, 32)
NOON_MS = 1_767_268_800_000


def save(app: PassivTuiApp, name: str) -> None:
    """Without the fonts that a viewer would have to fetch."""
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", app.export_screenshot(title="passivtui"), flags=re.DOTALL)
    (PICTURES / name).write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")


async def until(pilot: Pilot[None], screen: str) -> None:
    """Wait until a screen of that class is shown, at most half a minute."""
    for _ in range(300):
        await pilot.pause(0.1)
        if type(pilot.app.screen).__name__ == screen:
            await pilot.pause(1.0)
            return
    raise SystemExit(f"{screen} was not shown")


async def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        app = PassivTuiApp(Home(Path(folder) / "passivtui").ensure(), clock=lambda: NOON_MS)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(1.0)
            save(app, "menu.svg")
            await pilot.press("2")
            await until(pilot, "BacktestScreen")
            await pilot.press("enter")
            await until(pilot, "ReportScreen")
            save(app, "report.svg")


if __name__ == "__main__":
    asyncio.run(main())
