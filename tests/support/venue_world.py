"""A local venue with an adapter of ours trading on it through unmodified ccxt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from venues import FaultPlan, LocalVenue, Market

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.login import Login
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.rate_ledger import RateLedgers
from passivtui.exchanges.stream_timing import StreamTiming


class VenueWorld:
    """The `World` of the conformance tests over a local venue, its client and the client's rate ledger on one clock.

    Use as an async context manager.
    """

    exchange: CcxtVenue

    def __init__(
        self,
        make: type[LocalVenue],
        name: str,
        market: Market,
        price: float,
        *,
        more: Sequence[Market] = (),
        login: Any = None,
        stream_timing: StreamTiming | None = None,
        **venue: Any,
    ) -> None:
        self.symbol, self.price, self.lot = market.symbol, price, 100.0 if market.inverse else 0.1
        self.faults = FaultPlan(seed=7)
        prices = {one.symbol: price for one in (market, *more)}
        self.venue = make([market, *more], prices, faults=self.faults, hedge=True, **venue)
        self._name = name
        self._login = login or {}
        self._stream_timing = stream_timing

    async def __aenter__(self) -> VenueWorld:
        await self.venue.__aenter__()
        self.exchange = await self.open()
        return self

    async def open(self, timeout_seconds: float = 15.0) -> CcxtVenue:
        """Another exchange for the same account, as after a restart of the process."""
        credentials = self.venue.credentials
        login = Login(
            self._name,
            key=credentials.key,
            secret=credentials.secret,
            rest_url=self.venue.rest_url,
            stream_url=self.venue.ws_url,
            **self._login,
        )
        clock = self.venue.clock  # on which the pauses that the venue asks for cost no time
        return await open_exchange(
            login,
            RateLedgers(clock.here_seconds, clock.sleep),
            clock=clock.here,
            stream_timing=self._stream_timing,
            timeout_seconds=timeout_seconds,
        )

    async def __aexit__(self, *problem: object) -> None:
        await self.exchange.close()
        await self.venue.__aexit__(*problem)

    def now_ms(self) -> int:
        return self.venue.clock.here()

    async def move(self, price: float) -> None:
        self.price = round(price, 1)
        self.venue.move(self.symbol, self.price)

    async def remember(self, minutes: int) -> int:
        end_ms, price = self.venue.clock.here() // MINUTE_MS * MINUTE_MS, self.price
        starts = range(end_ms - minutes * MINUTE_MS, end_ms, MINUTE_MS)
        self.venue.load_candles(self.symbol, [(start, price, price + 1, price - 1, price, 1.0) for start in starts])
        return end_ms

    def lose_next_create(self, *, taken: bool) -> None:
        self.faults.add("drop reply" if taken else "drop request", "create", at=1)

    def fail_next_read(self) -> None:
        self.faults.add("status", "positions", status=502, body="<html>Bad Gateway</html>", at=1)
