"""Golden cases and vectors: where they lie, how they become arguments of the engine, how results are compared."""

from __future__ import annotations

import csv
import functools
import gzip
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from passivtui.core import FILL_DTYPE, ORDER_TYPES

FOLDER = Path(__file__).parent.parent / "golden"
DEMO_CASES = sorted(path.name for path in (FOLDER / "demo").iterdir() if path.is_dir())
FILL_COLUMNS = tuple(FILL_DTYPE.names or ())


@functools.cache
def vectors() -> dict[str, Any]:
    with gzip.open(FOLDER / "engine_vectors.json.gz", "rt") as file:
        return json.load(file)


def expected_fills(case: str) -> list[dict[str, str]]:
    with gzip.open(FOLDER / "demo" / case / "fills.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def read_json(case: str, name: str) -> dict[str, Any]:
    return json.loads((FOLDER / "demo" / case / name).read_text())


def bot_params(config: Mapping[str, Any], coins: Sequence[str]) -> list[dict[str, dict[str, float]]]:
    """The engine's parameters straight from a config's JSON: the engine is tested without the config package."""
    result = []
    for coin in coins:
        overrides = config["coin_overrides"].get(coin, {}).get("bot", {})
        result.append(
            {
                side: {**config["bot"][side], "wallet_exposure_limit": -1.0, **overrides.get(side, {})}
                for side in ("long", "short")
            }
        )
    return result


def first_difference(fills: np.ndarray[Any, Any], coins: Sequence[str], expected: Sequence[Mapping[str, Any]]) -> str:
    """Words about the first fill that is not as expected to the last bit, "" when all are."""
    for i, (got, want) in enumerate(zip(fills, expected, strict=False)):
        for column in FILL_COLUMNS:
            if column == "coin":
                same = coins[got["coin"]] == want["coin"]
            elif column == "type":
                same = ORDER_TYPES[got["type"]] == want["type"]
            else:
                same = float(got[column]) == float(want[column])
            if not same:
                return f"fill {i}: {column} is {got[column]!r}, not {want[column]!r}"
    if len(fills) != len(expected):
        return f"{len(fills)} fills instead of {len(expected)}"
    return ""


def wrong_metrics(got: Mapping[str, float], expected: Mapping[str, Any], tolerance: float) -> dict[str, Any]:
    """Metric name to (value, expected) where they differ by more than the relative tolerance."""
    wrong = {}
    for name, text in expected.items():
        want, value = float(text), got[name]
        same = value == want or (math.isnan(value) and math.isnan(want))
        if not same and not abs(value - want) <= tolerance * max(abs(want), 1e-12):
            wrong[name] = (value, want)
    return wrong
