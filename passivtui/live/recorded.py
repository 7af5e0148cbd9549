"""One cycle of a bot as it is recorded: what it knew, what it wanted and why it did less, packed into few bytes.

A cycle is packed whole and compressed with the one before as the dictionary, so that only what changed takes room.
"""

from __future__ import annotations

import array
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Final

import msgpack

from passivtui.clock import MINUTE_MS
from passivtui.core import Trailing
from passivtui.errors import DataError
from passivtui.exchanges.base import Market
from passivtui.live.candle_history import Candle
from passivtui.live.indicators import IndicatorState
from passivtui.live.modes import CoinMode, Mode
from passivtui.live.orders import SIDES, PlannedOrder, Side
from passivtui.live.snapshot import PnlHistory, Position

_FORMAT: Final = 1
_DICTIONARY: Final = 32_768  # what zlib looks back to

Leg = tuple[str, Side]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An order that was not sent: gate and class in the words of `reasons.Gate` and `orders.OrderClass`."""

    coin: str
    side: Side
    gate: str
    kind: str


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order as it stood on the book when the cycle looked; `qty` is signed."""

    coin: str
    side: Side
    qty: float
    price: float
    is_ours: bool


@dataclass(frozen=True, slots=True)
class RecordedCycle:
    """What one cycle went by and what it wanted.

    `closed_ms` tells per coin when its newest candle closed. `candles` are those that are new since the cycle before,
    `indicators` are there for coins whose history began anew, and hold up to `closed_ms`. `errors` counts since the
    bot started. `config` is the digest of a config that is kept elsewhere.
    """

    now_ms: int
    config: str
    balance: float | None
    sizing_balance: float | None
    commanded_mode: str = ""
    hedge_mode: bool = True
    follows_collateral: bool = False  # the balance moves with the price of collateral
    approved: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    markets: Mapping[str, Market] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    trailing: Mapping[Leg, Trailing] = field(default_factory=dict)
    last_fills: Mapping[Leg, int] = field(default_factory=dict)
    pnl: PnlHistory | None = None
    book: tuple[BookOrder, ...] = ()
    ideal: tuple[PlannedOrder, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    modes: tuple[CoinMode, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict)
    closed_ms: Mapping[str, int] = field(default_factory=dict)
    candles: Mapping[str, tuple[Candle, ...]] = field(default_factory=dict)
    indicators: Mapping[Leg, IndicatorState] = field(default_factory=dict)


class CyclePacker:
    """Packs the cycles of one bot in their order."""

    def __init__(self) -> None:
        self._before: bytes | None = None

    def pack(self, cycle: RecordedCycle, *, as_key: bool = False) -> tuple[bool, bytes]:
        """Whether it can be read without the one before, and the bytes."""
        plain = _to_bytes(cycle)
        before = None if as_key else self._before
        self._before = plain
        if before is None:
            return True, zlib.compress(plain, 1)  # large, and seldom: it must not take long
        squeezing = zlib.compressobj(zdict=before[-_DICTIONARY:])
        return False, squeezing.compress(plain) + squeezing.flush()

    def forget(self) -> None:
        """The next one can be read by itself: those before got lost."""
        self._before = None


class CycleReader:
    """Reads what `CyclePacker` made, in the same order, beginning with a key."""

    def __init__(self) -> None:
        self._before: bytes | None = None
        self._markets: dict[tuple[Any, ...], Market] = {}  # a day of cycles has the same ones again and again

    def read(self, is_key: bool, data: bytes) -> RecordedCycle:
        """The next cycle. Raises DataError for bytes that are none."""
        try:
            if is_key:
                self._before = zlib.decompress(data)
            elif self._before is None:
                raise DataError("the recorded cycles begin in the middle; look at a later time")
            else:
                widening = zlib.decompressobj(zdict=self._before[-_DICTIONARY:])
                self._before = widening.decompress(data) + widening.flush()
            return _from_bytes(self._before, self._markets)
        except (zlib.error, ValueError, TypeError, LookupError, AttributeError) as error:
            raise DataError("a recorded cycle is damaged or was written by another version") from error


# ---------------------------------------------------------------- bytes

_MARKET, _POSITION, _BOOK, _ORDER, _HELD_BACK, _MODE, _PNL = (
    attrgetter(*(one.name for one in fields(kind)))
    for kind in (Market, Position, BookOrder, PlannedOrder, HeldBack, CoinMode, PnlHistory)
)


def _to_bytes(cycle: RecordedCycle) -> bytes:
    """Lists of plain values. What rarely changes comes first, so that it is found in the cycle before as one piece."""
    values = [
        _FORMAT,
        cycle.config,
        [list(cycle.approved.get(side, ())) for side in SIDES],
        [_MARKET(market) for market in cycle.markets.values()],
        (cycle.commanded_mode, cycle.hedge_mode, cycle.follows_collateral),
        [_MODE(mode) for mode in cycle.modes],
        list(cycle.errors.items()),
        [(*leg, time_ms) for leg, time_ms in cycle.last_fills.items()],
        [(*leg, *trailing) for leg, trailing in cycle.trailing.items()],
        [_POSITION(position) for position in cycle.positions],
        [_BOOK(order) for order in cycle.book],
        [_ORDER(order) for order in cycle.ideal],
        [_HELD_BACK(held_back) for held_back in cycle.held_back],
        None if cycle.pnl is None else _PNL(cycle.pnl),
        (cycle.balance, cycle.sizing_balance),
        [(*leg, *_state_values(state)) for leg, state in cycle.indicators.items()],
        cycle.now_ms,
        list(cycle.closed_ms.items()),
        [(coin, *_candle_values(candles)) for coin, candles in cycle.candles.items() if candles],
    ]
    return bytes(msgpack.packb(values))


def _from_bytes(packed: bytes, known: dict[tuple[Any, ...], Market]) -> RecordedCycle:
    values = msgpack.unpackb(packed, use_list=False)
    if values[0] != _FORMAT:
        raise ValueError("format")
    _, config, approved, markets, traits, modes, errors, last_fills, trailing, *rest = values
    commanded_mode, hedge_mode, follows_collateral = traits
    positions, book, ideal, held_back, pnl, (balance, sizing_balance), indicators, now_ms, closed_ms, candles = rest
    return RecordedCycle(
        now_ms,
        config,
        balance,
        sizing_balance,
        commanded_mode,
        hedge_mode,
        follows_collateral,
        dict(zip(SIDES, approved, strict=True)),
        {market.coin: market for market in (known.setdefault(row, Market(*row)) for row in markets)},
        tuple(Position(*row) for row in positions),
        {(coin, side): Trailing(*extremes) for coin, side, *extremes in trailing},
        {(coin, side): time_ms for coin, side, time_ms in last_fills},
        None if pnl is None else PnlHistory(*pnl),
        tuple(BookOrder(*row) for row in book),
        tuple(PlannedOrder(*row) for row in ideal),
        tuple(HeldBack(*row) for row in held_back),
        tuple(CoinMode(coin, side, Mode(mode), reason) for coin, side, mode, reason in modes),
        dict(errors),
        dict(closed_ms),
        {coin: _candles(first_ms, data) for coin, first_ms, data in candles},
        {(coin, side): _state(row) for coin, side, *row in indicators},
    )


def _state_values(state: IndicatorState) -> tuple[Any, ...]:
    return (
        state.emas,
        state.minutes,
        state.volume_total,
        _doubles(state.volumes),
        _doubles(state.ratios),
        state.newest_ratio,
    )


def _state(row: list[Any]) -> IndicatorState:
    emas, minutes, total, volumes, ratios, newest = row
    return IndicatorState(tuple(emas), minutes, total, _from_doubles(volumes), _from_doubles(ratios), newest)


def _candle_values(candles: tuple[Candle, ...]) -> tuple[int, bytes]:
    """They follow each other minute by minute, so the first time is enough."""
    return candles[0].open_ms, _doubles(v for c in candles for v in (c.high, c.low, c.close, c.volume))


def _candles(first_ms: int, data: bytes) -> tuple[Candle, ...]:
    values = _from_doubles(data)
    return tuple(
        Candle(first_ms + number * MINUTE_MS, *values[4 * number : 4 * number + 4])
        for number in range(len(values) // 4)
    )


def _doubles(values: Iterable[float]) -> bytes:
    return array.array("d", values).tobytes()


def _from_doubles(data: bytes) -> tuple[float, ...]:
    return tuple(array.array("d", data))
