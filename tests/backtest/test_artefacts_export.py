"""Output files read back exactly, whatever the numbers are."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.backtest import BacktestResult
from passivtui.backtest.export import (
    analysis_json,
    balance_and_equity_csv,
    fills_csv,
    hourly_balances,
    metrics_from_plain,
    plain_metrics,
)
from passivtui.core import FILL_DTYPE, ORDER_TYPES

MadeUp = Callable[..., BacktestResult]
SAME_FIXTURE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FLOAT_COLUMNS = [name for name in FILL_DTYPE.names or () if FILL_DTYPE[name] == np.float64]


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@SAME_FIXTURE
@given(values=st.lists(st.floats(allow_nan=True), min_size=1, max_size=30))
def test_every_number_of_fills_csv_reads_back_to_the_last_bit(values: list[float], made_up: MadeUp) -> None:
    result = made_up(n_fills=len(values))
    fills = result.fills.copy()
    for name in FLOAT_COLUMNS:
        fills[name] = values
    rows = read(fills_csv(BacktestResult(**{**_parts(result), "fills": fills})))
    for name in FLOAT_COLUMNS:
        assert np.array([float(row[name]) for row in rows]).tobytes() == _one_nan(fills[name]).tobytes()


def _one_nan(values: np.ndarray) -> np.ndarray:
    """The values with every NaN being the same one: their payload is not written."""
    return np.where(np.isnan(values), float("nan"), values)


def _parts(result: BacktestResult) -> dict[str, object]:
    names = ("info", "config", "fills", "equities_usd", "equities_btc", "analysis", "btc_usd")
    return {name: getattr(result, name) for name in names}


def test_fills_csv_names_coins_types_and_times(made_up: MadeUp) -> None:
    result = made_up(n_fills=50)
    text = fills_csv(result)
    assert text.splitlines()[0] == (
        "minute,timestamp_ms,coin,type,qty,price,psize,pprice,pnl,fee_paid,balance_usd_total,balance_btc,balance_usd,btc_price"
    )
    rows = read(text)
    assert len(rows) == 50
    for row, fill in zip(rows, result.fills, strict=True):
        assert int(row["minute"]) == fill["minute"]
        assert int(row["timestamp_ms"]) == result.info.first_ms + 60_000 * fill["minute"]
        assert row["coin"] == result.info.coins[fill["coin"]]
        assert row["type"] == ORDER_TYPES[fill["type"]]


def test_a_coin_with_an_odd_name_does_not_break_the_table(made_up: MadeUp) -> None:
    rows = read(fills_csv(made_up(n_fills=5, coins=('A,"B"',))))
    assert [row["coin"] for row in rows] == ['A,"B"'] * 5
    assert all(None not in row for row in rows)


def test_without_fills_there_is_the_header_alone(made_up: MadeUp) -> None:
    assert len(fills_csv(made_up(n_fills=0)).splitlines()) == 1


@SAME_FIXTURE
@given(n_minutes=st.integers(2, 2000), n_fills=st.integers(0, 60), seed=st.integers(0, 1000))
def test_hourly_rows_are_what_the_rule_says_word_by_word(
    n_minutes: int, n_fills: int, seed: int, made_up: MadeUp
) -> None:
    result = made_up(n_minutes=n_minutes, n_fills=n_fills, seed=seed, btc_collateral=True)
    balance = {fill["minute"] // 60 * 60: fill["balance_usd_total"] for fill in result.fills}
    in_btc = {fill["minute"] // 60 * 60: fill["balance_btc"] for fill in result.fills}
    sampled = list(range(0, n_minutes - 1, 60))
    last = max([*balance, sampled[-1]])
    rows = read(balance_and_equity_csv(result))
    assert [int(row["minute"]) for row in rows] == list(range(0, last, 60))
    before = result.info.starting_balance, result.info.starting_balance / result.btc_usd[0]
    usd, btc = (balance[min(balance)], in_btc[min(balance)]) if balance else before
    for row in rows:
        minute = int(row["minute"])
        usd, btc = balance.get(minute, usd), in_btc.get(minute, btc)
        assert (float(row["balance"]), float(row["balance_btc"])) == (usd, btc)
        assert float(row["equity"]) == result.equities_usd[minute]
        assert float(row["equity_btc"]) == result.equities_btc[minute]


def test_without_fills_the_balance_is_the_starting_balance(made_up: MadeUp) -> None:
    in_usd = hourly_balances(made_up(n_fills=0))
    assert set(in_usd["balance"]) == {1000.0}
    assert set(in_usd["balance_btc"]) == {0.0}
    result = made_up(n_fills=0, btc_collateral=True)
    assert set(hourly_balances(result)["balance_btc"]) == {1000.0 / result.btc_usd[0]}


@given(analysis=st.dictionaries(st.text(max_size=9), st.none() | st.floats(), max_size=9))
def test_every_metric_reads_back_with_float_from_strict_json(analysis: dict[str, float | None]) -> None:
    content = json.loads(json.dumps(plain_metrics(analysis), allow_nan=False))
    again = metrics_from_plain(content)
    assert again.keys() == analysis.keys()
    for name, value in analysis.items():
        other = again[name]
        if value is None or other is None:
            assert other is value
        else:
            assert other == value or (math.isnan(other) and math.isnan(value))
            assert float(content[name]) == value or math.isnan(value)


def test_analysis_json_has_no_word_that_strict_json_lacks(made_up: MadeUp) -> None:
    text = analysis_json(made_up(analysis={"a": math.inf, "b": -math.inf, "c": math.nan, "d": None, "e": 1e-300}))

    def refuse(word: str) -> None:
        pytest.fail(f"{word} is not JSON")

    content = json.loads(text, parse_constant=refuse)
    assert [content[name] for name in "abcde"] == ["inf", "-inf", "nan", None, 1e-300]
