"""The private and public streams, through ccxt pro, and their faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import ccxt
import pytest


class Watcher:
    """Collects what ccxt hands out of the streams of orders and of trades, in its order."""

    def __init__(self, here: Any) -> None:
        self.here = here
        self.seen: list[tuple[str, str, float]] = []
        self.trades: list[str] = []
        self.error: Exception | None = None

    async def __aenter__(self) -> Watcher:
        self.tasks = [asyncio.create_task(self._watch_orders())]
        await self.here.venue.until(lambda: self._subscribed("order"))
        self.tasks.append(asyncio.create_task(self._watch_trades()))
        await self.here.venue.until(lambda: self._subscribed("execution"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _subscribed(self, topic: str) -> bool:
        """Binance sends everything to who has a listen key; it has no topics on that stream."""
        private = [stream for stream in self.here.venue.streams if stream.logged_in]
        return self.error is not None or any(self.here.name == "binance" or topic in one.topics for one in private)

    async def _watch_orders(self) -> None:
        try:
            while True:
                for order in await self.here.exchange.watch_orders():
                    self.seen.append((order["clientOrderId"], order["status"], order["filled"]))
        except ccxt.BaseError as error:
            self.error = error

    async def _watch_trades(self) -> None:
        try:
            while True:
                self.trades += [trade["id"] for trade in await self.here.exchange.watch_my_trades()]
        except ccxt.BaseError as error:
            self.error = error

    async def sees(self, *wanted: tuple[str, str]) -> None:
        """Waits until these (client id, status) have come."""
        await self.here.venue.until(lambda: set(wanted) <= {(one[0], one[1]) for one in self.seen})


async def soon(news: Awaitable[Any]) -> Any:
    """The news, or a failure when none come."""
    return await asyncio.wait_for(news, 3)


async def quiet(here: Any) -> None:
    """Until what the venue has to say has been sent and read."""
    for _ in range(5):
        await asyncio.sleep(0.01)


async def test_orders_and_fills_arrive(here):
    async with Watcher(here) as watcher:
        await here.enter(59_000, client_id="a")
        await watcher.sees(("a", "open"))
        here.venue.fill("a", here.qty / 2 if here.qty == 100 else 0.004)
        here.venue.move(here.symbol, 59_000)
        await watcher.sees(("a", "closed"))
        made = await here.enter(58_000, client_id="b")
        await here.exchange.cancel_order(made["id"], here.symbol)
        await watcher.sees(("b", "canceled"))


async def test_trades_arrive_once_with_fee_and_profit(here):
    watching = asyncio.create_task(here.exchange.watch_my_trades())
    await here.venue.until(lambda: any(one.logged_in for one in here.venue.streams))
    await here.venue.until(lambda: here.name == "binance" or "execution" in here.venue.streams[0].topics)
    await here.enter(59_000, client_id="a")
    here.venue.move(here.symbol, 59_000)
    (trade,) = await soon(watching)
    assert (trade["price"], trade["amount"], trade["id"]) == (59_000, here.qty, here.venue.fills[0].id)
    assert trade["fee"]["cost"] == pytest.approx(float(here.venue.fills[0].fee), abs=1e-8)


async def test_positions_and_balance_arrive(here):
    if here.name == "binance":
        watching = asyncio.create_task(here.exchange.watch_balance())
    else:
        assert await soon(here.exchange.watch_positions()) == []  # ccxt's own REST answer comes first
        watching = asyncio.create_task(here.exchange.watch_positions())
    await here.venue.until(lambda: any(one.logged_in for one in here.venue.streams))
    await here.venue.until(lambda: here.name == "binance" or "position" in here.venue.streams[0].topics)
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    news = await soon(watching)
    if here.name == "binance":
        assert news["USDT"]["total"] == pytest.approx(10_000 - 0.118)
    else:
        assert [(one["symbol"], one["contracts"]) for one in news] == [(here.symbol, here.qty)]


async def test_candles_and_book_arrive(here):
    candles = asyncio.create_task(here.exchange.watch_ohlcv(here.symbol, "1m"))
    book = asyncio.create_task(here.exchange.watch_bids_asks([here.symbol]))
    tickers = asyncio.create_task(here.exchange.watch_tickers([here.symbol]))
    await here.venue.until(lambda: sum(len(one.topics) for one in here.venue.streams) == 3)
    here.venue.move(here.symbol, 61_000)
    assert (await soon(candles))[-1][4] == 61_000
    assert (await soon(book))[here.symbol]["bid"] == 61_000
    assert (await soon(tickers))[here.symbol]["last"] == 61_000


async def test_a_lost_fill_is_only_in_the_history(here):
    with here.faults.during("lose", "stream fill"), here.faults.during("lose", "stream order"):
        async with Watcher(here) as watcher:
            await here.enter(59_000, client_id="a")
            here.venue.move(here.symbol, 59_000)
            await quiet(here)
            assert watcher.seen == []
    assert len(await here.exchange.fetch_my_trades(here.symbol)) == 1


async def test_the_fill_may_come_before_its_order(here):
    here.faults.add("hold", "stream order", at=1)
    async with Watcher(here) as watcher:
        await here.enter(59_000, client_id="a")
        await quiet(here)
        assert watcher.seen == []
        here.venue.move(here.symbol, 59_000)
        await watcher.sees(("a", "open"), ("a", "closed"))
        assert watcher.error is None
    new, fill = ('"X":"NEW"', '"X":"FILLED"') if here.name == "binance" else ('"orderStatus":"New"', '"execId"')
    sent = [one.text for one in here.venue.log.streams if one.what == "send"]
    assert min(at for at, text in enumerate(sent) if fill in text) < min(
        at for at, text in enumerate(sent) if new in text
    )


async def test_messages_may_be_repeated_or_old(here):
    here.faults.add("repeat", "stream fill", at=1)
    here.faults.add("replay old", "stream order", at=2)
    async with Watcher(here) as watcher:
        await here.enter(59_000, client_id="a")
        here.venue.move(here.symbol, 59_000)
        await here.enter(58_000, client_id="b")
        await watcher.sees(("b", "open"))
        await quiet(here)
    assert set(watcher.trades) == {here.venue.fills[0].id}
    fills = [one.text for one in here.venue.log.streams if one.what == "send" and here.venue.fills[0].id in one.text]
    assert len(fills) >= 2
    assert len(set(fills)) == 1
    orders = [one.text for one in here.venue.log.streams if one.what == "send" and '"59000.0"' in one.text]
    assert len(orders) > len(set(orders))


@pytest.mark.parametrize("code", [1006, 1012])
async def test_a_stream_that_closes_raises_and_can_be_opened_again(here, code):
    async with Watcher(here) as watcher:
        here.venue.close_streams(code)
        await here.venue.until(lambda: watcher.error is not None)
        assert isinstance(watcher.error, ccxt.NetworkError)
    async with Watcher(here) as watcher:
        await here.enter(59_000, client_id="a")
        await watcher.sees(("a", "open"))


async def test_a_stream_may_close_every_so_often(here):
    fault = here.faults.add("close", "stream connect private", seconds=0.1, code=1006)
    for _ in range(2):
        async with Watcher(here) as watcher:
            await here.venue.until(lambda: watcher.error is not None)
    assert fault.hits >= 2


async def test_a_silent_stream_stays_open_and_says_nothing(here):
    async with Watcher(here) as watcher:
        here.venue.streams[0].silent = True
        await here.enter(59_000, client_id="a")
        here.venue.move(here.symbol, 59_000)
        await quiet(here)
        assert watcher.seen == []
        assert watcher.error is None
        assert len(here.venue.streams) == 1


async def test_a_dead_stream_is_given_up_by_ccxt(here):
    here.exchange.streaming["keepAlive"] = 100
    async with Watcher(here) as watcher:
        here.venue.streams[0].dead = True
        await here.venue.until(lambda: watcher.error is not None)
        assert isinstance(watcher.error, ccxt.RequestTimeout)


async def test_a_refused_connection_raises(here):
    here.faults.add("refuse connection", "stream connect private", at=1, status=503)
    with pytest.raises(ccxt.NetworkError):
        await soon(here.exchange.watch_orders())


async def test_a_refused_subscription_concerns_only_its_topic(here):
    other = "ETH/USDT:USDT"
    part = "ETHUSDT" if here.name != "binance" else "ethusdt"
    here.faults.add("refuse subscription", "stream subscribe", topic=part)
    with pytest.raises(ccxt.BaseError):
        await soon(here.exchange.watch_ohlcv(other, "1m"))
    candles = asyncio.create_task(here.exchange.watch_ohlcv(here.symbol, "1m"))
    await here.venue.until(lambda: any(one.topics for one in here.venue.streams))
    here.venue.move(here.symbol, 61_000)
    assert (await soon(candles))[-1][4] == 61_000


async def test_a_burst_of_messages_arrives_whole(here):
    candles = asyncio.create_task(here.exchange.watch_ohlcv(here.symbol, "1m"))
    await here.venue.until(lambda: any(one.topics for one in here.venue.streams))
    for step in range(300):
        here.venue.move(here.symbol, 60_000 + step)
    await soon(candles)
    await here.venue.until(lambda: here.exchange.ohlcvs[here.symbol]["1m"][-1][4] == 60_299)
