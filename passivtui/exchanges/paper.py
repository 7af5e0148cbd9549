"""The paper venue: an exchange in this process, without keys, whose prices are candles (`spec/live.md` §9.1).

A minute's candle is known when the minute is over, and is matched then. With a `ManualClock` that goes from minute to
minute, a bot's orders meet the candles exactly as in the backtest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from passivtui.clock import DAY_MS, MINUTE_MS, Clock, utc_ms
from passivtui.errors import VenueError
from passivtui.exchanges.base import (
    OLDEST_CANDLES_DAYS,
    AccountFacts,
    Balance,
    CancelRequest,
    Candle,
    Fill,
    MarginMode,
    Market,
    Order,
    OrderRequest,
    Outcome,
    OutcomeKind,
    Position,
    PositionMode,
    RealisedPnl,
    Ticker,
    Traits,
)
from passivtui.exchanges.candle_feed import CLOSE, CandleFeed
from passivtui.exchanges.errors import RateLimited, Rejected, RejectReason, Transient
from passivtui.exchanges.events import CandleUpdated, Event, StreamChanged, StreamState
from passivtui.exchanges.paper_account import PaperAccount, Refusal
from passivtui.exchanges.paper_books import Books
from passivtui.exchanges.paper_rules import Dice, FaultDial, PaperFaults, PaperRules
from passivtui.exchanges.paper_state import BooksFile, load_books
from passivtui.exchanges.virtual_clock import Sleep

_FUNDING_MS: Final = 8 * 60 * MINUTE_MS
_MOST_NEWS: Final = 10_000  # events that wait for a slow reader
_PAGE: Final = 1_500
_UNSAVED_MS: Final = 60 * MINUTE_MS  # of minutes in which nothing happened


class PaperExchange:
    """One paper account. `clock` and `sleep` belong together (`SpeedClock`, `ManualClock`, or the real ones).

    With `state_path` the account is kept there and goes on where it was; what the feed has of the time between is
    matched then. Without, it begins at the clock's minute with the rules' balance. `refresh` brings a feed up to date
    (`MirrorFeed.refresh`). Raises DataError and StorageError.
    """

    def __init__(
        self,
        feed: CandleFeed,
        rules: PaperRules | None = None,
        *,
        faults: PaperFaults | None = None,
        clock: Clock = utc_ms,
        sleep: Sleep = asyncio.sleep,
        delay: Sleep | None = None,
        state_path: Path | None = None,
        refresh: Callable[[], Awaitable[None]] | None = None,
        on_close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._feed = feed
        self._refresh = refresh
        self._on_close = on_close
        self._rules = rules or PaperRules()
        self._faults = faults or PaperFaults()
        self._clock = clock
        self._sleep = sleep
        self._delay = delay or sleep
        self._file = BooksFile(state_path) if state_path is not None else None
        books = load_books(state_path) if state_path is not None else None
        if books is None:
            began = max(feed.first_ms, clock() // MINUTE_MS * MINUTE_MS)
            mode: PositionMode = "hedge" if self._rules.has_hedge_mode else "one_way"
            books = Books(self._rules.starting_balance, settled_ms=began, position_mode=mode)
        self._dice = Dice(self._rules.seed, books.throws)
        self._dial = FaultDial(self._faults, self._dice)
        self._account = PaperAccount(feed.markets, self._rules, books, self._dice)
        self._saved_ms = books.settled_ms
        self._news: deque[Event] = deque()
        self._has_news = asyncio.Event()
        self._is_heard = self._is_closed = False
        self._watched: frozenset[str] = frozenset()
        self._traits = Traits(
            name="paper",
            title="Paper",
            quote=next((market.quote for market in feed.markets.values()), ""),
            has_hedge_mode=self._rules.has_hedge_mode,
            max_client_id=64,
            create_batch=100,
            cancel_batch=100,
            candle_page=_PAGE,
            visibility_lag_ms=self._rules.visibility_lag_ms,
        )

    @property
    def traits(self) -> Traits:
        return self._traits

    @property
    def settled_ms(self) -> int:
        """Every candle that begins before it has been matched."""
        return self._account.books.settled_ms

    # ------------------------------------------------------------ time

    def settle(self) -> None:
        """Match every candle whose minute is over. Every call does it first; a fast driver may do it by itself."""
        books = self._account.books
        until = min(self._clock() // MINUTE_MS * MINUTE_MS, self._feed.end_ms)
        while books.settled_ms < until:
            self._settle_minute(books.settled_ms)
            books.settled_ms += MINUTE_MS
        # Minutes in which nothing happened may be matched again after a crash: nothing happens in them again.
        is_changed = bool(self._account.news) or self._dice.throws != books.throws
        if is_changed or books.settled_ms - self._saved_ms >= _UNSAVED_MS:
            self._publish()

    async def _catch_up(self) -> None:
        if self._refresh is not None:
            await self._refresh()
        self.settle()

    def _settle_minute(self, minute_ms: int) -> None:
        end_ms = minute_ms + MINUTE_MS
        symbols = {resting.order.symbol for resting in self._account.books.resting.values()}
        if symbols:
            self._account.match(self._rows(symbols, minute_ms), minute_ms, end_ms)
        if self._rules.funding_rate and end_ms % _FUNDING_MS == 0:
            held = {position.symbol for position in self._account.positions()}
            self._account.pay_funding(self._rows(held, minute_ms), CLOSE, end_ms)
        if self._is_heard:
            self._tell_candles(minute_ms)

    def _rows(self, symbols: Collection[str], minute_ms: int) -> dict[str, Sequence[float]]:
        found = ((symbol, self._feed.row(symbol, minute_ms)) for symbol in symbols)
        return {symbol: row for symbol, row in found if row is not None}

    def _tell_candles(self, minute_ms: int) -> None:
        for symbol, row in self._rows(self._watched, minute_ms).items():
            self._hear(CandleUpdated(symbol, Candle(minute_ms, *row), is_closed=True))

    def _last(self, symbol: str) -> float | None:
        row = self._feed.row(symbol, self.settled_ms - MINUTE_MS) if symbol in self._feed.markets else None
        return row[CLOSE] if row is not None else None

    # ------------------------------------------------------------ reads

    async def _read(self) -> None:
        await self._wait()
        if self._dial.strikes("rate_limited"):
            raise RateLimited("the paper venue was asked too often (rehearsed)", self._faults.rate_limit_seconds)
        if self._dial.strikes("read_fails"):
            raise Transient("the paper venue can't be reached (rehearsed)")

    async def _wait(self) -> None:
        if self._is_closed:
            raise Transient("the paper venue is closed")
        await self._catch_up()
        seconds = self._dial.latency_seconds()
        if seconds > 0.0:
            await self._delay(seconds)
            self.settle()

    async def load_markets(self) -> Mapping[str, Market]:
        await self._read()
        return self._feed.markets

    async def clock_offset_ms(self) -> int:
        await self._read()
        return 0

    async def account(self) -> AccountFacts:
        await self._read()
        mode = self._account.books.position_mode
        return AccountFacts("paper", True, True, False, True, mode, "cross")

    async def balance(self) -> Balance:
        await self._read()
        return self._account.balance(self._clock())

    async def positions(self) -> tuple[Position, ...]:
        await self._read()
        return self._account.positions()

    async def open_orders(self, symbols: Collection[str] | None = None) -> tuple[Order, ...]:
        await self._read()
        orders = (resting.order for resting in self._account.books.resting.values())
        return tuple(
            order for order in orders if (symbols is None or order.symbol in symbols) and self._is_visible(order)
        )

    def _is_visible(self, order: Order) -> bool:
        return order.time_ms + self._rules.visibility_lag_ms <= self._clock()

    async def find_order(self, symbol: str, client_id: str) -> Order | None:
        await self._read()
        order = self._account.find(client_id)
        return order if order is not None and order.symbol == symbol and self._is_visible(order) else None

    async def fills_since(self, since_ms: int, symbols: Collection[str] | None = None) -> tuple[Fill, ...]:
        await self._read()
        return tuple(
            fill
            for fill in self._account.books.fills
            if fill.time_ms >= since_ms and (symbols is None or fill.symbol in symbols)
        )

    async def realised_pnl_since(self, since_ms: int) -> tuple[RealisedPnl, ...]:
        return tuple(
            RealisedPnl(fill.id, fill.symbol, fill.position_side, fill.pnl, fill.time_ms)
            for fill in await self.fills_since(since_ms)
            if fill.pnl is not None and (fill.side == "sell") == (fill.position_side == "long")
        )

    async def candles_since(self, symbol: str, since_ms: int) -> tuple[Candle, ...]:
        await self._read()
        if symbol not in self._feed.markets:
            raise Rejected(f"the paper venue has no market {symbol}", RejectReason.MARKET_CLOSED)
        return self._feed.page(symbol, max(since_ms, self.settled_ms - OLDEST_CANDLES_DAYS * DAY_MS), self.settled_ms)

    async def tickers(self, symbols: Collection[str] | None = None) -> Mapping[str, Ticker]:
        await self._read()
        wanted = [symbol for symbol in self._feed.markets if symbols is None or symbol in symbols]
        prices = ((symbol, self._last(symbol)) for symbol in wanted)
        return {
            symbol: Ticker(symbol, last, last, last, self.settled_ms) for symbol, last in prices if last is not None
        }

    # ------------------------------------------------------------ writes

    async def create_orders(self, requests: Sequence[OrderRequest], *, panic: bool = False) -> tuple[Outcome, ...]:
        return await self._write([partial(self._create, request) for request in requests])

    async def cancel_orders(self, requests: Sequence[CancelRequest], *, panic: bool = False) -> tuple[Outcome, ...]:
        return await self._write([partial(self._cancel, request) for request in requests])

    async def _write(self, writes: Sequence[Callable[[], Outcome]]) -> tuple[Outcome, ...]:
        await self._wait()
        outcomes = tuple(write() for write in writes)
        self._publish()
        return outcomes

    def _create(self, request: OrderRequest) -> Outcome:
        def outcome(
            kind: OutcomeKind, order_id: str = "", reason: RejectReason | None = None, text: str = ""
        ) -> Outcome:
            return Outcome(kind, request.client_id, order_id, reason, text)

        if self._dial.strikes("rate_limited"):
            return outcome(OutcomeKind.DENIED_LOCALLY, text="asked too often (rehearsed)")
        if self._dial.strikes("order_lost_dropped"):
            return outcome(OutcomeKind.UNRESOLVED, text="no answer (rehearsed)")
        if self._dial.strikes("order_rejected"):
            return outcome(OutcomeKind.REJECTED, reason=RejectReason.OTHER, text="refused (rehearsed)")
        try:
            order = self._account.place(request, self._last(request.symbol), self._clock())
        except Refusal as refusal:
            return outcome(OutcomeKind.REJECTED, reason=refusal.reason, text=str(refusal))
        if self._dial.strikes("order_lost_taken"):
            return outcome(OutcomeKind.UNRESOLVED, text="no answer (rehearsed)")
        return outcome(OutcomeKind.CONFIRMED, order.id)

    def _cancel(self, request: CancelRequest) -> Outcome:
        def outcome(kind: OutcomeKind, reason: RejectReason | None = None, text: str = "") -> Outcome:
            return Outcome(kind, request.client_id, request.order_id, reason, text)

        if self._dial.strikes("cancel_lost_dropped"):
            return outcome(OutcomeKind.UNRESOLVED, text="no answer (rehearsed)")
        try:
            self._account.cancel(request.order_id)
        except Refusal as refusal:
            return outcome(OutcomeKind.REJECTED, refusal.reason, str(refusal))
        if self._dial.strikes("cancel_lost_taken"):
            return outcome(OutcomeKind.UNRESOLVED, text="no answer (rehearsed)")
        return outcome(OutcomeKind.CONFIRMED)

    async def set_leverage(self, symbol: str, leverage: int) -> None:
        await self._wait()
        market = self._feed.markets.get(symbol)
        if market is None:
            raise Rejected(f"the paper venue has no market {symbol}", RejectReason.MARKET_CLOSED)
        if leverage < 1 or leverage > (market.max_leverage or leverage):
            raise Rejected(f"leverage {leverage} is not allowed for {symbol}", RejectReason.ABOVE_MAXIMUM)
        self._account.books.leverages[symbol] = leverage
        self._publish()

    async def set_margin_mode(self, symbol: str, mode: MarginMode, leverage: int) -> None:
        if mode != "cross":
            raise Rejected("the paper venue knows cross margin only", RejectReason.UNSUPPORTED)
        await self.set_leverage(symbol, leverage)

    async def set_position_mode(self, mode: PositionMode) -> None:
        await self._wait()
        books = self._account.books
        if mode == books.position_mode:
            return
        if mode == "hedge" and not self._rules.has_hedge_mode:
            raise Rejected("this paper venue knows one-way mode only", RejectReason.UNSUPPORTED)
        if books.resting or self._account.positions():
            raise Rejected("the position mode can't change while there are positions or orders", RejectReason.OTHER)
        books.position_mode = mode
        self._publish()

    # ------------------------------------------------------------ events

    def _publish(self) -> None:
        """Keep the books, then tell what happened: nobody hears of what a crash could undo."""
        books = self._account.books
        books.throws = self._dice.throws
        if self._file is not None:
            self._file.save(books)
            self._saved_ms = books.settled_ms
        for event in self._account.take_news():
            if self._is_heard:
                self._hear(event)

    def _hear(self, event: Event) -> None:
        if self._dial.strikes("event_dropped"):
            return
        self._news.extend([event, event] if self._dial.strikes("event_repeated") else [event])
        if len(self._news) > _MOST_NEWS:
            self._lose_news("the reader is too slow", StreamState.UP)
        elif self._dial.strikes("stream_closed"):
            self._lose_news("the stream broke off (rehearsed)", StreamState.DOWN)
            self._news.append(self._health(StreamState.UP, "", refetch=True))
        self._has_news.set()

    def _lose_news(self, reason: str, state: StreamState) -> None:
        self._news.clear()
        self._news.append(self._health(state, reason, refetch=True))

    def _health(self, state: StreamState, reason: str, *, refetch: bool) -> StreamChanged:
        return StreamChanged("orders", state, reason, self._clock(), refetch)

    def watch_candles(self, symbols: Collection[str]) -> None:
        self._watched = frozenset(symbols) & frozenset(self._feed.markets)

    async def events(self) -> AsyncIterator[Event]:
        self._is_heard = True
        self._news.append(self._health(StreamState.UP, "", refetch=True))
        minutes = asyncio.create_task(self._follow_minutes())
        minutes.add_done_callback(lambda _: self._has_news.set())
        try:
            while not self._is_closed:
                while self._news:
                    yield self._news.popleft()
                self._has_news.clear()
                await self._has_news.wait()
                if minutes.done():
                    await minutes  # the account can't be kept: the reader must know why
        finally:
            self._is_heard = False
            minutes.cancel()

    async def _follow_minutes(self) -> None:
        """Settle at each full minute, so that events come although nobody asks."""
        while not self._is_closed:
            try:
                await self._catch_up()
            except VenueError as error:  # of the venue whose prices are mirrored
                self._news.append(self._health(StreamState.DOWN, str(error), refetch=True))
                self._has_news.set()
            await self._sleep((MINUTE_MS - self._clock() % MINUTE_MS) / 1000.0)

    async def close(self) -> None:
        if not self._is_closed:
            if self.settled_ms != self._saved_ms:
                self._publish()
            if self._on_close is not None:
                await self._on_close()
        self._is_closed = True
        self._has_news.set()
