"""Snapshots of a quiet account to start from: fresh inputs, a coin or more at 100 with an EMA band of 99 to 101."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from passivtui.config import Approved, Config, template_config
from passivtui.config.frozen import FrozenMap
from passivtui.config.model import CoinOverride
from passivtui.core import Trailing
from passivtui.live import (
    AccountAges,
    Age,
    CoinState,
    EmaBand,
    OpenOrder,
    PlannedOrder,
    PnlHistory,
    Position,
    SideIndicators,
    Snapshot,
    VenueTraits,
    Window,
)
from passivtui.live.orders import Side

NOW_MS = 1_760_000_000_000
LIMIT_MS = 60_000
FRESH = Age(1_000, LIMIT_MS)
STALE = Age(90_000, LIMIT_MS)
NEVER = Age(None, LIMIT_MS)

#: The paper exchange over recorded candles, where a bot can do exactly what the backtest does.
PAPER = VenueTraits(fills_as_backtest=True)
MIMIC = {"mimic_backtest_1m_delay": True}

GRID_ONLY = {
    "n_positions": 1,
    "total_wallet_exposure_limit": 1.0,
    "entry_initial_qty_pct": 0.05,
    "entry_initial_ema_dist": 0.0,
    "entry_grid_spacing_pct": 0.02,
    "entry_grid_spacing_weight": 1.0,
    "entry_grid_double_down_factor": 1.0,
    "entry_trailing_grid_ratio": 0.0,
    "close_trailing_grid_ratio": 0.0,
    "close_grid_markup_start": 0.01,
    "close_grid_markup_end": 0.005,
    "close_grid_qty_pct": 0.2,
    "unstuck_loss_allowance_pct": 0.0,
    "filter_volume_drop_pct": 0.0,
}
OFF = {"n_positions": 0, "total_wallet_exposure_limit": 0.0}
TRAILING = {
    "entry_trailing_grid_ratio": 1.0,
    "entry_trailing_threshold_pct": 0.02,
    "entry_trailing_retracement_pct": 0.005,
    "close_trailing_grid_ratio": 1.0,
    "close_trailing_threshold_pct": 0.01,
    "close_trailing_retracement_pct": 0.005,
    "close_trailing_qty_pct": 0.5,
}
UNSTUCKING = {
    "unstuck_loss_allowance_pct": 0.05,
    "unstuck_threshold": 0.4,
    "unstuck_ema_dist": -0.05,
    "unstuck_close_pct": 0.1,
}


@dataclass(frozen=True)
class Rules:
    """A market as in the engine's vectors."""

    qty_step: float = 0.001
    price_step: float = 0.01
    min_qty: float = 0.001
    min_cost: float = 5.0
    c_mult: float = 1.0


def a_config(
    *,
    long: Mapping[str, Any] | None = None,
    short: Mapping[str, Any] | None = None,
    live: Mapping[str, Any] | None = None,
    overrides: Mapping[str, CoinOverride] | None = None,
) -> Config:
    """A grid on the long side unless told otherwise; the sides' changes come on top of `GRID_ONLY` (short: off)."""
    base = template_config()
    sides = {
        "long": dataclasses.replace(base.bot.long, **{**GRID_ONLY, **(long or {})}),
        "short": dataclasses.replace(base.bot.short, **{**GRID_ONLY, **(OFF if short is None else short)}),
    }
    settings = {
        "minimum_coin_age_days": 0.0,
        "max_n_creations_per_batch": 50,
        "max_n_cancellations_per_batch": 50,
        "price_distance_threshold": 0.5,
        "market_orders_allowed": False,
    }
    return dataclasses.replace(
        base,
        bot=dataclasses.replace(base.bot, **sides),
        live=dataclasses.replace(base.live, **{**settings, **(live or {})}),
        coin_overrides=FrozenMap(overrides or {}),
    )


def indicators(lower: float = 99.0, upper: float = 101.0, **changes: Any) -> SideIndicators:
    whole = {"volume": Window(1e6, 100, 100, True), "noisiness": Window(0.1, 50, 50, True)}
    return SideIndicators(**{"band": EmaBand(lower, upper, 1000), "trailing": Trailing(), **whole, **changes})


def a_coin(price: float | None = 100.0, **changes: Any) -> CoinState:
    known = {"market": Rules(), "candles": FRESH, "long": indicators(), "short": indicators()}
    return CoinState(**{**known, "price": price, "listed_ms": 0, **changes})


def a_snapshot(
    config: Config | None = None, *, coins: Mapping[str, CoinState] | Sequence[str] = ("BTC",), **changes: Any
) -> Snapshot:
    """Coins (names, or states by name) approved on both sides, a balance of 1000, nothing held and nothing open."""
    known = {
        "now_ms": NOW_MS,
        "config": config or a_config(),
        "approved": Approved(tuple(coins), tuple(coins)),
        "coins": coins if isinstance(coins, Mapping) else {coin: a_coin() for coin in coins},
        "balance": 1000.0,
        "ages": AccountAges(FRESH, FRESH, FRESH, FRESH),
        "pnl": PnlHistory(0.0, 0.0),
    }
    return Snapshot(**{**known, **changes})


def long_position(size: float = 1.0, price: float = 100.0, coin: str = "BTC") -> Position:
    return Position(coin, "long", size, price)


def open_order(
    qty: float, price: float, *, coin: str = "BTC", side: Side = "long", name: str = "", **changes: Any
) -> OpenOrder:
    closes = (qty > 0.0) != (side == "long")
    name = name or f"{coin}{side}{qty}@{price}"
    return OpenOrder(
        **{"id": name, "client_id": name, "reduce_only": closes, **changes}, coin=coin, side=side, qty=qty, price=price
    )


def opened(orders: Sequence[PlannedOrder]) -> tuple[OpenOrder, ...]:
    """Planned orders as they stand on the book once they were accepted."""
    return tuple(
        open_order(o.qty, o.price, coin=o.coin, side=o.side, name=f"{i}{o.type}") for i, o in enumerate(orders)
    )
