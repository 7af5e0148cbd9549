"""A local Binance USDⓈ-M: its signatures, error codes, rate limits, listen keys and streams."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from . import binance_shapes as shapes
from .binance_account import ACCOUNT
from .binance_market_data import PUBLIC
from .binance_streams import messages
from .binance_trading import TRADING
from .endpoints import Call, Denied, Endpoint, Endpoints
from .markets import Market
from .matching import Rules
from .orders import AccountEvent, OrderEvent, Reason, Refusal
from .replies import Answer
from .server import LocalVenue
from .streams import Stream

Row = TypeVar("Row")

FIRST_ORDER_ID = 8_389_765_500_000_000_000  # as long as Binance's own, beyond what a float holds

_ERRORS: dict[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    Reason.NOT_TRADING: (-4108, "Symbol is on delivering or delivered or settling or closed or pre-trading."),
    Reason.REDUCE_ONLY_SYMBOL: (-4140, "Invalid symbol status for opening position."),
    Reason.PRICE_STEP: (-4014, "Price not increased by tick size."),
    Reason.QTY_STEP: (-1111, "Precision is over the maximum defined for this asset."),
    Reason.QTY_TOO_SMALL: (-4003, "Quantity less than or equal to zero."),
    Reason.QTY_TOO_LARGE: (-4005, "Quantity greater than max quantity."),
    Reason.NOTIONAL: (-4164, "Order's notional must be no smaller than {} (unless you choose reduce only)."),
    Reason.PRICE_TOO_HIGH: (-4016, "Limit price can't be higher than {}."),
    Reason.PRICE_TOO_LOW: (-4024, "Limit price can't be lower than {}."),
    Reason.MARGIN: (-2019, "Margin is insufficient."),
    Reason.WOULD_CROSS: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history",
    ),
    Reason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Reason.POSITION_SIDE: (-4061, "Order's position side does not match user's setting."),
    Reason.DUPLICATE_CLIENT_ID: (-4116, "ClientOrderId is duplicated."),
    Reason.CLIENT_ID: (-4015, "Client order id is not valid."),
    Reason.UNKNOWN_ORDER: (-2013, "Order does not exist."),
    Reason.CANCEL_UNKNOWN_ORDER: (-2011, "Unknown order sent."),
    Reason.TOO_MANY_ORDERS: (-2025, "Reach max open order limit."),
    Reason.LEVERAGE: (-4028, "Leverage {} is not valid"),
    Reason.SAME_MARGIN_MODE: (-4046, "No need to change margin type."),
    Reason.MARGIN_MODE_WITH_POSITIONS: (-4048, "Margin type cannot be changed if there exists position."),
    Reason.SAME_POSITION_MODE: (-4059, "No need to change position side."),
    Reason.MODE_WITH_ORDERS: (-4067, "Position side cannot be changed if there exists open orders."),
    Reason.MODE_WITH_POSITIONS: (-4068, "Position side cannot be changed if there exists position."),
    Reason.MISSING_PARAMETER: (-1102, "Mandatory parameter '{}' was not sent, was empty/null, or malformed."),
    Reason.BAD_PARAMETER: (-1130, "Data sent for parameter '{}' is not valid."),
    Reason.NOT_WANTED_PARAMETER: (-1106, "Parameter '{}' sent when not required."),
    Reason.INTERVAL_TOO_LONG: (-1127, "Lookup interval is too big."),
    Reason.BATCH_SIZE: (-4082, "Invalid number of batch place orders."),
    Reason.LISTEN_KEY: (-1125, "This listenKey does not exist."),
    Reason.SYSTEM_BUSY: (
        -1008,
        "Server is currently overloaded with other requests. Please try again in a few minutes.",
    ),
}


class BinanceVenue(LocalVenue):
    """Binance USDⓈ-M on loopback, for ccxt's `binanceusdm`; see LocalVenue for its arguments and handles."""

    ccxt_id = "binanceusdm"
    rules = Rules(post_only_refuses=True, close_may_exceed=False, client_ids_forever=False)
    endpoints = Endpoints({**PUBLIC, **TRADING, **ACCOUNT})
    stream_paths = ("/private/ws", "/{category:public|market}/ws", "/{category:public|market}/ws/{rest:.*}")
    listen_key = ""

    def order_id(self, number: int) -> str:
        return str(FIRST_ORDER_ID + number)

    def fill_id(self, number: int) -> str:
        return str(6_000_000_000 + number)

    def made_client_id(self) -> str:
        """What Binance calls an order whose client gave no id."""
        return f"web_{len(self.matching.orders) + 1:020d}"

    @property
    def ccxt_options(self) -> dict[str, Any]:
        return {"fetchCurrencies": False, "fetchMargins": False, "warnOnFetchOpenOrdersWithoutSymbol": False}

    # Requests

    def params_of(self, request: web.Request, body: str) -> dict[str, Any]:
        return dict(parse_qsl(_query(request), keep_blank_values=True) + parse_qsl(body, keep_blank_values=True))

    def authorise(self, request: web.Request, endpoint: Endpoint, body: str, params: dict[str, Any]) -> None:
        if request.headers.get("X-MBX-APIKEY") != self.credentials.key:
            raise Denied(_error(401, -2015, "Invalid API-key, IP, or permissions for action."))
        if endpoint.role == "listen key":
            return
        signed, _, signature = (_query(request) + body).rpartition("&signature=")
        made = hmac.new(self.credentials.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, signature):
            raise Denied(_error(400, -1022, "Signature for this request is not valid."))
        if endpoint.writes and not self.permissions.trade:
            raise Denied(_error(401, -2015, "Invalid API-key, IP, or permissions for action."))
        if self.check_time:
            self._check_time(params)

    def _check_time(self, params: dict[str, Any]) -> None:
        sent, window = self.number(params, "timestamp"), self.number(params, "recvWindow") or 5000
        if sent is None:
            raise Refusal(Reason.MISSING_PARAMETER, "timestamp")
        if sent > self.clock.now() + 1000:
            ahead = "Timestamp for this request was 1000ms ahead of the server's time."
            raise Denied(_error(400, -1021, ahead))
        if self.clock.now() - sent > window:
            raise Denied(_error(400, -1021, "Timestamp for this request is outside of the recvWindow."))

    def needed(self, params: dict[str, Any], name: str) -> str:
        """A parameter that must be there, as text."""
        value = params.get(name)
        if value in (None, "", "null"):
            raise Refusal(Reason.MISSING_PARAMETER, name)
        return str(value)

    def number(self, params: dict[str, Any], name: str) -> int | None:
        value = params.get(name)
        if value is None:
            return None
        if not str(value).isdigit():
            raise Refusal(Reason.MISSING_PARAMETER, name)
        return int(value)

    def market(self, params: dict[str, Any]) -> Market:
        """The market a request is about."""
        market = self.matching.markets.get(self.needed(params, "symbol"))
        if market is None:
            raise Refusal(Reason.UNKNOWN_SYMBOL)
        return market

    def in_range(
        self, call: Call, rows: list[Row], at_ms: Callable[[Row], int], *, default: int, days: int | None = 7
    ) -> list[Row]:
        """The rows of startTime … endTime: the oldest after a start, else the newest; lagging ones are hidden."""
        start, end = self.number(call.params, "startTime"), self.number(call.params, "endTime")
        if start is not None and end is not None and days is not None and end - start > days * 86_400_000:
            raise Refusal(Reason.INTERVAL_TOO_LONG)
        limit = min(self.number(call.params, "limit") or default, 1000)
        last = min(call.shown_until(self.clock.now()), self.clock.now() if end is None else end)
        found = [row for row in rows if (start or 0) <= at_ms(row) <= last]
        page = (self.number(call.params, "page") or 1) - 1
        return found[page * limit : (page + 1) * limit] if start is not None or page else found[-limit:]

    # Answers

    def accepted(self, body: Any, call: Call) -> Answer:
        return Answer(body)

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """A refusal in Binance's code and words."""
        code, text = _ERRORS[refusal.reason]
        return {"code": code, "msg": text.format(refusal.detail)}

    def refused(self, refusal: Refusal) -> Answer:
        return Answer(self.error(refusal), status=503 if refusal.reason is Reason.SYSTEM_BUSY else 400)

    def in_own_words(self, kind: str, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if kind == "rate limit":
            text = "Too many requests; current limit of IP({}) is 2400 requests per minute."
            return _error(429, -1003, text.format("127.0.0.1")).with_headers(headers)
        if kind == "ban":
            text = f"Way too many requests; IP(127.0.0.1) banned until {self.banned_until_ms}."
            return _error(418, -1003, text).with_headers(headers)
        if kind == "revoked":
            return _error(401, -2015, "Invalid API-key, IP, or permissions for action.")
        if kind == "maintenance":
            return _error(503, -1016, "This service is no longer available.").with_headers(headers)
        if kind == "forbidden":
            return Answer("<html><title>403 Forbidden</title></html>", 403, content_type="text/html")
        return Answer({"code": -5000, "msg": "Path is invalid"}, status=404)

    def limit_headers(self, endpoint: Endpoint, used: int) -> dict[str, str]:
        headers = {"X-MBX-USED-WEIGHT-1M": str(used)}
        if endpoint.writes:
            headers |= {"X-MBX-ORDER-COUNT-10S": "1", "X-MBX-ORDER-COUNT-1M": "1"}
        return headers

    # Streams

    def new_listen_key(self) -> str:
        """The account's listen key; it stays the same while it is valid."""
        if not self.listen_key:
            seed = f"{self.credentials.key} {len(self.log.requests)}"
            self.listen_key = hashlib.sha256(seed.encode()).hexdigest()
        return self.listen_key

    def expire_listen_key(self) -> None:
        """Ends the listen key as after an hour without renewal: its streams hear of it and then nothing more."""
        message = {"e": "listenKeyExpired", "E": self.clock.now(), "listenKey": self.listen_key}
        self._tell("stream account", message)
        self.listen_key = ""
        for stream in self.streams:
            stream.logged_in = False

    def set_leverage(self, pair: str, leverage: int) -> None:
        """By the client or by hand; streams hear of it."""
        self.account.leverage[pair] = leverage
        now = self.clock.now()
        change = {"s": pair, "l": leverage}
        self._tell("stream account", {"e": "ACCOUNT_CONFIG_UPDATE", "E": now, "T": now, "ac": change})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/private/ws":
            stream = Stream(self, "private", request)
            # an unknown key is not refused: such a connection stays open and never says anything
            stream.logged_in = bool(self.listen_key) and request.query.get("listenKey") == self.listen_key
            return await stream.run(self._public_text)
        return await Stream(self, "public", request).run(self._public_text)

    def _public_text(self, stream: Stream, text: str) -> None:
        try:
            asked = json.loads(text)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            stream.send("stream answer", {"error": {"code": 3, "msg": "Invalid JSON"}})
            return
        topics, number = {str(topic) for topic in asked.get("params") or ()}, asked.get("id")
        if asked.get("method") not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            error = {"code": 2, "msg": "Invalid request: unknown variant"}
            stream.send("stream answer", {"error": error, "id": number})
            return
        if asked["method"] == "UNSUBSCRIBE":
            stream.topics -= topics
        else:
            for fault in self.faults.meeting("stream subscribe"):
                if fault.kind == "refuse subscription" and any(fault.topic in topic for topic in topics):
                    error = {"code": 2, "msg": "Invalid request: unknown stream"}
                    stream.send("stream answer", {"error": error, "id": number})
                    return
            stream.topics |= topics
        stream.send("stream answer", {"result": None, "id": number})

    def publish(self, event: OrderEvent | AccountEvent) -> None:
        now = self.clock.now()
        if isinstance(event, AccountEvent):
            self._tell("stream account", shapes.account_event(self.matching, event, now))
            return
        role = "stream fill" if event.fill else "stream order"
        self._tell(role, shapes.order_event(self.matching.markets[event.order.pair], event, now))

    def _tell(self, role: str, message: dict[str, Any]) -> None:
        for stream in self.streams:
            if stream.kind == "private" and stream.logged_in:
                stream.send(role, message)

    def publish_price(self, pair: str) -> None:
        for stream in self.streams:
            for role, message in messages(self, self.matching.markets[pair], stream.topics):
                stream.send(role, message)


def _query(request: web.Request) -> str:
    return request.raw_path.partition("?")[2]


def _error(status: int, code: int, text: str) -> Answer:
    return Answer({"code": code, "msg": text}, status=status)
