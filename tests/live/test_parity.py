"""A bot of nothing but `plan` has the fills of the backtest to the last bit (`spec/live.md` §9.1)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from golden import FOLDER
from hypothesis import assume, given, settings
from live_snapshots import Rules, a_config
from minute_exchange import MinuteBot, MinuteExchange, first_difference, with_live
from random_market import Case, cases

from passivtui.config import CoinLists, Config, SideParams, engine_params, load_config
from passivtui.core import EXCHANGE_PARAMS, simulate
from passivtui.live import Plan
from passivtui.live.orders import SIDES
from passivtui.market import Dataset, open_dataset
from passivtui.paths import Home

SETTINGS = {field.name for field in dataclasses.fields(SideParams)}
FEE = 0.0002  # the demo market's maker fee

#: Case and minutes: the first days have some of everything that the case is about.
CASES = {
    "01_btc_long_grid": 4000,
    "02_eth_long_short_grid": 3000,
    "03_sol_trailing_both": 3000,
    "04_forager_6_coins": 1000,
    "05_forager_long_short": 1500,
    "06_unstuck": 1500,
    "08_coin_overrides": 1000,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset("demo", Home(tmp_path_factory.mktemp("home")).ensure())


def rows_of(demo: Dataset, coins: list[str], minutes: int) -> np.ndarray[Any, Any]:
    loaded = [demo.load(coin) for coin in coins]
    columns = [np.stack([c.high, c.low, c.close, c.volume * c.close], axis=1)[:minutes] for c in loaded]
    return np.ascontiguousarray(np.stack(columns, axis=1))


def both(demo: Dataset, config: Config, minutes: int) -> tuple[list[Any], np.ndarray[Any, Any]]:
    """The fills of the bot and those of the backtest."""
    coins = sorted(config.approved().union)
    specs = [demo.coins[coin] for coin in coins]
    return over(rows_of(demo, coins, minutes), config, coins, specs, MinuteExchange)


def over(
    hlcv: np.ndarray[Any, Any], config: Config, coins: list[str], rules: list[Any], exchange: type[MinuteExchange]
) -> tuple[list[Any], np.ndarray[Any, Any]]:
    markets = [{name: getattr(rule, name) for name in EXCHANGE_PARAMS} for rule in rules]
    bots = [engine_params(config, coin) for coin in coins]
    balance = config.backtest.starting_balance
    backtest = simulate(hlcv, np.ones(len(hlcv)), bots, markets, balance, FEE)
    mimic = with_live(config, mimic_backtest_1m_delay=True)
    return MinuteBot(mimic, exchange(coins, rules, balance, FEE), hlcv).run(), backtest.fills


@pytest.mark.parametrize("case", CASES)
def test_the_planner_has_the_fills_of_the_backtest(case: str, demo: Dataset) -> None:
    config = load_config(FOLDER / "demo" / case / "config.json").config
    fills, expected = both(demo, config, CASES[case])
    assert len(expected) > 20
    assert first_difference(fills, expected) == ""


@settings(max_examples=8, deadline=None)
@given(cases(btc=False))
def test_so_it_is_with_any_settings(case: Case) -> None:
    """Random coins and settings; that a coin isn't listed yet, or any more, is for the bot to tell the planner."""
    assume((case.hlcv[..., 3] >= 0.0).all())
    coins = [f"C{number}" for number in range(len(case.markets))]
    config = random_config(case, tuple(coins))
    fills, expected = over(case.hlcv[:400], config, coins, [Rules(**rules) for rules in case.markets], MinuteExchange)
    assert first_difference(fills, expected) == ""


def random_config(case: Case, coins: tuple[str, ...]) -> Config:
    sides = {side: {name: value for name, value in case.bots[0][side].items() if name in SETTINGS} for side in SIDES}
    for side in sides.values():
        side |= {
            "n_positions": int(side["n_positions"]),
            "enforce_exposure_limit": bool(side["enforce_exposure_limit"]),
        }
    config = a_config(long=sides["long"], short=sides["short"])
    config = dataclasses.replace(config, backtest=dataclasses.replace(config.backtest, starting_balance=case.balance))
    return with_live(config, approved_coins=CoinLists(coins, coins), ignored_coins=CoinLists())


class PlainExchange(MinuteExchange):
    """Fills closes without the backtest's condition, as a real venue does."""

    def apply(self, plan: Plan) -> None:
        super().apply(plan)
        for name, (opened, planned) in self.orders.items():
            self.orders[name] = opened, dataclasses.replace(planned, fills_beyond=None)


def lively_market() -> np.ndarray[Any, Any]:
    rng = np.random.RandomState(7)
    close = np.round(100.0 * np.exp(np.cumsum(rng.standard_normal(3000)) * 0.003), 2)
    reach = np.round(np.abs(rng.standard_normal((2, 3000))) * 0.2, 2)
    columns = [close + reach[0], close - reach[1], close, np.full(3000, 1e5)]
    return np.ascontiguousarray(np.stack(columns, axis=1)[:, None, :])


def test_closes_of_a_forward_grid_need_the_backtest_s_condition() -> None:
    """The backtest places the nearer closes only when the furthest would fill (`spec/engine.md` §8.2)."""
    forward = {"close_grid_markup_start": 0.003, "close_grid_markup_end": 0.02, "close_grid_qty_pct": 0.1}
    base = a_config(long=forward | {"ema_span_0": 20.0, "ema_span_1": 60.0})
    config = dataclasses.replace(base, backtest=dataclasses.replace(base.backtest, starting_balance=1000.0))
    config = with_live(config, approved_coins=CoinLists(("A",), ()), ignored_coins=CoinLists())
    fills, expected = over(lively_market(), config, ["A"], [Rules()], MinuteExchange)
    assert len(expected) > 30
    assert first_difference(fills, expected) == ""
    fills, expected = over(lively_market(), config, ["A"], [Rules()], PlainExchange)
    assert first_difference(fills, expected) != ""


def test_a_difference_would_be_seen(demo: Dataset) -> None:
    config = load_config(FOLDER / "demo" / "02_eth_long_short_grid" / "config.json").config
    fills, expected = both(demo, config, 1500)
    expected["price"][3] = np.nextafter(expected["price"][3], 0.0)
    assert first_difference(fills, expected).startswith("fill 3")
