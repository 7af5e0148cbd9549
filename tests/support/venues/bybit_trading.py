"""Bybit's order endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import bybit_shapes as shapes
from .endpoints import Call, Endpoints
from .faults import one_of
from .markets import exact
from .orders import Fill, NewOrder, Order, PositionSide, Reason, Refusal, Side, TimeInForce

if TYPE_CHECKING:
    from .bybit import BybitVenue

TRADING = Endpoints()

MOST_IN_A_BATCH = 20
_SIDES: dict[str, Side] = {"Buy": "buy", "Sell": "sell"}
_POSITION_SIDES: dict[int, PositionSide] = {0: "both", 1: "long", 2: "short"}
_TIME_IN_FORCE: dict[str, TimeInForce] = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "PostOnly": "POST"}


@TRADING.on("POST", "/v5/order/create", "create")
def create(venue: BybitVenue, call: Call) -> Any:
    return _ids(_create(venue, call.params))


@TRADING.on("POST", "/v5/order/create-batch", "create batch")
def create_batch(venue: BybitVenue, call: Call) -> Any:
    category = venue.category(call.params)

    def one(entry: dict[str, Any]) -> dict[str, Any]:
        made = _create(venue, {**entry, "category": category})
        return {"category": category, "symbol": made.pair, **_ids(made), "createAt": str(made.created_ms)}

    return _batch(venue, call, category, one)


@TRADING.on("POST", "/v5/order/cancel", "cancel")
def cancel(venue: BybitVenue, call: Call) -> Any:
    fills_anyway = one_of(call.faults, "fill anyway") is not None
    return _ids(_cancel(venue, call.params, fills_anyway=fills_anyway))


@TRADING.on("POST", "/v5/order/cancel-batch", "cancel batch")
def cancel_batch(venue: BybitVenue, call: Call) -> Any:
    category = venue.category(call.params)

    def one(entry: dict[str, Any]) -> dict[str, Any]:
        ended = _cancel(venue, {**entry, "category": category})
        return {"category": category, "symbol": ended.pair, **_ids(ended)}

    return _batch(venue, call, category, one)


@TRADING.on("POST", "/v5/order/cancel-all", "cancel all")
def cancel_all(venue: BybitVenue, call: Call) -> Any:
    ended = venue.matching.cancel_all([market.pair for market in venue.selected(call.params)])
    return {"list": [_ids(one) for one in ended], "success": "1"}


@TRADING.on("GET", "/v5/order/realtime", "open orders")
def realtime(venue: BybitVenue, call: Call) -> Any:
    """Open orders; by an id also one of the last 500 that have ended."""
    pairs = {market.pair for market in venue.selected(call.params)}
    by_id = "orderId" in call.params or "orderLinkId" in call.params
    until = call.shown_until(venue.clock.now())
    candidates = venue.orders[-500:] if by_id else venue.open_orders
    rows = [one for one in candidates if one.pair in pairs and one.created_ms <= until and _named(one, call.params)]
    return _page_of_orders(venue, call, rows)


@TRADING.on("GET", "/v5/order/history", "order history")
def history(venue: BybitVenue, call: Call) -> Any:
    """Orders that have ended."""
    pairs = {market.pair for market in venue.selected(call.params, all_of_category=True)}
    status = call.params.get("orderStatus")
    rows = [one for one in venue.orders if one.pair in pairs and not one.open and _named(one, call.params)]
    rows = venue.in_range(call, rows, lambda one: one.updated_ms)
    if status is not None:
        rows = [one for one in rows if shapes.order(venue.matching.markets[one.pair], one)["orderStatus"] == status]
    return _page_of_orders(venue, call, rows)


@TRADING.on("GET", "/v5/execution/list", "fills")
def executions(venue: BybitVenue, call: Call) -> Any:
    pairs = {market.pair for market in venue.selected(call.params, all_of_category=True)}
    kinds = {"Trade": ("trade",), "Funding": ("funding",), "BustTrade": ("liquidation",)}
    wanted = kinds.get(call.params.get("execType", ""), ("trade", "liquidation", "funding"))
    rows = [one for one in venue.fills if one.pair in pairs and one.kind in wanted]
    for parameter, name in (("orderId", "order_id"), ("orderLinkId", "client_id")):
        if parameter in call.params:
            rows = [one for one in rows if getattr(one, name) == call.params[parameter]]
    rows = venue.in_range(call, rows, lambda one: one.at_ms)
    rates = (venue.account.maker_fee, venue.account.taker_fee)

    def shape(one: Fill) -> dict[str, Any]:
        return shapes.execution(venue.matching.markets[one.pair], one, rates)

    return venue.page(call, rows[::-1], shape, default=50, most=100)


def _create(venue: BybitVenue, params: dict[str, Any]) -> Order:
    market = venue.market(params)
    side, kind = _SIDES.get(venue.needed(params, "side")), venue.needed(params, "orderType")
    if side is None:
        raise Refusal(Reason.BAD_PARAMETER, "side")
    if kind not in ("Limit", "Market"):
        raise Refusal(Reason.BAD_PARAMETER, "orderType")
    qty = exact(venue.needed(params, "qty"))
    price = exact(venue.needed(params, "price")) if kind == "Limit" else None
    if qty is None or (kind == "Limit" and price is None):
        raise Refusal(Reason.BAD_PARAMETER, "qty" if qty is None else "price")
    in_force = _TIME_IN_FORCE.get(str(params.get("timeInForce", "GTC" if kind == "Limit" else "IOC")))
    if in_force is None:
        raise Refusal(Reason.BAD_PARAMETER, "timeInForce")
    position_side = _POSITION_SIDES.get(venue.number(params, "positionIdx") or 0)
    if position_side is None:
        raise Refusal(Reason.BAD_PARAMETER, "positionIdx")
    reduce_only = params.get("reduceOnly") is True
    new = NewOrder(
        market.pair, side, qty, price, position_side, in_force, reduce_only, str(params.get("orderLinkId", ""))
    )
    return venue.matching.place(new)


def _cancel(venue: BybitVenue, params: dict[str, Any], *, fills_anyway: bool = False) -> Order:
    market = venue.market(params)
    order_id, client_id = params.get("orderId", ""), params.get("orderLinkId", "")
    if not order_id and not client_id:
        raise Refusal(Reason.MISSING_PARAMETER, "orderId or orderLinkId")
    return venue.matching.cancel(market.pair, order_id, client_id, fills_anyway=fills_anyway)


def _batch(venue: BybitVenue, call: Call, category: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Each entry's result; what went wrong with which is in retExtInfo."""
    entries = call.params.get("request")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refusal(Reason.BAD_PARAMETER, "request")
    if not 1 <= len(entries) <= MOST_IN_A_BATCH:
        raise Refusal(Reason.BATCH_SIZE)
    rows = []
    for entry in entries:
        try:
            venue.refuse_by(venue.faults.meeting("batch entry"))
            rows.append(work(entry))
            call.notes.append({"code": 0, "msg": "OK"})
        except Refusal as refusal:
            code, text = venue.code_and_text(refusal)
            ids = {"orderId": entry.get("orderId", ""), "orderLinkId": entry.get("orderLinkId", "")}
            rows.append({"category": category, "symbol": entry.get("symbol", ""), **ids, "createAt": ""})
            call.notes.append({"code": code, "msg": text})
    return {"list": rows}


def _page_of_orders(venue: BybitVenue, call: Call, rows: list[Order]) -> dict[str, Any]:
    def shape(one: Order) -> dict[str, Any]:
        return shapes.order(venue.matching.markets[one.pair], one)

    return venue.page(call, rows[::-1], shape, default=20, most=50)


def _named(one: Order, params: dict[str, Any]) -> bool:
    """Whether an order is one that the ids in a query, if any, name."""
    wanted = (params.get("orderId", one.id), params.get("orderLinkId", one.client_id))
    return wanted == (one.id, one.client_id)


def _ids(one: Order) -> dict[str, str]:
    return {"orderId": one.id, "orderLinkId": one.client_id}
