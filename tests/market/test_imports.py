"""Market data is ground: it must not pull in the app, or anything but NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import passivtui


def test_market_needs_only_numpy_and_the_standard_library() -> None:
    script = "import sys, passivtui.market\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))"
    environment = os.environ | {"PYTHONPATH": str(Path(passivtui.__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    baseline = subprocess.run(
        [sys.executable, "-P", "-c", script.replace(", passivtui.market", "")],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    loaded = set(run.stdout.split()) - set(baseline.stdout.split()) - sys.stdlib_module_names
    assert {name for name in loaded if not name.startswith("_")} == {"numpy", "passivtui"}
