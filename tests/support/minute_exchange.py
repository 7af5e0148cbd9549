"""An exchange over recorded candles that fills as the backtest does, and a bot of nothing but `plan` trading on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.config import Config
from passivtui.core import ORDER_TYPES
from passivtui.core.rounding import position_after_fill, round_to_step
from passivtui.live import (
    AccountAges,
    Age,
    Candle,
    CandleHistory,
    CoinState,
    OpenOrder,
    Plan,
    PlannedOrder,
    PnlHistory,
    Position,
    Snapshot,
    VenueTraits,
    plan,
)
from passivtui.live.orders import SIDES, Side
from passivtui.live.snapshot import MarketRules

MINUTE_MS = 60_000
FRESH = Age(0, 60_000)
MOST_PASSES = 200


@dataclass(frozen=True)
class Fill:
    """The columns of the backtest's fills that a venue knows."""

    minute: int
    coin: int
    type: str
    qty: float
    price: float
    psize: float
    pprice: float
    pnl: float
    fee_paid: float
    balance: float


class MinuteExchange:
    """Positions, orders and balance; a candle fills what it trades strictly through (`spec/engine.md` §4.7)."""

    def __init__(self, coins: Sequence[str], markets: Sequence[MarketRules], balance: float, fee: float) -> None:
        self.coins, self.markets, self.balance, self.fee = coins, markets, balance, fee
        self.positions: dict[tuple[str, Side], tuple[float, float]] = {}
        self.orders: dict[str, tuple[OpenOrder, PlannedOrder]] = {}
        self.pnl = PnlHistory(0.0, 0.0)
        self.fills: list[Fill] = []
        self._sent = 0

    def apply(self, plan: Plan) -> None:
        for order in plan.cancellations:
            del self.orders[order.id]
        for kept in plan.kept:  # in the plan's order, which decides between equal prices
            del self.orders[kept.open.id]
            self.orders[kept.open.id] = kept.open, kept.planned
        for planned in plan.creations:
            self._sent += 1
            name = str(self._sent)
            opened = OpenOrder(name, name, planned.coin, planned.side, planned.qty, planned.price, planned.reduce_only)
            self.orders[name] = opened, planned

    def fill(self, minute: int, rows: NDArray[np.float64]) -> set[tuple[str, Side]]:
        """Fill what row `minute` trades through; which coins and sides had a fill."""
        filled = set()
        for side in SIDES:
            for index, coin in enumerate(self.coins):
                for planned in self._hit(coin, side, rows[index]):
                    if planned.part == "entry" or (coin, side) in self.positions:
                        self._execute(minute, index, planned)
                        filled.add((coin, side))
        return filled

    def _hit(self, coin: str, side: Side, row: NDArray[np.float64]) -> list[PlannedOrder]:
        """Closes before entries, the one nearest to the price first, and off the book."""
        towards = 1.0 if side == "long" else -1.0
        mine = [
            (name, planned)
            for name, (_, planned) in self.orders.items()
            if (planned.coin, planned.side) == (coin, side)
        ]
        hit = [(name, planned) for name, planned in mine if _trades_through(planned, row)]
        for name, _ in hit:
            del self.orders[name]
        closes = sorted((p for _, p in hit if p.part == "close"), key=lambda p: towards * p.price)
        entries = sorted((p for _, p in hit if p.part == "entry"), key=lambda p: -towards * p.price)
        return [*closes, *entries]

    def _execute(self, minute: int, index: int, planned: PlannedOrder) -> None:
        key, market, qty = (planned.coin, planned.side), self.markets[index], planned.qty
        size, price = self.positions.get(key, (0.0, 0.0))
        pnl = 0.0
        if planned.part == "close":
            left = round_to_step(size + qty, market.qty_step)
            if left * size < 0.0:
                left, qty = 0.0, -size
            way = planned.price - price if planned.side == "long" else price - planned.price
            pnl = (abs(qty) * market.c_mult) * way
            total = self.pnl.last + pnl
            self.pnl = PnlHistory(max(self.pnl.peak, total), total)
            size = left
        else:
            size, price = position_after_fill(size, price, qty, planned.price, market.qty_step)
        fee = (-((abs(qty) * planned.price) * market.c_mult)) * self.fee
        self.balance += pnl + fee
        if size == 0.0:
            del self.positions[key]
        else:
            self.positions[key] = size, price
        self.fills.append(Fill(minute, index, planned.type, qty, planned.price, size, price, pnl, fee, self.balance))


def _trades_through(planned: PlannedOrder, row: NDArray[np.float64]) -> bool:
    def reaches(price: float) -> bool:
        return bool(row[1] < price if planned.qty > 0.0 else row[0] > price)

    return reaches(planned.price) and (planned.fills_beyond is None or reaches(planned.fills_beyond))


class MinuteBot:
    """Follows the candles and asks `plan` at the end of each minute, until nothing is left to do."""

    def __init__(self, config: Config, exchange: MinuteExchange, hlcv: NDArray[np.float64]) -> None:
        self.config, self.exchange, self.hlcv = config, exchange, hlcv
        self.histories = {
            coin: CandleHistory(config, coin, keep_minutes=1440, from_first_trade=True) for coin in exchange.coins
        }
        self.last_fills: dict[tuple[str, Side], int] = {}
        self.approved = config.approved(exchange.coins)
        self._follow(0)

    def run(self) -> list[Fill]:
        """Trade the minutes that a backtest over the same rows trades (`spec/engine.md` §4.3)."""
        for minute in range(1, len(self.hlcv) - 1):
            for key in self.exchange.fill(minute, self.hlcv[minute]):
                self.last_fills[key] = minute * MINUTE_MS
            self._follow(minute)
            self.settle(minute)
        return self.exchange.fills

    def settle(self, minute: int) -> Plan:
        """Plan and apply until a plan asks for nothing; that plan."""
        for _ in range(MOST_PASSES):
            planned = plan(self.snapshot(minute))
            self.exchange.apply(planned)
            if planned.is_quiet:
                return planned
        raise AssertionError(f"minute {minute}: the plan finds no rest")

    def snapshot(self, minute: int) -> Snapshot:
        exchange, now_ms = self.exchange, (minute + 1) * MINUTE_MS
        return Snapshot(
            now_ms=now_ms,
            config=self.config,
            approved=self.approved,
            coins={coin: self._coin(index, coin, now_ms) for index, coin in enumerate(exchange.coins)},
            balance=exchange.balance,
            ages=AccountAges(FRESH, FRESH, FRESH, FRESH),
            positions=tuple(Position(coin, side, *held) for (coin, side), held in exchange.positions.items()),
            open_orders=tuple(opened for opened, _ in exchange.orders.values()),
            pnl=exchange.pnl,
            venue=VenueTraits(fills_as_backtest=True),
        )

    def _coin(self, index: int, coin: str, now_ms: int) -> CoinState:
        history = self.histories[coin]
        long, short = (
            history.side(side, last_fill_ms=self.last_fills.get((coin, side), now_ms), now_ms=now_ms) for side in SIDES
        )
        age = history.age(now_ms, MINUTE_MS)
        return CoinState(self.exchange.markets[index], history.close, age, long, short, listed_ms=0)

    def _follow(self, minute: int) -> None:
        for index, coin in enumerate(self.exchange.coins):
            self.histories[coin].follow(Candle(minute * MINUTE_MS, *self.hlcv[minute, index].tolist()))


def with_live(config: Config, **changes: Any) -> Config:
    """The config with other settings of `live`."""
    return dataclasses.replace(config, live=dataclasses.replace(config.live, **changes))


def first_difference(fills: Sequence[Fill], expected: NDArray[Any]) -> str:
    """Words about the first fill that is not the backtest's to the last bit, "" when all are."""
    for number, (got, want) in enumerate(zip(fills, expected, strict=False)):
        wanted = {
            "minute": int(want["minute"]),
            "coin": int(want["coin"]),
            "type": ORDER_TYPES[want["type"]],
            "balance": float(want["balance_usd_total"]),
        } | {name: float(want[name]) for name in ("qty", "price", "psize", "pprice", "pnl", "fee_paid")}
        for name, value in wanted.items():
            if getattr(got, name) != value:
                return f"fill {number} at minute {wanted['minute']}: {name} is {getattr(got, name)!r}, not {value!r}"
    return "" if len(fills) == len(expected) else f"{len(fills)} fills instead of {len(expected)}"
