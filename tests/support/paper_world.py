"""A paper venue whose market goes where a test says, minute by minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import Candle, Market
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.exchanges.virtual_clock import ManualClock

FIRST_MS = 1_735_689_600_000  # 2025-01-01


def paper_market(coin: str = "BTC", **changed: Any) -> Market:
    """A linear market of plain rules."""
    rules: dict[str, Any] = {
        "symbol": f"{coin}/USDT:USDT",
        "coin": coin,
        "quote": "USDT",
        "qty_step": 0.001,
        "price_step": 0.1,
        "min_qty": 0.001,
        "min_cost": 5.0,
        "c_mult": 1.0,
        "max_leverage": 50.0,
        "maker_fee": 0.0002,
        "taker_fee": 0.0005,
    }
    return Market(**{**rules, **changed})


class ScriptedFeed:
    """Candles that are made as they are needed: each goes from the price before to the next."""

    def __init__(self, markets: Sequence[Market], price: float) -> None:
        self.markets: Mapping[str, Market] = {market.symbol: market for market in markets}
        self.first_ms = FIRST_MS
        self._rows: list[tuple[float, float, float, float, float]] = [(price, price, price, price, 1.0)]

    @property
    def end_ms(self) -> int:
        return self.first_ms + len(self._rows) * MINUTE_MS

    def go_to(self, price: float) -> None:
        before = self._rows[-1][3]
        self._rows.append((before, max(before, price), min(before, price), price, 1.0))

    def row(self, symbol: str, minute_ms: int) -> Sequence[float] | None:
        number = (minute_ms - self.first_ms) // MINUTE_MS
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def page(self, symbol: str, first_ms: int, end_ms: int) -> tuple[Candle, ...]:
        times = range(self.first_ms, min(end_ms, self.end_ms), MINUTE_MS)
        return tuple(Candle(time, *row) for time, row in zip(times, self._rows, strict=False) if time >= first_ms)


class PaperWorld:
    """The `World` of the conformance tests. `dial` is the faults of the venue, by the number of the call."""

    def __init__(self, rules: PaperRules | None = None, state_path: Path | None = None, price: float = 1000.0) -> None:
        self.symbol, self.price, self.lot = "BTC/USDT:USDT", price, 0.1
        self.clock = ManualClock(FIRST_MS + MINUTE_MS)
        self.feed = ScriptedFeed([paper_market()], price)
        self.dial: dict[str, frozenset[int]] = {}
        self.chances: dict[str, float] = {}
        self._rules = rules or PaperRules(starting_balance=10_000.0, crossing="as_venues")
        self._state_path = state_path
        self.exchange = self.open()

    def open(self) -> PaperExchange:
        """A venue over the same market, as after a restart of the process."""
        self.exchange = PaperExchange(
            self.feed,
            self._rules,
            faults=PaperFaults(chance=self.chances, at_calls=self.dial),
            clock=self.clock,
            sleep=self.clock.sleep,
            state_path=self._state_path,
        )
        return self.exchange

    def now_ms(self) -> int:
        return self.clock()

    async def move(self, price: float) -> None:
        self.price = round(price, 1)
        self.feed.go_to(self.price)
        await self.clock.advance_to(self.feed.end_ms)

    async def remember(self, minutes: int) -> int:
        for _ in range(minutes):
            self.feed.go_to(self.price)
        await self.clock.advance_to(self.feed.end_ms)
        return self.feed.end_ms

    @contextmanager
    def during(self, fault: str) -> Iterator[None]:
        """The fault at every call while the block runs."""
        self.chances[fault] = 1.0
        try:
            yield
        finally:
            del self.chances[fault]

    def lose_next_create(self, *, taken: bool) -> None:
        self.dial["order_lost_taken" if taken else "order_lost_dropped"] = frozenset({1})

    def fail_next_read(self) -> None:
        self.dial["read_fails"] = frozenset({2})  # the first read loads the markets
