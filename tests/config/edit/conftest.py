"""A small commented config in a home, and how to open it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passivtui.config.edit import ConfigDocument
from passivtui.paths import Home

SMALL = """\
# my first config
[backtest]
start_date = 2025-01-01   # unquoted on purpose
exchanges = ["demo"]
starting_balance = 1_000.0

[bot.long]
# how much
total_wallet_exposure_limit = 1.50  # keep
n_positions = 2
ema_span_0 = 279

# the other side is off
[bot.short]
total_wallet_exposure_limit = 0.0

[live]
approved_coins = [
  "BTC", # the first
  "ETH",
]

[optimize.bounds]
long_ema_span_0 = [200, 1440]
"""


@pytest.fixture
def small(home: Home) -> Path:
    """The small config's file."""
    path = home.configs / "small.toml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def opened(small: Path, home: Home) -> ConfigDocument:
    """The small config, open."""
    return ConfigDocument.open(small, home)


@pytest.fixture
def open_text(home: Home) -> Callable[..., ConfigDocument]:
    """Writes a text to a file of the home's configs and opens it."""

    def open_it(text: str, name: str = "made.toml") -> ConfigDocument:
        path = home.configs / name
        path.write_text(text)
        return ConfigDocument.open(path, home)

    return open_it
