"""The deterministic candles of the long simulations S2 to S4: a small integer generator, so that they need no file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MINUTES = 16_000


def series(seed: int, start: int, divisor: int, volume_base: int) -> NDArray[np.float64]:
    """(MINUTES, 4): high, low, close, quote volume."""
    state, close = seed, start
    rows = np.empty((MINUTES, 4))

    def following() -> int:
        nonlocal state
        state = (1103515245 * state + 12345) % 2**31
        return state >> 16

    for minute in range(MINUTES):
        opened = close
        if minute:
            close = max(1000, close + following() % 41 - 20)
        high = max(opened, close) + following() % 11
        low = min(opened, close) - following() % 11
        rows[minute] = high / divisor, low / divisor, close / divisor, volume_base * (1000 + following() % 1000)
    return rows


def one_coin() -> NDArray[np.float64]:
    return np.ascontiguousarray(series(12345, 10000, 100, 1)[:, None, :])


def four_coins() -> NDArray[np.float64]:
    """The second coin is listed late, the third delisted early."""
    coins = [series(1, 10000, 100, 1), series(2, 20000, 1000, 2), series(3, 30000, 10, 3), series(4, 15000, 10000, 4)]
    coins[1][:5000, :3], coins[1][:5000, 3] = coins[1][5000, 2], -1.0
    coins[2][12001:, :3], coins[2][12001:, 3] = coins[2][12000, 2], -1.0
    return np.ascontiguousarray(np.stack(coins, axis=1))


def btc_prices() -> NDArray[np.float64]:
    return np.ascontiguousarray(series(99, 50000, 1, 1)[:, 2])
