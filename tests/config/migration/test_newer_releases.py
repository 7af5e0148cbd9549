"""Files of 7.4 and later load; what 7.3 doesn't know is told key by key."""

from __future__ import annotations

from typing import Any


def release_7_6() -> dict[str, Any]:
    return {
        "config_version": "v7.6.2",
        "monitor": {"enabled": True},
        "backtest": {"exchanges": ["bybit"], "liquidation_threshold": 0.05},
        "bot": {
            "long": {
                "n_positions": 3,
                "total_wallet_exposure_limit": 1.5,
                "entry_grid_spacing_we_weight": 2.5,
                "filter_volume_ema_span": 700,
                "filter_volatility_ema_span": 80,
                "hsl_enabled": False,
                "forager_score_weights": {"volume": 0.5},
            },
            "short": {"n_positions": 0},
        },
        "coin_overrides": {},
        "live": {"approved_coins": ["BTC"], "hedge_mode": False},
        "optimize": {
            "bounds": {"long_entry_grid_spacing_we_weight": [1, 5, 0.1], "long_ema_span_0": [200, 900, 10]},
            "limits": [
                {"metric": "drawdown_worst_usd", "penalize_if": "greater_than", "value": 0.3},
                {"metric": "gain_btc", "penalize_if": "less_than", "value": 1.5},
                {"metric": "flat_hours", "penalize_if": "greater_than", "value": 9},
                {"metric": "adg_usd", "penalize_if": "auto", "value": 1},
                {"metric": "mdg_usd", "penalize_if": "less_than", "value": 1, "enabled": False},
            ],
            "scoring": [{"metric": "adg_usd", "goal": "max"}, {"metric": "hard_stop_count", "goal": "min"}],
        },
    }


def test_values_under_new_names_are_taken_over(load):
    side = load(release_7_6()).config.bot.long
    assert side.entry_grid_spacing_weight == 2.5
    assert side.filter_volume_rolling_window == 700.0
    assert side.filter_noisiness_rolling_window == 80.0
    assert (side.n_positions, side.total_wallet_exposure_limit) == (3, 1.5)


def test_each_unknown_key_is_warned_about(load):
    keys = {note.key for note in load(release_7_6()).warnings}
    assert {
        "config_version",
        "monitor",
        "backtest.liquidation_threshold",
        "bot.long.hsl_enabled",
        "bot.long.forager_score_weights",
        "bot.long.entry_grid_spacing_we_weight",
        "live.hedge_mode",
        "optimize.bounds.long_ema_span_0",
    } <= keys


def test_limits_and_scoring_as_lists_of_tables_are_read(load):
    optimize = load(release_7_6()).config.optimize
    assert optimize.scoring == ("adg",)
    assert {limit.key: limit.value for limit in optimize.limits} == {
        "penalize_if_greater_than_drawdown_worst": 0.3,
        "penalize_if_lower_than_btc_gain": 1.5,
    }


def test_bounds_with_steps_lose_them(load):
    bounds = load(release_7_6()).config.optimize.bounds
    assert bounds["long_ema_span_0"] == (200.0, 900.0)
    assert bounds["long_entry_grid_spacing_weight"] == (1.0, 5.0)


def test_metrics_that_are_all_unknown_leave_the_templates(load):
    document = release_7_6()
    document["optimize"]["scoring"] = ["hard_stop_count"]
    loaded = load(document)
    assert len(loaded.config.optimize.scoring) == 3
    assert any(note.key == "optimize.scoring" and "template" in str(note) for note in loaded.warnings)


def test_in_a_file_of_7_3_an_unknown_metric_stays_a_mistake(refusal):
    error = refusal({"bot": {"long": {}}, "optimize": {"scoring": ["agd"]}})
    assert "is no metric" in str(error)
