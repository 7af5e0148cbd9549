"""The demo market: six correlated coins, sixty days, synthetic, the same to the last bit on every machine.

It is not market data and must be labelled synthetic wherever a person sees it (`spec/data.md` §4). It is made from a
seed on first use, checked against `DIGESTS`, and kept as a dataset folder in the home. NumPy freezes `RandomState`'s
stream, and prices are snapped to the price step, so that the last bit of another machine's `exp` does not matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.errors import DataError
from passivtui.files import folder_written_whole
from passivtui.market.cache import remove_entry, writing
from passivtui.market.candles import COLUMNS, Candles
from passivtui.market.description import DESCRIPTION_FILE
from passivtui.market.seal import is_intact, seal
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

NAME = "demo"
TITLE = "Demo market (synthetic)"
DAYS = 60
MINUTES = DAYS * 1440
FIRST_MS = 1_735_689_600_000  # 2025-01-01
LAST_MS = FIRST_MS + (MINUTES - 1) * MINUTE_MS
SEED = 20250101


@dataclass(frozen=True, slots=True)
class _Coin:
    first_price: float
    price_step: float
    qty_step: float  # also the minimum quantity
    min_cost: float
    volatility: float  # standard deviation of a minute's move, before the regime
    beta: float  # share of the common factor
    quote_volume: float  # of a quiet minute


_COINS = {
    "ADA": _Coin(0.85, 0.0001, 1.0, 5.0, 0.00080, 0.9, 2.0e5),
    "BTC": _Coin(94000.0, 0.1, 0.001, 100.0, 0.00035, 1.0, 9.0e6),
    "DOGE": _Coin(0.32, 0.00001, 1.0, 5.0, 0.00095, 1.0, 8.0e5),
    "ETH": _Coin(3350.0, 0.01, 0.001, 20.0, 0.00050, 1.0, 5.0e6),
    "SOL": _Coin(190.0, 0.01, 0.01, 5.0, 0.00070, 1.1, 1.5e6),
    "XRP": _Coin(2.1, 0.0001, 0.1, 5.0, 0.00075, 0.8, 1.2e6),
}
COINS = tuple(_COINS)

#: SHA-256 of each coin's times and columns, little-endian. Expected results hold for exactly these.
DIGESTS = {
    "ADA": "ea308d3efffed39a2d1b859719a19f0853b03c4bc6765567b810d2ad6a8f7448",
    "BTC": "f0b532b88b139bfa5d961c9f506549b16ba24c3ddeb2df9d375562b961eaf1fd",
    "DOGE": "e905f9407720984ddf50de65afb53552297d6be58ab013a870f259fc5606708e",
    "ETH": "1481c03fb8430f0ae06e7f01feab0e013c9d68c27b2e1cd829268327264eb7db",
    "SOL": "15485b833eb6e4a35610a90dd5dcdce1c3a56a5161dd6f9a1677f2c817355125",
    "XRP": "2c066bde49fc733bfc5ce86c0f47e17a5e4d6ecc22e5243aefeb524f4ebc6f9c",
}

_MEAN_REVERSION = 0.00002  # per minute: keeps sixty days within a plausible band
_COMMON_VOLATILITY = 0.00030
_JUMP_CHANCE, _JUMP_SIZE = 0.0004, 0.008


def digest(candles: Candles) -> str:
    """The SHA-256 that `DIGESTS` holds for a coin's times and columns."""
    hasher = hashlib.sha256(np.ascontiguousarray(candles.timestamp_ms, dtype="<i8").tobytes())
    for name in COLUMNS:
        hasher.update(np.ascontiguousarray(getattr(candles, name), dtype="<f8").tobytes())
    return hasher.hexdigest()


def generate() -> Iterator[tuple[str, Candles]]:
    """Yield each coin and its `MINUTES` candles. The order of draws, and so of coins, is part of the definition."""
    random = np.random.RandomState(SEED)
    regime = _volatility_regime(random)
    factor = random.standard_normal(MINUTES) * _COMMON_VOLATILITY * regime
    jumps = random.random_sample(MINUTES) < _JUMP_CHANCE
    common = factor + np.where(jumps, random.standard_normal(MINUTES) * _JUMP_SIZE, 0.0)
    timestamps = FIRST_MS + MINUTE_MS * np.arange(MINUTES, dtype=np.int64)
    for name, coin in _COINS.items():
        yield name, _coin_candles(random, coin, regime, common, timestamps)


def _volatility_regime(random: np.random.RandomState) -> NDArray[np.float64]:
    """A slowly changing multiplier of volatility shared by all coins, with a daily rhythm; float64 (MINUTES,)."""
    hours = MINUTES // 60
    shocks = random.standard_normal(hours) * 0.35
    level = np.zeros(hours)
    for hour in range(1, hours):
        level[hour] = 0.93 * level[hour - 1] + shocks[hour]
    day = 1.0 + 0.35 * np.sin(2.0 * np.pi * (np.arange(hours) % 24 - 8) / 24.0)
    return np.repeat(np.exp(0.5 * level) * day, 60)


def _coin_candles(
    random: np.random.RandomState,
    coin: _Coin,
    regime: NDArray[np.float64],
    common: NDArray[np.float64],
    timestamps: NDArray[np.int64],
) -> Candles:
    own = random.standard_normal(MINUTES) * coin.volatility * regime
    wick_up = np.abs(random.standard_normal(MINUTES)) * coin.volatility * regime * 0.6
    wick_down = np.abs(random.standard_normal(MINUTES)) * coin.volatility * regime * 0.6
    volume_noise = random.standard_normal(MINUTES) * 0.6
    moves = coin.beta * common + own
    close = _snap(coin.first_price * np.exp(_accumulate(moves)), coin.price_step)
    open_ = np.concatenate((_snap(np.array([coin.first_price]), coin.price_step), close[:-1]))
    top, bottom = np.maximum(open_, close), np.minimum(open_, close)
    high = np.maximum(_snap(top * (1.0 + wick_up), coin.price_step), top)
    low = np.minimum(_snap(bottom * (1.0 - wick_down), coin.price_step), bottom)
    quote_volume = coin.quote_volume * regime * np.exp(volume_noise) * (1.0 + 400.0 * np.abs(moves))
    return Candles(timestamps, open_, high, low, close, np.round(quote_volume / close, 3))


def _accumulate(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log price after each move. Each step needs the one before; on plain floats that is quick, and exact."""
    log_price, path = 0.0, []
    for move in moves.tolist():
        log_price += move - _MEAN_REVERSION * log_price
        path.append(log_price)
    return np.array(path)


def _snap(prices: NDArray[np.float64], price_step: float) -> NDArray[np.float64]:
    steps = np.maximum(np.round(prices / price_step), 1.0)
    return np.asarray(np.round(steps * price_step, 10), dtype=np.float64)


def demo_folder(home: Home, progress: ProgressSink = ignore_progress, cancel: CancelToken | None = None) -> Path:
    """The demo market's dataset folder in the home, made (a second or so) if it is missing or damaged.

    Any number of processes may ask at once. Raises StorageError, DataError (this machine's arithmetic yields other
    numbers) or Cancelled; then nothing is left behind.
    """
    folder = home.datasets / NAME
    if is_intact(folder, _identity()):
        return folder
    cancel = cancel or CancelToken()
    with writing(home.datasets, progress, cancel):
        if not is_intact(folder, _identity()):  # else another process made it while this one waited
            remove_entry(folder)
            with folder_written_whole(folder) as unfinished:
                _write(unfinished, progress, cancel)
    return folder


def _identity() -> str:
    """What the seal must say: every digest and the description, so that a change of either makes the folder anew."""
    return hashlib.sha256(json.dumps([DIGESTS, _description()]).encode()).hexdigest()


def _write(folder: Path, progress: ProgressSink, cancel: CancelToken) -> None:
    phase = "making the demo market"
    progress(Progress(phase, 0, len(COINS), "coins"))
    for done, (name, candles) in enumerate(generate(), start=1):
        cancel.raise_if_cancelled()
        if digest(candles) != DIGESTS[name]:
            raise DataError(
                f"the demo market's {name} came out different on this machine (NumPy {np.__version__}); "
                "update or reinstall NumPy, or use a dataset folder instead"
            )
        columns = {column: getattr(candles, column) for column in COLUMNS}
        np.savez(folder / f"{name}.npz", timestamp_ms=candles.timestamp_ms, **columns)
        progress(Progress(phase, done, len(COINS), "coins"))
    (folder / DESCRIPTION_FILE).write_text(json.dumps(_description(), indent=1), encoding="utf-8")
    seal(folder, [DESCRIPTION_FILE, *(f"{name}.npz" for name in COINS)], _identity())


def _description() -> dict[str, object]:
    """The content of the folder's `dataset.json`."""
    coins = {
        name: {
            "file": f"{name}.npz",
            "symbol": f"{name}/USDT:USDT",
            "qty_step": coin.qty_step,
            "price_step": coin.price_step,
            "min_qty": coin.qty_step,
            "min_cost": coin.min_cost,
            "c_mult": 1.0,
            "maker_fee": 0.0002,
            "taker_fee": 0.0005,
            "rows": MINUTES,
            "first_ms": FIRST_MS,
            "last_ms": LAST_MS,
        }
        for name, coin in _COINS.items()
    }
    return {
        "exchange": "demo",
        "market_type": "linear_perpetual",
        "quote": "USDT",
        "interval": "1m",
        "synthetic": True,
        "title": TITLE,
        "coins": coins,
    }
