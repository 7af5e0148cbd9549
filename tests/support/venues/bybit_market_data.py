"""Bybit's public endpoints: time, instruments, candles, tickers, book."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .bybit_shapes import instrument
from .candle_faults import candles
from .endpoints import Call, Endpoints
from .markets import Market, plain
from .orders import Reason, Refusal
from .prices import Candle

if TYPE_CHECKING:
    from .bybit import BybitVenue

PUBLIC = Endpoints()

STEPS_MS = {str(minutes): minutes * 60_000 for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)} | {"D": 86_400_000}


@PUBLIC.on("GET", "/v5/market/time", "time", signed=False)
def server_time(venue: BybitVenue, call: Call) -> Any:
    now = venue.clock.now()
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


@PUBLIC.on("GET", "/v5/market/instruments-info", "markets", signed=False)
def instruments(venue: BybitVenue, call: Call) -> Any:
    category = venue.category(call.params)
    rows = [] if call.params.get("status") == "PreLaunch" else venue.of_category(category)
    pair = call.params.get("symbol")
    listed = [instrument(market) for market in rows if pair in (None, market.pair) and market.status != "delisted"]
    return {"category": category, "list": listed, "nextPageCursor": ""}


@PUBLIC.on("GET", "/v5/market/kline", "candles", signed=False)
def klines(venue: BybitVenue, call: Call) -> Any:
    market = venue.market(call.params)
    interval = venue.needed(call.params, "interval")
    if interval not in STEPS_MS:
        raise Refusal(Reason.BAD_PARAMETER, "interval")
    start, end = venue.number(call.params, "start"), venue.number(call.params, "end")
    limit = min(venue.number(call.params, "limit") or 200, 1000)
    path, now = venue.matching.paths[market.pair], venue.clock.now()
    found = candles(path, STEPS_MS[interval], start, end, limit, now, call.faults, oldest_of_range=True)
    rows = [kline(market, one) for one in reversed(found)]
    return {"category": venue.category(call.params), "symbol": market.pair, "list": rows}


@PUBLIC.on("GET", "/v5/market/tickers", "tickers", signed=False)
def tickers(venue: BybitVenue, call: Call) -> Any:
    category = venue.category(call.params)
    if "symbol" in call.params:
        listed = [venue.market(call.params)]
    else:
        listed = [market for market in venue.of_category(category) if market.status != "delisted"]
    return {"category": category, "list": [ticker(venue, market) for market in listed]}


@PUBLIC.on("GET", "/v5/market/orderbook", "book", signed=False)
def order_book(venue: BybitVenue, call: Call) -> Any:
    market = venue.market(call.params)
    return book(venue, market, min(venue.number(call.params, "limit") or 25, 25))


@PUBLIC.on("GET", "/v5/market/risk-limit", "brackets", signed=False)
def risk_limit(venue: BybitVenue, call: Call) -> Any:
    category = venue.category(call.params)
    listed = [venue.market(call.params)] if "symbol" in call.params else venue.of_category(category)
    rows = [
        {
            "id": 1,
            "symbol": market.pair,
            "riskLimitValue": "2000000",
            "maintenanceMargin": "0.005",
            "initialMargin": plain(Decimal(1) / market.max_leverage),
            "isLowestRisk": 1,
            "maxLeverage": f"{market.max_leverage}.00",
            "mmDeduction": "",
        }
        for market in listed
    ]
    return {"category": category, "list": rows, "nextPageCursor": ""}


def kline(market: Market, candle: Candle) -> list[str]:
    """A row of market/kline."""
    prices = [market.price_text(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    return [str(candle.start_ms), *prices, market.qty_text(candle.volume), _turnover(market, candle)]


def ticker(venue: BybitVenue, market: Market) -> dict[str, Any]:
    """A row of market/tickers and the ticker topic."""
    now, last = venue.clock.now(), venue.matching.last(market.pair)
    day = venue.matching.paths[market.pair].day(now)
    price = market.price_text(last)
    return {
        "symbol": market.pair,
        "lastPrice": price,
        "indexPrice": price,
        "markPrice": price,
        "prevPrice24h": market.price_text(day.open),
        "price24hPcnt": plain(last / day.open - 1),
        "highPrice24h": market.price_text(day.high),
        "lowPrice24h": market.price_text(day.low),
        "prevPrice1h": market.price_text(day.open),
        "openInterest": "68744.761",
        "openInterestValue": "1183601235.91",
        "turnover24h": _turnover(market, day),
        "volume24h": market.qty_text(day.volume),
        "fundingRate": "0.0001",
        "nextFundingTime": str((now // 28_800_000 + 1) * 28_800_000),
        "bid1Price": market.price_text(venue.matching.bid(market.pair)),
        "bid1Size": "10",
        "ask1Price": market.price_text(venue.matching.ask(market.pair)),
        "ask1Size": "10",
    }


def book(venue: BybitVenue, market: Market, depth: int) -> dict[str, Any]:
    """Levels of the order book, a step apart."""
    bid, ask = venue.matching.bid(market.pair), venue.matching.ask(market.pair)
    levels = [market.price_step * number for number in range(depth)]
    now = venue.clock.now()
    return {
        "s": market.pair,
        "b": [[market.price_text(bid - level), "10"] for level in levels],
        "a": [[market.price_text(ask + level), "10"] for level in levels],
        "ts": now,
        "u": now,
        "seq": now,
        "cts": now,
    }


def _turnover(market: Market, candle: Candle) -> str:
    return plain(market.value(candle.volume, candle.close))
