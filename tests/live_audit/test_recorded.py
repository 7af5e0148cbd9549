"""Cycles come back as they were, whatever they hold and in however many pieces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_world import FIRST_MS, paper_market

from passivtui.clock import MINUTE_MS
from passivtui.core import Trailing
from passivtui.errors import DataError
from passivtui.live.candle_history import Candle
from passivtui.live.indicators import IndicatorState
from passivtui.live.modes import CoinMode, Mode
from passivtui.live.orders import SIDES, PlannedOrder
from passivtui.live.recorded import BookOrder, CyclePacker, CycleReader, HeldBack, RecordedCycle
from passivtui.live.snapshot import PnlHistory, Position

COINS = ("BTC", "ETH", "1000PEPE")
number = st.floats(allow_nan=False)
coin, side = st.sampled_from(COINS), st.sampled_from(SIDES)
legs: Any = st.tuples(coin, side)
doubles = st.lists(number, max_size=5).map(tuple)
candles = st.lists(st.tuples(number, number, number, number), min_size=1, max_size=3).map(
    lambda rows: tuple(Candle(FIRST_MS + n * MINUTE_MS, *row) for n, row in enumerate(rows))
)
cycles = st.builds(
    RecordedCycle,
    now_ms=st.integers(0, 2**45),
    config=st.text(max_size=12),
    balance=st.none() | number,
    sizing_balance=st.none() | number,
    commanded_mode=st.sampled_from(("", "panic")),
    hedge_mode=st.booleans(),
    follows_collateral=st.booleans(),
    modes=st.lists(st.builds(CoinMode, coin, side, st.sampled_from(Mode), st.text(max_size=9)), max_size=3).map(tuple),
    approved=st.fixed_dictionaries({"long": st.lists(coin).map(tuple), "short": st.lists(coin).map(tuple)}),
    markets=st.lists(coin, unique=True).map(lambda names: {name: paper_market(name) for name in names}),
    positions=st.lists(st.builds(Position, coin, side, number, number), max_size=3).map(tuple),
    trailing=st.dictionaries(legs, st.builds(Trailing, number, number, number, number)),
    last_fills=st.dictionaries(legs, st.integers(0, 2**45)),
    pnl=st.none() | st.builds(PnlHistory, number, number, st.integers(0, 9)),
    book=st.lists(st.builds(BookOrder, coin, side, number, number, st.booleans()), max_size=3).map(tuple),
    ideal=st.lists(
        st.builds(
            PlannedOrder,
            coin,
            side,
            number,
            number,
            st.just("entry_grid_normal_long"),
            st.sampled_from(("limit", "market")),
            st.none() | number,
        ),
        max_size=3,
    ).map(tuple),
    held_back=st.lists(st.builds(HeldBack, coin, side, st.text(), st.text()), max_size=3).map(tuple),
    errors=st.dictionaries(st.text(max_size=5), st.integers(0, 99)),
    closed_ms=st.dictionaries(coin, st.integers(0, 2**45)),
    candles=st.dictionaries(coin, candles),
    indicators=st.dictionaries(
        legs, st.builds(IndicatorState, doubles, st.integers(0, 9), number, doubles, doubles, number)
    ),
)


@settings(deadline=None)
@given(st.lists(st.tuples(cycles, st.booleans()), min_size=1, max_size=4))
def test_cycles_come_back_as_they_were(taken: list[tuple[RecordedCycle, bool]]) -> None:
    packer, reader = CyclePacker(), CycleReader()
    packed = [packer.pack(cycle, as_key=as_key) for cycle, as_key in taken]
    assert packed[0][0]
    assert [reader.read(*one) for one in packed] == [cycle for cycle, _ in taken]


def test_a_cycle_like_the_one_before_takes_few_bytes() -> None:
    orders = tuple(
        PlannedOrder(name, "long", 0.123 + n, 999.5 - n, "entry_grid_normal_long") for name in COINS for n in range(9)
    )
    packer = CyclePacker()
    first = RecordedCycle(FIRST_MS, "x", 1000.25, 1000.25, markets={c: paper_market(c) for c in COINS}, ideal=orders)
    _, whole = packer.pack(first)
    _, again = packer.pack(RecordedCycle(FIRST_MS + 1, "x", 1000.5, 1000.5, markets=first.markets, ideal=orders))
    assert len(again) < len(whole) / 5
    assert len(again) < 100


@pytest.mark.parametrize("data", [b"", b"nothing", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_bytes_that_are_no_cycle_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="damaged"):
        CycleReader().read(True, data)


def test_reading_can_not_begin_in_the_middle() -> None:
    packer = CyclePacker()
    packer.pack(RecordedCycle(1, "x", None, None))
    _, data = packer.pack(RecordedCycle(2, "x", None, None))
    with pytest.raises(DataError, match="in the middle"):
        CycleReader().read(False, data)
