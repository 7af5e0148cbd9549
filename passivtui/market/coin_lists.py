"""Lists of the largest coins by market value: files in the home's configs, by the names that Passivbot's configs use.

A config names one as `live.approved_coins = "configs/approved_coins_top20mcap.json"`; the home's goes before the one
that ships.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from passivtui.files import write_atomically
from passivtui.paths import Home

COIN_LISTS: Final = (15, 20, 23)
"""Lengths of the lists that ship."""


def list_path(home: Home, size: int) -> Path:
    """Where the list of the `size` largest coins is kept."""
    return home.configs / f"approved_coins_top{size}mcap.json"


def write_coin_lists(home: Home, ranked: Sequence[str]) -> tuple[Path, ...]:
    """Write the lists from coins in the order of their market value, largest first. Raises StorageError."""
    paths = []
    for size in COIN_LISTS:
        path = list_path(home, size)
        write_atomically(path, json.dumps(list(ranked[:size])) + "\n")
        paths.append(path)
    return tuple(paths)
