"""A local venue with an adapter of ours trading on it through unmodified ccxt."""

from __future__ import annotations

from typing import Any

from venues import FaultPlan, LocalVenue, Market

from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.login import Login
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.rate_ledger import RateLedgers
from passivtui.exchanges.virtual_clock import SpeedClock


class VenueWorld:
    """The `World` of the conformance tests over a local venue. Use as an async context manager."""

    exchange: CcxtVenue

    def __init__(
        self, make: type[LocalVenue], name: str, market: Market, price: float, *, login: Any = None, **venue: Any
    ) -> None:
        self.symbol, self.price, self.lot = market.symbol, price, 100.0 if market.inverse else 0.1
        self.faults = FaultPlan(seed=7)
        self.venue = make([market], {market.symbol: price}, faults=self.faults, hedge=True, **venue)
        self._name = name
        self._login = login or {}

    async def __aenter__(self) -> VenueWorld:
        await self.venue.__aenter__()
        self.exchange = await self.open()
        return self

    async def open(self) -> CcxtVenue:
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
        hurry = SpeedClock(0, speed=1000.0)  # the budgets' minutes and the pauses that a venue asks for
        return await open_exchange(login, RateLedgers(lambda: hurry() / 1000.0, hurry.sleep))

    async def __aexit__(self, *problem: object) -> None:
        await self.exchange.close()
        await self.venue.__aexit__(*problem)

    async def move(self, price: float) -> None:
        self.price = round(price, 1)
        self.venue.move(self.symbol, self.price)

    def lose_next_create(self, *, taken: bool) -> None:
        self.faults.add("drop reply" if taken else "drop request", "create", at=1)

    def fail_next_read(self) -> None:
        self.faults.add("status", "positions", status=502, body="<html>Bad Gateway</html>", at=1)
