"""What Binance's public streams say after a price has moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .binance_market_data import STEPS_MS, best, kline, ticker
from .markets import Market

if TYPE_CHECKING:
    from .binance import BinanceVenue

_DAY_NAMES = {
    "s": "symbol",
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "c": "lastPrice",
    "Q": "lastQty",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
_MINI_NAMES = ("s", "c", "o", "h", "l", "v", "q")


def messages(venue: BinanceVenue, market: Market, topics: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """(role, message) of each subscribed topic that concerns the market."""
    now = venue.clock.now()
    for topic in sorted(topics):
        of, _, name = topic.partition("@")
        if of == market.pair.lower():
            if name.startswith("kline_") and name[6:] in STEPS_MS:
                yield "stream candle", _candle(venue, market, name[6:], now)
            elif name in ("ticker", "miniTicker"):
                yield "stream ticker", _day(venue, market, now, mini=name == "miniTicker")
            elif name == "bookTicker":
                yield "stream ticker", _best(venue, market, now)
            elif name.startswith("markPrice"):
                yield "stream ticker", _mark(venue, market, now)
            elif name == "aggTrade":
                yield "stream ticker", _trade(venue, market, now)
        elif topic in ("!ticker@arr", "!miniTicker@arr"):
            yield "stream ticker", [_day(venue, market, now, mini="mini" in topic)]
        elif topic == "!bookTicker":
            yield "stream ticker", _best(venue, market, now)


def _candle(venue: BinanceVenue, market: Market, interval: str, now: int) -> dict[str, Any]:
    step = STEPS_MS[interval]
    newest = venue.matching.paths[market.pair].candles(step, now, now)[-1]
    start, opening, high, low, close, volume, end, turnover, *_ = kline(market, newest, step)
    shown = {"t": start, "T": end, "s": market.pair, "i": interval, "f": 1, "L": 2, "n": 2, "x": False}
    prices = {"o": opening, "c": close, "h": high, "l": low, "v": volume, "q": turnover, "V": "0", "Q": "0", "B": "0"}
    return {"e": "kline", "E": now, "s": market.pair, "k": shown | prices}


def _day(venue: BinanceVenue, market: Market, now: int, *, mini: bool) -> dict[str, Any]:
    row = ticker(venue, market)
    event = "24hrMiniTicker" if mini else "24hrTicker"
    names = _MINI_NAMES if mini else _DAY_NAMES
    return {"e": event, "E": now, **{short: row[_DAY_NAMES[short]] for short in names}}


def _best(venue: BinanceVenue, market: Market, now: int) -> dict[str, Any]:
    row = best(venue, market)
    sides = {"b": row["bidPrice"], "B": row["bidQty"], "a": row["askPrice"], "A": row["askQty"]}
    return {"e": "bookTicker", "u": now, "E": now, "T": now, "s": market.pair, **sides}


def _mark(venue: BinanceVenue, market: Market, now: int) -> dict[str, Any]:
    last = market.price_text(venue.matching.last(market.pair))
    following = (now // 28_800_000 + 1) * 28_800_000
    return {"e": "markPriceUpdate", "E": now, "s": market.pair, "p": last, "i": last, "r": "0.0001", "T": following}


def _trade(venue: BinanceVenue, market: Market, now: int) -> dict[str, Any]:
    last, qty = market.price_text(venue.matching.last(market.pair)), market.qty_text(market.min_qty)
    return {
        "e": "aggTrade",
        "E": now,
        "s": market.pair,
        "a": now,
        "p": last,
        "q": qty,
        "f": 1,
        "l": 1,
        "T": now,
        "m": True,
    }
