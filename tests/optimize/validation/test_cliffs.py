"""Cliffs and neighbours: what lies beside a config, and where it breaks off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from passivtui.config import Config, config_from_document
from passivtui.errors import Cancelled
from passivtui.optimize.validation import cliff_map
from passivtui.optimize.validation.cliffs import _breaks_off
from passivtui.optimize.validation.grounds import Ground, metrics_on
from passivtui.optimize.validation.neighbours import neighbours
from passivtui.progress import CancelToken

MARKET = {"qty_step": 0.001, "price_step": 0.01, "min_qty": 0.001, "min_cost": 0.1, "c_mult": 1.0}


def config_of(**long: Any) -> Config:
    side = {
        "n_positions": 1,
        "total_wallet_exposure_limit": 2.0,
        "entry_initial_qty_pct": 0.05,
        "entry_initial_ema_dist": -0.05,
        "entry_grid_spacing_pct": 0.04,
        "entry_grid_spacing_weight": 0.0,
        "entry_grid_double_down_factor": 2.0,
        "entry_trailing_grid_ratio": 0,
        "close_trailing_grid_ratio": 0,
        "close_grid_markup_start": 0.01,
        "close_grid_markup_end": 0.01,
        "unstuck_loss_allowance_pct": 0,
        **long,
    }
    off = {"n_positions": 0, "total_wallet_exposure_limit": 0}
    return config_from_document({"bot": {"long": side, "short": off}, "live": {"approved_coins": ["BTC"]}}).config


def ground_of(closes: np.ndarray) -> Ground:
    high, low = closes * 1.0002, closes * 0.9998
    hlcv = np.stack([high, low, closes, np.full(len(closes), 1000.0)], axis=1)[:, None, :].copy()
    return Ground("made", ("BTC",), hlcv, np.ones(len(closes)), (MARKET,), 1000.0, 0.0002, 0)


def falling(depth: float) -> Ground:
    """Days of a quiet price, then a fall, and no recovery."""
    quiet = 100.0 + np.sin(np.arange(5 * 1440) / 40.0)
    fall = np.linspace(quiet[-1], 100.0 * (1.0 - depth), 720)
    rest = np.full(2 * 1440, fall[-1])
    return ground_of(np.concatenate([quiet, fall, rest]))


def test_neighbours_differ_in_one_setting_and_are_allowed() -> None:
    config = config_of()
    found = list(neighbours(config, (-0.05, 0.05)))
    assert {one.key.split(".")[1] for one in found} == {"long"}
    assert len({(one.key, one.value) for one in found}) == len(found)
    for one in found:
        side = one.config.bot.long
        name = one.key.rsplit(".", 1)[1]
        assert replace(side, **{name: getattr(config.bot.long, name)}) == config.bot.long
        assert float(getattr(side, name)) == one.value
    spacing = sorted(one.value for one in found if one.key.endswith("entry_grid_spacing_pct"))
    assert spacing == pytest.approx([0.038, 0.042])
    assert [one.value for one in found if one.key.endswith("n_positions")] == [2.0]  # 0 would switch the side off


def test_a_step_over_the_edge_is_found() -> None:
    # With a limit of 2.0 the fall by half leaves a little of the balance; 15 % more exposure loses all of it.
    ground = falling(0.5)
    found = cliff_map(config_of(), ground, CancelToken(), steps=(-0.15, 0.15))
    assert found.drawdown is not None and found.drawdown < 0.99
    assert any(cliff.key == "bot.long.total_wallet_exposure_limit" and cliff.step > 0 for cliff in found.cliffs)
    assert not any(cliff.key.endswith("ema_span_0") for cliff in found.cliffs)
    calm = cliff_map(config_of(total_wallet_exposure_limit=0.3), ground, CancelToken())
    assert calm.cliffs == ()
    assert [step for step in calm.steps if not step.trades]  # one part of the exposure may be too small for any order


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        (0.1, 0.12, False),
        (0.1, 0.25, True),
        (0.4, 0.51, False),  # deeper, but not by half
        (0.5, 0.995, True),
        (0.995, 0.999, False),
        (0.2, None, True),
        (None, 0.9, False),
    ],
)
def test_what_counts_as_a_cliff(before: float | None, after: float | None, breaks: bool) -> None:
    assert _breaks_off(before, after) is breaks


def test_parts_of_a_ground_begin_anew() -> None:
    ground = falling(0.2)
    inside, outside = ground.split(2.0)
    assert outside is not None
    assert (inside.n_minutes + outside.n_minutes, outside.n_minutes) == (ground.n_minutes, 2880)
    assert outside.first_ms == ground.first_ms + inside.n_minutes * 60_000
    assert sum(part.n_minutes for part in ground.periods(3)) == ground.n_minutes
    whole, part = (metrics_on(one, [config_of()], CancelToken())[0] for one in (ground, inside))
    assert whole != part


def test_a_cancelled_map_ends() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        cliff_map(config_of(), falling(0.2), token)
