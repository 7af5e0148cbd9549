"""What the strategy would have traded: from the state that a bot had at one moment, over the candles that followed.

The orders are those of `plan` acting as the backtest, and the fills those of the paper account, so that from a flat
start this is the backtest to the last bit (`spec/live.md` §9.1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from passivtui.clock import MINUTE_MS
from passivtui.config import Approved, Config
from passivtui.core import Trailing, follow_trailing
from passivtui.exchanges.base import Fill, Market, OrderRequest
from passivtui.exchanges.paper_account import PaperAccount, Refusal
from passivtui.exchanges.paper_books import Books, Holding
from passivtui.exchanges.paper_rules import Dice, PaperRules
from passivtui.live.audit.tape import Tape, follow
from passivtui.live.candle_history import Candle
from passivtui.live.orders import SIDES, PlannedOrder, Side, part_of
from passivtui.live.plan import plan
from passivtui.live.recorded import Leg, RecordedCycle
from passivtui.live.snapshot import (
    AccountAges,
    Age,
    CoinState,
    PnlHistory,
    Position,
    SideIndicators,
    Snapshot,
    Standing,
    VenueTraits,
)

_FRESH: Final = Age(0, MINUTE_MS)


@dataclass(frozen=True, slots=True)
class ReplayedFill:
    """A fill of the replay. `time_ms` is the end of its candle; `qty` is signed, `fee` what is paid."""

    time_ms: int
    coin: str
    side: Side
    type: str
    qty: float
    price: float
    fee: float


class Replay:
    """One stretch of time, begun from a recorded cycle at a full minute."""

    def __init__(self, state: RecordedCycle, begin_ms: int, config: Config, tape: Tape) -> None:
        live = dataclasses.replace(config.live, mimic_backtest_1m_delay=True)
        self._config = dataclasses.replace(config, live=live)
        self._tape = tape
        self._now_ms = begin_ms
        self._venue = VenueTraits(
            hedge_mode=state.hedge_mode,
            balance_follows_collateral=state.follows_collateral,
            fills_as_backtest=True,
        )
        self._approved = Approved(state.approved.get("long", ()), state.approved.get("short", ()))
        self._markets = dict(sorted(state.markets.items()))
        self._coins = {market.symbol: coin for coin, market in self._markets.items()}
        self._indicators = {coin: tape.indicators(self._config, coin, begin_ms) for coin in self._markets}
        self._closes = {coin: tape.close_at(coin, begin_ms) for coin in self._markets}
        self._trailing: dict[Leg, Trailing] = dict(state.trailing)
        self._catch_up(state)
        self._pnl = state.pnl
        self._sizing_balance = state.sizing_balance
        self._types: dict[str, str] = {}
        self._account = PaperAccount(
            {market.symbol: market for market in self._markets.values()}, PaperRules(), self._books(state), Dice(0)
        )

    def _catch_up(self, state: RecordedCycle) -> None:
        """Candles that came late for the bot belong to the extremes all the same."""
        for (coin, side), trailing in self._trailing.items():
            for open_ms in range(state.closed_ms.get(coin, self._now_ms), self._now_ms, MINUTE_MS):
                candle = self._tape.candle(coin, open_ms)
                trailing = trailing if candle is None else _trail(trailing, candle)
            self._trailing[coin, side] = trailing

    def _books(self, state: RecordedCycle) -> Books:
        books = Books(state.balance or 0.0, self._now_ms)
        for held in state.positions:
            if held.coin in self._markets:
                books.holdings[self._markets[held.coin].symbol, held.side] = Holding(held.size, held.price)
        return books

    def run(self, until_ms: int) -> list[ReplayedFill]:
        """Go on until a full minute; the fills on the way."""
        fills: list[ReplayedFill] = []
        while self._now_ms < until_ms:
            planned = plan(self._snapshot())
            self._sizing_balance = planned.sizing_balance
            self._place(planned.orders)
            self._now_ms += MINUTE_MS
            fills += self._match(self._now_ms - MINUTE_MS)
        return fills

    # ------------------------------------------------------------ orders and fills

    def _place(self, orders: Sequence[PlannedOrder]) -> None:
        """Put the orders on an empty book: what is on it at the end of a minute is all that can fill in the next."""
        self._account.books.resting.clear()
        for order in orders:
            client_id = f"replay-{len(self._types)}"
            self._types[client_id] = order.type
            request = OrderRequest(
                client_id,
                self._markets[order.coin].symbol,
                "buy" if order.qty > 0.0 else "sell",
                order.side,
                abs(order.qty),
                order.price,
                order.reduce_only,
                "limit",
                False,
                order.fills_beyond,
            )
            try:
                self._account.place(request, self._closes[order.coin], self._now_ms)
            except Refusal:  # as a venue would: then nothing of it can fill
                continue

    def _match(self, open_ms: int) -> list[ReplayedFill]:
        candles = {coin: self._tape.candle(coin, open_ms) for coin in self._markets}
        rows = {
            self._markets[coin].symbol: (candle.close, candle.high, candle.low, candle.close, 0.0)
            for coin, candle in candles.items()
            if candle is not None
        }
        self._account.match(rows, open_ms, open_ms + MINUTE_MS)
        filled = [self._take_in(fill) for fill in self._account.books.fills]
        self._account.books.fills.clear()
        self._account.take_news()
        for coin, candle in candles.items():
            self._follow(coin, candle)
        for fill in filled:  # extremes count from the candles after it
            self._trailing[fill.coin, fill.side] = Trailing()
        return filled

    def _follow(self, coin: str, candle: Candle | None) -> None:
        for side in SIDES:
            follow(self._indicators[coin][side], candle, self._closes[coin])
            if candle is not None and (coin, side) in self._trailing:
                self._trailing[coin, side] = _trail(self._trailing[coin, side], candle)
        if candle is not None:
            self._closes[coin] = candle.close

    def _take_in(self, fill: Fill) -> ReplayedFill:
        qty = fill.qty if fill.side == "buy" else -fill.qty
        if self._pnl is not None and fill.pnl is not None and part_of(fill.position_side, qty) == "close":
            total = self._pnl.last + fill.pnl
            self._pnl = PnlHistory(max(self._pnl.peak, total), total, self._pnl.pending)
        coin, order_type = self._coins[fill.symbol], self._types[fill.client_id]
        return ReplayedFill(fill.time_ms, coin, fill.position_side, order_type, qty, fill.price, fill.fee or 0.0)

    # ------------------------------------------------------------ the snapshot

    def _snapshot(self) -> Snapshot:
        books = self._account.books
        positions = tuple(
            Position(self._coins[symbol], side, holding.size, holding.price)
            for (symbol, side), holding in books.holdings.items()
            if holding.size != 0.0
        )
        return Snapshot(
            now_ms=self._now_ms,
            config=self._config,
            approved=self._approved,
            coins={coin: self._coin(coin, market) for coin, market in self._markets.items()},
            balance=books.balance,
            ages=AccountAges(_FRESH, _FRESH, _FRESH, _FRESH),
            positions=positions,
            pnl=self._pnl,
            venue=self._venue,
            last_sizing_balance=self._sizing_balance,
        )

    def _coin(self, coin: str, market: Market) -> CoinState:
        long, short = (self._side(coin, side) for side in SIDES)
        standing: Standing = "ineligible" if market.ineligible else "active" if market.is_active else "inactive"
        return CoinState(market, self._closes[coin], _FRESH, long, short, standing, market.ineligible, listed_ms=0)

    def _side(self, coin: str, side: Side) -> SideIndicators:
        known = self._indicators[coin][side]
        return SideIndicators(known.band, self._trailing.get((coin, side), Trailing()), known.volume, known.noisiness)


def _trail(trailing: Trailing, candle: Candle) -> Trailing:
    return follow_trailing(np.array([[candle.high, candle.low, candle.close]]), trailing)
