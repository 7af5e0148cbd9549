"""Configs of other releases and programs are refused in one sentence; results of an optimisation are unwrapped."""

from __future__ import annotations

import pytest


def test_the_config_within_the_result_of_an_optimisation_is_taken(load):
    loaded = load({"analysis": {"adg": 1}, "config": {"bot": {"long": {"n_positions": 2}}, "live": {}}})
    assert loaded.config.bot.long.n_positions == 2
    assert loaded.config.extra == {}


def test_live_and_bot_are_enough(load):
    assert load({"bot": {"long": {"n_positions": 2}}, "live": {"leverage": 3}}).warnings == ()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"long": {"enabled": True}, "short": {"enabled": False}}, "single-symbol config of Passivbot 6 or older"),
        (
            {"universal_live_config": {}, "TWE_long": 1, "user": "x"},
            "config of Passivbot 6 (it has universal_live_config)",
        ),
        ({"common": {"approved_symbols": {}}, "bot": {}}, "an early Passivbot 7 (it has common)"),
        ({"bot": {"long": {"close_grid_min_markup": 1}}}, "before 7.3 (it has bot.long.close_grid_min_markup)"),
        ({"live": {"coin_flags": {"BTC": "-lm n"}}}, "before 7.3 (it has live.coin_flags)"),
        ({"live": {"minimum_market_age_days": 3}}, "before 7.3 (it has live.minimum_market_age_days)"),
        ({"backtest": {"exchange": "binance"}}, "before 7.3 (it has backtest.exchange)"),
        ({"bot": {}, "optimize": {"limits": "--drawdown_worst 0.3"}}, "before 7.3 (it has optimize.limits)"),
        ({"bot": {}, "optimize": {"limits": {"lower_bound_adg": 1}}}, "before 7.3 (it has optimize.limits)"),
        ({"bot": {}, "config_version": "v7.12.0"}, "after 7.3 (it has config_version)"),
        ({"bot": {}, "optimize": {"limits": [{"metric": "adg"}]}}, "after 7.3 (it has optimize.limits)"),
        ({"bot": {"long": {"forager_score_weights": {}}}}, "after 7.3 (it has bot.long.forager_score_weights)"),
        ({"bot": {"long": {"strategy": {"kind": "x"}}}}, "config of Passivbot 8"),
        ({"name": "something else"}, "has none of the sections"),
    ],
)
def test_a_config_of_another_release_is_refused_in_one_sentence(refusal, document, expected):
    error = refusal(document)
    assert expected in str(error)
    assert error.problems == ()
