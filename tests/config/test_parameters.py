"""The parameter table holds together: every setting explained, typed, and present in the model."""

from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

import pytest

from passivtui.config import BacktestSettings, LiveSettings, OptimizeSettings, SideParams
from passivtui.config.parameter import Kind, Range
from passivtui.config.parameters import PARAMETERS, SECTION_PARAMETERS, known_keys, nearest_key
from passivtui.exchanges.venues import VENUES, find_venue, venues_with_candles

MODELS = {"bot": SideParams, "backtest": BacktestSettings, "live": LiveSettings, "optimize": OptimizeSettings}
TYPES = {
    Kind.NUMBER: float,
    Kind.COUNT: int,
    Kind.ROUNDED: int,
    Kind.SWITCH: bool,
    Kind.TEXT: str,
    Kind.CHOICE: str,
    Kind.MODE: str,
    Kind.DATE: str,
}


@pytest.mark.parametrize("section", sorted(MODELS))
def test_the_model_has_exactly_the_tables_settings_in_its_order(section):
    names = [field.name for field in dataclasses.fields(MODELS[section]) if field.name != "bounds"]
    assert names == [param.name for param in SECTION_PARAMETERS[section]]


@pytest.mark.parametrize("section", sorted(MODELS))
def test_the_models_types_are_the_kinds(section):
    hints = get_type_hints(MODELS[section])
    for param in SECTION_PARAMETERS[section]:
        if param.kind in TYPES:
            assert hints[param.name] is TYPES[param.kind], param.name
        elif param.kind in (Kind.EXCHANGES, Kind.NAMES, Kind.METRICS):
            assert get_args(hints[param.name])[0] is str


def test_every_setting_is_explained_in_one_line_and_has_a_place():
    for key, param in PARAMETERS.items():
        assert param.help.endswith("."), key
        assert "\n" not in param.help
        assert len(param.help) <= 120, key
        if param.section != "backtest":
            assert param.group, key
        if param.kind is Kind.NUMBER:
            assert param.step, key
        if param.section == "bot":
            assert param.more, key
            assert param.touches, key


def test_bounds_lie_within_what_is_allowed():
    for param in SECTION_PARAMETERS["bot"]:
        for low, high in param.bounds or ():
            assert low in param.allowed, param.name
            assert high in param.allowed, param.name
            assert low <= high


def test_ranges_know_their_open_ends():
    assert 0.0 not in Range(0.0, 1.0, low_open=True)
    assert 1.0 in Range(0.0, 1.0, low_open=True)
    assert 1.0 not in Range(0.0, 1.0, high_open=True)
    assert float("nan") not in Range(0.0, 1.0)
    assert str(Range(-1.0, 1.0, low_open=True)) == "> -1 and <= 1"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("bot.short.ema_span0", "bot.short.ema_span_0"),
        ("leverage", "live.leverage"),
        ("backtest.exchange", "backtest.exchanges"),
        ("short.ema_span_0", "bot.short.ema_span_0"),
        ("what.is.this.supposed_to_be_xyzzy", None),
    ],
)
def test_the_nearest_key_is_found(key, expected):
    assert nearest_key(key) == expected
    assert expected is None or expected in known_keys()


def test_every_venue_is_known_and_defx_explains_itself():
    assert set(VENUES) == {"binance", "bybit", "okx", "bitget", "gateio", "hyperliquid", "kucoin", "defx", "demo"}
    assert "defx" not in venues_with_candles()
    assert VENUES["defx"].note
    assert VENUES["bybit"].backtest_maker_fee == VENUES["gateio"].backtest_maker_fee == 0.0002
    assert VENUES["hyperliquid"].quote == "USDC"
    assert find_venue(" Gate ") is VENUES["gateio"]
    assert find_venue("mtgox") is None
