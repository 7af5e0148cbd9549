"""A venue's public API for candles and markets: retried, paced, converted to base units (`spec/data.md` §1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import numpy as np

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.errors import VenueError
from passivtui.exchanges.ccxt_calls import governed
from passivtui.exchanges.ccxt_client import (
    CcxtExchange,
    header,
    is_limit,
    is_refusal,
    may_pass,
    public_client,
    reason_of,
    server_time_ms,
)
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.exchanges.listed_market import ListedMarket, listed_markets
from passivtui.exchanges.opening import ledger_of
from passivtui.exchanges.rate_ledger import Priority, RateLedger, RateLedgers
from passivtui.exchanges.venues import Venue
from passivtui.market.sources.fetch import LONGEST_PAUSE, pause_asked
from passivtui.market.sources.rows import WIDTH, Rows
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.timing import Backoff, Pace, Timing

#: What ccxt trips over in an answer that is not what the venue sends when it is well: half a text, an error page.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_AS_CCXT_WILL = 1e6  # requests a second: no pace of our own
_ROW_BYTES = 60  # what a candle weighs on the wire, about: ccxt doesn't say


class Refused(VenueError):
    """The venue answered that it won't serve this; asking again won't help, other requests may be served."""


class VenueApi:
    """One venue, asked by several downloads at once. Make with `open_api`."""

    def __init__(self, venue: Venue, exchange: CcxtExchange, settings: SourceSettings, timing: Timing, tally: Tally):
        self.venue = venue
        self.rules = KLINE_RULES[venue.name]
        self._exchange = exchange
        self._timing = timing
        self._tally = tally
        self._backoff = Backoff(settings.attempts)
        # The ledger, or ccxt, keeps the pace that the venue bears; another server has the settings' pace.
        elsewhere = venue.name in settings.apis
        self._pace = Pace(settings.requests_per_second if elsewhere else _AS_CCXT_WILL, timing)
        self._loading = asyncio.Lock()
        self._markets: dict[str, ListedMarket] = {}

    async def markets(self) -> dict[str, ListedMarket]:
        """The venue's perpetuals by coin, asked for once. Raises VenueError."""
        async with self._loading:  # the first caller loads for all
            if not self._markets:
                loaded = await self._ask("load its markets", self._exchange.load_markets)
                self._markets = listed_markets(loaded.values(), self.venue)
        if not self._markets:
            raise VenueError(f"{self.venue.title} names no perpetual in {self.venue.quote}; try again later")
        return self._markets

    def now_ms(self) -> int:
        """The time by this computer's clock and the venue's, the earlier of both: what is later has not happened."""
        theirs = server_time_ms(self._exchange)
        ours = self._timing.clock()
        return ours if theirs is None else min(ours, theirs + 999)  # a Date header says whole seconds

    async def minutes(self, symbol: str, first_ms: int, last_ms: int) -> Rows:
        """Every candle that the venue has from `first_ms` to `last_ms` (both included), volume in base units.

        Goes page by page; a page that ends early is asked on from its last candle, so that a venue that serves less
        than was asked loses nothing. Raises VenueError and, when the venue won't serve the range, Refused.
        """
        await self.markets()  # contract sizes, and how ccxt spells the symbol
        found: list[list[float]] = []
        start = first_ms
        while start <= last_ms:
            count = min(self.rules.page, (last_ms - start) // MINUTE_MS + 1)
            end = start + count * MINUTE_MS
            while start < end:
                page = await self._page(symbol, "1m", start, (end - start) // MINUTE_MS)
                found += page
                latest = max((row[0] for row in page if row[0] < end), default=None)
                if latest is None or latest < start:
                    break
                start = int(latest) // MINUTE_MS * MINUTE_MS + MINUTE_MS
            start = end
        return self._rows(symbol, [row for row in found if first_ms <= row[0] <= last_ms])

    async def first_day(self, symbol: str, from_ms: int, days: int) -> int | None:
        """Open time of the earliest daily candle within `days` from `from_ms`; None when there is none."""
        page = await self._page(symbol, "1d", from_ms, days)
        until = from_ms + days * DAY_MS
        return min((int(row[0]) for row in page if from_ms <= row[0] < until), default=None)

    async def _page(self, symbol: str, timeframe: str, since: int, limit: int) -> list[list[float]]:
        end = since + limit * (MINUTE_MS if timeframe == "1m" else DAY_MS) - 1
        params = {"until": end} if self.rules.needs_end else {}

        def ask() -> Awaitable[Any]:
            return self._exchange.fetch_ohlcv(symbol, timeframe, since, limit, params)  # type: ignore[no-any-return]

        page = await self._ask(f"serve candles of {symbol}", ask)
        if not isinstance(page, list):
            raise VenueError(f"{self.venue.title} sent candles of {symbol} in a form that can't be read")
        self._tally.receive(_ROW_BYTES * len(page))
        return [row for row in page if len(row) >= WIDTH and isinstance(row[0], int)]

    def _rows(self, symbol: str, found: list[list[float]]) -> Rows:
        table = np.array([row[:WIDTH] for row in found], dtype=np.float64).reshape(-1, WIDTH)  # None becomes NaN
        if self.rules.in_contracts:
            table[:, -1] *= float(self._exchange.market(symbol)["contractSize"])
        return Rows(table)

    async def _ask(self, doing: str, call: Callable[[], Awaitable[Any]]) -> Any:
        """One call, tried again while that can help. Raises Refused and VenueError."""
        title = self.venue.title
        for failures in range(1, self._backoff.attempts + 1):
            await self._pace.turn()
            try:
                return await call()
            except Exception as error:
                if is_refusal(error):
                    raise Refused(f"{title} won't {doing}: {reason_of(error)}") from error
                if not may_pass(error) and not isinstance(error, _UNREADABLE):
                    raise
                if failures == self._backoff.attempts:
                    what = f"{title} can't {doing} ({reason_of(error)}; {failures} attempts)"
                    raise VenueError(f"{what}; check the connection and try again: what is stored stays") from error
                await self._wait(error, failures)
        raise VenueError(f"{title} was not asked")  # attempts is 1 or more

    async def _wait(self, error: Exception, failures: int) -> None:
        asked = pause_asked(header(self._exchange, "Retry-After"), self._timing) if is_limit(error) else None
        if asked is None:
            await self._timing.sleep(self._backoff.seconds(failures, self._timing.chance()))
        elif asked > LONGEST_PAUSE:
            raise VenueError(
                f"{self.venue.title} asks to wait {asked / 60:.0f} minutes; try again after that"
            ) from error
        else:
            self._pace.pause(asked)


@asynccontextmanager
async def open_api(
    venue: Venue, settings: SourceSettings, timing: Timing, tally: Tally, ledgers: RateLedgers | None = None
) -> AsyncIterator[VenueApi]:
    """The venue's API, closed at the end. Raises VenueError for a venue without candles.

    The venue itself is asked when it is this download's turn in `ledgers`, after all that bots ask of it.
    """
    if venue.name not in KLINE_RULES:
        raise VenueError(venue.note or f"{venue.title} has no candles to download")
    elsewhere = settings.apis.get(venue.name, "")
    ledger = None if elsewhere or ledgers is None else ledger_of(venue.name, ledgers)
    async with public_client(
        venue,
        base_url=elsewhere,
        timeout_seconds=settings.timeout_seconds,
        refine=None if ledger is None else in_turn(ledger, timing),
    ) as exchange:
        yield VenueApi(venue, exchange, settings, timing, tally)


def in_turn(ledger: RateLedger, timing: Timing) -> Callable[[Any], Any]:
    """Makes ccxt's class one whose requests wait for their turns behind those of bots."""
    return partial(governed, ledger=ledger, clock=timing.clock, default=Priority.BACKFILL, patience=LONGEST_PAUSE)
