"""The invariants of a chaos run (docs/reliability.md), asserted from the venue's own records and the journal."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from passivtui.exchanges.base import CancelRequest, Market, Order, OrderRequest, PositionSide
from passivtui.exchanges.client_ids import is_ours
from passivtui.exchanges.paper_books import Books
from passivtui.live.status import BotStatus

ACCOUNT_LIMIT_MS: Final = 30_000
STOP_WITHIN_MS: Final = 75_000  # of reliability.md's I10: a minute, and the pass that was under way
CYCLES_TO_IDEAL: Final = 2
#: Gates by which the bot says that it waits, and for what.
WAITING: Final = {
    "missing input",
    "balance",
    "unresolved order",
    "recently sent",
    "refused by the venue",
    "leverage and margin",
    "unsettled coin",
}
_CRITICAL: Final = ("positions", "balance", "open_orders")


class Broken(AssertionError):
    """An invariant doesn't hold."""


@dataclass
class Figures:
    """What a run counted."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    cycles_to_ideal: Counter[int] = field(default_factory=Counter)
    cycles_with_waits: Counter[int] = field(default_factory=Counter)  # those counted that the bot said it waits
    orders: int = 0
    fills: int = 0
    cycles: int = 0
    lost: int = 0
    duplicates: int = 0
    unexplained: int = 0

    def add(self, other: Figures) -> None:
        for name in ("kills", "faults", "checks", "cycles_to_ideal", "cycles_with_waits"):
            getattr(self, name).update(getattr(other, name))
        for name in ("orders", "fills", "cycles", "lost", "duplicates", "unexplained"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class JournalReader:
    """What is on the disk, read by another process than the one that writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._last_intent = 0
        self.created: set[str] = set()  # client ids
        self.cancelled: set[str] = set()  # order ids

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
        with closing(self._connection.execute(sql, parameters)) as cursor:
            return cursor.fetchall()

    def refresh(self) -> None:
        """Take in the intents that were committed since the last time."""
        sql = "SELECT id, action, client_id, order_id FROM live_intents WHERE id > ?"
        for number, action, client_id, order_id in self.rows(sql, self._last_intent):
            self._last_intent = number
            if action == "create":
                self.created.add(client_id)
            else:
                self.cancelled.add(order_id)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Checker:
    """Told of everything that passes between bot and venue; raises Broken at the first thing that must not be."""

    def __init__(
        self, journal: JournalReader, books: Books, markets: Mapping[str, Market], limit: float, slack: float = 1.011
    ) -> None:
        """`limit`: wallet exposure of one coin and side; `slack`: a multiple of it, the engine's own tolerance of 1 %,
        or the steps in which orders are sized where collateral moves the balance."""
        self.figures = Figures()
        self._journal = journal
        self._books = books
        self._markets = markets
        self._limit, self._slack = limit, slack
        self._read_ms: dict[str, int] = {}
        self._balances: list[float] = []
        self._silent_until_ms = 0
        self._limited_ms = 0
        self._passes = self._since_fault = self._cycles = 0
        self._is_ideal = False
        self._minute_ms = 0
        self._is_touched = False  # by others, since the account was read
        self.is_journal_full = False
        self.stopped_ms: int | None = None

    # ------------------------------------------------------------ a process's life

    def born(self) -> None:
        """A new process knows nothing yet."""
        self._read_ms.clear()
        self._silent_until_ms = self._cycles = 0
        self.disturbed()

    @property
    def knows_account(self) -> bool:
        """Whether this process has read anything yet that may be found changed."""
        return "balance" in self._read_ms

    def disturbed(self) -> None:
        """Something happened after which the bot may need a few passes."""
        self._passes, self._since_fault, self._is_ideal = 0, 0, False

    def touched(self) -> None:
        """Somebody else changed the account: the bot can't know before it reads."""
        self._is_touched = True
        self.disturbed()

    # ------------------------------------------------------------ reads

    def asked(self, name: str, sent_ms: int, now_ms: int) -> None:
        """I8: while the venue asks for a pause nothing is asked that was sent after it had said so."""
        self.figures.checks["I8"] += 1
        if self._limited_ms < sent_ms < self._silent_until_ms:
            raise Broken(f"I8: {name} was asked {self._silent_until_ms - sent_ms} ms before the venue's pause was over")

    def limited(self, seconds: float, now_ms: int) -> None:
        self._limited_ms = now_ms
        self._silent_until_ms = now_ms + int(seconds * 1000.0)

    def answered(self, name: str, result: Any, now_ms: int) -> None:
        if name in _CRITICAL:
            self._read_ms[name] = now_ms
        if name == "balance":
            self._balances = [*self._balances[-3:], result.total]
        if name == "positions":
            self._is_touched = False

    # ------------------------------------------------------------ writes

    def _check_write(self, now_ms: int) -> None:
        self.figures.checks["I4"] += 1
        for name in _CRITICAL:
            read_ms = self._read_ms.get(name)
            if read_ms is None or now_ms - read_ms > ACCOUNT_LIMIT_MS:
                age = "never read" if read_ms is None else f"{now_ms - read_ms} ms old"
                raise Broken(f"I4: a write while {name} is {age}")
        self.figures.checks["I10"] += 1
        if self.stopped_ms is not None and now_ms > self.stopped_ms + STOP_WITHIN_MS:
            raise Broken(f"I10: a write {now_ms - self.stopped_ms} ms after the stop")

    def creates(self, requests: Sequence[OrderRequest], now_ms: int) -> None:
        """Before the venue gets them."""
        self._check_write(now_ms)
        self._journal.refresh()
        for request in requests:
            self.figures.checks["I5"] += 1
            if request.client_id not in self._journal.created:
                if not (self.is_journal_full and request.reduce_only):
                    raise Broken(f"I5: {request.client_id} was sent without an intent in the journal")
                self._journal.created.add(request.client_id)
            is_close = (request.side == "sell") == (request.position_side == "long")
            if is_close != request.reduce_only:
                raise Broken(f"I3: {request.client_id} closes {is_close} and is reduce-only {request.reduce_only}")
            if self._balances and self._balances[-1] <= 0.0:
                raise Broken(f"{request.client_id} was sent while the balance reads 0")

    def cancels(self, requests: Sequence[CancelRequest], now_ms: int) -> None:
        self._check_write(now_ms)
        self._journal.refresh()
        for request in requests:
            self.figures.checks["I5"] += 1
            if request.order_id not in self._journal.cancelled and not self.is_journal_full:
                raise Broken(f"I5: {request.order_id} was cancelled without an intent in the journal")
            if request.client_id and not is_ours(request.client_id):
                raise Broken(f"{request.client_id} is somebody else's and was cancelled")

    # ------------------------------------------------------------ after every step

    def venue_holds(self, entered: Iterable[tuple[str, PositionSide]] = ()) -> None:
        """I1 to I3 on the venue's books; `entered`: symbols and sides for which the step sent entries."""
        books = self._books
        ours = [one.order for one in books.resting.values() if is_ours(one.order.client_id)]
        self.figures.checks["I1"] += 1
        ids = Counter(order.client_id for order in ours)
        keys = Counter((o.symbol, o.position_side, o.side, o.qty, o.price) for o in ours)
        twins = [key for key, number in (*ids.items(), *keys.items()) if number > 1]
        if twins:
            self.figures.duplicates += 1
            there = [(o.client_id, o.symbol, o.side, o.qty, o.price, o.time_ms) for o in ours]
            raise Broken(f"I1: on the book twice: {twins} of {there}")
        self.figures.checks["I3"] += 1
        for (symbol, of), holding in books.holdings.items():
            if holding.size < 0.0 if of == "long" else holding.size > 0.0:
                raise Broken(f"I3: the {of} position of {symbol} is {holding.size}")
        if not self._is_touched:
            for symbol, side in entered:
                self._check_exposure(symbol, side, ours)

    def _check_exposure(self, symbol: str, side: PositionSide, ours: Sequence[Order]) -> None:
        """I2: position and open entries within the limit, and one rounding step of quantity beyond."""
        self.figures.checks["I2"] += 1
        balance = max(self._balances, default=self._books.balance)
        entries = [o for o in ours if o.symbol == symbol and o.position_side == side and not o.reduce_only]
        if entries:
            holding = self._books.holdings.get((symbol, side))
            cost = 0.0 if holding is None else abs(holding.size) * holding.price
            cost += sum(order.remaining * order.price for order in entries)
            market = self._markets[symbol]
            step = max(order.price for order in entries) * market.qty_step * (1 + len(entries))
            if cost > self._limit * balance * self._slack + step:
                held = "nothing" if holding is None else f"{holding.size} at {holding.price}"
                there = [(order.client_id, order.remaining, order.price, order.time_ms) for order in entries]
                comes = f"{cost / balance:.4f} of {balance}, limit {self._limit}"
                raise Broken(f"I2: {symbol} {side} comes to {comes}: held {held}, entries {there}")

    # ------------------------------------------------------------ at rest

    def waits(self, status: BotStatus, now_ms: int, *, is_quiet: bool, minute_ms: int) -> None:
        """After each pass, in what the bot shows: I6 and I7 while nothing disturbs."""
        if status.rates.cycles == self._cycles:
            return  # it waits on, without having looked again
        self._cycles = status.rates.cycles
        self.figures.cycles += 1
        if minute_ms != self._minute_ms:
            self._minute_ms = minute_ms
            self.disturbed()
        if not is_quiet or status.state != "running":
            self.disturbed()
            return
        if status.unresolved or any(row.gate in WAITING for row in status.withheld):
            self._passes, self._since_fault = 0, self._since_fault + 1
            return
        self._passes += 1
        self._since_fault += 1
        missing, needless = self._differences(status)
        if missing or needless:
            if self._passes > CYCLES_TO_IDEAL:
                shown = [(row.coin, row.side, row.standing, row.qty, row.price) for row in status.orders]
                gates = [(row.coin, row.side, row.gate, row.text) for row in status.withheld]
                raise Broken(
                    f"I7: after {self._passes} passes missing {missing}, needless {needless}; {shown}; {gates}"
                )
            return
        if not self._is_ideal:
            self._is_ideal = True
            self.figures.cycles_to_ideal[self._passes] += 1
            self.figures.cycles_with_waits[self._since_fault] += 1
        self.figures.checks["I7"] += 1
        self._same_account(status)

    def _differences(self, status: BotStatus) -> tuple[list[Any], list[Any]]:
        coins = {market.symbol: market.coin for market in self._markets.values()}
        wanted = Counter(
            (row.coin, row.side, round(row.qty, 9), round(row.price, 9))
            for row in status.orders
            if row.standing in ("as planned", "to create", "unknown") and row.execution == "limit"
        )
        there = Counter(
            (
                coins[o.symbol],
                o.position_side,
                round(o.remaining if o.side == "buy" else -o.remaining, 9),
                round(o.price, 9),
            )
            for o in (one.order for one in self._books.resting.values())
            if is_ours(o.client_id)
        )
        return list((wanted - there).elements()), list((there - wanted).elements())

    def _same_account(self, status: BotStatus) -> None:
        """I6, once the last pass sent nothing."""
        if any(row.standing == "to create" for row in status.orders):
            return
        self.figures.checks["I6"] += 1
        coins = {market.symbol: market.coin for market in self._markets.values()}
        held = {(row.coin, row.side): (round(row.size, 9), round(row.price, 5)) for row in status.positions}
        true = {
            (coins[symbol], side): (round(holding.size, 9), round(holding.price, 5))
            for (symbol, side), holding in self._books.holdings.items()
            if holding.size != 0.0
        }
        if held != true or status.balance is None or abs(status.balance - self._books.balance) > 1e-6:
            raise Broken(f"I6: the bot has {held} and {status.balance}, the venue {true} and {self._books.balance}")
