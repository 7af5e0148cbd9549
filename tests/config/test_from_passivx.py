"""Passiv-X live settings as a config: what has a counterpart, and what is told to have none."""

from __future__ import annotations

from typing import Any

import pytest

from passivtui.config.load import load_passivx
from passivtui.errors import ConfigError

SETTINGS: dict[str, Any] = {
    "config_name": "mine",
    "symbol": "XRPUSDT",
    "logging_level": 0,
    "cross_mode": True,
    "balance_pct": 0.5,
    "entry_qty_pct": 0.04,
    "ddown_factor": 0.3,
    "leverage": 6,
    "n_entry_orders": 8,
    "n_close_orders": 5,
    "grid_spacing": 0.002,
    "grid_coefficient": 120.0,
    "min_markup": 0.001,
    "max_markup": 0.01,
    "min_close_qty_multiplier": 0.5,
    "market_stop_loss": True,
    "stop_loss_liq_diff": 0.1,
    "stop_loss_pos_price_diff": 0.5,
    "stop_loss_pos_reduction": 0.02,
    "indicator_settings": {
        "tick_ema": {"span": 5000, "spread": 0.004},
        "do_long": True,
        "do_shrt": False,
        "funding_fee_collect_mode": False,
    },
}


def test_what_has_a_counterpart_is_mapped(write, home):
    config = load_passivx(write(SETTINGS, "mine.json"), home=home).config
    long = config.bot.long
    assert (long.n_positions, long.total_wallet_exposure_limit) == (1, 3.0)
    assert (long.entry_initial_qty_pct, long.entry_initial_ema_dist) == (0.04, 0.004)
    assert long.entry_grid_double_down_factor == 0.3
    assert (long.entry_grid_spacing_pct, long.entry_grid_spacing_weight) == (0.002, 120.0)
    assert (long.close_grid_markup_end, long.close_grid_markup_start, long.close_grid_qty_pct) == (0.001, 0.01, 0.2)
    assert (long.close_trailing_grid_ratio, long.entry_trailing_grid_ratio, long.unstuck_loss_allowance_pct) == (
        0,
        0,
        0,
    )
    assert not config.bot.short.is_on
    assert (config.live.leverage, config.live.user, config.approved().long) == (6.0, "mine", ("XRP",))


def test_what_has_none_is_told(write, home):
    keys = {note.key for note in load_passivx(write(SETTINGS), home=home).warnings}
    assert {"stop_loss_liq_diff", "market_stop_loss", "n_entry_orders", "indicator_settings.tick_ema.span"} <= keys


def test_an_inverse_contract_is_told(write, home):
    loaded = load_passivx(write({**SETTINGS, "symbol": "BTCUSD"}), home=home)
    assert loaded.config.approved().long == ("BTC",)
    assert any("inverse contract" in str(note) for note in loaded.warnings)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"leverage": 0}, "leverage"),
        ({"grid_spacing": "x"}, "grid_spacing"),
        ({"symbol": 7}, "symbol"),
        ({"n_close_orders": 0}, "n_close_orders"),
    ],
)
def test_values_that_make_no_sense_are_named(write, home, change, key):
    with pytest.raises(ConfigError, match=key):
        load_passivx(write({**SETTINGS, **change}), home=home)
