"""What a venue sends becomes a sane value or an error, whatever it is."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_world import paper_market

from passivtui.exchanges import readings
from passivtui.exchanges.base import Fill
from passivtui.exchanges.ccxt_readings import candle_from, ticker_from
from passivtui.exchanges.errors import Unreadable
from passivtui.exchanges.realised import with_realised_pnl
from passivtui.exchanges.windows import everything_between

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5), inside, max_size=4),
    max_leaves=5,
)


@given(value=ANYTHING)
def test_a_number_is_finite_or_refused(value: Any) -> None:
    try:
        assert math.isfinite(readings.number(value, "thing"))
    except Unreadable as error:
        assert len(str(error)) < 120


@given(value=ANYTHING)
def test_a_text_can_be_shown_or_is_refused(value: Any) -> None:
    try:
        assert readings.text(value, "thing").isprintable()
    except Unreadable as error:
        assert str(error).isprintable()


@pytest.mark.parametrize("value", [None, "", "null", "NaN", "inf", "1e999", "1_000", True, [], {}, 10**30, "0x10"])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        readings.number(value, "price")


@pytest.mark.parametrize("value", [0, "0", -1, "1e-400"])
def test_a_price_of_nothing_is_refused(value: object) -> None:
    with pytest.raises(Unreadable):
        readings.positive(value, "price")


def test_ids_stay_exact() -> None:
    assert readings.text(9_007_199_254_740_993, "id") == "9007199254740993"
    with pytest.raises(Unreadable):
        readings.text(9.007199254740993e15, "id")


@pytest.mark.parametrize(
    "row",
    [
        [],
        None,
        {},
        [0, 1, 1, 1, 1, 1],
        [1_735_689_600_000, 1, 0.5, 1, 1, 1],
        [1_735_689_600_000, 1, 2, 1.5, 1, 1],
        [1_735_689_600_000, None, 2, 1, 1, 1],
    ],
)
def test_a_candle_that_contradicts_itself_is_refused(row: object) -> None:
    with pytest.raises(Unreadable):
        candle_from(row)


def test_a_crossed_book_is_not_believed() -> None:
    ticker = ticker_from({"symbol": "BTC/USDT:USDT", "last": 100.0, "bid": 101.0, "ask": 99.0}, 1)
    assert ticker is not None and (ticker.bid, ticker.last, ticker.ask) == (100.0, 100.0, 100.0)
    assert ticker_from({"symbol": "BTC/USDT:USDT", "last": None, "bid": 101.0, "ask": 99.0}, 1) is None
    middle = ticker_from({"symbol": "BTC/USDT:USDT", "last": None, "bid": 99.0, "ask": 101.0}, 1)
    assert middle is not None and middle.last == 100.0


# ------------------------------------------------------------ pages


@given(
    times=st.lists(st.integers(0, 2_000), max_size=300, unique=True),
    window=st.integers(1, 900),
    size=st.integers(2, 40),
    newest_first=st.booleans(),
)
async def test_every_row_is_found_whichever_end_a_page_begins_at(
    times: list[int], window: int, size: int, newest_first: bool
) -> None:
    async def page(start: int, end: int) -> list[dict[str, Any]]:
        inside = sorted((time for time in times if start <= time <= end), reverse=newest_first)
        return [{"time": time} for time in inside[:size]]

    found = await everything_between(page, 0, 2_000, window, size)
    assert sorted({row["time"] for row in found}) == sorted(times)


# ------------------------------------------------------------ profits from fills


def trade(number: int, side: Any, qty: float, price: float) -> Fill:
    return Fill(str(number), "o", "", "BTC/USDT:USDT", side, "long", qty, price, 0.0, None, number)


def test_profits_are_computed_from_what_was_held() -> None:
    market = paper_market()
    fills = [trade(1, "buy", 1.0, 100.0), trade(2, "buy", 1.0, 90.0), trade(3, "sell", 1.5, 99.0)]
    done = with_realised_pnl([*fills, trade(4, "sell", 0.5, 85.0)], {market.symbol: market})
    assert [fill.pnl for fill in done] == [0.0, 0.0, pytest.approx(6.0), pytest.approx(-5.0)]


def test_the_profit_of_a_position_from_earlier_is_not_known() -> None:
    market = paper_market()
    done = with_realised_pnl([trade(1, "sell", 1.0, 100.0), trade(2, "buy", 1.0, 90.0)], {market.symbol: market})
    assert [fill.pnl for fill in done] == [None, 0.0]
