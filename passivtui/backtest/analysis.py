"""A run's metrics: the engine's own, and what is derived from them (`spec/engine.md` §5 "What Python adds", §6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.config import Config
from passivtui.config.metric_names import has_btc_form
from passivtui.core import ORDER_TYPES, SIDES, Analysis

_PER_EXPOSURE = ("adg", "adg_w", "mdg", "mdg_w", "gain")

#: Whether an order type (by ordinal) belongs to the side.
_IS_OF_SIDE = {side: np.array([side in name for name in ORDER_TYPES]) for side in SIDES}


def all_metrics(engine: Analysis, fills: NDArray[Any], config: Config) -> dict[str, float | None]:
    """Every metric of a run by name. Values may be infinite or NaN; a run without fills has them all (§8.26)."""
    limits = {side: config.bot.side(side).total_wallet_exposure_limit for side in SIDES}
    in_usd = _with_per_exposure(engine.usd, limits)
    return {**in_usd, **_profit_and_loss_by_side(fills), **_btc_metrics(engine, limits)}


def scored_metrics(engine: Analysis, exposure_limits: Mapping[str, float]) -> dict[str, float]:
    """The metrics that scoring and limits may name (`config.metric_names`); they need no fills.

    `exposure_limits` are the total wallet exposure limits of both sides.
    """
    return {**_with_per_exposure(engine.usd, exposure_limits), **_btc_metrics(engine, exposure_limits)}


def _btc_metrics(engine: Analysis, limits: Mapping[str, float]) -> dict[str, float]:
    if engine.btc is None:
        return {}
    return {
        f"btc_{name}": value for name, value in _with_per_exposure(engine.btc, limits).items() if has_btc_form(name)
    }


def _with_per_exposure(metrics: Mapping[str, float], limits: Mapping[str, float]) -> dict[str, float]:
    """The metrics, with growth also divided by each side's total wallet exposure limit (0.0 for a limit of 0)."""
    divided: dict[str, float] = {}
    for side in SIDES:
        limit = limits[side]
        for name in _PER_EXPOSURE:
            divided[f"{name}_per_exposure_{side}"] = metrics[name] / limit if limit > 0.0 else 0.0
    return {**metrics, **divided}


def _profit_and_loss_by_side(fills: NDArray[Any]) -> dict[str, float]:
    """`loss_profit_ratio_long/short` and `pnl_ratio_long_short`; without a divisor they are infinite or NaN."""
    pnl = {side: fills["pnl"][_IS_OF_SIDE[side][fills["type"]]] for side in SIDES}
    net = {side: float(pnl[side].sum()) for side in SIDES}
    ratios = {f"loss_profit_ratio_{side}": _loss_profit_ratio(pnl[side]) for side in SIDES}
    return {**ratios, "pnl_ratio_long_short": _divide(net["long"], net["long"] + net["short"])}


def _loss_profit_ratio(pnl: NDArray[np.float64]) -> float:
    if not len(pnl):
        return 1.0
    return abs(_divide(float(pnl[pnl < 0.0].sum()), float(pnl[pnl > 0.0].sum())))


def _divide(numerator: float, denominator: float) -> float:
    """As IEEE 754 divides: 1/0 is infinite, 0/0 is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.float64(numerator) / np.float64(denominator))
