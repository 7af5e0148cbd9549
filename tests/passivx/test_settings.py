"""Passiv-X's files are read, checked as a whole, and written back equal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from passivtui.core.tick_layout import MOST_CLOSE_ORDERS, TICK_MARKET, TICK_SETTINGS
from passivtui.errors import ConfigError
from passivtui.passivx import (
    load_live_settings,
    load_session_settings,
    load_tick_backtest,
    parameters,
    to_json,
    to_toml,
)
from passivtui.passivx.model import numbers_of

Write = Callable[..., Path]
Settings = dict[str, Any]


def problems(caught: pytest.ExceptionInfo[ConfigError]) -> set[str]:
    return {problem.key for problem in caught.value.problems}


def warnings(notes: Any) -> dict[str, str]:
    return {note.key: str(note) for note in notes if note.severity == "warning"}


# ---- one backtest


def test_the_settings_of_a_backtest_are_what_the_file_says(write: Write, flat_settings: Settings) -> None:
    settings = load_tick_backtest(write(flat_settings)).settings
    assert (settings.name, settings.symbol) == ("mine", "BTCUSD")
    assert settings.starting_balance == 0.05
    assert settings.n_days == 9
    assert settings.strategy.grid_spacing == flat_settings["grid_spacing"]
    assert settings.strategy.n_close_orders == 10
    assert settings.strategy.do_shrt is True
    assert settings.market.inverse is True
    assert settings.market.maker_fee == -0.00025


def test_the_engine_gets_every_number_it_asks_for(write: Write, flat_settings: Settings) -> None:
    settings = load_tick_backtest(write(flat_settings)).settings
    assert set(TICK_SETTINGS) == set(numbers_of(settings.strategy)) == set(parameters.STRATEGY_NAMES)
    assert set(TICK_MARKET) <= set(numbers_of(settings.market))
    assert parameters.MOST_CLOSE_ORDERS == MOST_CLOSE_ORDERS


def test_settings_from_passivx_are_accounted_as_it_does_unless_they_say(write: Write, flat_settings: Settings) -> None:
    path = write(flat_settings)
    assert load_tick_backtest(path).settings.accounting == "original"
    assert load_tick_backtest(path, ["accounting=true"]).settings.accounting == "true"
    assert load_tick_backtest(write({**flat_settings, "accounting": "true"})).settings.accounting == "true"
    lines = [line for line in to_toml(load_tick_backtest(path).settings).splitlines() if "accounting" not in line]
    assert load_tick_backtest(write("\n".join(lines), "made_here.toml")).settings.accounting == "true"


def test_market_values_come_from_the_venue_where_the_file_lacks_them(write: Write, flat_settings: Settings) -> None:
    names = [param.name for param in parameters.MARKET]
    bare = {name: value for name, value in flat_settings.items() if name not in names}
    assert load_tick_backtest(write(bare)).settings.market == load_tick_backtest(write(flat_settings)).settings.market
    linear = load_tick_backtest(write({**bare, "symbol": "ETHUSDT"})).settings.market
    assert (linear.inverse, linear.price_step, linear.maker_fee, linear.max_leverage) == (False, 0.01, 0.00018, 125.0)
    with pytest.raises(ConfigError) as caught:
        load_tick_backtest(write({**bare, "symbol": "XRPUSDT"}))
    assert problems(caught) == {"price_step", "qty_step", "min_qty"}


def test_all_problems_of_a_file_are_told_together(write: Write, flat_settings: Settings) -> None:
    wrong = {
        **flat_settings,
        "leverage": 0,
        "n_close_orders": 0,
        "min_markup": 0.02,
        "max_markup": 0.01,
        "balance_pct": 0,
        "grid_spacing": "wide",
        "ema_spread": float("nan"),
        "do_long": "perhaps",
        "starting_balance": -1,
        "exchange": "kraken",
        "break_on": [["ON: x", "__import__('os')"], ["OFF: y", "whatever(1)"]],
    }
    wrong.pop("ema_span")
    with pytest.raises(ConfigError) as caught:
        load_tick_backtest(write(wrong))
    assert problems(caught) == {
        *("leverage", "n_close_orders", "min_markup", "balance_pct", "grid_spacing", "ema_spread", "do_long"),
        *("starting_balance", "exchange", "break_on.0", "ema_span"),
    }
    assert "11 problems" in str(caught.value)
    assert any("__import__('os')" in detail for detail in caught.value.details)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("leverage", 0, "must be a number > 0"),
        ("leverage", -3, "must be a number > 0"),
        ("leverage", True, "must be a number > 0"),
        ("n_close_orders", 0, "must be a whole number >= 1 and <= 500"),
        ("n_close_orders", 2.5, "must be a whole number"),
        ("n_close_orders", 1e9, "<= 500"),
        ("min_markup", 0.5, "must not be above max_markup 0.006"),
        ("max_markup", 1.0, "must be a number >= 0 and < 1"),
        ("ema_span", 0.5, "must be a number >= 1"),
        ("grid_spacing", 0, "must be a number > 0"),
        ("starting_balance", 0, "must be a number > 0"),
        ("starting_balance", "1e999", "must be a number > 0"),
        ("n_days", -1, "must be a number >= 0"),
        ("price_step", 0, "must be a number > 0"),
        ("symbol", 7, "must be a text"),
        ("accounting", "fair", 'must be one of "true", "original"'),
        ("break_on", "closest_liq < 1", "must be a list of [name, condition]"),
        ("break_on", [["ON: x"]], "must be a list of [name, condition]"),
    ],
)
def test_an_absurd_value_is_refused_with_what_is_allowed(
    write: Write, flat_settings: Settings, name: str, value: Any, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_tick_backtest(write({**flat_settings, name: value}))
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"mine.json: {name}")


@pytest.mark.parametrize("name", ["leverage", "symbol", "do_long", "starting_balance", "grid_coefficient"])
def test_a_missing_value_is_named(write: Write, flat_settings: Settings, name: str) -> None:
    flat_settings.pop(name)
    with pytest.raises(ConfigError, match=f"{name}: is missing; give"):
        load_tick_backtest(write(flat_settings))


def test_values_are_clamped_and_it_is_told(write: Write, flat_settings: Settings) -> None:
    beyond = {**flat_settings, "balance_pct": 1.5, "ddown_factor": -1, "leverage": 500, "stop_loss_pos_reduction": 2}
    loaded = load_tick_backtest(write(beyond))
    strategy = loaded.settings.strategy
    assert (strategy.balance_pct, strategy.ddown_factor, strategy.leverage) == (1.0, 0.0, 100.0)
    assert strategy.stop_loss_pos_reduction == 1.0
    assert warnings(loaded.notes).keys() == {"balance_pct", "ddown_factor", "leverage", "stop_loss_pos_reduction"}


def test_unknown_keys_are_told_with_a_guess(write: Write, flat_settings: Settings) -> None:
    told = warnings(load_tick_backtest(write({**flat_settings, "leveradge": 3})).notes)
    assert "did you mean leverage?" in told["leveradge"]


def test_sets_count_before_the_file(write: Write, flat_settings: Settings) -> None:
    path = write(flat_settings)
    settings = load_tick_backtest(path, ["leverage=3", "symbol = ETHUSDT", "do_long=false"]).settings
    assert (settings.strategy.leverage, settings.symbol, settings.strategy.do_long) == (3.0, "ETHUSDT", False)
    with pytest.raises(ConfigError, match="did you mean leverage"):
        load_tick_backtest(path, ["leverag=3"])
    with pytest.raises(ConfigError, match="SETTING=VALUE"):
        load_tick_backtest(path, ["leverage"])


def test_a_config_of_passivbot_is_no_settings_of_passivx(write: Write) -> None:
    with pytest.raises(ConfigError, match="no settings of Passiv-X"):
        load_tick_backtest(write({"bot": {"long": {}}}))


# ---- live settings


def test_live_settings_are_read_with_their_indicators(write: Write, live_settings: Settings) -> None:
    loaded = load_live_settings(write(live_settings))
    settings = loaded.settings
    assert (settings.config_name, settings.symbol, settings.n_entry_orders) == ("btc_default", "BTCUSD", 8)
    assert (settings.strategy.ema_span, settings.strategy.ema_spread) == (61499.0, 0.0133)
    assert settings.strategy.n_close_orders == 18
    assert settings.funding_fee_collect_mode is False
    assert warnings(loaded.notes) == {}


def test_the_spread_of_live_settings_may_be_left_out(write: Write, live_settings: Settings) -> None:
    del live_settings["indicator_settings"]["tick_ema"]["spread"]
    assert load_live_settings(write(live_settings)).settings.strategy.ema_spread == 0.0


def test_the_lesser_markup_of_live_settings_is_lowered(write: Write, live_settings: Settings) -> None:
    loaded = load_live_settings(write({**live_settings, "min_markup": 0.02}))
    assert loaded.settings.strategy.min_markup == 0.01135
    assert "min_markup" in warnings(loaded.notes)


def test_live_settings_without_indicators_are_refused(write: Write, live_settings: Settings) -> None:
    del live_settings["indicator_settings"]
    with pytest.raises(ConfigError) as caught:
        load_live_settings(write(live_settings))
    assert problems(caught) == {"indicator_settings", "ema_span", "do_long", "do_shrt"}


def test_live_settings_are_run_with_a_balance(write: Write, live_settings: Settings) -> None:
    path = write(live_settings)
    with pytest.raises(ConfigError, match="--set starting_balance=1000"):
        load_tick_backtest(path)
    settings = load_tick_backtest(path, ["starting_balance=0.1"]).settings
    assert settings.strategy == load_live_settings(path).settings.strategy
    assert (settings.symbol, settings.starting_balance, settings.n_days) == ("BTCUSD", 0.1, None)


# ---- backtest settings


def test_backtest_settings_are_read_with_their_ranges_clamped(session: Path) -> None:
    loaded = load_session_settings(session)
    settings = loaded.settings
    assert (settings.session_name, settings.n_jackrabbit_iterations) == ("btc_001", 200)
    assert set(settings.ranges) == set(parameters.STRATEGY_NAMES)
    balance, leverage = settings.ranges["balance_pct"], settings.ranges["leverage"]
    assert (balance.low, balance.high, balance.step) == (0.0, 1.0, 0.001)
    assert (leverage.low, leverage.high) == (2.0, 100.0)
    assert [condition.is_active for condition in settings.break_on] == [False, True, False]
    told = {note.key for note in loaded.notes}
    assert {"ranges.balance_pct", "ranges.leverage", "break_on.2"} <= told


def test_backtest_settings_run_the_candidate_they_start_from(session: Path) -> None:
    settings = load_tick_backtest(session).settings
    assert (settings.symbol, settings.starting_balance, settings.n_days) == ("BTCUSD", 0.05, 60.0)
    assert settings.strategy.ema_span == 61499.0
    assert [condition.name for condition in settings.break_on if condition.is_active] == ["ON: liq too close"]


def test_a_candidate_that_is_not_there_is_named(session: Path) -> None:
    session.write_text(session.read_text().replace("bybit/default.json", "bybit/other.json"))
    with pytest.raises(ConfigError, match=r"names live_settings/bybit/other\.json, which is not there"):
        load_tick_backtest(session)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("leverage: [2, 999999, 1]", "leverage: [20, 2, 1]", "ranges.leverage"),
        ("leverage: [2, 999999, 1]", "leverage: 7", "ranges.leverage"),
        ("do_long: [1, 1, 1]", "do_long: [1, 1, 0]", "ranges.do_long"),
        ("grid_spacing: [0.0002, 0.01, 1e-05]", "", "ranges"),
        ("n_jackrabbit_iterations: 200", "n_jackrabbit_iterations: 0", "n_jackrabbit_iterations"),
        ("exchange: bybit", "exchange: kraken", "exchange"),
        ("starting_balance: 0.05", "", "starting_balance"),
    ],
)
def test_backtest_settings_that_make_no_sense_are_refused(session: Path, before: str, after: str, key: str) -> None:
    text = session.read_text()
    assert before in text
    session.write_text(text.replace(before, after))
    with pytest.raises(ConfigError) as caught:
        load_session_settings(session)
    assert problems(caught) == {key}


# ---- written back


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_live_settings_read_back_equal(write: Write, live_settings: Settings, suffix: str) -> None:
    settings = load_live_settings(write(live_settings)).settings
    text = to_json(settings) if suffix == ".json" else to_toml(settings)
    assert load_live_settings(write(text, f"again{suffix}")).settings == settings
    assert settings.extra["key"] == "a331d60f"


def test_json_of_live_settings_has_the_keys_of_passivx(write: Write, live_settings: Settings) -> None:
    assert json.loads(to_json(load_live_settings(write(live_settings)).settings)) == live_settings


@pytest.mark.parametrize("suffix", [".json", ".hjson", ".toml"])
def test_backtest_settings_read_back_equal(write: Write, session: Path, suffix: str) -> None:
    settings = load_session_settings(session).settings
    text = to_toml(settings) if suffix == ".toml" else to_json(settings)
    assert load_session_settings(write(text, f"again{suffix}")).settings == settings


@pytest.mark.parametrize("suffix", [".json", ".toml"])
@pytest.mark.parametrize("accounting", ["true", "original"])
def test_settings_of_a_backtest_read_back_equal(
    write: Write, flat_settings: Settings, suffix: str, accounting: str
) -> None:
    flat_settings["break_on"] = [["ON: near", "closest_liq < 0.05"], ["OFF: far", 'type == "close"']]
    settings = load_tick_backtest(write(flat_settings), [f"accounting={accounting}"]).settings
    text = to_json(settings) if suffix == ".json" else to_toml(settings)
    again = load_tick_backtest(write(text, f"again{suffix}")).settings
    assert replace(again, name=settings.name) == settings


def test_toml_explains_every_setting(write: Write, flat_settings: Settings) -> None:
    lines = to_toml(load_tick_backtest(write(flat_settings)).settings).splitlines()
    for name in (*parameters.STRATEGY_NAMES, "starting_balance", "price_step", "accounting"):
        place = next(i for i, line in enumerate(lines) if line.startswith(f"{name} = "))
        assert lines[place - 1].startswith("# "), name
