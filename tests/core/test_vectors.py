"""Unit cases of the order functions and the long simulations S2 to S4 (`spec/engine.md` §7)."""

from __future__ import annotations

from typing import Any

import generated_series
import numpy as np
import pytest
from golden import first_difference, vectors, wrong_metrics

from passivtui.core import (
    MarketState,
    Order,
    Trailing,
    analyse,
    calc_closes,
    calc_entries,
    calc_next_close,
    calc_next_entry,
    simulate,
)

#: Column names of the vectors that are called otherwise in FILL_DTYPE.
RENAMED = {"balance": "balance_usd_total"}


def arguments(case: dict[str, Any]) -> tuple[Any, ...]:
    state = MarketState(**case["state"])
    return (case["side"], case["exchange"], case["bot"], state, tuple(case["position"]), Trailing(**case["trailing"]))


def same_order(got: Order, want: list[Any]) -> bool:
    # An order of quantity 0 is no order, whatever else it says.
    return got.qty == 0.0 if want[0] == 0.0 else list(got) == want


def test_all_unit_cases_of_the_order_functions_agree_to_the_last_bit() -> None:
    cases = vectors()["unit_cases"]
    assert len(cases) == 800
    for number, case in enumerate(cases):
        wanted, given = case["expected"], arguments(case)
        assert same_order(calc_next_entry(*given), wanted["next_entry"][0]), f"next entry of case {number}"
        assert same_order(calc_next_close(*given), wanted["next_close"][0]), f"next close of case {number}"
        assert [list(order) for order in calc_entries(*given)] == wanted["entries"], f"entries of case {number}"
        assert [list(order) for order in calc_closes(*given)] == wanted["closes"], f"closes of case {number}"


@pytest.mark.parametrize("name", ["S2", "S3", "S4"])
def test_a_long_simulation_agrees_to_the_last_bit(name: str) -> None:
    expected = vectors()[name]
    columns = [RENAMED.get(column, column) for column in vectors()["fill_columns"]]
    hlcv = generated_series.one_coin() if name == "S2" else generated_series.four_coins()
    btc_collateral = name == "S4"
    btc_usd = generated_series.btc_prices() if btc_collateral else np.ones(len(hlcv))
    exchange = expected["exchange"]
    result = simulate(
        hlcv,
        btc_usd,
        [expected["bot"]] * hlcv.shape[1],
        exchange if isinstance(exchange, list) else [exchange],
        expected["starting_balance"],
        expected["maker_fee"],
    )
    wanted = [dict(zip(columns, fill, strict=True)) for fill in expected["fills"]]
    assert first_difference(result.fills, expected["coins"], wanted) == ""
    assert result.equities_usd[::60].tolist() == expected["equities_usd_hourly"]
    assert result.equities_btc[::60].tolist() == expected["equities_btc_hourly"]
    analysis = analyse(*result, btc_collateral)
    assert wrong_metrics(analysis.usd, expected["analysis_usd"], 1e-9) == {}
    if btc_collateral:
        assert analysis.btc is not None
        assert wrong_metrics(analysis.btc, expected["analysis_btc"], 1e-9) == {}
