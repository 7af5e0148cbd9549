"""The three grounds on which unmodified ccxt trades: local Binance, local Bybit linear, local Bybit inverse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .binance import BinanceVenue
from .bybit import BybitVenue
from .faults import FaultPlan
from .markets import Market
from .server import LocalVenue

MARKETS = [Market.linear("BTC"), Market.linear("ETH", price_step="0.01", qty_step="0.01")]
PRICES = {"BTCUSDT": 60_000, "ETHUSDT": 3000}
GROUNDS = ("binance", "bybit", "bybit inverse")


@dataclass
class Ground:
    """A venue, a ccxt client on it, the market to trade, an ordinary quantity, and how orders are worded here."""

    name: str
    venue: LocalVenue
    exchange: Any
    symbol: str
    qty: float

    @property
    def faults(self) -> FaultPlan:
        return self.venue.faults

    @property
    def pair(self) -> str:
        return self.venue.pair(self.symbol)

    def params(self, side: str = "long", *, client_id: str = "", post_only: bool = True) -> dict[str, Any]:
        params: dict[str, Any] = {"clientOrderId": client_id} if client_id else {}
        if self.name == "binance":
            return params | {"positionSide": side.upper(), "timeInForce": "GTX" if post_only else "GTC"}
        return params | {
            "positionIdx": {"long": 1, "short": 2}[side],
            "timeInForce": "PostOnly" if post_only else "GTC",
        }

    async def enter(self, price: float, *, client_id: str = "", qty: float | None = None, **others: Any) -> Any:
        """A limit order that opens or adds to a long."""
        params = self.params(client_id=client_id, **others)
        return await self.exchange.create_order(self.symbol, "limit", "buy", qty or self.qty, price, params)

    async def leave(self, price: float, *, client_id: str = "", qty: float | None = None) -> Any:
        """A limit order that makes a long smaller."""
        params = self.params(client_id=client_id)
        if self.name != "binance":
            params["reduceOnly"] = True
        return await self.exchange.create_order(self.symbol, "limit", "sell", qty or self.qty, price, params)

    async def open_orders(self) -> list[Any]:
        found = await self.exchange.fetch_open_orders(self.symbol, limit=50)
        return sorted(found, key=lambda order: order["clientOrderId"])

    async def held(self) -> Decimal:
        """The long's size, as the client reads it."""
        positions = await self.exchange.fetch_positions([self.symbol])
        return sum((Decimal(str(one["contracts"])) for one in positions if one["side"] == "long"), Decimal(0))


@asynccontextmanager
async def ground(name: str, *, hedge: bool = True, **others: Any) -> AsyncIterator[Ground]:
    """A running venue with a client; `others` are for the venue."""
    if name == "binance":
        venue: LocalVenue = BinanceVenue(MARKETS, PRICES, hedge=hedge, **others)
    else:
        markets = [*MARKETS, Market.inverse_of("BTC")]
        venue = BybitVenue(markets, {**PRICES, "BTCUSD": 60_000}, hedge=hedge, **others)
    inverse = name == "bybit inverse"
    async with venue, venue.client() as exchange:
        yield Ground(name, venue, exchange, "BTC/USD:BTC" if inverse else "BTC/USDT:USDT", 100 if inverse else 0.01)
