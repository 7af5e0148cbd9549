"""The first frame waits for nothing heavy."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "numpy",
    "plotext",
    "ccxt",
    "deap",
    "aiosqlite",
    "sqlite3",
    "tomlkit",
    "hjson",
    "passivtui.core",
    "passivtui.backtest",
)


def test_importing_the_app_imports_nothing_heavy() -> None:
    code = f"import sys, passivtui.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
