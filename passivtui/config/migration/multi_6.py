"""Passivbot 6's multi-symbol configs: one flat table, and one strategy for all coins (`universal_live_config`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from passivtui.config.document import Document
from passivtui.config.migration.step import Step
from passivtui.config.parameter import as_number
from passivtui.config.parameters import SECTION_PARAMETERS, SIDES

_RENAMED: Final = {
    "ddown_factor": "entry_grid_double_down_factor",
    "initial_eprice_ema_dist": "entry_initial_ema_dist",
    "initial_qty_pct": "entry_initial_qty_pct",
    "rentry_pprice_dist": "entry_grid_spacing_pct",
    "rentry_pprice_dist_wallet_exposure_weighting": "entry_grid_spacing_weight",
    "ema_span_0": "ema_span_0",
    "ema_span_1": "ema_span_1",
    "min_markup": "close_grid_min_markup",
    "markup_range": "close_grid_markup_range",
}
_NOT_IN_6: Final = (
    "close_trailing_grid_ratio",
    "close_trailing_retracement_pct",
    "close_trailing_threshold_pct",
    "entry_trailing_grid_ratio",
    "entry_trailing_retracement_pct",
    "entry_trailing_threshold_pct",
    "unstuck_ema_dist",
)


def from_multi(step: Step) -> None:
    """Sort the flat table into bot and live; what 7.3 has no place for is told."""
    old = step.document
    universal = old.get("universal_live_config")
    if not isinstance(universal, dict) or "bot" in old:
        return
    step.is_foreign = True
    step.findings.info("universal_live_config", "a config of Passivbot 6, brought to the form of 7.3")
    live = _live(old)
    coins = len(_names(old.get("approved_symbols")))
    bot = {side: _side(old, universal.get(side), side, coins) for side in SIDES}
    used = {*live, *_USED_FROM_THE_TOP, *(f"{name}_{side}" for name in ("TWE",) for side in SIDES)}
    used |= {f"{side}_enabled" for side in SIDES} | {f"n_{side}s" for side in SIDES}
    for name in old:
        if name not in used:
            step.findings.info(name, "has no place in Passivbot 7; left out")
    step.document = {"bot": bot, "live": live}


_USED_FROM_THE_TOP: Final = (
    "universal_live_config",
    "approved_symbols",
    "ignored_symbols",
    "loss_allowance_pct",
    "stuck_threshold",
    "unstuck_close_pct",
)


def _names(symbols: Any) -> list[str]:
    return sorted({str(name) for name in symbols}) if isinstance(symbols, (dict, list)) else []


def _live(old: Document) -> dict[str, Any]:
    """The keys that `live` has too (also under their older names), and the coins with their flags."""
    names = {param.name for param in SECTION_PARAMETERS["live"]} | {"minimum_market_age_days"}
    live = {name: value for name, value in old.items() if name in names}
    symbols = old.get("approved_symbols")
    live["approved_coins"] = symbols if isinstance(symbols, str) else _names(symbols)
    live["ignored_coins"] = _names(old.get("ignored_symbols"))
    if isinstance(symbols, dict) and symbols:
        live["coin_flags"] = symbols
    return live


def _side(old: Document, universal: Any, side: str, n_coins: int) -> dict[str, Any]:
    table: Mapping[str, Any] = universal if isinstance(universal, dict) else {}
    result = {new: table[name] for name, new in _RENAMED.items() if name in table}
    result |= dict.fromkeys(_NOT_IN_6, 0.0)
    orders = as_number(table.get("n_close_orders"))
    if orders is not None and round(orders) >= 1:
        result["close_grid_qty_pct"] = 1.0 / round(orders)
    slots = [as_number(old.get(f"n_{each}s")) or 0.0 for each in SIDES]
    result["n_positions"] = old.get(f"n_{side}s", 0) if any(slots) else n_coins
    for name, new in (
        ("unstuck_close_pct", "unstuck_close_pct"),
        ("loss_allowance_pct", "unstuck_loss_allowance_pct"),
        ("stuck_threshold", "unstuck_threshold"),
    ):
        if name in old:
            result[new] = old[name]
    result["total_wallet_exposure_limit"] = old.get(f"TWE_{side}", 0.0) if old.get(f"{side}_enabled", True) else 0.0
    return result
