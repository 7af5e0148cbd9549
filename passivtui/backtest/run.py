"""Run a backtest: config → coins → prepared data → engine → metrics. Blocking; the app calls it in a thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from passivtui._version import VERSION
from passivtui.backtest.analysis import all_metrics
from passivtui.backtest.inputs import exchange_params, prepared_market
from passivtui.backtest.markets import Market
from passivtui.backtest.request import BacktestRequest
from passivtui.backtest.result import BacktestResult, RunInfo
from passivtui.clock import Clock, iso_minute, monotonic, utc_ms
from passivtui.config import Config, engine_params
from passivtui.core import EngineInputError, RunControl, Simulation, SimulationCancelled, analyse, simulate
from passivtui.errors import Cancelled, DataError
from passivtui.market import Prepared
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

POLL_SECONDS = 0.1


def run_backtest(
    request: BacktestRequest,
    home: Home,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    clock: Clock = utc_ms,
    timer: Callable[[], float] = monotonic,
) -> BacktestResult:
    """Run one backtest to its end.

    `progress` is called from the calling thread in the phases "data", "prepare", "simulate" and "metrics". Raises
    ConfigError, DataError or StorageError for what is wrong, Cancelled when `cancel` was used; nothing is written but
    the home's cache of prepared data.
    """
    token = cancel or CancelToken()
    config = request.resolved_config()
    progress(Progress("data", 0, 0))
    market, prepared = prepared_market(request, config, home, progress, token, clock)
    token.raise_if_cancelled()
    started = timer()
    simulation = _simulate(config, prepared, progress, token)
    engine_seconds = timer() - started
    progress(Progress("metrics", 0, 0))
    engine_metrics = analyse(*simulation, config.backtest.use_btc_collateral)
    return BacktestResult(
        info=RunInfo(
            config_name=request.config.name,
            dataset=market.place,
            **_facts(market, prepared),
            starting_balance=config.backtest.starting_balance,
            btc_collateral=config.backtest.use_btc_collateral,
            engine_seconds=engine_seconds,
            created_ms=clock(),
            version=VERSION,
        ),
        config=config,
        fills=simulation.fills,
        equities_usd=simulation.equities_usd,
        equities_btc=simulation.equities_btc,
        analysis=all_metrics(engine_metrics, simulation.fills, config),
        btc_usd=np.array(prepared.btc_usd),
    )


def _simulate(config: Config, prepared: Prepared, progress: ProgressSink, token: CancelToken) -> Simulation:
    """Run the engine in a thread of its own, while this one tells of its progress and stays open to signals."""
    if prepared.n_minutes < 2:
        raise DataError(f"{iso_minute(prepared.first_ms)} is the only minute with data; choose a longer range")
    control = RunControl()
    token.on_cancel(control.cancel)
    progress(Progress("simulate", 0, prepared.n_minutes, "minutes"))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine") as pool:
        run = pool.submit(
            simulate,
            prepared.hlcv,
            prepared.btc_usd,
            [engine_params(config, coin) for coin in prepared.coins],
            exchange_params(prepared),
            config.backtest.starting_balance,
            prepared.maker_fee,
            control,
        )
        try:
            while wait((run,), timeout=POLL_SECONDS).not_done:
                progress(Progress("simulate", control.done, prepared.n_minutes, "minutes"))
            simulation = run.result()
        except SimulationCancelled as error:
            raise Cancelled() from error
        except EngineInputError as error:
            raise DataError(f"the engine can't run over this data: {error}") from error
        finally:
            control.cancel()  # of no effect when the run is over; else the pool would wait for its end
    token.raise_if_cancelled()
    return simulation


def _facts(market: Market, prepared: Prepared) -> dict[str, Any]:
    """What the market was, for RunInfo."""
    dataset = market.source
    specs = dict(zip(prepared.coins, prepared.specs, strict=True))
    return {
        "exchange": dataset.exchange,
        "market_type": dataset.market_type,
        "quote": dataset.quote,
        "synthetic": prepared.synthetic,
        "coins": prepared.coins,
        "first_ms": prepared.first_ms,
        "n_minutes": prepared.n_minutes,
        "maker_fee": prepared.maker_fee,
        "c_mult": {coin: spec.c_mult for coin, spec in specs.items()},
        "price_step": {coin: spec.price_step for coin, spec in specs.items()},
        "qty_step": {coin: spec.qty_step for coin, spec in specs.items()},
        "data_issues": tuple(dict.fromkeys((*market.issues, *prepared.issues))),
    }
