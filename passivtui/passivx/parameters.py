"""Every setting of the Passiv-X strategy: kind, range, explanation (`spec/passivx.md` §1).

The tables are the only source for validation, for the comments of TOML files and for the clamps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from passivtui.config.parameter import ANY, AT_LEAST_ONE, NOT_NEGATIVE, POSITIVE, SHARE, Kind, Param, Range

MOST_CLOSE_ORDERS: Final = 500  # the tick engine's, as in `core.tick_layout`; a test holds them together
_MARKUP: Final = Range(0.0, 1.0, high_open=True)


def _number(name: str, template: float, text: str, allowed: Range, unit: str = "") -> Param:
    return Param("passivx", name, Kind.NUMBER, template, text, allowed=allowed, unit=unit)


def _switch(name: str, template: bool, text: str) -> Param:
    return Param("passivx", name, Kind.SWITCH, template, text)


def _count(name: str, template: int, text: str, allowed: Range = ANY) -> Param:
    return Param("passivx", name, Kind.COUNT, template, text, allowed=allowed)


def _text(name: str, template: str, text: str) -> Param:
    return Param("passivx", name, Kind.TEXT, template, text)


#: What Jackrabbit varies: the strategy itself. The templates are the Bybit default that Passiv-X ships.
STRATEGY: Final = (
    _number("balance_pct", 0.537, "share of the wallet's balance that the strategy works with", SHARE),
    _number("entry_qty_pct", 0.10101, "first entry, as a share of the leveraged balance", Range(0.0, 1.0)),
    _number("ddown_factor", 0.298, "a re-entry's quantity, as a multiple of the position", NOT_NEGATIVE),
    _number("leverage", 19.0, "leverage; the venue's maximum is the limit", POSITIVE),
    _number("grid_spacing", 0.00152, "distance of the first re-entry from the position's price", POSITIVE),
    _number("grid_coefficient", 203.6, "how much the distance grows with the position's margin", NOT_NEGATIVE),
    _number("min_markup", 0.00066, "markup of the nearest close", _MARKUP),
    _number("max_markup", 0.01135, "markup of the farthest close", _MARKUP),
    _count("n_close_orders", 18, "closes between the markups, at most", Range(1.0, MOST_CLOSE_ORDERS)),
    _number("min_close_qty_multiplier", 0.15, "smallest close, as a share of a first entry", Range(0.0, 1.0)),
    _number("ema_span", 61499.0, "span of the price's EMA", AT_LEAST_ONE, "ticks"),
    _number("ema_spread", 0.0133, "distance of a first entry from the EMA", _MARKUP),
    _number("stop_loss_liq_diff", 0.07, "distance from liquidation that arms the stop loss", Range(0.0, 1.0)),
    _number("stop_loss_pos_price_diff", 0.9, "loss of price that arms the stop loss", Range(0.0, 1.0)),
    _number("stop_loss_pos_reduction", 0.01, "share of the position that one stop loss closes", Range(0.0, 1.0)),
    _switch("do_long", True, "open long positions"),
    _switch("do_shrt", True, "open short positions"),
)

#: What live settings hold besides.
LIVE: Final = (
    _text("config_name", "", "name of these settings"),
    _text("symbol", "BTCUSD", "the market: BTCUSDT is linear, BTCUSD inverse"),
    _count("logging_level", 0, "above 0: log orders and positions", NOT_NEGATIVE),
    _switch("cross_mode", True, "cross margin, else isolated"),
    _count("n_entry_orders", 8, "re-entries that are placed at a time, at most", AT_LEAST_ONE),
    _switch("market_stop_loss", False, "stop losses as market orders, else as limit orders"),
    _switch("funding_fee_collect_mode", False, "open only positions that collect funding"),
)

#: What one backtest needs besides.
RUN: Final = (
    _text("symbol", "BTCUSD", "the market: BTCUSDT is linear, BTCUSD inverse"),
    _number("starting_balance", 1000.0, "in the margin coin: quote currency, on inverse markets the coin", POSITIVE),
    _number("latency_simulation_ms", 1000.0, "how long after a trade the next one can come", NOT_NEGATIVE, "ms"),
    _number("n_days", 0.0, "days that the daily gain is taken over; 0: those of the ticks", NOT_NEGATIVE, "days"),
    Param(
        "passivx",
        "accounting",
        Kind.CHOICE,
        "true",
        "true, or original: as Passiv-X, whose balance never falls below its start",
        choices=("true", "original"),
    ),
)

#: Of the venue: given in the file, or known of the venue and symbol (`markets`).
MARKET: Final = (
    _switch("inverse", False, "an inverse contract, held and settled in the coin"),
    _number("price_step", 0.01, "the venue's step of prices", POSITIVE),
    _number("qty_step", 0.001, "the venue's step of quantities", POSITIVE),
    _number("min_qty", 0.001, "the venue's smallest quantity", NOT_NEGATIVE),
    _number("min_cost", 0.0, "the venue's smallest cost; linear contracts only", NOT_NEGATIVE),
    _number("maker_fee", 0.0002, "a share of the cost; below 0 it is paid to the maker", Range(-0.1, 0.1)),
    _number("taker_fee", 0.0005, "a share of the cost", Range(-0.1, 0.1)),
    _number("max_leverage", 100.0, "the venue's highest leverage", POSITIVE),
)

#: What Passiv-X's backtest settings hold besides the ranges.
SESSION: Final = (
    _text("session_name", "", "name of the session; its results are kept under it"),
    Param("passivx", "exchange", Kind.CHOICE, "binance", "the venue", choices=("binance", "bybit")),
    _text("user", "", "the user whose keys Passiv-X takes; unused here"),
    _text("symbol", "BTCUSD", "the market: BTCUSDT is linear, BTCUSD inverse"),
    _number("n_days", 60.0, "days of history", POSITIVE, "days"),
    _text("starting_candidate_filepath", "", "live settings that the search starts from"),
    _count("starting_k", 0, "the search's first iteration", NOT_NEGATIVE),
    _count("n_jackrabbit_iterations", 200, "iterations of the search", AT_LEAST_ONE),
    _number("latency_simulation_ms", 1000.0, "how long after a trade the next one can come", NOT_NEGATIVE, "ms"),
    _number("starting_balance", 30.0, "in the margin coin: quote currency, on inverse markets the coin", POSITIVE),
)

#: Keys that may be left out, and are then their template's.
OPTIONAL: Final = frozenset(
    {
        *("config_name", "logging_level", "cross_mode", "n_entry_orders", "market_stop_loss", "ema_spread"),
        *("funding_fee_collect_mode", "latency_simulation_ms", "n_days", "accounting", "user", "starting_k"),
        *("starting_candidate_filepath", "session_name", "min_cost", "taker_fee"),
    }
)

#: Values and ranges outside these are moved to their end, as Passiv-X does, and it is told.
CLAMPS: Final[Mapping[str, tuple[float, float | None]]] = {
    "balance_pct": (0.0, 1.0),
    "entry_qty_pct": (0.0, 1.0),
    "ddown_factor": (0.0, None),
    "ema_span": (0.0, None),
    "ema_spread": (0.0, None),
    "grid_coefficient": (0.0, None),
    "grid_spacing": (0.0, None),
    "min_close_qty_multiplier": (0.0, 1.0),
    "stop_loss_pos_reduction": (0.0, 1.0),
}

STRATEGY_NAMES: Final = tuple(param.name for param in STRATEGY)
BY_NAME: Final[Mapping[str, Param]] = {
    param.name: param for table in (SESSION, RUN, LIVE, MARKET, STRATEGY) for param in table
}


def clamp(name: str, value: float) -> float:
    """The value, or the end of the setting's range that it is beyond."""
    low, high = CLAMPS.get(name, (None, None))
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


def comment_of(param: Param) -> str:
    """One line of explanation, with unit and range."""
    facts: list[Any] = [param.unit] if param.unit else []
    if param.allowed != ANY:
        facts.append(param.allowed)
    return f"{param.help} ({', '.join(map(str, facts))})" if facts else param.help
