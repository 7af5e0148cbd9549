"""Stretches of a market on which configs are tried: the whole, a part of its time, and what came of each config."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.analysis import scored_metrics
from passivtui.backtest.inputs import exchange_params, prepared_market
from passivtui.backtest.markets import one_per_exchange
from passivtui.backtest.request import BacktestRequest
from passivtui.clock import DAY_MS, MINUTE_MS, Clock
from passivtui.config import Config, engine_params
from passivtui.config.parameters import SIDES
from passivtui.core import EngineInputError, MarketData, simulate_many, simulate_market
from passivtui.errors import DataError
from passivtui.market import Prepared
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink

MINUTES_A_DAY: Final = DAY_MS // MINUTE_MS
_BATCH: Final = 8  # configs of one call of the engine: few enough to be cancelled soon

Metrics = Mapping[str, float]
FILLS: Final = "n_fills"
"""Beside the metrics: how many orders filled. With fewer than two the metrics are defaults and mean nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Candles of one dataset over some time, and what the engine needs besides. `coins` in the order of the arrays."""

    name: str
    coins: tuple[str, ...]
    hlcv: NDArray[np.float64]  # (minutes, coins, 4)
    btc_usd: NDArray[np.float64]  # (minutes,)
    exchange_params: tuple[Mapping[str, float], ...]
    starting_balance: float
    maker_fee: float
    first_ms: int

    @property
    def n_minutes(self) -> int:
        return len(self.btc_usd)

    @property
    def days(self) -> float:
        return self.n_minutes / MINUTES_A_DAY

    def part(self, start: int, stop: int) -> Ground:
        """The minutes from `start` until before `stop`: a run over it begins flat, its averages begin there too."""
        first_ms = self.first_ms + start * MINUTE_MS
        return replace(self, hlcv=self.hlcv[start:stop], btc_usd=self.btc_usd[start:stop], first_ms=first_ms)

    def split(self, holdout_days: float) -> tuple[Ground, Ground | None]:
        """What a search with that hold-out sees, and what it doesn't; None where there is none."""
        held_out = round(holdout_days * MINUTES_A_DAY)
        if not held_out:
            return self, None
        border = self.n_minutes - held_out
        if border < 2 or held_out < 2:
            raise DataError(f"{self.name} is too short to be split {holdout_days:g} days before its end")
        return self.part(0, border), self.part(border, self.n_minutes)

    def periods(self, k: int) -> list[Ground]:
        """`k` stretches of equal length, one after the other. Raises DataError if they would be shorter than a day."""
        edges = [self.n_minutes * number // k for number in range(k + 1)]
        if self.n_minutes // k < MINUTES_A_DAY:
            raise DataError(f"{self.name} is too short for {k} periods of at least a day")
        return [self.part(start, stop) for start, stop in pairwise(edges)]


def open_grounds(
    request: BacktestRequest, home: Home, progress: ProgressSink, cancel: CancelToken, clock: Clock
) -> list[Ground]:
    """The datasets of a request, one for each exchange if the config doesn't combine them. Raises as preparing does."""
    grounds = []
    for one in one_per_exchange(request):
        config = one.resolved_config()
        market, prepared = prepared_market(one, config, home, progress, cancel, clock)
        grounds.append(ground_of(prepared, market.source.exchange, config))
    return grounds


def ground_of(prepared: Prepared, name: str, config: Config) -> Ground:
    """All of a prepared market."""
    return Ground(
        name,
        tuple(prepared.coins),
        prepared.hlcv,
        prepared.btc_usd,
        tuple(exchange_params(prepared)),
        config.backtest.starting_balance,
        prepared.maker_fee,
        prepared.first_ms,
    )


def metrics_on(ground: Ground, configs: Sequence[Config], cancel: CancelToken) -> list[Metrics]:
    """The metrics of each config on a ground; empty for one that the engine refuses. Raises Cancelled."""
    market = MarketData(ground.hlcv, ground.btc_usd)
    batches = [configs[start : start + _BATCH] for start in range(0, len(configs), _BATCH)]

    def work(batch: Sequence[Config]) -> list[Metrics]:
        cancel.raise_if_cancelled()
        return list(_of_batch(market, ground, batch))

    with ThreadPoolExecutor(_processors(), thread_name_prefix="validate") as pool:
        return [metrics for of_batch in pool.map(work, batches) for metrics in of_batch]


def daily_returns(ground: Ground, config: Config, market: MarketData | None = None) -> NDArray[np.float64]:
    """The change of equity over each whole day, shape (days,); zeros when the engine refuses the config."""
    market = market or MarketData(ground.hlcv, ground.btc_usd)
    ends = np.arange(MINUTES_A_DAY - 1, ground.n_minutes - 1, MINUTES_A_DAY)
    try:
        run = simulate_market(
            market,
            _params(ground, config),
            ground.exchange_params,
            ground.starting_balance,
            ground.maker_fee,
        )
    except EngineInputError:
        return np.zeros(len(ends))
    equity = np.concatenate([[ground.starting_balance], run.equities_usd[ends]])
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = equity[1:] / equity[:-1] - 1.0
    return np.asarray(np.nan_to_num(returns, nan=0.0, posinf=0.0, neginf=-1.0))


def returns_matrix(ground: Ground, configs: Sequence[Config], cancel: CancelToken) -> NDArray[np.float64]:
    """Daily returns of each config, (days, configs). Raises Cancelled."""
    market = MarketData(ground.hlcv, ground.btc_usd)

    def work(config: Config) -> NDArray[np.float64]:
        cancel.raise_if_cancelled()
        return daily_returns(ground, config, market)

    with ThreadPoolExecutor(_processors(), thread_name_prefix="validate") as pool:
        return np.array(list(pool.map(work, configs))).T


def _of_batch(market: MarketData, ground: Ground, configs: Sequence[Config]) -> Iterator[Metrics]:
    sets = [_params(ground, config) for config in configs]
    try:
        runs: Sequence[Any] = simulate_many(
            market, sets, ground.exchange_params, ground.starting_balance, ground.maker_fee
        )
    except EngineInputError:
        if len(configs) == 1:
            yield {}
            return
        for config in configs:
            yield from _of_batch(market, ground, [config])
        return
    for config, run in zip(configs, runs, strict=True):
        limits = {side: config.bot.side(side).total_wallet_exposure_limit for side in SIDES}
        yield {**scored_metrics(run.analysis, limits), FILLS: float(run.n_fills)}


def _params(ground: Ground, config: Config) -> list[dict[str, dict[str, float]]]:
    return [engine_params(config, coin) for coin in ground.coins]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
