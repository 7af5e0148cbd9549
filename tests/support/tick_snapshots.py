"""Snapshots of Passiv-X bots: those of the vectors, and one to change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from passivx_cases import MARKETS, SETTINGS, vectors

from passivtui.config.findings import Findings
from passivtui.live.passivx import HeldPosition, Terms, TickSnapshot
from passivtui.passivx.markets import TickMarket
from passivtui.passivx.model import LiveSettings, Strategy
from passivtui.passivx.settings import read_live_settings


def vector_snapshot(name: str) -> TickSnapshot:
    """The state of one of the vectors L01 to L09."""
    given = vectors()[name]["args"]
    findings = Findings(name)
    settings = read_live_settings(given["settings"], findings)
    findings.raise_if_any()
    kind = "inverse" if given["exchange"] == "bybit" else "linear"
    rules = {**MARKETS[kind], **{name: given["market"][name] for name in ("min_qty", "qty_step", "price_step")}}
    rules["min_cost"] = given["market"]["min_notional"]
    market = TickMarket(**{**rules, "inverse": kind == "inverse", "taker_fee": 0.0})
    position = given["position"]
    return TickSnapshot(
        now_ms=0,
        terms=Terms(settings, market),
        balance=position["wallet_balance"],
        equity=position["equity"],
        bid=given["book"][0],
        ask=given["book"][1],
        last_price=given["last"],
        ema=given["ema"],
        position=HeldPosition(position["size"], position["price"], position["liquidation_price"]),
        max_notional=given.get("max_pos_size_ito_usdt", float("inf")),
        predicted_funding=position["predicted_funding_rate"],
    )


def terms(kind: str = "linear", *, n_entry_orders: int = 8, market_stop_loss: bool = False, **changes: Any) -> Terms:
    """Case 01's strategy with changes."""
    names = Strategy.__dataclass_fields__
    strategy = Strategy(**{name: SETTINGS[name] for name in names} | changes)
    market = TickMarket(**{**MARKETS[kind], "inverse": kind == "inverse", "taker_fee": 0.0})  # type: ignore[arg-type]
    symbol = "BTCUSD" if kind == "inverse" else "ETHUSDT"
    return Terms(LiveSettings("", symbol, 0, True, n_entry_orders, market_stop_loss, False, strategy), market)


def flat_snapshot(used: Terms | None = None, **changes: Any) -> TickSnapshot:
    """A flat bot around a price of 3350, with changes."""
    flat = TickSnapshot(1_000_000, used or terms(), 1000.0, 1000.0, 3350.0, 3350.01, 3350.0, 3350.0)
    return replace(flat, **changes)
