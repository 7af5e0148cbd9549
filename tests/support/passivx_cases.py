"""The golden cases and vectors of the Passiv-X strategy."""

from __future__ import annotations

import csv
import functools
import gzip
import json
import math
from pathlib import Path
from typing import Any

from passivtui.core import TICK_SIDES, TICK_TRADE_TYPES, TickData
from passivtui.passivx.demo_ticks import demo_ticks

FOLDER = Path(__file__).parent.parent / "golden" / "passivx"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())

_NAMES = {"side": TICK_SIDES, "type": TICK_TRADE_TYPES}


def read_case(case: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The symbol, the settings and what is expected."""
    given = json.loads((FOLDER / case / "settings.json").read_text())
    return given["market"], given["settings"], json.loads((FOLDER / case / "expected.json").read_text())


def expected_trades(case: str) -> list[dict[str, str]]:
    path = FOLDER / case / "trades.csv.gz"
    if not path.exists():  # the case that is liquidated
        return []
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


@functools.cache
def demo_data(symbol: str) -> TickData:
    return TickData(*demo_ticks(symbol))


@functools.cache
def vectors() -> dict[str, dict[str, Any]]:
    return {vector["id"]: vector for vector in json.loads((FOLDER / "vectors.json").read_text())}


def first_difference(trades: Any, expected: list[dict[str, str]]) -> str:
    """Words about the first trade that is not as expected to the last bit, "" when all are."""
    for i, (got, want) in enumerate(zip(trades, expected, strict=False)):
        for column, text in want.items():
            value = got[column]
            if column in _NAMES:
                same = _NAMES[column][value] == text
            else:
                same = float(text) == value or (math.isnan(float(text)) and math.isnan(value))
            if not same:
                return f"trade {i}: {column} is {value!r}, not {text}"
    return "" if len(trades) == len(expected) else f"{len(trades)} trades instead of {len(expected)}"


MARKETS: dict[str, dict[str, float]] = {
    "linear": {
        "inverse": 0.0,
        "price_step": 0.01,
        "qty_step": 0.001,
        "min_qty": 0.001,
        "min_cost": 5.0,
        "maker_fee": 0.00018,
        "max_leverage": 125.0,
    },
    "inverse": {
        "inverse": 1.0,
        "price_step": 0.5,
        "qty_step": 1.0,
        "min_qty": 1.0,
        "min_cost": 0.0,
        "maker_fee": -0.00025,
        "max_leverage": 100.0,
    },
}

SETTINGS: dict[str, float] = {
    name: value for name, value in read_case("01_linear_both")[1].items() if isinstance(value, (int, float))
}
