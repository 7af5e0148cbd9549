"""Binance's order endpoints."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from . import binance_shapes as shapes
from .endpoints import Call, Endpoints
from .faults import one_of
from .markets import exact
from .orders import NewOrder, Order, PositionSide, Reason, Refusal, Side, TimeInForce

if TYPE_CHECKING:
    from .binance import BinanceVenue

TRADING = Endpoints()

_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_SIDES: dict[str, Side] = {"BUY": "buy", "SELL": "sell"}
_POSITION_SIDES: dict[str, PositionSide] = {"BOTH": "both", "LONG": "long", "SHORT": "short"}
_TIME_IN_FORCE: dict[str, TimeInForce] = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "GTX": "POST"}
MOST_IN_A_BATCH = 5
MOST_CANCELLED = 10


@TRADING.on("POST", "/fapi/v1/order", "create")
def create(venue: BinanceVenue, call: Call) -> Any:
    return _create(venue, call.params)


@TRADING.on("POST", "/fapi/v1/batchOrders", "create batch", weight=5)
def create_batch(venue: BinanceVenue, call: Call) -> Any:
    try:
        wanted = json.loads(venue.needed(call.params, "batchOrders"))
    except ValueError:
        raise Refusal(Reason.BAD_PARAMETER, "batchOrders") from None
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise Refusal(Reason.BAD_PARAMETER, "batchOrders")
    if not 1 <= len(wanted) <= MOST_IN_A_BATCH:
        raise Refusal(Reason.BATCH_SIZE)
    return [_entry(venue, partial(_create, venue, one)) for one in wanted]


@TRADING.on("DELETE", "/fapi/v1/order", "cancel")
def cancel(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    order_id, client_id = _identity(call.params)
    fills_anyway = one_of(call.faults, "fill anyway") is not None
    return shapes.order(market, venue.matching.cancel(market.pair, order_id, client_id, fills_anyway=fills_anyway))


@TRADING.on("DELETE", "/fapi/v1/batchOrders", "cancel batch")
def cancel_batch(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    by_name = {name.lower(): value for name, value in call.params.items()}
    try:
        ids = json.loads(by_name.get("orderidlist", "[]"))
        client_ids = json.loads(by_name.get("origclientorderidlist", "[]"))
    except ValueError:
        raise Refusal(Reason.BAD_PARAMETER, "orderIdList") from None
    if not 1 <= len(ids) + len(client_ids) <= MOST_CANCELLED:
        raise Refusal(Reason.BAD_PARAMETER, "orderIdList")

    def one(order_id: str, client_id: str) -> dict[str, Any]:
        return _entry(venue, lambda: shapes.order(market, venue.matching.cancel(market.pair, order_id, client_id)))

    return [one(str(order_id), "") for order_id in ids] + [one("", client_id) for client_id in client_ids]


@TRADING.on("DELETE", "/fapi/v1/allOpenOrders", "cancel all")
def cancel_all(venue: BinanceVenue, call: Call) -> Any:
    venue.matching.cancel_all([venue.market(call.params).pair])
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


@TRADING.on("GET", "/fapi/v1/order", "order")
def query(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    found = venue.matching.find(market.pair, *_identity(call.params))
    return shapes.order(market, _shown(venue, call, found))


@TRADING.on("GET", "/fapi/v1/openOrder", "order")
def query_open(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    found = venue.matching.find(market.pair, *_identity(call.params))
    return shapes.order(market, _shown(venue, call, found if found is not None and found.open else None))


@TRADING.on("GET", "/fapi/v1/openOrders", "open orders")
def open_orders(venue: BinanceVenue, call: Call) -> Any:
    pair = venue.market(call.params).pair if "symbol" in call.params else None
    until = call.shown_until(venue.clock.now())
    return [
        shapes.order(venue.matching.markets[one.pair], one)
        for one in venue.open_orders
        if pair in (None, one.pair) and one.created_ms <= until
    ]


@TRADING.on("GET", "/fapi/v1/allOrders", "order history", weight=5)
def all_orders(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    rows = [one for one in venue.orders if one.pair == market.pair]
    rows = venue.in_range(call, rows, lambda one: one.updated_ms, default=500)
    return [shapes.order(market, one) for one in rows]


@TRADING.on("GET", "/fapi/v1/userTrades", "fills", weight=5)
def user_trades(venue: BinanceVenue, call: Call) -> Any:
    market = venue.market(call.params)
    rows = [one for one in venue.fills if one.pair == market.pair and one.kind != "funding"]
    if order_id := call.params.get("orderId"):
        rows = [one for one in rows if one.order_id == order_id]
    if from_id := venue.number(call.params, "fromId"):
        rows = [one for one in rows if int(one.id) >= from_id]
    rows = venue.in_range(call, rows, lambda one: one.at_ms, default=500)
    return [shapes.trade(market, one) for one in rows]


def _create(venue: BinanceVenue, params: dict[str, Any]) -> dict[str, Any]:
    market = venue.market(params)
    client_id = str(params.get("newClientOrderId", ""))
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise Refusal(Reason.CLIENT_ID)
    side, kind = _SIDES.get(venue.needed(params, "side")), venue.needed(params, "type")
    position_side = _POSITION_SIDES.get(str(params.get("positionSide", "BOTH")))
    if side is None or position_side is None:
        raise Refusal(Reason.BAD_PARAMETER, "side" if side is None else "positionSide")
    if kind not in ("LIMIT", "MARKET"):
        raise Refusal(Reason.BAD_PARAMETER, "orderType")
    qty = exact(venue.needed(params, "quantity"))
    price = exact(venue.needed(params, "price")) if kind == "LIMIT" else None
    if qty is None or (kind == "LIMIT" and price is None):
        raise Refusal(Reason.BAD_PARAMETER, "quantity" if qty is None else "price")
    in_force = _TIME_IN_FORCE.get(venue.needed(params, "timeInForce")) if kind == "LIMIT" else "GTC"
    if in_force is None:
        raise Refusal(Reason.BAD_PARAMETER, "timeInForce")
    reduce_only = str(params.get("reduceOnly", "false")).lower() == "true"
    if reduce_only and venue.account.hedge:
        raise Refusal(Reason.NOT_WANTED_PARAMETER, "reduceonly")
    new = NewOrder(
        market.pair, side, qty, price, position_side, in_force, reduce_only, client_id or venue.made_client_id()
    )
    return shapes.order(market, venue.matching.place(new))


def _entry(venue: BinanceVenue, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """One entry of a batch: its result, or its own error."""
    try:
        venue.refuse_by(venue.faults.meeting("batch entry"))
        return work()
    except Refusal as refusal:
        return venue.error(refusal)


def _identity(params: dict[str, Any]) -> tuple[str, str]:
    order_id, client_id = params.get("orderId", ""), params.get("origClientOrderId", "")
    if not order_id and not client_id:
        raise Refusal(Reason.MISSING_PARAMETER, "orderId")
    return order_id, client_id


def _shown(venue: BinanceVenue, call: Call, found: Order | None) -> Order:
    if found is None or found.created_ms > call.shown_until(venue.clock.now()):
        raise Refusal(Reason.UNKNOWN_ORDER)
    return found
