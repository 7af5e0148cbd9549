"""Trades of an invented market, in the columns of tick files."""

from __future__ import annotations

from typing import Any

import numpy as np

FIRST_MS = 1_700_000_000_000


def tick_arrays(n: int = 2000, seed: int = 1, first_ms: int = FIRST_MS) -> dict[str, np.ndarray[Any, Any]]:
    """Lively trades around 94,000, with ids."""
    random = np.random.default_rng(seed)
    return {
        "timestamp_ms": first_ms + np.cumsum(random.integers(0, 3000, n)),
        "price": np.round(94_000 * np.exp(np.cumsum(random.normal(0, 0.0008, n))) * 2) / 2,
        "buyer_is_maker": random.random(n) < 0.5,
        "trade_id": 1000 + np.arange(n, dtype=np.int64) + seed * n,
    }
