"""Files as Passivbot wrote them from 7.0 to 7.3, and 6's multi-symbol ones: every value that moved is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from passivtui.config import load_config

OLD_SIDE: dict[str, Any] = {
    "close_grid_markup_range": 0.004,
    "close_grid_min_markup": 0.006,
    "close_grid_qty_pct": 0.2,
    "close_trailing_grid_ratio": 0.1,
    "close_trailing_retracement_pct": 0.002,
    "close_trailing_threshold_pct": 0.01,
    "ema_span_0": 500.0,
    "ema_span_1": 900.0,
    "entry_grid_double_down_factor": 0.7,
    "entry_grid_spacing_pct": 0.03,
    "entry_grid_spacing_weight": 0.9,
    "entry_initial_ema_dist": -0.01,
    "entry_initial_qty_pct": 0.012,
    "entry_trailing_grid_ratio": 0.2,
    "entry_trailing_retracement_pct": 0.004,
    "entry_trailing_threshold_pct": 0.02,
    "filter_relative_volume_clip_pct": 0.4,
    "filter_rolling_window": 90,
    "n_positions": 4,
    "total_wallet_exposure_limit": 1.2,
    "unstuck_close_pct": 0.03,
    "unstuck_ema_dist": -0.02,
    "unstuck_loss_allowance_pct": 0.01,
    "unstuck_threshold": 0.7,
}


def release_7_1() -> dict[str, Any]:
    """The shape of a 7.1 template: one exchange, coin flags, old markups and filters, lower bounds."""
    return {
        "backtest": {
            "base_dir": "backtests",
            "exchange": "bybit",
            "start_date": "2023-01-01",
            "starting_balance": 5000,
        },
        "bot": {"long": dict(OLD_SIDE), "short": {**OLD_SIDE, "n_positions": 0, "total_wallet_exposure_limit": 0}},
        "live": {
            "approved_coins": ["SOLUSDT", "XRP"],
            "coin_flags": {},
            "ignored_coins": {"long": [], "short": []},
            "leverage": 8,
            "minimum_coin_age_days": 20,
            "user": "someone",
        },
        "optimize": {
            "bounds": {
                "long_close_grid_markup_range": [0.0, 0.02],
                "long_close_grid_min_markup": [0.01, 0.002],
                "long_filter_rolling_window": [30, 120],
                "long_filter_relative_volume_clip_pct": [0.1, 0.6],
                "long_n_positions": [3],
            },
            "limits": {"lower_bound_drawdown_worst": 0.3, "lower_bound_equity_balance_diff_mean": 0.02},
            "scoring": ["mdg", "sharpe_ratio"],
        },
    }


def test_markups_become_start_and_end(load):
    side = load(release_7_1()).config.bot.long
    assert side.close_grid_markup_start == 0.006 + 0.004
    assert side.close_grid_markup_end == 0.006


def test_missing_markups_of_an_old_file_are_its_releases(load):
    document = release_7_1()
    for name in ("close_grid_markup_range", "close_grid_min_markup"):
        del document["bot"]["long"][name]
    side = load(document).config.bot.long
    assert (side.close_grid_markup_start, side.close_grid_markup_end) == (0.002, 0.001)


def test_keys_that_came_later_take_what_their_absence_meant(load):
    side = load(release_7_1()).config.bot.long
    assert side.close_trailing_qty_pct == 1.0
    assert side.entry_trailing_double_down_factor == 0.7
    assert side.filter_volume_drop_pct == 0.5
    assert (side.filter_noisiness_rolling_window, side.filter_volume_rolling_window) == (90.0, 90.0)
    assert side.enforce_exposure_limit is True


@pytest.mark.parametrize(
    ("live", "window"),
    [({"ohlcv_rolling_window": 33}, 33.0), ({"noisiness_rolling_mean_window_size": 44}, 44.0), ({}, 60.0)],
)
def test_the_filters_window_comes_from_live_when_the_side_has_none(load, live, window):
    document = release_7_1()
    del document["bot"]["long"]["filter_rolling_window"]
    document["live"].update(live)
    side = load(document).config.bot.long
    assert (side.filter_noisiness_rolling_window, side.filter_volume_rolling_window) == (window, window)


def test_the_volume_filter_comes_from_live(load):
    document = release_7_1()
    document["live"]["filter_relative_volume_clip_pct"] = 0.25
    assert load(document).config.bot.long.filter_volume_drop_pct == 0.25


def test_a_sides_own_volume_clip_is_told_and_left_out(load):
    notes = [str(note) for note in load(release_7_1()).warnings]
    assert any("filter_relative_volume_clip_pct" in note and "0.4" in note for note in notes)


def test_values_that_kept_their_names_stay(load):
    config = load(release_7_1()).config
    kept = set(OLD_SIDE) - {"close_grid_markup_range", "close_grid_min_markup"}
    kept -= {"filter_relative_volume_clip_pct", "filter_rolling_window"}
    assert {name: getattr(config.bot.long, name) for name in kept} == {name: OLD_SIDE[name] for name in kept}
    assert not config.bot.short.is_on
    assert config.backtest.exchanges == ("bybit",)
    assert (config.backtest.starting_balance, config.backtest.start_date) == (5000.0, "2023-01-01")
    assert (config.live.leverage, config.live.user, config.live.minimum_coin_age_days) == (8.0, "someone", 20.0)
    assert config.approved().long == ("SOL", "XRP")


def test_bounds_of_the_old_names_go_with_them(load):
    bounds = load(release_7_1()).config.optimize.bounds
    assert bounds["long_close_grid_markup_start"] == (0.002, 0.03)
    assert bounds["long_close_grid_markup_end"] == (0.002, 0.01)
    assert (
        bounds["long_filter_noisiness_rolling_window"] == bounds["long_filter_volume_rolling_window"] == (30.0, 120.0)
    )
    assert bounds["long_filter_volume_drop_pct"] == (0.1, 0.6)
    assert bounds["long_n_positions"] == (3.0, 3.0)


def test_lower_bounds_are_upper_limits(load):
    loaded = load(release_7_1())
    assert [(limit.key, limit.value) for limit in loaded.config.optimize.limits] == [
        ("penalize_if_greater_than_drawdown_worst", 0.3)
    ]
    assert any("equity_balance_diff_mean is no metric" in str(note) for note in loaded.warnings)


def test_limits_as_a_text_become_a_table(load):
    document = release_7_1()
    document["optimize"]["limits"] = "--penalize_if_greater_than_drawdown_worst 0.3 --loss_profit_ratio: 0.9"
    limits = {limit.key: limit.value for limit in load(document).config.optimize.limits}
    assert limits == {
        "penalize_if_greater_than_drawdown_worst": 0.3,
        "penalize_if_greater_than_loss_profit_ratio": 0.9,
    }


@pytest.mark.parametrize("text", ["--drawdown_worst", "--drawdown_worst much", "--a 1 2", "--adg inf"])
def test_a_text_of_limits_that_makes_no_sense_is_named(refusal, text):
    document = release_7_1()
    document["optimize"]["limits"] = text
    assert "must be a metric and a number" in str(refusal(document))


def test_a_file_of_7_3_before_14_with_old_markups_loads(load):
    document = release_7_1()
    document["backtest"] = {"exchanges": ["binance", "bybit"], "use_btc_collateral": False}
    document["live"]["minimum_market_age_days"] = 11
    del document["live"]["minimum_coin_age_days"]
    config = load(document).config
    assert config.live.minimum_coin_age_days == 11.0
    assert config.backtest.exchanges == ("binance", "bybit")


def test_btc_names_lose_their_prefix_without_btc_collateral(load):
    document = release_7_1()
    document["backtest"]["use_btc_collateral"] = False
    document["optimize"].update(scoring=["btc_adg"], limits={"penalize_if_greater_than_btc_drawdown_worst": 0.4})
    optimize = load(document).config.optimize
    assert optimize.scoring == ("adg",)
    assert [limit.key for limit in optimize.limits] == ["penalize_if_greater_than_drawdown_worst"]


def test_values_out_of_range_are_passed_over_on_a_side_that_is_off(load, refusal):
    document = release_7_1()
    document["bot"]["short"]["close_grid_qty_pct"] = 0
    loaded = load(document)
    assert any("bot.short.close_grid_qty_pct" in str(note) for note in loaded.warnings)
    document["bot"]["long"]["close_grid_qty_pct"] = 0
    assert "bot.long.close_grid_qty_pct" in str(refusal(document))


def test_every_change_is_told(load):
    keys = {note.key for note in load(release_7_1()).notes}
    assert {
        "backtest.exchange",
        "bot.long.close_grid_min_markup",
        "bot.long.close_trailing_qty_pct",
        "bot.long.entry_trailing_double_down_factor",
        "bot.long.filter_rolling_window",
        "optimize.bounds.long_close_grid_min_markup",
        "optimize.limits.lower_bound_drawdown_worst",
    } <= keys


def test_an_early_7_file_has_its_common_keys_in_live(load):
    document = {
        "backtest": {"exchange": "binance", "starting_balance": 300},
        "bot": {"long": dict(OLD_SIDE), "short": {**OLD_SIDE, "n_positions": 0}},
        "common": {
            "approved_symbols": ["BTC", "ETH"],
            "symbol_flags": {"ETH": "-lm gs -lw 0.3"},
            "minimum_market_age_days": 7,
            "noisiness_rolling_mean_window_size": 60,
            "auto_gs": False,
            "mystery": 1,
        },
        "live": {"user": "u", "leverage": 5},
        "optimize": {"scoring": ["mdg"], "limits": {}},
    }
    loaded = load(document)
    config = loaded.config
    assert config.approved().long == ("BTC", "ETH")
    assert config.live.minimum_coin_age_days == 7.0
    assert config.live.auto_gs is False
    assert (config.live.user, config.live.leverage) == ("u", 5.0)
    assert config.coin_overrides["ETH"].long == {"wallet_exposure_limit": 0.3}
    assert config.coin_overrides["ETH"].live == {"forced_mode_long": "graceful_stop"}
    assert any(note.key == "common.mystery" for note in loaded.warnings)


def release_6() -> dict[str, Any]:
    side = {
        "ddown_factor": 0.8,
        "ema_span_0": 400,
        "ema_span_1": 700,
        "initial_eprice_ema_dist": -0.005,
        "initial_qty_pct": 0.02,
        "markup_range": 0.003,
        "min_markup": 0.005,
        "n_close_orders": 7.4,
        "rentry_pprice_dist": 0.04,
        "rentry_pprice_dist_wallet_exposure_weighting": 1.5,
    }
    return {
        "user": "six",
        "pnls_max_lookback_days": 14,
        "loss_allowance_pct": 0.006,
        "stuck_threshold": 0.8,
        "unstuck_close_pct": 0.02,
        "execution_delay_seconds": 3,
        "TWE_long": 1.5,
        "TWE_short": 0.6,
        "long_enabled": True,
        "short_enabled": False,
        "n_longs": 0,
        "n_shorts": 0,
        "approved_symbols": {"COIN1USDT": "-lm n -sm m -sw 0.1 -lev 7", "COIN2USDT": ""},
        "ignored_symbols": ["COIN9USDT"],
        "minimum_market_age_days": 25,
        "leverage": 9,
        "live_configs_dir": "configs/live",
        "universal_live_config": {"long": side, "short": {**side, "n_close_orders": 3}},
    }


def test_a_multi_symbol_file_of_6_loads(load):
    config = load(release_6()).config
    long, short = config.bot.long, config.bot.short
    assert long.entry_grid_double_down_factor == long.entry_trailing_double_down_factor == 0.8
    assert (long.ema_span_0, long.ema_span_1) == (400.0, 700.0)
    assert (long.entry_initial_ema_dist, long.entry_initial_qty_pct) == (-0.005, 0.02)
    assert (long.entry_grid_spacing_pct, long.entry_grid_spacing_weight) == (0.04, 1.5)
    assert (long.close_grid_markup_start, long.close_grid_markup_end) == (0.005 + 0.003, 0.005)
    assert (long.close_grid_qty_pct, short.close_grid_qty_pct) == (1 / 7, 1 / 3)
    for name in ("close_trailing", "entry_trailing"):
        assert getattr(long, f"{name}_grid_ratio") == 0.0
        assert getattr(long, f"{name}_retracement_pct") == 0.0
        assert getattr(long, f"{name}_threshold_pct") == 0.0
    assert long.close_trailing_qty_pct == 1.0
    assert long.unstuck_ema_dist == 0.0
    assert (long.unstuck_close_pct, long.unstuck_loss_allowance_pct, long.unstuck_threshold) == (0.02, 0.006, 0.8)
    assert (long.n_positions, short.n_positions) == (2, 2)
    assert (long.total_wallet_exposure_limit, short.total_wallet_exposure_limit) == (1.5, 0.0)
    assert (long.filter_volume_drop_pct, long.filter_volume_rolling_window) == (0.5, 60.0)


def test_the_live_part_of_a_file_of_6_is_taken(load):
    config = load(release_6()).config
    assert config.approved().long == ("COIN1", "COIN2")
    assert config.live.ignored_coins.long == ("COIN9",)
    assert (config.live.user, config.live.leverage, config.live.minimum_coin_age_days) == ("six", 9.0, 25.0)
    assert (config.live.execution_delay_seconds, config.live.pnls_max_lookback_days) == (3.0, 14.0)
    assert config.coin_overrides["COIN1"].short == {"wallet_exposure_limit": 0.1}
    assert config.coin_overrides["COIN1"].live == {
        "forced_mode_long": "normal",
        "forced_mode_short": "manual",
        "leverage": 7.0,
    }
    assert "COIN2" not in config.coin_overrides


def test_slots_of_6_count_when_they_are_given(load):
    document = {**release_6(), "n_longs": 3}
    config = load(document).config
    assert (config.bot.long.n_positions, config.bot.short.n_positions) == (3, 0)


def test_a_list_of_symbols_of_6_needs_no_flags(load):
    config = load({**release_6(), "approved_symbols": ["B", "A"], "n_longs": 1}).config
    assert config.approved().long == ("A", "B")
    assert config.coin_overrides == {}


def test_an_override_file_of_an_older_release_is_brought_up_too(load, write):
    write({"bot": {"long": {**OLD_SIDE, "close_grid_min_markup": 0.02}}}, "eth.json")
    document = release_7_1()
    document["live"]["coin_flags"] = {"ETH": "-lc eth.json"}
    override = load(document).config.coin_overrides["ETH"].long
    assert override["close_grid_markup_start"] == 0.02 + 0.004
    assert override["close_grid_markup_end"] == 0.02
    assert "ema_span_0" not in override  # the same as in the main config


def test_the_file_itself_is_not_touched(write, home):
    path = write(release_7_1())
    before = path.read_bytes()
    load_config(path, home=home)
    assert path.read_bytes() == before
