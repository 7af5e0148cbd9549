"""The venues' public APIs as far as candles go: markets and klines from made candles, in each venue's own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from archive_files import number
from archive_market import DAY_MS, MINUTE_MS, Market, Table, candles

Query = Mapping[str, Any]
Klines = Callable[[Market, int, int, int], Table]  # market, step ms, first ms, last ms -> candles

_STEPS = {"1m": MINUTE_MS, "1": MINUTE_MS, "1d": DAY_MS, "D": DAY_MS, "1440": DAY_MS, "1D": DAY_MS, "1Dutc": DAY_MS}


def step_of(word: object) -> int:
    """Milliseconds of a venue's word for an interval."""
    return _STEPS[str(word)]


def by_step(market: Market, step_ms: int, first_ms: int, last_ms: int) -> Table:
    """Candles of minutes, or of days (a day's first minute stands for it: enough to find a listing)."""
    if step_ms == MINUTE_MS:
        return candles(market, first_ms, last_ms)
    start = max(first_ms + -first_ms % DAY_MS, market.first_ms // DAY_MS * DAY_MS)
    rows = [_day(market, day) for day in range(start, last_ms + 1, DAY_MS)]
    return np.concatenate(rows) if rows else np.empty((0, 6))


@lru_cache(maxsize=20_000)
def _day(market: Market, day: int) -> Table:
    """A day's candle, or none: its first minute, at the day's time."""
    first = max(day, market.first_ms)
    row = candles(market, first, first)
    row = row if len(row) else candles(market, day, day + DAY_MS - 1)[:1]
    row[:, 0] = day
    return row


def answer(venue: str, path: str, query: Query, markets: list[Market], klines: Klines, now_ms: int) -> Any:
    """The JSON answer of a venue to a request. Raises KeyError for what isn't served."""
    return _VENUES[venue](path, query, {market.base: market for market in markets}, klines, now_ms)


def _step(market: Market) -> str:
    return number(10.0**-market.decimals)


def _binance(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if path.endswith("/exchangeInfo"):
        return {"timezone": "UTC", "serverTime": now_ms, "symbols": [_binance_market(m) for m in markets.values()]}
    market = _by_name(markets, query["symbol"], "{}{}")
    limit = int(query.get("limit", 500))
    step = step_of(query["interval"])
    first = int(query["startTime"])
    # Binance goes on over a gap until it has so many candles: a day more than they need does for gaps of a test.
    table = klines(market, step, first, min(first + limit * step + DAY_MS, now_ms))[:limit]
    return [
        [int(t), *map(number, (o, h, low, c, v)), int(t) + step - 1, number(round(v * c, 6)), 9, "0", "0", "0"]
        for t, o, h, low, c, v in table
    ]


def _binance_market(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.pair,
        "pair": market.pair,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": market.first_ms,
        "status": "TRADING",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.quote,
        "pricePrecision": market.decimals,
        "quantityPrecision": 3,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": _step(market), "maxPrice": "1e9", "tickSize": _step(market)},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "10000", "stepSize": "0.001"},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "GTX"],
    }


def _bybit(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if path.endswith("/instruments-info"):
        listed = [] if query.get("status") else [_bybit_market(market) for market in markets.values()]
        return _bybit_answer({"category": "linear", "list": listed, "nextPageCursor": ""}, now_ms)
    market = _by_name(markets, query["symbol"], "{}{}")
    step = step_of(query["interval"])
    first, limit = int(query["start"]), min(int(query["limit"]), 1000)
    table = klines(market, step, first, min(first + (limit - 1) * step, now_ms))
    rows = [[str(int(row[0])), *map(number, row[1:]), number(round(row[5] * row[4], 6))] for row in table[::-1]]
    return _bybit_answer({"symbol": market.pair, "category": "linear", "list": rows}, now_ms)


def _bybit_answer(result: Any, now_ms: int) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now_ms}


def _bybit_market(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.pair,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "settleCoin": market.quote,
        "launchTime": str(market.first_ms),
        "deliveryTime": "0",
        "priceScale": str(market.decimals),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "50", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": _step(market), "maxPrice": "1000000", "tickSize": _step(market)},
        "lotSizeFilter": {"maxOrderQty": "1000", "minOrderQty": "0.001", "qtyStep": "0.001", "minNotionalValue": "5"},
    }


def _bitget(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if path.endswith("/contracts"):
        usdt = query["productType"] == "USDT-FUTURES"
        data: Any = [_bitget_market(market) for market in markets.values()] if usdt else []
    else:
        market = _by_name(markets, query["symbol"], "{}{}")
        step = step_of(query["granularity"])
        most = 200 if path.endswith("history-candles") else 1000
        count = min(int(query["limit"]), most)
        last = int(query["endTime"]) - 1
        table = klines(market, step, int(query["startTime"]), min(last, now_ms))[-count:]
        data = [[str(int(row[0])), *map(number, row[1:]), number(round(row[5] * row[4], 6))] for row in table]
    return {"code": "00000", "msg": "success", "requestTime": now_ms, "data": data}


def _bitget_market(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.pair,
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0006",
        "supportMarginCoins": [market.quote],
        "minTradeNum": "0.001",
        "priceEndStep": "1",
        "volumePlace": "3",
        "pricePlace": str(market.decimals),
        "sizeMultiplier": "0.001",
        "symbolType": "perpetual",
        "minTradeUSDT": "5",
        "symbolStatus": "normal",
        "launchTime": "",
        "minLever": "1",
        "maxLever": "50",
    }


def _okx(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if path.endswith("/instruments"):
        return {"code": "0", "msg": "", "data": [_okx_market(market) for market in markets.values()]}
    market = _by_name(markets, query["instId"], "{}-{}-SWAP")
    step = step_of(query["bar"])
    first, last = int(query["before"]) + 1, int(query["after"]) - 1
    table = klines(market, step, first, min(last, now_ms))[: min(int(query["limit"]), 300)]
    rows = [
        [
            str(int(row[0])),
            *map(number, row[1:5]),
            number(round(row[5] / market.contract_size, 6)),  # contracts, base, quote
            number(row[5]),
            number(round(row[5] * row[4], 6)),
            "1",
        ]
        for row in table[::-1]
    ]
    return {"code": "0", "msg": "", "data": rows}


def _okx_market(market: Market) -> dict[str, Any]:
    return {
        "instId": f"{market.base}-{market.quote}-SWAP",
        "instType": "SWAP",
        "instFamily": f"{market.base}-{market.quote}",
        "uly": f"{market.base}-{market.quote}",
        "ctType": "linear",
        "ctVal": number(market.contract_size),
        "ctMult": "1",
        "ctValCcy": market.base,
        "settleCcy": market.quote,
        "baseCcy": "",
        "quoteCcy": "",
        "lotSz": "0.01",
        "minSz": "0.01",
        "tickSz": _step(market),
        "state": "live",
        "listTime": str(market.first_ms),
        "expTime": "",
        "lever": "50",
    }


def _gateio(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if path.endswith("/contracts"):
        return [_gate_market(market) for market in markets.values()] if "/usdt/" in path else []
    market = _by_name(markets, query["contract"], "{}_{}")
    step = step_of(query["interval"])
    table = klines(market, step, int(query["from"]) * 1000, min(int(query["to"]) * 1000, now_ms))
    return [
        {
            "t": int(t) // 1000,
            "v": round(v / market.contract_size),  # whole contracts
            "o": number(o),
            "h": number(h),
            "l": number(low),
            "c": number(c),
            "sum": number(round(v * c, 6)),  # quote
        }
        for t, o, h, low, c, v in table
    ]


def _gate_market(market: Market) -> dict[str, Any]:
    return {
        "name": f"{market.base}_{market.quote}",
        "type": "direct",
        "quanto_multiplier": number(market.contract_size),
        "order_size_min": 1,
        "order_size_max": 1_000_000,
        "order_price_round": _step(market),
        "order_price_deviate": "0.5",
        "mark_price": number(market.price),
        "leverage_min": "1",
        "leverage_max": "50",
        "maker_fee_rate": "-0.0001",
        "taker_fee_rate": "0.0005",
        "create_time": market.first_ms // 1000,
        "status": "trading",
    }


def _hyperliquid(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if query["type"] == "metaAndAssetCtxs":
        universe = [{"name": base, "szDecimals": 3, "maxLeverage": 20} for base in markets]
        prices = [{"markPx": number(market.price), "midPx": number(market.price)} for market in markets.values()]
        return [{"universe": universe}, prices]
    asked = query["req"]
    market, step = markets[asked["coin"]], step_of(asked["interval"])
    oldest = now_ms - 5000 * step
    table = klines(market, step, max(int(asked["startTime"]), oldest), min(int(asked["endTime"]), now_ms))
    return [
        {
            "t": int(t),
            "T": int(t) + step - 1,
            "s": market.base,
            "i": asked["interval"],
            "o": number(o),
            "h": number(h),
            "l": number(low),
            "c": number(c),
            "v": number(v),
            "n": 7,
        }
        for t, o, h, low, c, v in table
    ]


def _kucoin(path: str, query: Query, markets: dict[str, Market], klines: Klines, now_ms: int) -> Any:
    if path.endswith("/contracts/active"):
        return {"code": "200000", "data": [_kucoin_market(market) for market in markets.values()]}
    market = _by_name(markets, query["symbol"], "{}{}M")
    step = step_of({"1": "1", "1440": "1440"}[str(query["granularity"])])
    table = klines(market, step, int(query["from"]), min(int(query["to"]) - 1, now_ms))[:200]
    rows = [[int(t), o, h, low, c, round(v / market.contract_size)] for t, o, h, low, c, v in table.tolist()]
    return {"code": "200000", "data": rows}


def _kucoin_market(market: Market) -> dict[str, Any]:
    return {
        "symbol": f"{market.base}{market.quote}M",
        "baseCurrency": market.base,
        "quoteCurrency": market.quote,
        "settleCurrency": market.quote,
        "lotSize": 1,
        "tickSize": 10.0**-market.decimals,
        "multiplier": market.contract_size,
        "maxOrderQty": 1_000_000,
        "maxPrice": 1_000_000.0,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0006,
        "isInverse": False,
        "isQuanto": False,
        "status": "Open",
        "firstOpenDate": market.first_ms,
        "expireDate": None,
        "nextFundingRateTime": 1000,
    }


def _by_name(markets: dict[str, Market], name: str, form: str) -> Market:
    return next(market for market in markets.values() if form.format(market.base, market.quote) == name)


_VENUES = {
    "binance": _binance,
    "bybit": _bybit,
    "bitget": _bitget,
    "okx": _okx,
    "gateio": _gateio,
    "hyperliquid": _hyperliquid,
    "kucoin": _kucoin,
}
