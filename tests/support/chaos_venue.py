"""A chaos run on a local venue: the bot's process trades through its real adapter and unmodified ccxt, over loopback.

The venue lives here and survives; its time stands still until the bot waits. Kills strike at requests, before the venue
looks at them or before its answer is sent, and around the journal's writes.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from chaos_checks import Broken, Checker, Figures, JournalReader
from chaos_explained import Struck, unexplained
from chaos_line import Message, Reply, read_message, write_message
from chaos_nursery import Nursery
from chaos_sky import EXPOSURE, SIDE
from chaos_weather import Kill, kills
from venues import BinanceVenue, BybitVenue, Credentials, Fault, FaultPlan, LocalVenue, Market, VenueClock

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import Market as KnownMarket
from passivtui.exchanges.base import Order, OrderStatus, PositionSide
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.paper_books import Books, Holding, Resting
from passivtui.live.status import BotStatus
from passivtui.paths import Home

VENUES: dict[str, type[LocalVenue]] = {"binance": BinanceVenue, "bybit": BybitVenue}
COINS = ("BTC", "ETH")
SECRET = "planted-secret-3f9ac1d7"
_WRITES = {"create", "create batch", "cancel", "cancel batch", "cancel all"}
_CREATES = {"create", "create batch"}
_CRITICAL = {"positions": "positions", "balance": "balance", "open orders": "open_orders"}
_UNUSABLE = {"status", "html", "truncated", "malformed", "drop request", "rate limit", "ban"}  # answers
_OURS = re.compile(r"[a-z]{2}ptui[0-9a-z]{14}")
_SIDES: tuple[PositionSide, PositionSide] = ("long", "short")
_STEP_MS = 15_000  # between two prices
_BEGIN_MS = 1_767_225_600_000

CONFIG = """
[live]
approved_coins = ["BTC", "ETH"]
minimum_coin_age_days = 0
execution_delay_seconds = 1
mimic_backtest_1m_delay = false
leverage = 5
max_n_creations_per_batch = 50
max_n_cancellations_per_batch = 50
ohlcvs_1m_rolling_window_days = 0.2
pnls_max_lookback_days = 1
[bot.long]
n_positions = 2
total_wallet_exposure_limit = {limit}
entry_grid_spacing_pct = 0.004
{side}
[bot.short]
n_positions = 2
total_wallet_exposure_limit = {limit}
entry_grid_spacing_pct = 0.004
{side}
"""

Row = tuple[str, str, dict[str, Any]]  # kind, where, details
#: The dial of the local venues (`venues.faults`); the numbers of docs/reliability.md in front.
FAULTS: dict[str, tuple[Row, ...]] = {
    "1 answers to orders lost": (("drop reply", "create*", {"chance": 0.4}),),
    "2 orders lost": (("drop request", "create*", {"chance": 0.4}),),
    "3 orders show late": (("lag", "open orders", {"ms": 3000}), ("lag", "order", {"ms": 3000})),
    "4 502 for orders": (("status", "create*", {"chance": 0.4}), ("status after", "create*", {"chance": 0.3})),
    "5 part of a batch refused": (("refuse", "batch entry", {"chance": 0.3}),),
    "10 answers to cancellations lost": (("drop reply", "cancel*", {"chance": 0.5}),),
    "11 fills while it is cancelled": (("fill anyway", "cancel*", {"chance": 0.3}),),
    "13 fills repeated and out of order": (
        ("repeat rows", "fills", {"chance": 0.5}),
        ("reverse rows", "fills", {"chance": 0.5}),
    ),
    "17 asked too often": (("rate limit", "all", {"chance": 0.03, "retry_after": 5}),),
    "18 banned": (("ban", "reads", {"at": 1, "seconds": 120.0}),),
    "24 candles late": (("late candles", "candles", {"minutes": 4}),),
    "24 a candle revised": (("revised candle", "candles", {"chance": 0.3}),),
    "26 answers cut short": (("truncated", "reads", {"chance": 0.15}), ("malformed", "reads", {"chance": 0.1})),
    "26 HTML and wrong types": (("html", "reads", {"chance": 0.15}), ("wrong type", "reads", {"chance": 0.1})),
    "27 new fields": (("new field", "reads", {"chance": 0.5}),),
    "34 reads fail": (("status", "reads", {"chance": 0.2}), ("drop request", "reads", {"chance": 0.1})),
    "45 maintenance": (("maintenance", "writes", {}),),
}


def chaotic(make: type[LocalVenue], watch: Callable[..., Awaitable[web.StreamResponse]]) -> type[LocalVenue]:
    """The venue, each request of which passes by `watch`."""

    class Chaotic(make):  # type: ignore[valid-type, misc]
        async def _serve(self, request: web.Request) -> web.StreamResponse:
            return await watch(request, super()._serve)

    return Chaotic


class VenueBooks:
    """The venue's records in the shape of the checker's books."""

    def __init__(self, venue: LocalVenue) -> None:
        self._venue = venue
        self._symbols = {pair: market.symbol for pair, market in venue.matching.markets.items()}

    @property
    def balance(self) -> float:
        return float(self._venue.account.wallets["USDT"])

    @property
    def resting(self) -> dict[str, Resting]:
        return {one.id: Resting(None, self._order(one)) for one in self._venue.open_orders}  # type: ignore[arg-type]

    def _order(self, one: Any) -> Order:
        return Order(
            one.id,
            one.client_id,
            self._symbols[one.pair],
            one.side,
            one.position_side,
            float(one.qty),
            float(one.price or 0),
            float(one.filled),
            OrderStatus.OPEN,
            one.closes,
            one.created_ms,
        )

    @property
    def holdings(self) -> dict[tuple[str, Any], Holding]:
        return {
            (self._symbols[one.pair], one.side): Holding(float(one.size), float(one.entry_price))
            for one in self._venue.account.open_positions()
        }


class VenueChaos:
    """One run of `hours` simulated hours on `name`."""

    def __init__(self, nursery: Nursery, root: Path, name: str, seed: int, *, hours: float, kills_wanted: int) -> None:
        self._nursery, self._home, self._name, self._seed = nursery, Home(root), name, seed
        root.mkdir(parents=True, exist_ok=True)
        self._dice = random.Random(f"venue {seed}")
        self.clock = VenueClock(_BEGIN_MS)
        self.begins_ms, self.ends_ms = _BEGIN_MS, _BEGIN_MS + int(hours * 60) * MINUTE_MS
        self._faults = FaultPlan(seed)
        markets = [Market.linear(coin) for coin in COINS]
        self.venue = chaotic(VENUES[name], self._watch)(
            markets,
            {market.symbol: 1000.0 for market in markets},
            clock=self.clock,
            faults=self._faults,
            hedge=True,
            weight_limit=2400,
            check_time=False,
            credentials=Credentials("public-part", SECRET),
        )
        self._prices = {market.symbol: 1000.0 for market in markets}
        self.journal = JournalReader(self._home.database)
        books: Books = VenueBooks(self.venue)  # type: ignore[assignment]
        known = {
            m.symbol: KnownMarket(m.symbol, m.base, "USDT", 0.001, 0.1, 0.001, 5.0, 1.0, None, 0.0, 0.0)
            for m in markets
        }
        self.checker = Checker(self.journal, books, known, EXPOSURE / len(COINS), slack=1.05)
        self.figures: Figures = self.checker.figures
        self.struck: list[Struck] = []
        self.deaths: list[int] = []
        self._kills = kills(seed, self.begins_ms, self.ends_ms, kills_wanted, share_later=0.0)
        self._matching = 0
        self._pid = 0
        self._births = 0
        self._is_born = False
        self._storm_ms = self.begins_ms + 6 * MINUTE_MS
        self._calm_ms = 0
        self._blowing: list[Fault] = []
        self.active: list[str] = []
        self._next_price_ms = self.begins_ms
        self._broken: Broken | None = None
        self._stop_ms: int | None = None

    @property
    def moment(self) -> str:
        """When it is, and what the weather is like."""
        minute = (self.clock.now() - self.begins_ms) / MINUTE_MS
        return f"minute {minute:.1f}, {', '.join(self.active) or 'calm'}"

    @property
    def story(self) -> str:
        """Nothing: over sockets no two runs are alike to the byte."""
        return ""

    async def run(self) -> Figures:
        text = CONFIG.format(limit=EXPOSURE, side=SIDE)
        (self._home.root / "victim.toml").write_text(text)
        async with self.venue:
            while self.clock.now() < self.ends_ms:
                await self._one_life()
                self._pass_time_to(self.clock.now() + self._dice.choice((1_000, 5_000, 60_000)))
            self._calm()
            self._kills.clear()
            self._stop_ms = self.clock.now() + 3 * MINUTE_MS
            await self._one_life(to_its_end=True)
            self._look_back()
        return self.figures

    def _look_back(self) -> None:
        self.journal.refresh()
        ours = {one.client_id for one in self.venue.orders if is_ours(one.client_id)}
        self.figures.lost = len(ours - self.journal.created)
        open_ones = self.journal.rows("SELECT client_id FROM live_intents WHERE outcome IN ('', 'unresolved')")
        missing = unexplained(self.journal, self.struck, self.deaths)
        self.figures.unexplained = len(missing)
        self.figures.checks["explained"] += len(self.struck) + len(self.deaths)
        self.figures.orders, self.figures.fills = len(ours), len(self.venue.fills)
        if self.figures.lost or open_ones or missing:
            raise Broken(f"lost {self.figures.lost}, without an end {open_ones}, unexplained {missing[:5]}")
        if [one for one in self.venue.open_orders if not one.closes]:
            raise Broken("entries stay after a stop that keeps closes")
        self.journal.close()
        self._find_secrets()

    def _find_secrets(self) -> None:
        """I9: nothing on the disk has the key's secret, nor a signature of any request."""
        for path in sorted(self._home.root.rglob("*")):
            if path.is_file():
                self.figures.checks["I9"] += 1
                if SECRET.encode() in path.read_bytes():
                    raise Broken(f"I9: {path} holds the secret")

    # ------------------------------------------------------------ a bot's life

    async def _one_life(self, *, to_its_end: bool = False) -> None:
        self._births += 1
        self._is_born = False
        self.checker.born()
        reader, writer = await self._nursery.bear(
            home=str(self._home.root),
            seed=self._seed * 1000 + self._births,
            venue=self._name,
            rest_url=self.venue.rest_url,
            ws_url=self.venue.ws_url,
            key="public-part",
            secret=SECRET,
            timeout=3.0,
            listens=False,
        )
        try:
            while (message := await read_message(reader)) is not None:
                await self._serve(message, writer)
                if self._broken is not None:
                    raise self._broken
                if message.name == "over":
                    break
                if not to_its_end and self.clock.now() >= self.ends_ms and self._pid:
                    self._kill("")
            else:
                if self._pid or not self._is_born:
                    raise Broken("the bot's process ended by itself; its words are on stderr")
        finally:
            if self._broken is not None and self._pid:
                self._kill("")
            writer.close()
            self._pid = 0
            self.checker.born()
            await asyncio.sleep(0.02)  # what the dead had sent still arrives
        if self._broken is not None:
            raise self._broken

    async def _serve(self, message: Message, writer: asyncio.StreamWriter) -> None:
        result: Any = None
        if message.kind == "point":
            if message.name == "born":
                (self._pid,) = message.arguments
                self._is_born = True
            if message.name == "over" and self._stop_ms is None:
                (status,) = message.arguments
                self._broken = Broken(f"the bot ended by itself: {status.state}: {status.reason}")
            if self._is_due("journal") and message.name not in ("born", "over"):
                self._kill("at the journal")
                return
        elif message.kind == "advance":
            result = self._advance(*message.arguments)
        if self._pid:
            write_message(writer, Reply(message.number, self.clock.now(), result))
            await writer.drain()

    def _advance(self, until_ms: int, status: BotStatus) -> str | None:
        now = self.clock.now()
        try:
            minute = now // MINUTE_MS
            self.checker.waits(status, now, is_quiet=not self.active, minute_ms=minute)
        except Broken as broken:
            self._broken = broken
        self._pass_time_to(min(until_ms, self._stop_ms or until_ms) if self.checker.stopped_ms is None else until_ms)
        if self._stop_ms is not None and self.clock.now() >= self._stop_ms:
            self.checker.stopped_ms = self.checker.stopped_ms or self.clock.now()
            return "keep-closes"
        return None

    def _pass_time_to(self, until_ms: int) -> None:
        while self.clock.now() < until_ms:
            self.clock.advance(max(0, min(until_ms, self._next_price_ms) - self.clock.now()))
            if self.clock.now() >= self._next_price_ms:
                self._next_price_ms += _STEP_MS
                self._move()
        self._change_weather()

    def _move(self) -> None:
        for symbol, price in self._prices.items():
            self._prices[symbol] = max(100.0, round(price * (1.0 + self._dice.gauss(0.0, 0.0015)), 1))
            self.venue.move(symbol, self._prices[symbol])
        self.checker.disturbed()

    # ------------------------------------------------------------ requests

    async def _watch(
        self, request: web.Request, serve: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        endpoint = self.venue.endpoints.get((request.method, request.path))
        role = endpoint.role if endpoint is not None else ""
        try:
            if role in _WRITES:
                await self._check_write(request, role)
            if self._is_due("write" if role in _WRITES else "any"):
                return await self._kill_at(request, serve)
            response = await serve(request)
            self._note_answer(role)
        except Broken as broken:
            self._broken = broken
            raise
        return response

    async def _kill_at(
        self, request: web.Request, serve: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self._dice.random() < 0.5:
            self._kill("before a request is handled")
            return web.Response(status=500)
        response = await serve(request)
        self._kill("before its answer")
        return response

    async def _check_write(self, request: web.Request, role: str) -> None:
        now = self.clock.now()
        self.checker._check_write(now)
        if role in _CREATES:
            self.journal.refresh()
            sent = set(_OURS.findall(unquote(request.query_string) + await request.text()))
            self.figures.checks["I5"] += len(sent)
            if not sent <= self.journal.created:
                raise Broken(f"I5: {sent - self.journal.created} was sent without an intent in the journal")

    def _note_answer(self, role: str) -> None:
        record = self.venue.log.requests[-1]
        self.figures.checks["I8"] += 1
        if self.venue.used_weight > self.venue.weight_limit:
            raise Broken(f"I8: {self.venue.used_weight} of {self.venue.weight_limit} are used in a minute")
        if record.faults:
            self.figures.faults.update(record.faults)
            self.checker.disturbed()
        if role in _CRITICAL and _UNUSABLE & set(record.faults) and self.checker.knows_account:
            self.struck.append(Struck(self.clock.now(), "again in"))
        if "fill anyway" in record.faults:
            self.checker.touched()  # the answer says cancelled: only the next look can tell
        if record.handled and role in _CRITICAL:
            balance = type("Read", (), {"total": float(self.venue.account.wallets["USDT"])})
            self.checker.answered(_CRITICAL[role], balance, self.clock.now())
        created = self._symbols_in(str(record.params)) if role in _CREATES else set()
        self.checker.venue_holds([(symbol, side) for symbol in created for side in _SIDES])
        del self.venue.log.requests[:-200]

    def _symbols_in(self, text: str) -> set[str]:
        return {market.symbol for pair, market in self.venue.matching.markets.items() if pair in text}

    # ------------------------------------------------------------ kills and weather

    def _is_due(self, kind: str) -> bool:
        if not self._kills or self._kills[0].at_ms > self.clock.now() or not self._pid:
            return False
        kill: Kill = self._kills[0]
        if kill.of not in ("any", kind):
            return False
        self._matching += 1
        if self._matching < kill.nth:
            return False
        self._matching = 0
        self._kills.pop(0)
        return True

    def _kill(self, where: str) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._pid = 0
        if where:
            self.figures.kills[where] += 1
            self.deaths.append(self.clock.now())

    def _change_weather(self) -> None:
        now = self.clock.now()
        if self._blowing and now >= self._calm_ms:
            self._calm()
            self._storm_ms = now + self._dice.randint(5, 8) * MINUTE_MS
        elif not self._blowing and self._storm_ms <= now < self.ends_ms - 6 * MINUTE_MS and self._stop_ms is None:
            self.active = sorted(self._dice.sample(list(FAULTS), self._dice.randint(1, 3)))
            rows = [row for name in self.active for row in FAULTS[name]]
            self._blowing = [self._faults.add(kind, where, **details) for kind, where, details in rows]  # type: ignore[arg-type]
            self.venue.matching.pieces = self._dice.choice((1, 1, 3))
            if self._dice.random() < 0.4:
                self._by_others()
            self._calm_ms = now + self._dice.randint(4, 10) * MINUTE_MS

    def _by_others(self) -> None:
        """A deposit, a withdrawal, or a trade by hand."""
        what = self._dice.choice(("deposit", "withdrawal", "trade by hand"))
        self.figures.faults[what] += 1
        self.checker.touched()
        if what == "trade by hand":
            self.venue.matching.trade_by_hand(self.venue.pair("BTC/USDT:USDT"), "buy", Decimal("0.4"), "long")
        else:
            self.venue.matching.transfer("USDT", Decimal(2000 if what == "deposit" else -2000))
            if self.checker.knows_account and self._name == "binance":  # Bybit's fills don't tell what they won
                self.struck.append(Struck(self.clock.now(), "which no trade explains"))

    def _calm(self) -> None:
        for fault in self._blowing:
            fault.off()
        self._faults.faults.clear()
        self._blowing, self.active = [], []
        self.venue.matching.pieces = 1
        self.checker.disturbed()
