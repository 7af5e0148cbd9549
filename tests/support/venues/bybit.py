"""A local Bybit V5, linear and inverse: its signatures, return codes, rate limits and cursors."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from .bybit_account import ACCOUNT
from .bybit_market_data import PUBLIC
from .bybit_shapes import category as category_of
from .bybit_streams import answer, publish_event, publish_market
from .bybit_trading import TRADING
from .endpoints import Call, Denied, Endpoint, Endpoints
from .markets import Market
from .matching import Rules
from .orders import AccountEvent, OrderEvent, Reason, Refusal
from .replies import Answer
from .server import LocalVenue
from .streams import Stream

Row = TypeVar("Row")

WEEK_MS = 7 * 86_400_000
_IDS = uuid.UUID("9f3c9c5e-7a52-4d3b-9c62-6d4f6c1b7d11")

_ERRORS: dict[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (10001, "params error: symbol invalid"),
    Reason.NOT_TRADING: (110074, "This contract is not live"),
    Reason.REDUCE_ONLY_SYMBOL: (110023, "Currently you can only reduce positions on this contract"),
    Reason.PRICE_STEP: (10001, "params error: price is not a multiple of tick size"),
    Reason.QTY_STEP: (10001, "Qty invalid"),
    Reason.QTY_TOO_SMALL: (10001, "The number of contracts exceeds minimum limit allowed"),
    Reason.QTY_TOO_LARGE: (10001, "The number of contracts exceeds maximum limit allowed: too large"),
    Reason.NOTIONAL: (110094, "Order does not meet minimum order value {}USDT"),
    Reason.PRICE_TOO_HIGH: (110003, "Order price exceeds the allowable range."),
    Reason.PRICE_TOO_LOW: (110003, "Order price exceeds the allowable range."),
    Reason.MARGIN: (110007, "ab not enough for new order"),
    Reason.WOULD_CROSS: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
    Reason.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.POSITION_SIDE: (10001, "position idx not match position mode"),
    Reason.DUPLICATE_CLIENT_ID: (110072, "OrderLinkedID is duplicate"),
    Reason.CLIENT_ID: (10001, "params error: OrderLinkID is too long"),
    Reason.UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
    Reason.CANCEL_UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
    Reason.TOO_MANY_ORDERS: (110020, "You can't have more than {} active orders."),
    Reason.LEVERAGE: (110013, "cannot set leverage due to risk limit level"),
    Reason.SAME_LEVERAGE: (110043, "leverage not modified"),
    Reason.SAME_MARGIN_MODE: (110026, "Cross/isolated margin mode is not modified"),
    Reason.SAME_POSITION_MODE: (110025, "Position mode is not modified"),
    Reason.MODE_WITH_ORDERS: (110028, "Open orders exist, so you cannot change position mode"),
    Reason.MODE_WITH_POSITIONS: (110024, "You have an existing position, so position mode cannot be switched"),
    Reason.MISSING_PARAMETER: (10001, "params error: {} is required"),
    Reason.BAD_PARAMETER: (10001, "params error: {} invalid"),
    Reason.NOT_WANTED_PARAMETER: (10001, "params error: {} is not supported"),
    Reason.INTERVAL_TOO_LONG: (10001, "The time range between startTime and endTime cannot exceed 7 days"),
    Reason.BATCH_SIZE: (10001, "params error: the size of the request is invalid"),
    Reason.SYSTEM_BUSY: (10016, "Internal server error."),
}


class BybitVenue(LocalVenue):
    """Bybit V5 on loopback, for ccxt's `bybit`; markets may be linear and inverse. See LocalVenue for the rest."""

    ccxt_id = "bybit"
    rules = Rules(post_only_refuses=False, close_may_exceed=True, client_ids_forever=True, most_open_orders=500)
    endpoints = Endpoints({**PUBLIC, **TRADING, **ACCOUNT})
    stream_paths = ("/v5/private", "/v5/public/{category:linear|inverse}")
    messages_sent = 0

    def order_id(self, number: int) -> str:
        return str(uuid.uuid5(_IDS, f"order {number}"))

    def fill_id(self, number: int) -> str:
        return str(uuid.uuid5(_IDS, f"fill {number}"))

    @property
    def ccxt_options(self) -> dict[str, Any]:
        return {"fetchMarkets": {"types": ["linear", "inverse"]}}

    # Requests

    def params_of(self, request: web.Request, body: str) -> dict[str, Any]:
        if request.method == "GET":
            return dict(parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True))
        try:
            params = json.loads(body or "{}")
        except ValueError:
            return {}
        return params if isinstance(params, dict) else {}

    def role_of(self, endpoint: Endpoint, params: dict[str, Any]) -> str:
        if endpoint.path == "/v5/order/realtime" and ("orderId" in params or "orderLinkId" in params):
            return "order"
        if endpoint.path == "/v5/execution/list" and params.get("execType") == "Funding":
            return "income"
        return endpoint.role

    def authorise(self, request: web.Request, endpoint: Endpoint, body: str, params: dict[str, Any]) -> None:
        key, sent = request.headers.get("X-BAPI-API-KEY", ""), request.headers.get("X-BAPI-TIMESTAMP", "")
        window = request.headers.get("X-BAPI-RECV-WINDOW", "5000")
        if key != self.credentials.key:
            raise Denied(self._failed(10003, "API key is invalid."))
        signed = sent + key + window + (body if request.method == "POST" else request.raw_path.partition("?")[2])
        if not hmac.compare_digest(self.signature(signed), request.headers.get("X-BAPI-SIGN", "")):
            raise Denied(self._failed(10004, "error sign! Please check your signature generation algorithm."))
        if endpoint.writes and not self.permissions.trade:
            raise Denied(self._failed(10005, "Permission denied, please check your API key permissions."))
        now = self.clock.now()
        if self.check_time and not now - int(window) <= int(sent or 0) < now + 1000:
            text = (
                "invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{sent}],server_timestamp[{now}],recv_window[{window}]"
            )
            raise Denied(self._failed(10002, text))

    def signature(self, text: str) -> str:
        return hmac.new(self.credentials.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def needed(self, params: dict[str, Any], name: str) -> str:
        """A parameter that must be there, as text."""
        value = params.get(name)
        if value in (None, ""):
            raise Refusal(Reason.MISSING_PARAMETER, name)
        return str(value)

    def number(self, params: dict[str, Any], name: str) -> int | None:
        value = params.get(name)
        if value is None:
            return None
        if not str(value).isdigit():
            raise Refusal(Reason.BAD_PARAMETER, name)
        return int(value)

    def category(self, params: dict[str, Any]) -> str:
        category = self.needed(params, "category")
        if category not in ("linear", "inverse"):
            raise Refusal(Reason.BAD_PARAMETER, "category")
        return category

    def of_category(self, category: str) -> list[Market]:
        return [market for market in self.matching.markets.values() if category_of(market) == category]

    def market(self, params: dict[str, Any]) -> Market:
        """The market a request is about; it must be of the request's category."""
        market = self.matching.markets.get(self.needed(params, "symbol"))
        if market is None or category_of(market) != self.category(params):
            raise Refusal(Reason.UNKNOWN_SYMBOL)
        return market

    def selected(self, params: dict[str, Any], *, all_of_category: bool = False) -> list[Market]:
        """The markets that symbol, settleCoin or baseCoin choose; linear queries of open things need one of them."""
        if "symbol" in params:
            return [self.market(params)]
        category = self.category(params)
        markets = self.of_category(category)
        if coin := params.get("settleCoin"):
            # ccxt names USDT with an inverse category too; the venue looks at it for linear ones only
            return markets if category == "inverse" else [market for market in markets if market.settle == coin]
        if base := params.get("baseCoin"):
            return [market for market in markets if market.base == base]
        if category == "linear" and not all_of_category:
            raise Refusal(Reason.MISSING_PARAMETER, "symbol or settleCoin or baseCoin")
        return markets

    def in_range(self, call: Call, rows: list[Row], at_ms: Callable[[Row], int]) -> list[Row]:
        """The rows of startTime … endTime, at most seven days; of the last seven when neither is given."""
        start, end = self.number(call.params, "startTime"), self.number(call.params, "endTime")
        if start is not None and end is not None and end - start > WEEK_MS:
            raise Refusal(Reason.INTERVAL_TOO_LONG)
        now = self.clock.now()
        if start is None:
            start = (now if end is None else end) - WEEK_MS
        last = min(call.shown_until(now), start + WEEK_MS if end is None else end)
        return [row for row in rows if start <= at_ms(row) <= last]

    def page(
        self, call: Call, rows: Sequence[Row], shape: Callable[[Row], dict[str, Any]], *, default: int, most: int
    ) -> dict[str, Any]:
        """A page of rows in their JSON, with the cursor of the next one."""
        limit = min(self.number(call.params, "limit") or default, most)
        cursor = str(call.params.get("cursor", "")).replace("%3A", ":").partition(":")[0]
        first = int(cursor) if cursor.isdigit() else 0
        following = f"{first + limit}%3A{limit}" if first + limit < len(rows) else ""
        shown = [shape(row) for row in rows[first : first + limit]]
        return {"nextPageCursor": following, "category": self.category(call.params), "list": shown}

    # Answers

    def accepted(self, body: Any, call: Call) -> Answer:
        extra = {"list": call.notes} if call.notes else {}
        return self._wrapped(0, "OK", body, extra)

    def code_and_text(self, refusal: Refusal) -> tuple[int, str]:
        """A refusal in Bybit's code and words."""
        code, text = _ERRORS[refusal.reason]
        return code, text.format(refusal.detail)

    def refused(self, refusal: Refusal) -> Answer:
        return self._failed(*self.code_and_text(refusal))

    def in_own_words(self, kind: str, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if kind == "rate limit":
            return self._failed(10006, "Too many visits. Exceeded the API Rate Limit.").with_headers(headers)
        if kind == "ban":
            return Answer("access too frequent", 403, headers, "text/plain")
        if kind == "revoked":
            return self._failed(10003, "API key is invalid.")
        if kind == "maintenance":
            body = self._wrapped(10016, "The service is under maintenance.", {}, {}).body
            return Answer(body, 503, headers)
        if kind == "forbidden":
            text = "The Amazon CloudFront distribution is configured to block access from your country."
            return Answer(f"<html><body><h1>403 ERROR</h1>{text}</body></html>", 403, content_type="text/html")
        return Answer("404 page not found", 404, content_type="text/plain")

    def limit_headers(self, endpoint: Endpoint, used: int) -> dict[str, str]:
        left = max(0, self.weight_limit - used)
        return {
            "X-Bapi-Limit": str(self.weight_limit),
            "X-Bapi-Limit-Status": str(left),
            "X-Bapi-Limit-Reset-Timestamp": str((self.clock.now() // 60_000 + 1) * 60_000),
        }

    def _failed(self, code: int, text: str) -> Answer:
        return self._wrapped(code, text, {}, {})

    def _wrapped(self, code: int, text: str, result: Any, extra: dict[str, Any]) -> Answer:
        time = self.clock.now()
        return Answer({"retCode": code, "retMsg": text, "result": result, "retExtInfo": extra, "time": time})

    # Streams

    async def stream(self, request: web.Request) -> web.StreamResponse:
        kind = "private" if request.path == "/v5/private" else "public"
        return await Stream(self, kind, request).run(partial(answer, self))

    def publish(self, event: OrderEvent | AccountEvent) -> None:
        publish_event(self, event)

    def publish_price(self, pair: str) -> None:
        publish_market(self, self.matching.markets[pair])
