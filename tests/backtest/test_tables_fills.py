"""The table of fills: rows made on demand, found by words, dates and times, sorted by numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import FIRST_MS, MINUTE_MS, STORY, hand_made

from passivtui.backtest.fill_table import KIND_OF_TYPE, FillTable, decimals_of
from passivtui.backtest.order_texts import ORDER_TEXTS, fill_answer
from passivtui.core import ORDER_TYPES


@pytest.fixture
def fills() -> FillTable:
    return FillTable(hand_made(STORY))


def test_a_row_is_a_fill_in_words_and_numbers(fills: FillTable) -> None:
    row = fills.row(3)
    assert (row.time_ms, row.coin, row.side, row.type) == (
        FIRST_MS + 30 * MINUTE_MS,
        "BTC",
        "long",
        "close_unstuck_long",
    )
    assert (row.kind, row.short_type, row.is_entry) == ("unstuck", "close_unstuck", False)
    assert (row.qty, row.price, row.psize, row.pnl, row.balance) == (-0.5, 94.0, 1.5, -0.5, 999.412)
    assert row.wallet_exposure == pytest.approx(142.5 / 999.412)
    assert (row.price_decimals, row.qty_decimals) == (1, 3)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ("btc", [0, 1, 3, 4, 5, 6]),
        ("SHORT", [2]),
        ("btc close", [3, 4, 6]),
        ("close_grid", [4, 6]),
        ("2025", [0, 1, 2, 3, 4, 5, 6]),
        ("2025-01-01", [0, 1, 2, 3, 4, 5, 6]),
        ("2025-01-02", []),
        ("2025-02", []),
        ("00:3", [2, 3]),
        ("0:50", [4]),
        ("01:", [5, 6]),
        ("btc 00:30", [3]),
        ("2025-13", []),
        ("moon", []),
    ],
)
def test_words_find_fills(fills: FillTable, text: str, found: list[int]) -> None:
    assert fills.find(text).tolist() == found


def test_sorting_is_stable_both_ways(fills: FillTable) -> None:
    assert fills.arranged("", "pnl", False).tolist() == [3, 0, 1, 2, 5, 6, 4]
    assert fills.arranged("", "pnl", True).tolist() == [4, 6, 0, 1, 2, 5, 3]
    assert fills.arranged("btc", "price", False).tolist() == [1, 3, 0, 5, 4, 6]
    types = [ORDER_TYPES.index(fills.row(i).type) for i in fills.arranged("", "type", False)]
    assert [ORDER_TYPES[i] for i in types] == sorted(ORDER_TYPES[i] for i in types)
    assert fills.arranged("", "exposure", True).tolist()[0] == 2


def test_times_lead_to_fills(fills: FillTable) -> None:
    assert fills.first_at(0.0) == 0
    assert fills.first_at(FIRST_MS + 30 * MINUTE_MS) == 2
    assert fills.first_at(FIRST_MS + 30 * MINUTE_MS + 1) == 4
    assert fills.first_at(1e15) == 6
    assert fills.first_at(FIRST_MS + 21 * MINUTE_MS, "close") == 3
    assert fills.first_at(0.0, "moon") is None
    assert fills.last_at("BTC", FIRST_MS + 29 * MINUTE_MS) == 1
    assert fills.last_at("BTC", FIRST_MS + 20 * MINUTE_MS) == 1
    assert fills.last_at("BTC", FIRST_MS + 20 * MINUTE_MS - 1) == 0
    assert fills.last_at("ETH", FIRST_MS) is None


def test_marks_and_the_position_price_for_the_chart(fills: FillTable) -> None:
    times, prices = fills.marks("BTC", "close")
    assert prices.tolist() == [105.0, 106.0]
    assert times.tolist() == [FIRST_MS + minute * MINUTE_MS for minute in (50, 65)]
    assert fills.marks("BTC", "unstuck")[1].tolist() == [94.0]
    times, average = fills.position_price("BTC", "long")
    assert average.tolist()[:4] == [100.0, 95.0, 95.0, pytest.approx(np.nan, nan_ok=True)]
    assert times[-1] == FIRST_MS + 99 * MINUTE_MS
    assert fills.position_exposure("ETH", "short")[1].tolist() == pytest.approx([200 / 999.922] * 2)
    assert fills.position_price("ETH", "long")[0].tolist() == []


def test_no_fills_is_no_trouble() -> None:
    empty = FillTable(hand_made())
    assert len(empty) == 0 and empty.first_at(0.0) is None
    assert empty.arranged("btc", "time", True).tolist() == []
    assert empty.price_range("BTC") == (0.0, 0.0)


def test_every_order_type_has_a_kind_and_is_explained() -> None:
    assert KIND_OF_TYPE[ORDER_TYPES.index("close_auto_reduce_short")] == "unstuck"
    assert {name.rsplit("_", 1)[0] for name in ORDER_TYPES if name != "empty"} == set(ORDER_TEXTS)


def test_the_answer_to_why_names_rule_and_numbers(fills: FillTable) -> None:
    entry, close = fill_answer(fills.row(1), "USDT"), fill_answer(fills.row(4), "USDT")
    assert "entry_grid_spacing_pct" in entry and "Bought 1.000 at 90.0" in entry
    assert "average price of 95.00" in entry and "Profit" not in entry
    assert "Profit +15.0000 USDT" in close and "+10.53 %" in close and "closed" in close


@pytest.mark.parametrize(("step", "decimals"), [(1.0, 0), (5.0, 0), (0.5, 1), (0.01, 2), (0.00001, 5), (0.0, 0)])
def test_decimals_are_those_of_the_step(step: float, decimals: int) -> None:
    assert decimals_of(step) == decimals
