"""A venue's market settings in the store: asked for once a day (`spec/data.md` §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from passivtui.clock import DAY_MS
from passivtui.errors import VenueError
from passivtui.exchanges.listed_market import ListedMarket
from passivtui.market.description import MarketSpec
from passivtui.market.issues import DataIssue
from passivtui.market.sources.storage import Storage
from passivtui.market.sources.venue_api import VenueApi

VALID_MS: Final = DAY_MS


async def known_markets(
    store: Storage, exchange: str, api: Callable[[], Awaitable[VenueApi]], now_ms: int
) -> tuple[Mapping[str, str], list[DataIssue]]:
    """ccxt's symbol of every coin of the venue, from settings that are at most a day old.

    When the venue can't be asked, older settings serve, and that is told. Raises VenueError if there are none.
    """
    age = await asyncio.to_thread(store.markets_age_ms, exchange, now_ms)
    if age is None or age > VALID_MS:
        try:
            listed = await (await api()).markets()
        except VenueError as error:
            if age is None:
                raise
            issues = [DataIssue("warning", "", f"market settings of {exchange} are {_days(age)} old: {error}")]
            return await _symbols(store, exchange), issues
        specs = {coin: spec_of(market) for coin, market in listed.items()}
        await asyncio.to_thread(store.set_markets, exchange, specs, now_ms)
    return await _symbols(store, exchange), []


def spec_of(market: ListedMarket) -> MarketSpec:
    """The market as datasets describe it; rows, times and file belong to candles and are left at nothing."""
    return MarketSpec(
        symbol=market.symbol,
        qty_step=market.qty_step,
        price_step=market.price_step,
        min_qty=market.min_qty,
        min_cost=market.min_cost,
        c_mult=market.c_mult,
        maker_fee=market.maker_fee,
        taker_fee=market.taker_fee,
        rows=0,
        first_ms=0,
        last_ms=0,
        file="",
        listed_ms=market.listed_ms,
    )


async def _symbols(store: Storage, exchange: str) -> Mapping[str, str]:
    specs = await asyncio.to_thread(store.markets, exchange)
    return {coin: spec.symbol for coin, spec in specs.items()}


def _days(age_ms: int) -> str:
    days = age_ms // DAY_MS
    return f"{days} day{'' if days == 1 else 's'}"
