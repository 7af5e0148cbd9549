"""Genomes: order, bounds, rounding, and the way to a config and to the engine's parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passivtui.config import Config, LoadedConfig, engine_params
from passivtui.config.frozen import FrozenMap
from passivtui.config.model import CoinOverride
from passivtui.errors import ConfigError
from passivtui.optimize.bot_sets import bot_sets
from passivtui.optimize.genome import GENE_NAMES, GENES, decode, digest, round_significant, space_of

MakeConfig = Callable[..., LoadedConfig]


def gene(side: str, name: str) -> int:
    return GENES.index((side, name))


def test_genes_are_all_of_long_then_all_of_short_in_alphabetical_order() -> None:
    assert len(GENE_NAMES) == 27
    assert list(GENE_NAMES) == sorted(GENE_NAMES)
    assert [side for side, _ in GENES] == ["long"] * 27 + ["short"] * 27
    assert "enforce_exposure_limit" not in GENE_NAMES


def test_a_side_that_no_bound_switches_on_is_fixed_at_its_lower_bounds(config: Config) -> None:
    space = space_of(config)
    assert {GENES[index][0] for index in space.free} == {"long"}
    lower = config.optimize.bounds["short_ema_span_0"][0]
    assert space.high[gene("short", "ema_span_0")] == space.low[gene("short", "ema_span_0")] == lower


def test_bounds_that_leave_nothing_to_search_are_refused(make_config: MakeConfig) -> None:
    config = make_config("optimize.bounds.long_n_positions=0").config
    with pytest.raises(ConfigError, match="nothing can be varied"):
        space_of(config)


@given(st.floats(1e-8, 1e12) | st.floats(-1e12, -1e-8), st.integers(1, 12))
def test_rounding_gives_the_double_nearest_to_the_rounded_decimal(value: float, digits: int) -> None:
    [rounded] = round_significant(np.array([value]), digits).tolist()
    below, above = (float(f"{value * (1 + shift):.{digits - 1}e}") for shift in (-5e-15, 5e-15))
    assert rounded in (below, above, float(f"{value:.{digits - 1}e}"))  # a half may go either way


@given(st.floats(-1e12, 1e12), st.integers(1, 17))
def test_rounding_again_changes_nothing(value: float, digits: int) -> None:
    once = round_significant(np.array([value]), digits)
    assert round_significant(once, digits).tolist() == once.tolist()
    assert abs(once[0] - value) <= 0.51 * 10.0 ** (1 - digits) * abs(value) * 10.0 + 1e-299


def test_values_are_rounded_first_and_then_clamped(make_config: MakeConfig) -> None:
    space = space_of(make_config("optimize.bounds.long_ema_span_0=[100.123456,200]").config)
    genome = np.full(space.size, 100.1)
    assert space.enforce(genome)[gene("long", "ema_span_0")] == 100.123456


def test_minus_zero_is_no_other_genome(make_config: MakeConfig) -> None:
    space = space_of(make_config("optimize.bounds.long_entry_initial_ema_dist=[-0.1,0.1]").config)
    genome = space.enforce(space.low)
    zero, minus_zero = genome.copy(), genome.copy()
    index = gene("long", "entry_initial_ema_dist")
    zero[index], minus_zero[index] = 0.0, -0.0
    assert digest(space.enforce(zero)) == digest(space.enforce(minus_zero))


def test_a_config_comes_back_from_its_genome(config: Config) -> None:
    space = space_of(config)
    genome = space.encode(config)
    again = decode(config, genome)
    assert space.encode(again).tolist() == genome.tolist()
    assert again.bot.long.enforce_exposure_limit == config.bot.long.enforce_exposure_limit
    assert replace(again, bot=config.bot) == config


@pytest.mark.parametrize(("value", "positions"), [(1.49, 1), (1.5, 2), (2.5, 3), (2.51, 3)])
def test_halves_of_positions_go_up_as_in_the_engine(config: Config, value: float, positions: int) -> None:
    genome = space_of(config).encode(config)
    genome[gene("long", "n_positions")] = value
    assert decode(config, genome).bot.long.n_positions == positions


def test_the_engine_gets_what_the_config_would_give_it(config: Config) -> None:
    override = CoinOverride(long=FrozenMap({"ema_span_0": 77.0, "wallet_exposure_limit": 0.3}))
    config = replace(config, coin_overrides=FrozenMap({"ETH": override}))
    genome = space_of(config).enforce(space_of(config).random(1, np.random.default_rng(3)))[0]
    genome[gene("long", "n_positions")] = 2.0
    coins = ("BTC", "ETH")
    sets = bot_sets(config, coins).of(genome.tolist())
    assert sets == [engine_params(decode(config, genome), coin) for coin in coins]


def test_lossless_closes_reach_the_engine_and_the_config_but_not_the_genome(make_config: MakeConfig) -> None:
    config = make_config("optimize.enable_overrides=lossless_close_trailing").config
    genome = space_of(config).encode(config)
    threshold = gene("long", "close_trailing_threshold_pct")
    genome[threshold], genome[gene("long", "close_trailing_retracement_pct")] = 0.001, 0.02
    assert decode(config, genome).bot.long.close_trailing_threshold_pct == 0.02
    assert bot_sets(config, ("BTC",)).of(genome.tolist())[0]["long"]["close_trailing_threshold_pct"] == 0.02
    assert genome[threshold] == 0.001
