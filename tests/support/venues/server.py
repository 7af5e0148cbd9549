"""What all local venues share: the HTTP server, the way of a request through the faults, and the test's handles."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import cache
from typing import Any, Self

from aiohttp import web

from .account import Account
from .clock import VenueClock
from .endpoints import Call, Credentials, Denied, Endpoint, Endpoints, Permissions
from .faults import Fault, FaultPlan, one_of
from .log import Request, VenueLog
from .markets import Market
from .matching import Matching, Rules
from .orders import AccountEvent, Fill, Order, OrderEvent, Position, PositionSide, Refusal
from .replies import Answer, answered_by_fault, spoiled
from .streams import Stream


class LocalVenue(ABC):
    """A venue on loopback; see the package's text for how to start one and `faults` for what can go wrong.

    `markets` and `prices` (by the venue's name or ccxt's symbol, as text or number), `balances` by coin (10 000 of a
    quote coin, 1 of an inverse market's coin when not given), `hedge` mode, `history_minutes` of made candles before
    now. The account, the orders and the fills are plain attributes of `matching`.
    """

    ccxt_id: str
    rules: Rules
    endpoints: Endpoints

    def __init__(
        self,
        markets: Iterable[Market],
        prices: Mapping[str, str | float],
        *,
        clock: VenueClock | None = None,
        faults: FaultPlan | None = None,
        balances: Mapping[str, str | float] | None = None,
        hedge: bool = False,
        history_minutes: int = 300,
        credentials: Credentials | None = None,
        maker_fee: str = "0.0002",
        taker_fee: str = "0.0005",
        liquidates: bool = True,
        weight_limit: int = 1_000_000,
        port: int = 0,
        check_time: bool = True,
    ) -> None:
        listed = list(markets)
        self.clock = clock or VenueClock()
        self.faults = faults or FaultPlan()
        self.credentials = credentials or Credentials()
        self.permissions = Permissions()
        self.log = VenueLog()
        self.weight_limit = weight_limit
        self._port = port
        self.check_time = check_time
        self.banned_until_ms = 0
        self.rest_url = self.ws_url = ""
        self.streams: list[Stream] = []
        self.errors: list[Exception] = []
        self._symbols = {market.symbol: market.pair for market in listed}
        given = {market.settle: Decimal(1 if market.inverse else 10_000) for market in listed}
        given.update({coin: Decimal(str(amount)) for coin, amount in (balances or {}).items()})
        account = Account(given, hedge=hedge, maker_fee=Decimal(maker_fee), taker_fee=Decimal(taker_fee))
        self.matching = Matching(
            listed,
            {self.pair(name): Decimal(str(price)) for name, price in prices.items()},
            account,
            self.clock,
            self.rules,
            history_minutes=history_minutes,
            order_id=self.order_id,
            fill_id=self.fill_id,
            liquidates=liquidates,
        )
        self.matching.listeners.append(self.publish)
        self._weights: dict[int, int] = {}
        self._earlier: dict[str, bytes] = {}
        self._first: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None
        self.stopping = False

    # What a venue's own class says

    @abstractmethod
    def order_id(self, number: int) -> str:
        """The id of the account's order of that number."""

    @abstractmethod
    def fill_id(self, number: int) -> str: ...

    @abstractmethod
    def authorise(self, request: web.Request, endpoint: Endpoint, body: str, params: dict[str, Any]) -> None:
        """Checks key, signature and time; raises Denied."""

    @abstractmethod
    def params_of(self, request: web.Request, body: str) -> dict[str, Any]: ...

    def role_of(self, endpoint: Endpoint, params: dict[str, Any]) -> str:
        """What a request is for; by its parameters where a path serves several purposes."""
        return endpoint.role

    @abstractmethod
    def refused(self, refusal: Refusal) -> Answer: ...

    @abstractmethod
    def accepted(self, body: Any, call: Call) -> Answer: ...

    @abstractmethod
    def in_own_words(self, kind: str, retry_after: int | None) -> Answer:
        """The answer to a fault: "unknown path", "maintenance", "rate limit", "ban", "revoked", "forbidden"."""

    @abstractmethod
    def limit_headers(self, endpoint: Endpoint, used: int) -> dict[str, str]: ...

    @abstractmethod
    def publish(self, event: OrderEvent | AccountEvent) -> None:
        """Tells the streams of a change."""

    @abstractmethod
    async def stream(self, request: web.Request) -> web.StreamResponse: ...

    @property
    @abstractmethod
    def stream_paths(self) -> tuple[str, ...]: ...

    @property
    @abstractmethod
    def ccxt_options(self) -> dict[str, Any]: ...

    # Start and stop

    async def __aenter__(self) -> Self:
        application = web.Application()
        for path in self.stream_paths:
            application.router.add_get(path, self.stream)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        port = self._runner.addresses[0][1]
        self.rest_url, self.ws_url = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stopping = True
        for stream in list(self.streams):
            stream.abort()
        assert self._runner is not None
        await self._runner.cleanup()
        if self.errors:
            raise self.errors[0]  # a mistake of this venue, which the client saw as status 500

    def redirect(self, exchange: Any) -> Any:
        """Points an existing ccxt exchange (any of its URLs) at this venue."""
        exchange.urls["api"] = self._here(exchange.urls["api"])
        return exchange

    def ccxt_config(self) -> dict[str, Any]:
        """What ccxt's constructor needs to trade here; every one of its URLs points at this venue."""
        return {
            "apiKey": self.credentials.key,
            "secret": self.credentials.secret,
            "enableRateLimit": False,
            "timeout_on_exit": 0,  # ccxt waits for TLS to end; there is none here
            "urls": {"api": self._here(_urls_of(self.ccxt_id))},
            "options": self.ccxt_options,
        }

    @asynccontextmanager
    async def client(self, **config: Any) -> AsyncIterator[Any]:
        """A ccxt pro exchange on this venue, markets loaded, closed at the end; `config` is for its constructor."""
        import ccxt.pro

        options = {**self.ccxt_options, **config.pop("options", {})}
        exchange = getattr(ccxt.pro, self.ccxt_id)({**self.ccxt_config(), **config, "options": options})
        exchange.has["fetchCurrencies"] = False
        try:
            await exchange.load_markets()
            yield exchange
        finally:
            await exchange.close()

    def _here(self, urls: Any) -> Any:
        if isinstance(urls, dict):
            return {name: self._here(url) for name, url in urls.items()}
        if not isinstance(urls, str):
            return urls
        to = self.ws_url if urls.startswith("ws") else self.rest_url
        return re.sub(r"^\w+://[^/]+", to, urls)

    # The test's handles

    def pair(self, name: str) -> str:
        """The venue's name of a market given by it or by ccxt's symbol."""
        return self._symbols.get(name, name)

    @property
    def account(self) -> Account:
        return self.matching.account

    @property
    def orders(self) -> list[Order]:
        """Every order that was ever accepted, oldest first."""
        return list(self.matching.orders.values())

    @property
    def open_orders(self) -> list[Order]:
        return list(self.matching.open_orders.values())

    @property
    def fills(self) -> list[Fill]:
        """Every fill, oldest first; funding payments are among them (kind "funding")."""
        return self.matching.fills

    def position(self, name: str, side: PositionSide = "both") -> Position:
        return self.account.position(self.pair(name), side)

    def move(self, name: str, price: str | float, volume: str | float | None = None) -> None:
        """The market trades at `price`: see Matching.move. Streams hear of it."""
        pair = self.pair(name)
        self.matching.move(pair, Decimal(str(price)), None if volume is None else Decimal(str(volume)))
        self.publish_price(pair)

    def play_minute(self, name: str, rows: tuple[float | str, ...]) -> None:
        """One minute of (open, high, low, close, volume): the price walks it, then the clock goes on a minute."""
        opening, high, low, close, volume = rows
        first, second = (low, high) if Decimal(str(close)) >= Decimal(str(opening)) else (high, low)
        for price in (opening, first, second, close):
            self.move(name, price, float(volume) / 4)
        self.clock.advance(60_000)

    def load_candles(self, name: str, rows: Iterable[Sequence[float | str]]) -> None:
        """History: minutes of start (ms), open, high, low, close and volume, instead of the made ones."""
        self.matching.paths[self.pair(name)].load(rows)

    @abstractmethod
    def publish_price(self, pair: str) -> None: ...

    def fill(self, order: str, qty: str | float) -> Fill:
        """Fills part of an open order, given by its id or client id, at its own price."""
        found = next(one for one in self.open_orders if order in (one.id, one.client_id))
        return self.matching.fill(found.id, Decimal(str(qty)))

    def change_market(self, name: str, **changes: Any) -> None:
        """New steps, limits or `status` of a market while clients trade on it: see Market."""
        self.matching.change_market(self.pair(name), **changes)

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        """Waits for something that the venue's tasks or a client are about to do; fails after `seconds`."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def close_streams(self, code: int = 1006) -> None:
        """Closes every stream now; 1006: without a word."""
        for stream in list(self.streams):
            stream.end(code)

    # The way of a request

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        endpoint = self.endpoints.get((request.method, request.path))
        text = await request.text()
        params = self.params_of(request, text)
        role = self.role_of(endpoint, params) if endpoint else ""
        record = self.log.begin(self.clock.now(), role, request.method, request.path, params)
        group = "writes" if endpoint and endpoint.writes else "reads"
        faults = self.faults.meeting(*([role] if role else []), record.name, group, "all")
        record.faults = [fault.kind for fault in faults]
        answer = await answered_by_fault(self, request, faults)
        if answer is None:
            try:
                answer = self._answer(request, endpoint, text, Call(params, record, faults))
            except Exception as error:
                self.errors.append(error)
                raise
        return await spoiled(self, request, record, answer, faults)

    def _answer(self, request: web.Request, endpoint: Endpoint | None, text: str, call: Call) -> Answer:
        if endpoint is None:
            return self.in_own_words("unknown path", None)
        try:
            used = self._weigh(endpoint)
            if endpoint.signed:
                self.authorise(request, endpoint, text, call.params)
            self.refuse_by(call.faults)
            answer = self.accepted(endpoint.handler(self, call), call)
            call.record.handled = True
        except Denied as denied:
            used, answer = 0, denied.answer
        except Refusal as refusal:
            answer = self.refused(refusal)
            call.record.error = str(refusal)
        return answer.with_headers(self.limit_headers(endpoint, used))

    def refuse_by(self, faults: list[Fault]) -> None:
        """Raises the refusal of a met fault; handlers of batches ask for each entry with the role "batch entry"."""
        refusing = one_of(faults, "refuse")
        if refusing is not None:
            raise Refusal(refusing.reason)

    @property
    def used_weight(self) -> int:
        """The request weight used in this minute."""
        return self._weights.get(self.clock.now() // 60_000, 0)

    def _weigh(self, endpoint: Endpoint) -> int:
        now = self.clock.now()
        if now < self.banned_until_ms:
            raise Denied(self.in_own_words("ban", (self.banned_until_ms - now) // 1000 + 1))
        minute = now // 60_000
        self._weights = {minute: self._weights.get(minute, 0) + endpoint.weight}
        used = self._weights[minute]
        if used > self.weight_limit * 2:
            self.banned_until_ms = now + 120_000
            raise Denied(self.in_own_words("ban", 120))
        if used > self.weight_limit:
            raise Denied(self.in_own_words("rate limit", 60 - now // 1000 % 60))
        return used

    def earlier_answer(self, request: Request, body: bytes) -> tuple[bytes, bytes]:
        """The answer of the time before and the first one ever to such a request; this one is remembered."""
        key = f"{request.name} {request.params.get('symbol', '')}"
        before, first = self._earlier.get(key, body), self._first.setdefault(key, body)
        self._earlier[key] = body
        return before, first


@cache
def _urls_of(ccxt_id: str) -> dict[str, Any]:
    """All API addresses that a ccxt class knows."""
    import ccxt.pro

    urls: dict[str, Any] = getattr(ccxt.pro, ccxt_id)().describe()["urls"]["api"]
    return urls
