"""Binance's public endpoints: time, contracts, candles, tickers, book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .binance_shapes import contract
from .candle_faults import candles
from .endpoints import Call, Endpoints
from .markets import Market, plain
from .orders import Reason, Refusal
from .prices import Candle

if TYPE_CHECKING:
    from .binance import BinanceVenue

PUBLIC = Endpoints()

STEPS_MS = {
    **{f"{minutes}m": minutes * 60_000 for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * 3_600_000 for hours in (1, 2, 4, 6, 8, 12)},
    "1d": 86_400_000,
}


@PUBLIC.on("GET", "/fapi/v1/ping", signed=False)
def ping(venue: BinanceVenue, call: Call) -> Any:
    return {}


@PUBLIC.on("GET", "/fapi/v1/time", "time", signed=False)
def server_time(venue: BinanceVenue, call: Call) -> Any:
    return {"serverTime": venue.clock.now()}


@PUBLIC.on("GET", "/fapi/v1/exchangeInfo", "markets", signed=False)
def exchange_info(venue: BinanceVenue, call: Call) -> Any:
    coins = sorted({market.settle for market in venue.matching.markets.values()})
    return {
        "timezone": "UTC",
        "serverTime": venue.clock.now(),
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        ],
        "exchangeFilters": [],
        "assets": [{"asset": coin, "marginAvailable": True, "autoAssetExchange": "-10000"} for coin in coins],
        "symbols": [contract(market) for market in venue.matching.markets.values()],
    }


@PUBLIC.on("GET", "/fapi/v1/klines", "candles", signed=False, weight=5)
def klines(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    interval = venue.needed(call.params, "interval")
    if interval not in STEPS_MS:
        raise Refusal(Reason.BAD_PARAMETER, "interval")
    step = STEPS_MS[interval]
    start, end = venue.number(call.params, "startTime"), venue.number(call.params, "endTime")
    limit = min(venue.number(call.params, "limit") or 500, 1500)
    path, now = venue.matching.paths[market.pair], venue.clock.now()
    found = candles(path, step, start, end, limit, now, call.faults, oldest_of_range=True)
    return [kline(market, one, step) for one in found]


def kline(market: Market, candle: Candle, step_ms: int) -> list[Any]:
    """A row of klines."""
    prices = [market.price_text(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    volume = market.qty_text(candle.volume)
    turnover = plain(candle.volume * candle.close)
    return [candle.start_ms, *prices, volume, candle.start_ms + step_ms - 1, turnover, 10, "0", "0", "0"]


@PUBLIC.on("GET", "/fapi/v1/ticker/24hr", "tickers", signed=False, weight=40)
def day_ticker(venue: BinanceVenue, call: Call) -> Any:
    return _one_or_all(venue, call, ticker)


@PUBLIC.on("GET", "/fapi/v1/ticker/price", "tickers", signed=False, weight=2)
def price_ticker(venue: BinanceVenue, call: Call) -> Any:
    def row(venue: BinanceVenue, market: Market) -> dict[str, Any]:
        last = venue.matching.last(market.pair)
        return {"symbol": market.pair, "price": market.price_text(last), "time": venue.clock.now()}

    return _one_or_all(venue, call, row)


@PUBLIC.on("GET", "/fapi/v1/ticker/bookTicker", "book", signed=False, weight=5)
def book_ticker(venue: BinanceVenue, call: Call) -> Any:
    return _one_or_all(venue, call, best)


@PUBLIC.on("GET", "/fapi/v1/premiumIndex", "funding rate", signed=False, weight=10)
def premium_index(venue: BinanceVenue, call: Call) -> Any:
    def row(venue: BinanceVenue, market: Market) -> dict[str, Any]:
        last, now = market.price_text(venue.matching.last(market.pair)), venue.clock.now()
        return {
            "symbol": market.pair,
            "markPrice": last,
            "indexPrice": last,
            "estimatedSettlePrice": last,
            "lastFundingRate": "0.00010000",
            "interestRate": "0.00010000",
            "nextFundingTime": (now // 28_800_000 + 1) * 28_800_000,
            "time": now,
        }

    return _one_or_all(venue, call, row)


@PUBLIC.on("GET", "/fapi/v1/depth", "book", signed=False, weight=5)
def depth(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    bid, ask = venue.matching.bid(market.pair), venue.matching.ask(market.pair)
    levels = [market.price_step * number for number in range(5)]
    return {
        "lastUpdateId": venue.clock.now(),
        "E": venue.clock.now(),
        "T": venue.clock.now(),
        "bids": [[market.price_text(bid - level), "10"] for level in levels],
        "asks": [[market.price_text(ask + level), "10"] for level in levels],
    }


def ticker(venue: BinanceVenue, market: Market) -> dict[str, Any]:
    """24 hours of one market."""
    now, last = venue.clock.now(), venue.matching.last(market.pair)
    day = venue.matching.paths[market.pair].day(now)
    return {
        "symbol": market.pair,
        "priceChange": market.price_text(last - day.open),
        "priceChangePercent": plain((last / day.open - 1) * 100),
        "weightedAvgPrice": market.price_text(last),
        "lastPrice": market.price_text(last),
        "lastQty": market.qty_text(market.min_qty),
        "openPrice": market.price_text(day.open),
        "highPrice": market.price_text(day.high),
        "lowPrice": market.price_text(day.low),
        "volume": market.qty_text(day.volume),
        "quoteVolume": plain(day.volume * last),
        "openTime": day.start_ms,
        "closeTime": now,
        "firstId": 1,
        "lastId": 2,
        "count": 2,
    }


def best(venue: BinanceVenue, market: Market) -> dict[str, Any]:
    """The best bid and ask of one market."""
    return {
        "symbol": market.pair,
        "bidPrice": market.price_text(venue.matching.bid(market.pair)),
        "bidQty": "10",
        "askPrice": market.price_text(venue.matching.ask(market.pair)),
        "askQty": "10",
        "time": venue.clock.now(),
        "lastUpdateId": venue.clock.now(),
    }


def _one_or_all(venue: BinanceVenue, call: Call, row: Any) -> Any:
    if "symbol" in call.params:
        return row(venue, venue.market(call.params))
    return [row(venue, market) for market in venue.matching.markets.values() if market.status != "delisted"]
