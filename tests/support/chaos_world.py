"""A chaos run: a paper venue that survives, bots in processes that don't, weather, and a checker after every step.

The venue lives in this process on a clock that this process moves. A bot's process asks it over a line (`chaos_line`)
and is killed with SIGKILL at messages drawn from the seed; the next one is forked from a warm nursery. For the same
seed the story is the same, to the hash of everything that was said, unless kills "later" are wanted: those strike at a
moment of real time, wherever the process is, also within a commit.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from chaos_checks import Broken, Checker, Figures, JournalReader
from chaos_explained import unexplained
from chaos_line import Message, Reply, as_error, read_message, write_message
from chaos_nursery import Nursery
from chaos_sky import EXPOSURE, PaperSky
from chaos_weather import Kill, kills
from live_bots import BALANCE, lively_feed

from passivtui.clock import MINUTE_MS
from passivtui.errors import VenueError
from passivtui.exchanges.base import Market, OutcomeKind
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.errors import AuthError, RateLimited
from passivtui.exchanges.events import Event
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperRules
from passivtui.exchanges.virtual_clock import ManualClock
from passivtui.paths import Home

COINS = ("BTC", "ETH", "SOL")
_WARM_UP = 90 * MINUTE_MS  # of candles before the bot's first look
_DOWN = (1.0, 1.0, 5.0, 60.0, 300.0)  # seconds of the market until a killed bot is started again
_PATIENCE = 60.0  # real seconds in which a bot says something
_TURNS = 30


class Gone(Exception):
    """The bot's process is no more."""


class ChaosWorld:
    """One run of `hours` simulated hours. `run` raises Broken at the first invariant that does not hold."""

    def __init__(
        self, nursery: Nursery, root: Path, seed: int, *, hours: float, kills_wanted: int, share_later: float = 0.0
    ) -> None:
        self._nursery = nursery
        self._home = Home(root)
        self._dice = random.Random(f"world {seed}")
        self._seed = seed
        root.mkdir(parents=True, exist_ok=True)
        minutes = int(hours * 60) + _WARM_UP // MINUTE_MS
        self._feed = lively_feed(COINS, minutes=minutes + 30, seed=seed)
        self.begins_ms = self._feed.first_ms + _WARM_UP
        self.ends_ms = self.begins_ms + int(hours * 60) * MINUTE_MS
        self.clock = ManualClock(self.begins_ms)
        self._rules = PaperRules(
            starting_balance=BALANCE,
            seed=seed,
            crossing="as_venues" if seed % 2 else "rests",
            checks_margin=seed % 3 == 0,
            visibility_lag_ms=0 if seed % 2 else 1_500,
        )
        self.venue = PaperExchange(self._feed, self._rules, clock=self.clock, sleep=self.clock.sleep)
        self._account = self.venue._account
        self.journal = JournalReader(self._home.database)
        self.checker = Checker(self.journal, self._account.books, self._markets, EXPOSURE / len(COINS))
        self.figures: Figures = self.checker.figures
        self.deaths: list[int] = []
        self._sky = PaperSky(seed, root, self.venue, self._rules, self.clock, self.ends_ms, self.checker)
        self._kills = kills(seed, self.begins_ms, self.ends_ms, kills_wanted, share_later=share_later)
        self._matching = 0
        self._news: list[Event] = []
        self._pumping: asyncio.Task[None] | None = None
        self._pid = 0
        self._births = 0
        self._stop_at_ms: int | None = None
        self._stop_word: str | None = None
        self._story = hashlib.sha256()

    @property
    def _markets(self) -> dict[str, Market]:
        markets = self._feed.markets
        assert isinstance(markets, dict)
        return markets

    @property
    def moment(self) -> str:
        """When it is, and what the weather is like."""
        minute = (self.clock() - self.begins_ms) / MINUTE_MS
        return f"minute {minute:.1f}, {', '.join(sorted(self._sky.active)) or 'calm'}"

    @property
    def story(self) -> str:
        """The hash of everything that was said and answered."""
        return self._story.hexdigest()

    # ------------------------------------------------------------ the run

    async def run(self) -> Figures:
        """Bots come and go until the time is over; the last is stopped, and everything must be explained."""
        while self.clock() < self.ends_ms:
            await self._one_life()
            if self.clock() < self.ends_ms:
                await self._pass_time(int(self._dice.choice(_DOWN) * 1000.0))
        await self._last_life()
        self._explain()
        self.figures.orders = sum(is_ours(one.client_id) for one in self._all_orders())
        self.figures.fills = len(self._account.books.fills)
        self.journal.close()
        return self.figures

    async def _one_life(self, *, to_its_end: bool = False) -> None:
        reader, writer = await self._bear()
        try:
            while (message := await self._next(reader)) is not None:
                await self._serve(message, writer)
                if message.name == "over":
                    break
                if not to_its_end and self.clock() >= self.ends_ms:
                    self._kill("end")
            else:
                raise Broken("the bot's process ended by itself; its words are on stderr")
        except Gone:
            pass
        finally:
            writer.close()
            self._pid = 0
            self.checker.born()
            if self._pumping is not None:
                self._pumping.cancel()
                await asyncio.gather(self._pumping, return_exceptions=True)
                self._pumping = None
            self._news.clear()

    async def _next(self, reader: asyncio.StreamReader) -> Any:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await read_message(reader)
        except TimeoutError:
            os.kill(self._pid, signal.SIGUSR1)
            raise Broken(f"the bot says nothing any more at {self.clock()}") from None

    async def _bear(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._births += 1
        self.checker.born()
        return await self._nursery.bear(home=str(self._home.root), seed=self._seed * 1000 + self._births)

    async def _last_life(self) -> None:
        """Without weather: it comes to rest, is stopped, and has nothing open left."""
        self._sky.clear_up()
        self._kills.clear()
        self._stop_at_ms = self.clock() + 3 * MINUTE_MS
        self._stop_word = self._dice.choice(("leave", "keep-closes", "cancel-all", "close-positions"))
        await self._one_life(to_its_end=True)
        if self.checker.stopped_ms is None or self.clock() > self.checker.stopped_ms + 75_000:
            raise Broken(f"I10: stopped at {self.checker.stopped_ms}, over at {self.clock()}")
        ours = [one.order for one in self._account.books.resting.values() if is_ours(one.order.client_id)]
        left = [one for one in ours if not (self._stop_word == "leave" or one.reduce_only)]
        if left or (self._stop_word in ("cancel-all", "close-positions") and ours):
            raise Broken(f"after {self._stop_word} there are {ours}")
        if self._stop_word == "close-positions" and self._account.positions():
            raise Broken("after close-positions something is held")

    # ------------------------------------------------------------ serving

    async def _serve(self, message: Message, writer: asyncio.StreamWriter) -> None:
        self._note(message)
        self._sky.change()
        kill = self._due_kill(message)
        if kill is not None and kill.phase == "before":
            self._kill(f"before {_kind(message)}")
        result: Any = None
        error = None
        try:
            result = await self._do(message)
        except VenueError as refusal:
            error = as_error(refusal)
        if kill is not None and kill.phase == "after":
            self._kill(f"after {_kind(message)}")
        reply = Reply(message.number, self.clock(), result, error, self._sky.skew_ms, tuple(self._news))
        self._news.clear()
        write_message(writer, reply)
        await writer.drain()
        if kill is not None:
            await asyncio.sleep(kill.later)
            self._kill("anywhere")

    async def _do(self, message: Message) -> Any:
        if message.kind == "point":
            return self._point(message)
        if message.kind == "advance":
            return await self._advance(*message.arguments)
        if message.name == "listen":
            self._pumping = asyncio.create_task(self._pump())
            return None
        return await self._call(message)

    def _point(self, message: Message) -> Any:
        if message.name == "born":
            (self._pid,) = message.arguments
            return self.venue.traits
        if message.name == "over":
            (status,) = message.arguments
            may_end = "key" in status.reason or (
                "victim.toml" in status.reason and "config half written" in self._sky.active
            )
            if self._stop_word is None and not may_end:
                raise Broken(f"the bot ended by itself: {status.state}: {status.reason}")
        if message.name.startswith("before") and "disk full" in self._sky.active:
            self._sky.strike("no space left on device")
            return "disk full"
        return None

    async def _call(self, message: Message) -> Any:
        name, now = message.name, self.clock()
        self.checker.asked(name, message.sent_ms, now)
        if name in ("create_orders", "cancel_orders"):
            return await self._write(message)
        try:
            self._sky.refuse(name)
            result = await self._in_time(getattr(self.venue, name)(*message.arguments, **message.options))
        except RateLimited as error:
            self.checker.limited(error.retry_after_seconds, self.clock())
            self._sky.strike(str(error))
            raise
        except VenueError as error:
            self._sky.strike(str(error))
            raise
        result = self._sky.bent(name, result)
        self.checker.answered(name, result, self.clock())
        return result

    async def _write(self, message: Message) -> Any:
        (requests,) = message.arguments
        checking = self.checker.creates if message.name == "create_orders" else self.checker.cancels
        checking(requests, self.clock())
        if "key refused" in self._sky.active:
            self._sky.strike("the key is not accepted (rehearsed)")
            raise AuthError("the key is not accepted (rehearsed)")
        outcomes = await self._in_time(getattr(self.venue, message.name)(requests, **message.options))
        for outcome in outcomes:
            if outcome.kind is not OutcomeKind.CONFIRMED:
                self._sky.strike(outcome.message, outcome.client_id)
        entries = [one for one in requests if message.name == "create_orders" and not one.reduce_only]
        self.checker.venue_holds({(one.symbol, one.position_side) for one in entries})
        return outcomes

    async def _in_time(self, work: Awaitable[Any]) -> Any:
        """The venue's answer; when it takes its time, the clock goes on."""
        working = asyncio.ensure_future(work)
        while True:
            for _ in range(_TURNS):
                if working.done():
                    return working.result()
                await asyncio.sleep(0)
            wake = self.clock.next_wake_ms
            assert wake is not None, "the venue waits for nothing"
            await self.clock.advance_to(wake)

    async def _advance(self, until_ms: int, status: Any) -> str | None:
        self.checker.waits(status, self.clock(), is_quiet=self._sky.is_quiet, minute_ms=self.venue.settled_ms)
        fault_ends = [] if self._sky.changes_ms is None else [self._sky.changes_ms]
        stop = [self._stop_at_ms] if self._stop_at_ms is not None and self.checker.stopped_ms is None else []
        await self._pass_time_to(min([until_ms, *fault_ends, *stop]))
        self._sky.change()
        if self._stop_at_ms is not None and self.clock() >= self._stop_at_ms:
            self.checker.stopped_ms = self.checker.stopped_ms or self.clock()
            return self._stop_word
        return None

    async def _pass_time_to(self, until_ms: int) -> None:
        """Until then, or until there is news."""
        while self.clock() < until_ms and not self._news:
            wake = self.clock.next_wake_ms
            await self.clock.advance_to(until_ms if wake is None else min(wake, until_ms))
            for _ in range(4):
                await asyncio.sleep(0)
        self.venue.settle()
        self.checker.venue_holds()

    async def _pass_time(self, milliseconds: int) -> None:
        """While no bot lives."""
        await self.clock.advance_to(self.clock() + milliseconds)
        self.venue.settle()
        self._sky.change()
        self.checker.disturbed()

    async def _pump(self) -> None:
        self.venue._is_closed = False
        self.venue.watch_candles(list(self._markets))
        self.venue._news.clear()
        async for event in self.venue.events():
            self._news.append(event)

    # ------------------------------------------------------------ kills

    def _due_kill(self, message: Message) -> Kill | None:
        if not self._kills or self._kills[0].at_ms > self.clock() or not self._pid or message.name == "over":
            return None
        kill = self._kills[0]
        if kill.of != "any" and kill.of != _kind(message):
            return None
        self._matching += 1
        if self._matching < kill.nth:
            return None
        self._matching = 0
        return self._kills.pop(0)

    def _kill(self, where: str) -> None:
        os.kill(self._pid, signal.SIGKILL)
        if where != "end":
            self.figures.kills[where] += 1
        self.deaths.append(self.clock())
        raise Gone

    # ------------------------------------------------------------ afterwards

    def _all_orders(self) -> list[Any]:
        books = self._account.books
        return [*(one.order for one in books.resting.values()), *books.finished.values()]

    def _explain(self) -> None:
        """Every order is in the journal, every intent has an end, every fault is told of, every kill too."""
        self.journal.refresh()
        lost = [o.client_id for o in self._all_orders() if is_ours(o.client_id)]
        self.figures.lost = len(set(lost) - self.journal.created)
        if self.figures.lost:
            raise Broken(f"{self.figures.lost} orders of ours are not in the journal")
        open_ones = self.journal.rows("SELECT client_id FROM live_intents WHERE outcome IN ('', 'unresolved')")
        if open_ones:
            raise Broken(f"nobody knows the end of {open_ones}")
        missing = unexplained(self.journal, self._sky.struck, [at for at in self.deaths if at < self.ends_ms])
        self.figures.unexplained = len(missing)
        self.figures.checks["explained"] += len(self._sky.struck) + len(self.deaths)
        if missing:
            raise Broken(f"the journal says nothing of {len(missing)} faults: {missing[:5]}")

    def _note(self, message: Message) -> None:
        arguments = () if message.kind != "call" else message.arguments
        told = f"{self.clock()} {message.kind} {message.name} {arguments!r} {message.options!r}\n"
        self._story.update(told.encode())


def _kind(message: Message) -> str:
    if message.name in ("create_orders", "cancel_orders"):
        return "write"
    return "journal" if message.kind == "point" and message.name not in ("born", "over") else "any"
