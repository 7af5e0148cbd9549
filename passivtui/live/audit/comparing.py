"""The fills of a replay against those of the bot: which belong together, where they differ, and what that cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import Market
from passivtui.exchanges.contract_value import cost_of, profit_of
from passivtui.live.audit.replay import ReplayedFill
from passivtui.live.orders import Side, class_of
from passivtui.storage.journal import LiveFillRow

#: Fills of the same order may be so far apart and still belong together; within one minute they agree.
_TOGETHER_MS: Final = 5 * MINUTE_MS
_AGREE_MS: Final = MINUTE_MS
_HALF: Final = 0.5 + 1e-6  # of a step


@dataclass(frozen=True, slots=True)
class Pair:
    """What the replay filled and what the bot filled of the same order; one of them may be missing.

    `cost` is what the bot has less by it than the replay, in quote, both valued at the same price, fees included.
    `value` is that of the larger of both, in quote, `shared` the part of it that both have at the same price and time.
    """

    expected: ReplayedFill | None
    live: tuple[LiveFillRow, ...]
    agrees: bool
    cost: float
    value: float
    shared: float

    @property
    def coin(self) -> str:
        return self.live[0].coin if self.expected is None else self.expected.coin

    @property
    def side(self) -> Side:
        if self.expected is not None:
            return self.expected.side
        return "long" if self.live[0].side == "long" else "short"

    @property
    def type(self) -> str:
        return self.live[0].type if self.expected is None else self.expected.type

    @property
    def minute_ms(self) -> int:
        """The beginning of the candle in which the replay filled; else of the one in which the bot did."""
        time_ms = self.live[0].time_ms if self.expected is None else self.expected.time_ms
        return (time_ms - 1) // MINUTE_MS * MINUTE_MS

    @property
    def live_qty(self) -> float:
        return sum(fill.qty for fill in self.live)

    @property
    def is_shifted(self) -> bool:
        """The same trade, but not in the same minute: what follows may differ."""
        return self.agrees and (self.live[0].time_ms - 1) // MINUTE_MS * MINUTE_MS != self.minute_ms

    @property
    def is_foreign(self) -> bool:
        """Somebody else's order."""
        return self.expected is None and not self.live[0].type


def compare(
    expected: Sequence[ReplayedFill],
    live: Sequence[LiveFillRow],
    markets: Mapping[str, Market],
    marks: Mapping[str, float],
) -> list[Pair]:
    """All fills of a stretch of time, paired, in order of time. `marks` are the prices at its end, by coin."""
    left = sorted(live, key=lambda fill: fill.time_ms)
    pairs = []
    for fill in expected:
        mine = _belonging(fill, left, markets[fill.coin])
        taken = {id(one) for one in mine}
        left = [one for one in left if id(one) not in taken]
        pairs.append(_pair(fill, tuple(mine), markets, marks))
    pairs += [_pair(None, (one,), markets, marks) for one in left]
    return sorted(pairs, key=lambda pair: pair.minute_ms)


def _belonging(fill: ReplayedFill, left: Sequence[LiveFillRow], market: Market) -> list[LiveFillRow]:
    """The bot's fills of the same order: those at the same price up to its quantity, else the nearest in time."""
    near = [one for one in left if _is_alike(fill, one)]
    near.sort(key=lambda one: (abs(one.time_ms - fill.time_ms), one.time_ms))
    same = [one for one in near if abs(one.price - fill.price) <= market.price_step * _HALF]
    if not same:
        return near[:1]
    found: list[LiveFillRow] = []
    for one in same:
        if abs(sum(f.qty for f in found) + one.qty) <= abs(fill.qty) + market.qty_step * _HALF or not found:
            found.append(one)
    return found


def _is_alike(fill: ReplayedFill, one: LiveFillRow) -> bool:
    return (
        (one.coin, one.side) == (fill.coin, fill.side)
        and bool(one.type)
        and class_of(one.type) is class_of(fill.type)
        and (one.qty > 0.0) == (fill.qty > 0.0)
        and abs(one.time_ms - fill.time_ms) <= _TOGETHER_MS
    )


def _pair(
    expected: ReplayedFill | None,
    live: tuple[LiveFillRow, ...],
    markets: Mapping[str, Market],
    marks: Mapping[str, float],
) -> Pair:
    coin = live[0].coin if expected is None else expected.coin
    market = markets.get(coin)
    if market is None:  # somebody else's business: a coin that the bot doesn't know
        return Pair(expected, live, False, 0.0, 0.0, 0.0)
    mark = marks.get(coin)
    gain = 0.0 if expected is None else _worth(market, expected.qty, expected.price, expected.fee, mark)
    got = sum(_worth(market, one.qty, one.price, _fee(market, one), mark) for one in live)
    wanted_value = 0.0 if expected is None else cost_of(market, expected.qty, expected.price)
    live_value = sum(cost_of(market, one.qty, one.price) for one in live)
    is_same = _is_at_the_same_price_and_time(expected, live, market)
    is_whole = expected is not None and abs(sum(one.qty for one in live) - expected.qty) <= market.qty_step * _HALF
    value, shared = max(wanted_value, live_value), min(wanted_value, live_value) if is_same else 0.0
    return Pair(expected, live, is_same and is_whole, gain - got, value, value if is_same and is_whole else shared)


def _worth(market: Market, qty: float, price: float, fee: float, mark: float | None) -> float:
    """What a trade has brought with its quantity valued at `mark`: summed over all trades, the change of equity."""
    side: Side = "long" if qty > 0.0 else "short"
    return (0.0 if mark is None else profit_of(market, side, price, mark, qty)) - fee


def _fee(market: Market, fill: LiveFillRow) -> float:
    return cost_of(market, fill.qty, fill.price) * market.maker_fee if fill.fee is None else fill.fee


def _is_at_the_same_price_and_time(expected: ReplayedFill | None, live: Sequence[LiveFillRow], market: Market) -> bool:
    if expected is None or not live:
        return False
    return all(
        abs(one.price - expected.price) <= market.price_step * _HALF
        and abs(one.time_ms - expected.time_ms) <= _AGREE_MS
        for one in live
    )
