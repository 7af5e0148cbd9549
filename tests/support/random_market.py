"""Random but valid candles and parameters, drawn by hypothesis, for properties that must hold for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray


@dataclass(frozen=True)
class Case:
    """Arguments of `simulate`, by name."""

    hlcv: NDArray[np.float64]
    btc_usd: NDArray[np.float64]
    bots: list[dict[str, dict[str, float]]]
    markets: list[dict[str, float]]
    balance: float
    fee: float

    def arguments(self) -> tuple[Any, ...]:
        return self.hlcv, self.btc_usd, self.bots, self.markets, self.balance, self.fee


def _walk(rng: np.random.RandomState, minutes: int, first: float, step: float, volatility: float) -> Any:
    def snap(price: Any) -> Any:
        return np.round(np.maximum(np.round(price / step), 1.0) * step, 10)

    close = snap(first * np.exp(np.cumsum(rng.standard_normal(minutes)) * volatility))
    opened = np.concatenate(([close[0]], close[:-1]))
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    high = np.maximum(snap(top * (1 + np.abs(rng.standard_normal(minutes)) * volatility)), top)
    low = np.minimum(snap(bottom * (1 - np.abs(rng.standard_normal(minutes)) * volatility)), bottom)
    return np.stack([high, low, close, np.exp(rng.standard_normal(minutes)) * 1e4], axis=1)


def _list_between(rows: Any, first: int, last: int) -> None:
    rows[:first, :3], rows[:first, 3] = rows[first, 2], -1.0
    rows[last + 1 :, :3], rows[last + 1 :, 3] = rows[last, 2], -1.0


@st.composite
def sides(draw: st.DrawFn, n_coins: int, on: bool) -> dict[str, float]:
    def between(low: float, high: float) -> float:
        return draw(st.floats(low, high, allow_nan=False))

    def ratio() -> float:
        return draw(st.sampled_from([0.0, 0.0, 1.0, -1.0, 0.4, -0.4]))

    return {
        "close_grid_markup_end": between(0.0, 0.02),
        "close_grid_markup_start": between(0.0, 0.02),
        "close_grid_qty_pct": between(0.05, 1.0),
        "close_trailing_grid_ratio": ratio(),
        "close_trailing_qty_pct": between(0.05, 1.0),
        "close_trailing_retracement_pct": draw(st.sampled_from([0.0, 0.001, 0.005])),
        "close_trailing_threshold_pct": between(-0.005, 0.02),
        "ema_span_0": between(1.0, 300.0),
        "ema_span_1": between(1.0, 300.0),
        "enforce_exposure_limit": float(draw(st.booleans())),
        "entry_grid_double_down_factor": between(0.1, 3.0),
        "entry_grid_spacing_pct": between(0.001, 0.03),
        "entry_grid_spacing_weight": between(0.0, 5.0),
        "entry_initial_ema_dist": between(-0.02, 0.01),
        "entry_initial_qty_pct": between(0.005, 0.2),
        "entry_trailing_double_down_factor": between(0.1, 3.0),
        "entry_trailing_grid_ratio": ratio(),
        "entry_trailing_retracement_pct": draw(st.sampled_from([0.0, 0.001, 0.005])),
        "entry_trailing_threshold_pct": between(-0.005, 0.03),
        "filter_noisiness_rolling_window": between(1.0, 100.0),
        "filter_volume_drop_pct": between(0.0, 1.0),
        "filter_volume_rolling_window": between(1.0, 200.0),
        "n_positions": float(draw(st.integers(1, n_coins))) if on else 0.0,
        "total_wallet_exposure_limit": between(0.2, 3.0) if on else 0.0,
        "unstuck_close_pct": between(0.005, 0.1),
        "unstuck_ema_dist": between(-0.02, 0.01),
        "unstuck_loss_allowance_pct": draw(st.sampled_from([0.0, 0.01, 0.05])),
        "unstuck_threshold": between(0.3, 0.9),
        "wallet_exposure_limit": -1.0,
    }


@st.composite
def cases(draw: st.DrawFn, btc: bool | None = None) -> Case:
    rng = np.random.RandomState(draw(st.integers(0, 2**31)))
    n_coins = draw(st.integers(1, 4))
    minutes = draw(st.sampled_from([50, 700, 2000]))
    volatility = draw(st.sampled_from([0.001, 0.004]))
    columns, markets = [], []
    for _ in range(n_coins):
        price_step = draw(st.sampled_from([0.01, 0.1]))
        rows = _walk(rng, minutes, draw(st.sampled_from([30.0, 500.0])), price_step, volatility)
        if draw(st.integers(0, 3)) == 0:
            first = draw(st.integers(0, minutes - 1))
            _list_between(rows, first, draw(st.integers(first, minutes - 1)))
        columns.append(rows)
        markets.append(
            {
                "qty_step": draw(st.sampled_from([0.001, 0.01])),
                "price_step": price_step,
                "min_qty": 0.01,
                "min_cost": draw(st.sampled_from([1.0, 5.0])),
                "c_mult": draw(st.sampled_from([1.0, 0.1])),
            }
        )
    which = draw(st.sampled_from(["long", "short", "both"]))
    bot = {
        "long": draw(sides(n_coins, which != "short")),
        "short": draw(sides(n_coins, which != "long")),
    }
    with_btc = draw(st.booleans()) if btc is None else btc
    btc_usd = 50_000.0 * np.exp(np.cumsum(rng.standard_normal(minutes)) * 0.001) if with_btc else np.ones(minutes)
    return Case(
        np.ascontiguousarray(np.stack(columns, axis=1)),
        btc_usd,
        [bot] * n_coins,
        markets,
        draw(st.sampled_from([500.0, 10_000.0])),
        draw(st.sampled_from([0.0, 0.0002, -0.0001])),
    )
