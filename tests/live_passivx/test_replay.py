"""A paper bot over the demo ticks: with the backtest's rules it trades what the backtest trades."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passivx_cases import CASES, demo_data, expected_trades, read_case
from tick_arrays import tick_arrays
from tick_snapshots import terms

from passivtui.core import TICK_TRADE_TYPES, TickData, TickSimulation, run_ticks
from passivtui.live.passivx import Terms
from passivtui.live.passivx.replay import PaperTrade, Rules, TickReplay
from passivtui.passivx.markets import TickMarket
from passivtui.passivx.model import LiveSettings, Strategy

#: Ticks of each case: enough for entries, re-entries and closes, and for the liquidation of case 08.
SHORTENED = 9_000


@cache
def case_terms(case: str) -> Terms:
    symbol, values, _ = read_case(case)
    strategy = Strategy(**{name: values[name] for name in Strategy.__dataclass_fields__})
    market = TickMarket(**{name: values[name] for name in TickMarket.__dataclass_fields__})
    return Terms(LiveSettings(case, symbol, 0, True, 8, False, False, strategy), market)


@cache
def first_ticks(symbol: str, n: int = SHORTENED) -> TickData:
    data = demo_data(symbol)
    return TickData(data.timestamp_ms[:n], data.price[:n], data.buyer_is_maker[:n])


def paper_bot(case: str, rules: Rules, ticks: TickData | None = None) -> TickReplay:
    symbol, values, _ = read_case(case)
    latency = values["latency_simulation_ms"]
    used = first_ticks(symbol) if ticks is None else ticks
    return TickReplay(case_terms(case), used, values["starting_balance"], rules=rules, latency_ms=latency)


def backtest(case: str, ticks: TickData) -> TickSimulation:
    _, values, _ = read_case(case)
    used = case_terms(case)
    start, latency = values["starting_balance"], values["latency_simulation_ms"]
    return run_ticks(ticks, used.strategy_numbers, used.market_numbers, start, latency_ms=latency, accounting="true")


def rows(trades: list[PaperTrade]) -> list[tuple[float | str, ...]]:
    return [(t.tick, t.time_ms, t.type, t.price, t.qty, t.pnl, t.fee_paid, t.pos_size) for t in trades]


def rows_of(simulation: TickSimulation) -> list[tuple[float | str, ...]]:
    names = ("price", "qty", "pnl", "fee_paid", "pos_size")
    return [
        (int(t["tick"]), int(t["timestamp"]), TICK_TRADE_TYPES[t["type"]], *(float(t[name]) for name in names))
        for t in simulation.trades
    ]


@pytest.mark.parametrize("case", CASES)
def test_with_the_backtest_s_rules_every_trade_is_the_backtest_s(case: str) -> None:
    ticks = first_ticks(read_case(case)[0])
    bot, simulation = paper_bot(case, "backtest"), backtest(case, ticks)
    assert bot.run() == simulation.ended
    assert rows(bot.trades) == rows_of(simulation)
    assert not bot.refused
    held = bot.trades[-1]
    assert held.pos_size == 0.0 or held.pos_price == simulation.trades[-1]["pos_price"]
    # Wallets add up profit and fee in another order, which shows in the last bits.
    assert [t.balance for t in bot.trades] == pytest.approx(simulation.trades["actual_balance"].tolist(), rel=1e-12)


def test_case_01_has_the_golden_trades() -> None:
    bot = paper_bot("01_linear_both", "backtest")
    bot.run()
    golden = expected_trades("01_linear_both")[: len(bot.trades)]
    columns = ("price", "qty", "pos_size", "pnl", "fee_paid")
    expected = [(row["type"], *(float(row[name]) for name in columns)) for row in golden]
    assert [(t.type, t.price, t.qty, t.pos_size, t.pnl, t.fee_paid) for t in bot.trades] == expected
    assert len(bot.trades) > 30


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["linear", "inverse"]),
    st.integers(0, 10_000),
    st.fixed_dictionaries(
        {
            "entry_qty_pct": st.sampled_from([0.001, 0.01, 0.1]),
            "ddown_factor": st.sampled_from([0.0, 0.5, 2.0]),
            "grid_spacing": st.sampled_from([0.001, 0.004]),
            "grid_coefficient": st.sampled_from([0.0, 50.0]),
            "ema_span": st.sampled_from([1.0, 20.0, 300.0]),
            "ema_spread": st.sampled_from([0.0, 0.001]),
            "min_markup": st.sampled_from([0.0005, 0.002]),
            "max_markup": st.sampled_from([0.002, 0.01]),
            "n_close_orders": st.sampled_from([1, 5, 20]),
            "stop_loss_liq_diff": st.sampled_from([0.0, 0.05, 0.5]),
            "stop_loss_pos_price_diff": st.sampled_from([0.001, 0.01, 1.0]),
            "stop_loss_pos_reduction": st.sampled_from([0.0, 0.02, 1.0]),
            "do_long": st.booleans(),
            "do_shrt": st.booleans(),
        }
    ),
    st.sampled_from([0, 1500, 20_000]),
)
def test_so_it_is_with_any_settings(kind: str, seed: int, strategy: dict[str, Any], latency_ms: int) -> None:
    columns = tick_arrays(600, seed)
    ticks = TickData(columns["timestamp_ms"], columns["price"], columns["buyer_is_maker"])
    used = terms(kind, **strategy)
    balance = 0.05 if kind == "inverse" else 5000.0
    bot = TickReplay(used, ticks, balance, rules="backtest", latency_ms=latency_ms)
    simulation = run_ticks(ticks, used.strategy_numbers, used.market_numbers, balance, latency_ms=latency_ms)
    assert bot.run() == simulation.ended
    assert rows(bot.trades) == rows_of(simulation)


def test_stop_losses_of_both_types_are_among_what_agrees() -> None:
    columns = tick_arrays(2000, 5)
    ticks = TickData(columns["timestamp_ms"], columns["price"], columns["buyer_is_maker"])
    for tight in ({"stop_loss_liq_diff": 0.5}, {"stop_loss_pos_price_diff": 0.002, "stop_loss_liq_diff": 0.0}):
        used = terms("inverse", entry_qty_pct=0.1, **tight)
        bot = TickReplay(used, ticks, 0.05, rules="backtest", latency_ms=1000)
        simulation = run_ticks(ticks, used.strategy_numbers, used.market_numbers, 0.05, latency_ms=1000)
        bot.run()
        assert rows(bot.trades) == rows_of(simulation)
        wanted = "stop_loss_liq_diff" if tight["stop_loss_liq_diff"] else "stop_loss_pos_price_diff"
        assert wanted in {trade.type for trade in bot.trades}


def test_going_on_in_parts_changes_nothing() -> None:
    whole, parts = paper_bot("04_inverse_both", "live"), paper_bot("04_inverse_both", "live")
    whole.run()
    while not parts.run(most=1234):
        pass
    assert parts.trades == whole.trades and parts.ended == "end of data"


@pytest.mark.parametrize("case", ["01_linear_both", "02_linear_long_stop_loss", "06_inverse_short_stop_loss"])
def test_with_live_rules_the_account_stays_within_what_it_may(case: str) -> None:
    bot = paper_bot(case, "live")
    market = case_terms(case).market
    most = 0
    while not bot.run(most=50):
        orders = bot.venue.open_orders
        most = max(most, sum(not order.reduce_only for order in orders))
        assert len(orders) <= 2 * 8 + 1
    assert bot.trades and most > 1  # several re-entries rest at a time
    assert {reason.partition(":")[0] for reason in bot.refused} <= {"close"}
    sizes = np.array([trade.pos_size for trade in bot.trades]) / market.qty_step
    assert np.allclose(sizes, np.round(sizes))
    wallet = bot.trades[0].balance - bot.trades[0].pnl - bot.trades[0].fee_paid
    assert bot.venue.balance == pytest.approx(wallet + sum(trade.pnl + trade.fee_paid for trade in bot.trades))


def test_a_bot_at_market_sends_a_stop_loss_at_most_every_five_seconds() -> None:
    used = terms(market_stop_loss=True, stop_loss_pos_price_diff=0.001, do_shrt=False)
    falling = 3350.0 - 0.5 * np.arange(400.0)
    times = 1_700_000_000_000 + 700 * np.arange(400, dtype=np.int64)
    bot = TickReplay(used, TickData(times, falling, np.ones(400, dtype=bool)), 1000.0)
    bot.run()
    stops = [trade for trade in bot.trades if trade.type == "stop_loss_pos_price_diff"]
    assert len(stops) > 3
    assert min(np.diff([trade.time_ms for trade in stops])) >= 5_000
    assert all(trade.pnl < 0.0 for trade in stops)
