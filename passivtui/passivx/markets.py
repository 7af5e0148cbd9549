"""What is known of venues and markets, for settings that don't say (`spec/passivx.md` §1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class TickMarket:
    """A market as the tick engine needs it. Fees are shares of the cost; below 0 they are paid to the maker."""

    inverse: bool
    price_step: float
    qty_step: float
    min_qty: float
    min_cost: float
    maker_fee: float
    taker_fee: float
    max_leverage: float


_LINEAR: Final = {"inverse": False, "maker_fee": 0.00018, "taker_fee": 0.00036, "max_leverage": 125.0}
_INVERSE: Final = {"inverse": True, "maker_fee": -0.00025, "taker_fee": 0.00075, "max_leverage": 100.0, "min_cost": 0.0}
_VENUES: Final[Mapping[str, Mapping[str, Any]]] = {"binance": _LINEAR, "bybit": _INVERSE}
_SYMBOLS: Final[Mapping[str, Mapping[str, float]]] = {
    "ETHUSDT": {"price_step": 0.01, "qty_step": 0.001, "min_qty": 0.001, "min_cost": 5.0},
    "BTCUSD": {"price_step": 0.5, "qty_step": 1.0, "min_qty": 1.0, "min_cost": 0.0},
}


def venue_of(symbol: str) -> str:
    """The venue on which Passiv-X trades a symbol: `BTCUSDT` is Binance's, `BTCUSD` Bybit's."""
    return "bybit" if symbol.upper().endswith("USD") else "binance"


def known_of(exchange: str, symbol: str) -> dict[str, Any]:
    """What is known of a venue's market: fees, kind and maximum leverage; steps and minimums of a few symbols.

    Of Binance's COIN-M contracts (`BTCUSD_PERP`), which Passiv-X did not trade, nothing is known.
    """
    if "_" in symbol:
        return {}
    return {**_VENUES.get(exchange, {}), **_SYMBOLS.get(symbol, {})}
