"""A home with settings of Passiv-X in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from passivx_files import LIVE, SESSION

from passivtui.passivx.shelf import Shelf
from passivtui.paths import Home


@pytest.fixture
def shelf(home: Home) -> Shelf:
    """Backtest settings `btc` that start from the live settings `default`, lively enough for the demo ticks."""
    shelf = Shelf(home)
    text = SESSION.replace("ON: ", "OFF: ").replace("[100, 100000, 1]", "[100, 9000, 1]")
    _write(shelf.sessions_folder / "btc.hjson", text)
    lively = {**LIVE, "indicator_settings": {**LIVE["indicator_settings"], "tick_ema": {"span": 6000, "spread": 0.003}}}
    _write(shelf.live_folder("bybit") / "default.json", json.dumps(lively))
    return shelf


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
