"""The built-in demo ticks: two invented markets, one linear and one inverse, to try things on and to compare with.

They are defined by their hashes: what is generated here has them, on every machine, or is refused. Making a market
takes a tenth of a second, so nothing is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.errors import DataError

NAME: Final = "demo"
FIRST_MS: Final = 1_735_689_600_000  # 2025-01-01
STEPS: Final = 150_000  # of price; those that don't change it are left out

_REGIME: Final = 500  # steps that share one volatility
_JUMP_CHANCE, _JUMP_SIZE = 0.0002, 0.006
_MEAN_REVERSION: Final = 0.000004
_FALLING_IS_SOLD: Final = 0.8  # how often the direction tells who was the maker
_MEAN_MS: Final = 5200.0

#: SHA-256 over times (<i8), prices (<f8) and sides (|b1), in this order.
DIGESTS: Final[Mapping[str, str]] = {
    "ETHUSDT": "16cdecf557f85d52070df67c3c34b1dec6a676178f86274d3787453323bbea47",
    "BTCUSD": "9a4ec416612d39ce599ae370a12c9cdfa8a891c17ad122b2ac54ea684f4fc985",
}


@dataclass(frozen=True, slots=True)
class _Demo:
    seed: int
    first_price: float
    price_step: float
    volatility: float  # per step


_DEMOS: Final[Mapping[str, _Demo]] = {
    "ETHUSDT": _Demo(11, 3350.0, 0.01, 0.00011),
    "BTCUSD": _Demo(12, 94000.0, 0.5, 0.00008),
}

#: timestamp_ms (int64), price (float64), buyer_is_maker (bool), each (n,).
TickColumns = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]


def demo_ticks(symbol: str) -> TickColumns:
    """The trades of a demo market. Raises DataError for an unknown symbol, or when they come out different."""
    demo = _DEMOS.get(symbol)
    if demo is None:
        raise DataError(f"there are no demo ticks of {symbol}; there are some of {' and '.join(_DEMOS)}")
    columns = _generate(demo)
    if digest(columns) != DIGESTS[symbol]:
        raise DataError(
            f"the demo ticks of {symbol} came out different on this machine (NumPy {np.__version__}); "
            "update or reinstall NumPy, or use files of ticks instead"
        )
    return columns


def digest(columns: TickColumns) -> str:
    """The SHA-256 that `DIGESTS` holds."""
    hasher = hashlib.sha256()
    for column, dtype in zip(columns, ("<i8", "<f8", "|b1"), strict=True):
        hasher.update(np.ascontiguousarray(column, dtype=dtype).tobytes())
    return hasher.hexdigest()


def _generate(demo: _Demo) -> TickColumns:
    """The order of draws is part of the definition."""
    random = np.random.RandomState(demo.seed)
    regime = np.repeat(np.exp(random.standard_normal(STEPS // _REGIME) * 0.7), _REGIME)
    moves = random.standard_normal(STEPS) * demo.volatility * regime
    jumps = random.random_sample(STEPS) < _JUMP_CHANCE
    moves += np.where(jumps, random.standard_normal(STEPS) * _JUMP_SIZE, 0.0)
    waits = random.exponential(_MEAN_MS, STEPS) / regime
    follows = random.random_sample(STEPS) < _FALLING_IS_SOLD
    price = _on_steps(demo.first_price * np.exp(_path(moves)), demo.price_step)
    times = FIRST_MS + np.cumsum(np.ceil(waits)).astype(np.int64)
    falling = np.concatenate(([True], price[1:] < price[:-1]))
    changed = np.concatenate(([True], price[1:] != price[:-1]))
    return times[changed], price[changed], np.where(follows, falling, ~falling)[changed]


def _path(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log price after each move, drawn back to where it began."""
    level, path = 0.0, []
    for move in moves.tolist():
        level += move - _MEAN_REVERSION * level
        path.append(level)
    return np.array(path)


def _on_steps(prices: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    prices_on_steps: NDArray[Any] = np.round(np.maximum(np.round(prices / step), 1.0) * step, 10)
    return prices_on_steps
