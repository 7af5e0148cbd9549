"""Bybit's streams: login, subscriptions, pings, and what the topics say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import bybit_shapes as shapes
from .bybit_market_data import STEPS_MS, book, kline, ticker
from .markets import Market
from .orders import AccountEvent, OrderEvent

if TYPE_CHECKING:
    from .bybit import BybitVenue
    from .streams import Stream


def answer(venue: BybitVenue, stream: Stream, text: str) -> None:
    """Answers what a client says."""
    try:
        asked = json.loads(text)
    except ValueError:
        asked = None
    asked = asked if isinstance(asked, dict) else {}
    operation = asked.get("op", "")
    common = {"conn_id": "cejreaspqfm9se7usbrg-2xh", "req_id": str(asked.get("req_id", "")), "op": operation}
    if operation == "ping":
        if stream.kind == "private":
            stream.send("stream answer", {**common, "op": "pong", "args": [str(venue.clock.now())]})
        else:
            stream.send("stream answer", {"success": True, "ret_msg": "pong", **common})
    elif operation == "auth":
        stream.send("stream login", {**_login(venue, stream, asked), "op": "auth", "conn_id": common["conn_id"]})
    elif operation == "subscribe":
        stream.send("stream answer", {**_subscribe(venue, stream, asked), **common})
    elif operation == "unsubscribe":
        stream.topics -= set(asked.get("args") or ())
        stream.send("stream answer", {"success": True, "ret_msg": "", **common})
    else:
        stream.send("stream answer", {"success": False, "ret_msg": "error:invalid op", **common})


def _login(venue: BybitVenue, stream: Stream, asked: dict[str, Any]) -> dict[str, Any]:
    key, expires, signature = [*(asked.get("args") or ()), "", "", ""][:3]
    for fault in venue.faults.meeting("stream login"):
        if fault.kind == "refuse":
            return {"success": False, "ret_msg": "error:USVC1111"}
    if key != venue.credentials.key:
        return {"success": False, "ret_msg": "API key is invalid.", "retCode": 10003}
    if signature != venue.signature(f"GET/realtime{expires}"):
        return {"success": False, "ret_msg": "Error sign, please check your signature algorithm.", "retCode": 10004}
    if venue.check_time and not (str(expires).isdigit() and int(expires) > venue.clock.now()):
        return {"success": False, "ret_msg": "Params Error: expires time is in the past", "retCode": 10001}
    stream.logged_in = True
    return {"success": True, "ret_msg": ""}


def _subscribe(venue: BybitVenue, stream: Stream, asked: dict[str, Any]) -> dict[str, Any]:
    topics = {str(topic) for topic in asked.get("args") or ()}
    for fault in venue.faults.meeting("stream subscribe"):
        refused = sorted(topic for topic in topics if fault.topic in topic)
        if fault.kind == "refuse subscription" and refused:
            return {"success": False, "ret_msg": f"Invalid topic: {refused[0]}"}
    if stream.kind == "private" and not stream.logged_in:
        return {"success": False, "ret_msg": "Request not authorized"}
    stream.topics |= topics
    return {"success": True, "ret_msg": ""}


def publish_event(venue: BybitVenue, event: OrderEvent | AccountEvent) -> None:
    """Tells the private streams of a change of the account."""
    if isinstance(event, AccountEvent):
        _tell_account(venue, event)
        return
    market = venue.matching.markets[event.order.pair]
    category = {"category": shapes.category(market)}
    if event.fill is not None:
        rates = (venue.account.maker_fee, venue.account.taker_fee)
        row = category | shapes.execution(market, event.fill, rates)
        _tell(venue, "stream fill", "execution", market, [row])
    _tell(venue, "stream order", "order", market, [category | shapes.order(market, event.order)])


def _tell_account(venue: BybitVenue, event: AccountEvent) -> None:
    for held in event.positions:
        market = venue.matching.markets[held.pair]
        if (held.side == "both") != venue.account.hedged(held.pair):
            row = {"category": shapes.category(market)} | shapes.position(venue.matching, held, streamed=True)
            _tell(venue, "stream position", "position", market, [row])
    _tell(venue, "stream wallet", "wallet", None, [shapes.wallet(venue.matching)])


def _tell(venue: BybitVenue, role: str, topic: str, market: Market | None, rows: list[dict[str, Any]]) -> None:
    names = {topic} | ({f"{topic}.{shapes.category(market)}"} if market else set())
    for stream in venue.streams:
        for name in sorted(stream.topics & names):
            venue.messages_sent += 1
            head = {"topic": name, "id": f"5923{venue.messages_sent:08x}", "creationTime": venue.clock.now()}
            stream.send(role, {**head, "data": rows})


def publish_market(venue: BybitVenue, market: Market) -> None:
    """Tells the public streams that a price has moved."""
    now = venue.clock.now()
    for stream in venue.streams:
        for topic in sorted(topic for topic in stream.topics if stream.kind == "public"):
            channel, *middle, pair = topic.split(".")
            if pair != market.pair:
                continue
            common = {"topic": topic, "type": "snapshot", "ts": now}
            if channel == "kline" and middle[0] in STEPS_MS:
                stream.send("stream candle", {**common, "data": [_candle(venue, market, middle[0])]})
            elif channel == "tickers":
                stream.send("stream ticker", {**common, "cs": now, "data": ticker(venue, market)})
            elif channel == "orderbook":
                levels = book(venue, market, min(int(middle[0]), 25))
                stream.send("stream ticker", {**common, "cts": now, "data": levels})
            elif channel == "publicTrade":
                stream.send("stream ticker", {**common, "data": [_trade(venue, market)]})


def _candle(venue: BybitVenue, market: Market, interval: str) -> dict[str, Any]:
    step, now = STEPS_MS[interval], venue.clock.now()
    newest = venue.matching.paths[market.pair].candles(step, now, now)[-1]
    start, opening, high, low, close, volume, turnover = kline(market, newest)
    return {
        "start": int(start),
        "end": int(start) + step - 1,
        "interval": interval,
        "open": opening,
        "close": close,
        "high": high,
        "low": low,
        "volume": volume,
        "turnover": turnover,
        "confirm": False,
        "timestamp": now,
    }


def _trade(venue: BybitVenue, market: Market) -> dict[str, Any]:
    now = venue.clock.now()
    price = market.price_text(venue.matching.last(market.pair))
    size = market.qty_text(market.min_qty)
    return {
        "T": now,
        "s": market.pair,
        "S": "Buy",
        "v": size,
        "p": price,
        "L": "PlusTick",
        "i": str(now),
        "BT": False,
    }
