"""Requests that no sane client sends are refused in the venue's own words; none of them breaks the venue."""

from __future__ import annotations

import random
from typing import Any

import aiohttp
import ccxt
import pytest
from venues.grounds import Ground, ground

ODD: tuple[Any, ...] = (
    *(
        "",
        "0",
        "-1",
        "NaN",
        "1e400",
        "null",
        "BUY",
        "Buy",
        "[]",
        "{}",
        "linear",
        "BTCUSDT",
        "x" * 300,
        "[b]",
        "٣",
        "true",
    ),
    *(0, -1, 10**30, 0.1, True, None, [], {}, [1], [{}], [{"symbol": "BTCUSDT"}]),
)
NAMES = {
    "binance": (
        *(
            "symbol",
            "side",
            "type",
            "quantity",
            "price",
            "timeInForce",
            "positionSide",
            "newClientOrderId",
            "reduceOnly",
        ),
        *("orderId", "origClientOrderId", "batchOrders", "orderIdList", "startTime", "endTime", "limit", "fromId"),
        *("leverage", "marginType", "dualSidePosition", "interval", "incomeType", "page"),
    ),
    "bybit": (
        *("category", "symbol", "side", "orderType", "qty", "price", "timeInForce", "positionIdx", "orderLinkId"),
        *("orderId", "request", "startTime", "endTime", "start", "end", "limit", "cursor", "settleCoin", "baseCoin"),
        *("buyLeverage", "mode", "coin", "setMarginMode", "accountType", "interval", "execType", "orderStatus"),
    ),
}
SANE = {"symbol": "BTCUSDT", "category": "linear", "side": "Buy", "orderType": "Limit", "type": "LIMIT"}


async def send(here: Ground, method: str, path: str, params: dict[str, Any]) -> None:
    """A rightly signed request with any parameters."""
    exchange = here.exchange
    if here.name == "binance":
        version, name = path.removeprefix("/fapi/").removeprefix("/sapi/").split("/", 1)
        api = (
            "sapi"
            if path.startswith("/sapi")
            else {"v1": "fapiPrivate", "v2": "fapiPrivateV2", "v3": "fapiPrivateV3"}[version]
        )
    else:
        api, name = "private", path.removeprefix("/")
    await exchange.fetch2(name, [api, ""], method, params)


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_odd_parameters_never_break_the_venue(name):
    dice = random.Random(5)
    async with ground(name) as here:
        paths = sorted(here.venue.endpoints)
        for number in range(400):
            method, path = paths[number % len(paths)]
            chosen = dice.sample(NAMES[name], dice.randrange(6))
            params = {one: dice.choice(ODD) for one in chosen}
            if method == "GET":  # ccxt writes them into the address as they are
                params = {one: value for one, value in params.items() if str(value).isascii() and " " not in str(value)}
            params |= {one: value for one, value in SANE.items() if one in NAMES[name] and dice.random() < 0.6}
            try:
                await send(here, method, path, params)
            except (ccxt.BaseError, TypeError, ValueError, AttributeError):
                continue
        assert here.venue.errors == []
        assert len({request.path for request in here.venue.log.requests}) == len({path for _, path in paths})


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_odd_stream_messages_never_break_the_venue(name):
    path = "/market/ws/1" if name == "binance" else "/v5/private"
    async with ground(name) as here, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{here.venue.ws_url}{path}") as socket:
            for text in ("", "{", "[]", "3", '{"op":"auth"}', '{"op":"auth","args":["local-venue-key","x","y"]}'):
                await socket.send_str(text)
                answer = await socket.receive_str(timeout=3)
                assert "error" in answer or "false" in answer, text
            for text in ('{"op":"subscribe","args":["order"]}', '{"method":"SUBSCRIBE","params":[1,null],"id":1}'):
                await socket.send_str(text)
                await socket.receive_str(timeout=3)
        assert here.venue.errors == []
