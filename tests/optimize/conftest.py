"""A small market, a config with a small search, and ways to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_market import CONFIG, write_config, write_small_market

from passivtui.config import Config, LoadedConfig, load_config
from passivtui.optimize import OptimizationRequest, OptimizationResult, run_optimization
from passivtui.paths import Home

OPTIMIZE = """
[optimize]
scoring = ["adg", "equity_balance_diff_neg_mean"]
limits = {{ drawdown_worst = 0.9 }}
iters = {iters}
population_size = {population}
crossover_probability = 0.6
mutation_probability = 0.3
n_cpus = 1

[optimize.bounds]
long_total_wallet_exposure_limit = [0.2, 1.5]
long_n_positions = [1, 2.4]
short_total_wallet_exposure_limit = [0, 0]
short_n_positions = [0, 0]
"""


@pytest.fixture
def market(home: Home) -> Path:
    """A dataset folder with two lively coins over two days."""
    return write_small_market(home, days=2)


@pytest.fixture
def make_config(home: Home) -> Callable[..., LoadedConfig]:
    """A config with a search of `population` candidates and `iters` offspring, and `--set` texts."""

    def make(*sets: str, population: int = 12, iters: int = 36) -> LoadedConfig:
        path = write_config(home, text=CONFIG + OPTIMIZE.format(population=population, iters=iters))
        return load_config(path, sets=sets, home=home)

    return make


@pytest.fixture
def config(make_config: Callable[..., LoadedConfig]) -> Config:
    return make_config().config


@pytest.fixture
def make_request(make_config: Callable[..., LoadedConfig], market: Path) -> Callable[..., OptimizationRequest]:
    """A request with a seed, changed as said."""

    def make(*sets: str, population: int = 12, iters: int = 36, **changes: Any) -> OptimizationRequest:
        loaded = make_config(*sets, population=population, iters=iters)
        return replace(OptimizationRequest(loaded, dataset=str(market), seed=7, workers=1), **changes)

    return make


@pytest.fixture
def run(make_request: Callable[..., OptimizationRequest], home: Home) -> Callable[..., OptimizationResult]:
    """Run a small search to its end."""
    return lambda *sets, **changes: run_optimization(make_request(*sets, **changes), home)
