"""Passiv-X live settings as a config of Passivbot 7.3, as far as the two strategies have the same ideas.

Passiv-X works tick by tick on one symbol; what depends on ticks, margin or liquidation has no counterpart here and is
told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from passivtui.config.document import Document
from passivtui.config.findings import Findings, config_error, shown
from passivtui.config.model import Note
from passivtui.config.parameter import as_number
from passivtui.config.parameters import SIDES
from passivtui.errors import Problem
from passivtui.exchanges.coin_names import normalise_coin

_MARKS: Final = frozenset({"balance_pct", "entry_qty_pct", "grid_spacing", "grid_coefficient", "n_close_orders"})
_NUMBERS: Final = (
    "balance_pct",
    "entry_qty_pct",
    "ddown_factor",
    "leverage",
    "grid_spacing",
    "grid_coefficient",
    "min_markup",
    "max_markup",
    "n_close_orders",
)
_WITHOUT_COUNTERPART: Final = {
    "market_stop_loss": "positions are closed by take profits and unstucking only",
    "stop_loss_liq_diff": "the distance to the liquidation price plays no part",
    "stop_loss_pos_price_diff": "positions are closed by take profits and unstucking only",
    "stop_loss_pos_reduction": "positions are closed by take profits and unstucking only",
    "min_close_qty_multiplier": "the smallest close follows from the venue's minimum",
    "n_entry_orders": "how many entries are placed follows from the price distance",
    "cross_mode": "margin is always cross",
    "logging_level": "the log level is a setting of the program",
}
_KNOWN: Final = frozenset({*_NUMBERS, *_WITHOUT_COUNTERPART, "symbol", "config_name", "indicator_settings"})
_IDLE: Final = {
    "close_trailing_grid_ratio": 0.0,
    "entry_trailing_grid_ratio": 0.0,
    "unstuck_loss_allowance_pct": 0.0,
}


def is_passivx(document: Mapping[str, Any]) -> bool:
    """Whether a document holds Passiv-X live settings."""
    return document.keys() >= _MARKS


def convert_passivx(document: Document, file: str = "") -> tuple[Document, tuple[Note, ...]]:
    """A document of Passivbot 7.3's form, and a note for everything that was mapped or could not be.

    Both strategies then buy the same first quantity, double down by the same factor and take profit between the same
    markups. `file` names the file in messages. Raises ConfigError for settings that aren't numbers or make no sense.
    """
    findings = Findings(file)
    numbers = _numbers(document, findings)
    symbol = document.get("symbol")
    if not isinstance(symbol, str) or not _coin(symbol):
        findings.problem("symbol", symbol, "must be the name of a market, such as BTCUSDT")
    if findings.problems:
        raise config_error(findings.problems)
    indicators = document.get("indicator_settings")
    indicators = indicators if isinstance(indicators, dict) else {}
    bot = {side: _side(numbers, indicators, side) for side in SIDES}
    live = {
        "approved_coins": [_coin(str(symbol))],
        "leverage": numbers["leverage"],
        "user": str(document.get("config_name") or "bybit_01"),
    }
    _tell_mapped(numbers, findings, str(symbol))
    _tell_left_out(document, indicators, findings)
    return {"bot": bot, "live": live}, tuple(findings.notes)


def _coin(symbol: str) -> str:
    """The coin of a linear (`XRPUSDT`) or an inverse market (`XRPUSD`)."""
    return normalise_coin(symbol.strip().removesuffix("USD"))


def _numbers(document: Document, findings: Findings) -> dict[str, float]:
    numbers = {}
    for name in _NUMBERS:
        number = as_number(document.get(name))
        if number is None or number < 0.0 or (number == 0.0 and name in ("leverage", "n_close_orders")):
            wanted = "a number above 0" if name in ("leverage", "n_close_orders") else "a number of at least 0"
            findings.problems.append(Problem(name, shown(document.get(name)), f"must be {wanted}", findings.file))
            number = 1.0
        numbers[name] = number
    return numbers


def _side(numbers: Mapping[str, float], indicators: Mapping[str, Any], side: str) -> dict[str, Any]:
    is_on = bool(indicators.get("do_long" if side == "long" else "do_shrt", True))
    high = numbers["max_markup"]
    low = min(numbers["min_markup"], high)  # as Passiv-X lowers it
    ema = indicators.get("tick_ema")
    spread = as_number(ema.get("spread")) if isinstance(ema, dict) else None
    return {
        **_IDLE,
        "n_positions": 1 if is_on else 0,
        "total_wallet_exposure_limit": numbers["balance_pct"] * numbers["leverage"] if is_on else 0.0,
        "entry_initial_qty_pct": numbers["entry_qty_pct"],
        "entry_initial_ema_dist": spread or 0.0,
        "entry_grid_double_down_factor": numbers["ddown_factor"],
        "entry_grid_spacing_pct": numbers["grid_spacing"],
        "entry_grid_spacing_weight": numbers["grid_coefficient"],
        "close_grid_markup_end": low,
        "close_grid_markup_start": high,
        "close_grid_qty_pct": 1.0 / max(1, round(numbers["n_close_orders"])),
    }


def _tell_mapped(numbers: Mapping[str, float], findings: Findings, symbol: str) -> None:
    limit = numbers["balance_pct"] * numbers["leverage"]
    findings.info("symbol", f"{symbol} is the approved coin {_coin(symbol)}")
    findings.info("balance_pct", f"times leverage it is the wallet exposure limit {limit:g}, with one position a side")
    findings.info("ddown_factor", "is entry_grid_double_down_factor")
    findings.info("grid_spacing", "and grid_coefficient are entry_grid_spacing_pct and _weight")
    findings.info("min_markup", "and max_markup are close_grid_markup_end and _start")
    findings.info("n_close_orders", "is close_grid_qty_pct, one part of the full position each")
    if symbol.upper().endswith("USD"):
        findings.warn("symbol", f"{symbol} is an inverse contract; the config trades the coin's linear one")
    findings.warn("unstuck_loss_allowance_pct", "Passiv-X has no unstucking; it is switched off")


def _tell_left_out(document: Document, indicators: Mapping[str, Any], findings: Findings) -> None:
    if "tick_ema" in indicators:
        findings.warn(
            "indicator_settings.tick_ema.span", "counts ticks, not minutes; the template's EMA spans are used"
        )
    if indicators.get("funding_fee_collect_mode"):
        findings.warn("indicator_settings.funding_fee_collect_mode", "has no counterpart; left out")
    for name in document:
        reason = _WITHOUT_COUNTERPART.get(name)
        if reason:
            findings.warn(name, f"has no counterpart: {reason}")
        elif name not in _KNOWN:
            findings.warn(name, "unknown, left out")
