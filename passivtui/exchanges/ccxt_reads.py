"""What is read of an account on a real venue, through ccxt. Every request has its turn in the venue's rate ledger."""

from __future__ import annotations

import asyncio
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from passivtui.clock import DAY_MS, MINUTE_MS, Clock, utc_ms
from passivtui.exchanges import ccxt_readings as readings_of
from passivtui.exchanges.base import (
    OLDEST_CANDLES_DAYS,
    AccountFacts,
    Balance,
    Candle,
    Fill,
    Market,
    Order,
    OrderRequest,
    Position,
    PositionSide,
    RealisedPnl,
    Ticker,
    Traits,
)
from passivtui.exchanges.ccxt_calls import CURRENT, Call, Failures, governed
from passivtui.exchanges.ccxt_client import CcxtExchange, load_perpetuals_only, redirected
from passivtui.exchanges.errors import Rejected, RejectReason, Unreadable
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import Budget, Priority, RateLedgers
from passivtui.exchanges.readings import number, rows, table, text_or_empty, time_ms
from passivtui.exchanges.venues import VENUES
from passivtui.exchanges.windows import everything_between

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VenueRules:
    """What differs between venues and is a plain fact. `kind`: the markets to load, in ccxt's word. `history_days`: the
    longest window of one request for fills. `options` and `load_params` (of its `load_markets`) are ccxt's. `…_at`: the
    place of an answer's list."""

    traits: Traits
    budgets: tuple[Budget, ...]
    reasons: Mapping[str, RejectReason] = field(default_factory=dict)
    phrases: Mapping[str, RejectReason] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    load_params: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    history_days: int = 7
    fills_page: int = 100
    fills_by_symbol: bool = False
    least_min_cost: float = 0.0
    min_cost_factor: float = 1.0
    max_history_days: int = 365
    size_field: str = "size"  # of a position
    positions_at: tuple[str, ...] = ()
    orders_at: tuple[str, ...] = ()
    fills_at: tuple[str, ...] = ()


class CcxtReads(ABC):
    """The client of one account, what differs between venues, and the reads of the `Exchange` protocol."""

    rules: ClassVar[VenueRules]

    def __init__(
        self,
        login: Login,
        client_class: Any,
        ledgers: RateLedgers,
        *,
        clock: Clock = utc_ms,
        timeout_seconds: float = 15.0,
    ) -> None:
        self._login = login
        self._clock = clock
        self._timeout_ms = round(timeout_seconds * 1000.0)
        title = self.rules.traits.title
        self.ledger = ledgers.of(self.rules.traits.name, title, self.rules.budgets, login.rest_url)
        self._client_class = governed(client_class, self.ledger, clock)
        self._klines = KLINE_RULES[self.rules.traits.name]
        self._failures = Failures(title, self.rules.reasons, self.rules.phrases)
        self._client = self.new_client()
        self._markets: dict[str, Market] = {}
        self._touched: set[str] = set()  # symbols that this session traded
        self.is_hedged = self.rules.traits.has_hedge_mode  # until `set_position_mode` says otherwise

    # ------------------------------------------------------------ the client

    def new_client(self, *, with_keys: bool = True) -> CcxtExchange:
        """A ccxt exchange set up for this account and address."""
        client = self._client_class(
            {
                **(self.credentials() if with_keys else {}),
                "enableRateLimit": True,  # the ledger keeps the pace
                "timeout": self._timeout_ms,
                "options": {"fetchCurrencies": False, "fetchMargins": False, **self.rules.options},
            }
        )
        load_perpetuals_only(client, VENUES[self.rules.traits.name], self.market_kind())
        login = self._login
        if login.rest_url.startswith("http:"):
            client.timeout_on_exit = 0  # ccxt waits for TLS to wind down
        client.urls["api"] = redirected(client.urls["api"], login.rest_url, login.stream_url or login.rest_url)
        return client

    def stream_client(self, *, with_keys: bool) -> CcxtExchange:
        """A client of its own for streams, so that tearing one down leaves the others alone."""
        client = self.new_client(with_keys=with_keys)
        client.set_markets_from_exchange(self._client)
        client.options["timeDifference"] = self._client.options.get("timeDifference", 0)
        return client

    def credentials(self) -> dict[str, Any]:
        """The secrets under ccxt's names."""
        login = self._login
        return {"apiKey": login.key, "secret": login.secret, "password": login.passphrase or None}

    def market_kind(self) -> str:
        return self.rules.kind

    @property
    def traits(self) -> Traits:
        return self.rules.traits

    @property
    def markets(self) -> Mapping[str, Market]:
        """What `load_markets` found last."""
        return self._markets

    @property
    def quote(self) -> str:
        return self._login.margin_coin or self.traits.quote

    async def ask(
        self,
        doing: str,
        call: Callable[[], Awaitable[T]],
        priority: Priority = Priority.STATE,
        listed_at: Sequence[str] | None = None,
    ) -> T:
        """One read; its last answer must have a list at `listed_at`. Raises the errors of reads."""
        state = Call(priority)
        token = CURRENT.set(state)
        try:
            answer = await call()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise self._failures.error(doing, error, state) from error
        finally:
            CURRENT.reset(token)
        if listed_at is not None and not state.has_list(listed_at):
            raise Unreadable(f"{self.traits.title} can't {doing}: its answer has no list of them")
        return answer

    async def _set(self, doing: str, call: Callable[[], Awaitable[Any]]) -> None:
        """One setting; that it has the value already is success."""
        state = Call(Priority.STATE)
        token = CURRENT.set(state)
        try:
            await call()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            ours = self._failures.setting_error(doing, error, state)
            if not (isinstance(ours, Rejected) and ours.reason is RejectReason.UNCHANGED):
                raise ours from error
        finally:
            CURRENT.reset(token)

    def read(self, what: str, parse: Callable[[], T]) -> T:
        """What `parse` makes of an answer. Raises Unreadable for whatever it trips over."""
        try:
            return parse()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise Unreadable(f"{self.traits.title} sent {what} in a form that can't be used") from error

    # ------------------------------------------------------------ what differs between venues

    @abstractmethod
    def order_params(self, request: OrderRequest) -> dict[str, Any]:
        """What goes with an order besides symbol, type, side, quantity and price."""

    @abstractmethod
    def side_of(self, raw: Mapping[str, Any]) -> PositionSide:
        """The position side of one of ccxt's orders or trades."""

    @abstractmethod
    def balance_from(self, raw: Mapping[str, Any]) -> tuple[float, bool]:
        """The wallet in quote out of ccxt's balance, and whether it follows collateral."""

    def reduces(self, raw: Mapping[str, Any], flag: object) -> bool:
        """Whether an order of a one-way account is marked as reducing: by the venue's flag, else by ccxt's."""
        return str(raw.get("reduceOnly") if flag is None else flag).lower() == "true"

    def client_id_sent(self, client_id: str) -> str:
        """A client id as this venue takes it."""
        return client_id

    def client_id_read(self, client_id: str) -> str:
        """The client id behind what this venue shows."""
        return client_id

    def pnl_of(self, raw: Mapping[str, Any]) -> float | None:
        """What a trade realised, out of ccxt's trade."""
        return None

    def ineligible(self, raw: Mapping[str, Any]) -> str:
        """A venue's own reason against a market; "" for none."""
        return ""

    # ------------------------------------------------------------ reads

    async def load_markets(self) -> Mapping[str, Market]:
        loaded = await self.ask(
            "load its markets", lambda: self._client.load_markets(True, dict(self.rules.load_params))
        )
        found: dict[str, Market] = {}
        for raw in rows(list(table(loaded, "markets").values()), "market"):
            market = self._market(raw)
            if market is not None:
                found[market.symbol] = market
        if not found:
            raise Unreadable(f"{self.traits.title} names no market that can be traded; try again later")
        self._markets = found
        return found

    def _market(self, raw: Mapping[str, Any]) -> Market | None:
        """One market with the venue's own rules; None for one whose numbers make no sense."""
        try:
            market = readings_of.market_from(raw, self.quote, wants_inverse=self._login.is_inverse)
        except Unreadable:
            return None
        if market is None:
            return None
        cost = round(max(market.min_cost, self.rules.least_min_cost) * self.rules.min_cost_factor, 10)
        return dataclasses.replace(market, min_cost=cost, ineligible=market.ineligible or self.ineligible(raw))

    async def clock_offset_ms(self) -> int:
        async def fetch() -> tuple[Any, int]:
            """Their time, and ours in the middle between sending and hearing; waiting for a turn is no part of it."""
            theirs, call, heard = await self._client.fetch_time(), CURRENT.get(), self._clock()
            return theirs, ((call.sent_ms if call is not None else heard) + heard) // 2

        theirs, ours = await self.ask("tell its time", fetch)
        offset = time_ms(theirs, "time") - ours
        self._client.options["timeDifference"] = -offset  # ccxt subtracts it from our time when it signs
        return offset

    async def account(self) -> AccountFacts:
        return AccountFacts("", None, None, None, None, None, None)

    async def balance(self) -> Balance:
        raw = await self.ask("tell the balance", self.fetch_balance)
        total, follows = self.read("a balance", lambda: self.balance_from(raw))
        return Balance(total, self.quote, self._clock(), follows)

    def fetch_balance(self) -> Awaitable[Any]:
        return self._client.fetch_balance()  # type: ignore[no-any-return]

    async def positions(self) -> tuple[Position, ...]:
        raw = await self.ask("list the positions", self.fetch_positions, listed_at=self.rules.positions_at)
        found = self.read("positions", lambda: [self._position(row) for row in rows(raw, "position")])
        return tuple(position for position in found if position is not None and position.symbol in self._markets)

    def _position(self, raw: Mapping[str, Any]) -> Position | None:
        """A position whose size is what the venue says: ccxt makes one up, from cost and price, where it is missing."""
        position = readings_of.position_from(raw)
        size = abs(number(self.raw_size(table(raw.get("info"), "position")), "position size"))
        if abs(size - (abs(position.size) if position is not None else 0.0)) > 1e-9 * size:
            raise Unreadable(f"{self.traits.title} contradicts itself about the size of a position")
        return position

    def raw_size(self, info: Mapping[str, Any]) -> object:
        """The size of a position in the venue's own answer."""
        return info.get(self.rules.size_field)

    def fetch_positions(self) -> Awaitable[Any]:
        return self._client.fetch_positions()  # type: ignore[no-any-return]

    async def open_orders(self, symbols: Collection[str] | None = None) -> tuple[Order, ...]:
        raw = await self.ask("list the open orders", self.fetch_open_orders, listed_at=self.rules.orders_at)
        orders = self.read("open orders", lambda: [self.order(row) for row in rows(raw, "open order")])
        return tuple(order for order in orders if symbols is None or order.symbol in symbols)

    def fetch_open_orders(self) -> Awaitable[Any]:
        return self._client.fetch_open_orders()  # type: ignore[no-any-return]

    def order(self, raw: Mapping[str, Any]) -> Order:
        return readings_of.order_from(raw, self.side_of, self.client_id_read)

    async def find_order(self, symbol: str, client_id: str) -> Order | None:
        try:
            raw = await self.ask("look up an order", lambda: self.fetch_by_client_id(symbol, client_id))
        except Rejected as error:
            if error.reason is RejectReason.UNKNOWN_ORDER:
                return None
            raise
        if raw is None:
            return None
        order = self.read("an order", lambda: self.order(table(raw, "order")))
        return order if order.client_id == client_id else None

    def fetch_by_client_id(self, symbol: str, client_id: str) -> Awaitable[Any]:
        params = {"clientOrderId": self.client_id_sent(client_id)}
        return self._client.fetch_order(None, symbol, params)  # type: ignore[no-any-return]

    async def fills_since(self, since_ms: int, symbols: Collection[str] | None = None) -> tuple[Fill, ...]:
        wanted: list[str | None] = [None]
        if self.rules.fills_by_symbol:
            wanted = sorted(await self._symbols_with_fills() if symbols is None else symbols)  # type: ignore[assignment]
        found: dict[str, Fill] = {}
        for symbol in wanted:
            for raw in await self._trades(symbol, since_ms):
                fill = self.read("a fill", lambda raw=raw: self.fill(raw))  # type: ignore[misc]
                found[fill.id] = fill
        chosen = (fill for fill in found.values() if fill.time_ms >= since_ms)
        return tuple(sorted((fill for fill in chosen if symbols is None or fill.symbol in symbols), key=_by_time))

    async def _symbols_with_fills(self) -> set[str]:
        """Where fills may be: markets with positions or open orders, and those of this session."""
        held = {position.symbol for position in await self.positions()}
        return held | {order.symbol for order in await self.open_orders()} | self._touched

    async def _trades(self, symbol: str | None, since_ms: int) -> list[Mapping[str, Any]]:
        now = self._clock() + MINUTE_MS  # the venue's clock may be ahead
        first = max(since_ms, now - self.rules.max_history_days * DAY_MS)

        async def page(start: int, end: int) -> list[Mapping[str, Any]]:
            def fetch() -> Awaitable[Any]:
                return self.fetch_trades(symbol, start, end)

            return rows(await self.ask("list the fills", fetch, listed_at=self.rules.fills_at), "fill")

        return await everything_between(page, first, now, self.rules.history_days * DAY_MS, self.rules.fills_page)

    def fetch_trades(self, symbol: str | None, start: int, end: int) -> Awaitable[Any]:
        params = {"until": end}
        return self._client.fetch_my_trades(symbol, start, self.rules.fills_page, params)  # type: ignore[no-any-return]

    def fill(self, raw: Mapping[str, Any]) -> Fill:
        return readings_of.fill_from(
            raw,
            self.side_of,
            self.client_id_read,
            quote=self._margin_coin(raw),
            pnl=self.pnl_of(raw),
            client_id=text_or_empty(raw.get("clientOrderId"), "client id"),
        )

    def _margin_coin(self, raw: Mapping[str, Any]) -> str:
        market = self._markets.get(str(raw.get("symbol")))
        return market.quote if market is not None else self.quote

    async def realised_pnl_since(self, since_ms: int) -> tuple[RealisedPnl, ...]:
        return tuple(
            RealisedPnl(fill.id, fill.symbol, fill.position_side, fill.pnl, fill.time_ms)
            for fill in await self.fills_since(since_ms)
            if fill.pnl is not None and (fill.side == "sell") == (fill.position_side == "long")
        )

    async def candles_since(self, symbol: str, since_ms: int) -> tuple[Candle, ...]:
        now = self._clock()
        kept = self._klines.kept_minutes or OLDEST_CANDLES_DAYS * DAY_MS // MINUTE_MS
        first = max(since_ms, now - (kept - 1) * MINUTE_MS) // MINUTE_MS * MINUTE_MS
        found: dict[int, Candle] = {}
        for start in range(first, now + 1, self._klines.page * MINUTE_MS):
            limit = min(self._klines.page, (now - start) // MINUTE_MS + 1)
            is_newest = start + limit * MINUTE_MS > now
            for candle in await self._candle_page(symbol, start, limit, is_newest=is_newest):
                found[candle.time_ms] = candle
        return tuple(found[time] for time in sorted(found) if time >= since_ms)

    async def _candle_page(self, symbol: str, first_ms: int, limit: int, *, is_newest: bool) -> list[Candle]:
        """What is asked of long ago waits for what is asked of now."""
        priority = Priority.CANDLES if is_newest else Priority.BACKFILL
        raw = await self.ask(
            f"serve candles of {symbol}", lambda: self.fetch_candles(symbol, first_ms, limit), priority
        )
        if not isinstance(raw, list):
            raise Unreadable(f"{self.traits.title} sent candles of {symbol} in a form that can't be used")
        return [self.candle(symbol, row) for row in raw]

    def candle(self, symbol: str, row: object) -> Candle:
        """One of ccxt's candles, volume in base units. Raises Unreadable."""
        candle = readings_of.candle_from(row)
        market = self._markets.get(symbol)
        if not self._klines.in_contracts or market is None:
            return candle
        return dataclasses.replace(candle, volume=candle.volume * market.c_mult)

    def fetch_candles(self, symbol: str, first_ms: int, limit: int) -> Awaitable[Any]:
        until = {"until": first_ms + limit * MINUTE_MS - 1} if self._klines.needs_end else {}
        return self._client.fetch_ohlcv(symbol, "1m", first_ms, limit, until)  # type: ignore[no-any-return]

    async def tickers(self, symbols: Collection[str] | None = None) -> Mapping[str, Ticker]:
        raw = await self.ask("tell its prices", lambda: self.fetch_tickers(symbols))
        now = self._clock()
        found = [readings_of.ticker_from(one, now) for one in rows(list(table(raw, "prices").values()), "price")]
        return {
            ticker.symbol: ticker
            for ticker in found
            if ticker is not None and ticker.symbol in self._markets and (symbols is None or ticker.symbol in symbols)
        }

    def fetch_tickers(self, symbols: Collection[str] | None) -> Awaitable[Any]:
        return self._client.fetch_tickers(list(symbols) if symbols else None)  # type: ignore[no-any-return]


def one_way_side(raw: Mapping[str, Any], *, reduces: bool) -> PositionSide:
    """The side that an order of a one-way account works on: what buys opens a long, or reduces a short."""
    return "long" if (raw.get("side") == "buy") != reduces else "short"


def _by_time(fill: Fill) -> tuple[int, int, str]:
    return fill.time_ms, len(fill.id), fill.id


def total_of(raw: Mapping[str, Any], coin: str) -> float:
    """ccxt's total of a coin. Raises Unreadable when the answer doesn't have the coin: that is not 0."""
    entry = raw.get(coin)
    if not isinstance(entry, Mapping) or entry.get("total") is None:
        raise Unreadable(f"the venue's balance has no {coin}")
    return number(entry["total"], f"{coin} balance")
