"""A quick backtest of a config while it is edited: the last weeks of one market, kept in memory between runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.analysis import all_metrics
from passivtui.clock import DAY_MS, MINUTE_MS, monotonic
from passivtui.config import Config, engine_params
from passivtui.core import (
    EXCHANGE_PARAMS,
    EngineInputError,
    MarketData,
    RunControl,
    SimulationCancelled,
    analyse,
    simulate_market,
)
from passivtui.errors import Cancelled, DataError
from passivtui.market import Dataset, MarketSpec, Prepared, open_dataset, prepare
from passivtui.paths import Home
from passivtui.progress import CancelToken

TRIAL_DAYS: Final = 60


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What a quick backtest came to.

    Attributes:
        times_ms: float64 (m,), open times of the minutes; `equity` (m,) in quote currency.
        metrics: as in a report, by name.
        note: what differs from a real backtest of the config; may be empty.
        seconds: how long it took, preparing included.
    """

    times_ms: NDArray[np.float64]
    equity: NDArray[np.float64]
    starting_balance: float
    metrics: Mapping[str, float | None]
    n_fills: int
    coins: tuple[str, ...]
    note: str
    seconds: float


class TrialMarket:
    """A dataset opened for trials: its last `TRIAL_DAYS` days. Any thread may use it."""

    def __init__(self, dataset: Dataset, home: Home) -> None:
        self.dataset = dataset
        self._home = home
        self._lock = threading.Lock()
        self._kept: tuple[tuple[object, ...], Prepared, MarketData] | None = None
        self._prices: dict[str, float] = {}

    @classmethod
    def open(cls, name: str, home: Home) -> TrialMarket:
        """`name`: "demo", or a dataset's folder or name. Raises DataError and StorageError."""
        return cls(open_dataset(name, home), home)

    def spec_of(self, coin: str) -> MarketSpec:
        """The coin's market."""
        return self.dataset.spec_of(coin)

    def price_of(self, coin: str) -> float:
        """The coin's last close. Raises DataError when its file can't be read."""
        if coin not in self._prices:
            self._prices[coin] = float(self.dataset.load(coin).close[-1])
        return self._prices[coin]

    def coins_for(self, config: Config) -> tuple[str, ...]:
        """Approved coins that the market has; all that it has when there is none, so that there is something to see."""
        names = self.dataset.coin_names
        approved = config.approved(names).union
        return tuple(coin for coin in approved if coin in names) or tuple(names)

    def prepared_for(self, config: Config, cancel: CancelToken) -> tuple[Prepared, MarketData]:
        """The engine's arrays for the config's coins; those of the last call are kept."""
        coins, backtest = self.coins_for(config), config.backtest
        start_ms = max(self.dataset.first_ms, self.dataset.last_ms + MINUTE_MS - TRIAL_DAYS * DAY_MS)
        wanted = (
            coins,
            backtest.gap_tolerance_ohlcvs_minutes,
            config.live.minimum_coin_age_days,
            backtest.use_btc_collateral,
        )
        with self._lock:
            if self._kept is None or self._kept[0] != wanted:
                prepared = prepare(
                    self.dataset,
                    coins,
                    start_ms=start_ms,
                    end_ms=None,
                    gap_tolerance_minutes=wanted[1],
                    minimum_coin_age_days=wanted[2],
                    btc_collateral=wanted[3],
                    home=self._home,
                    cancel=cancel,
                )
                self._kept = (wanted, prepared, MarketData(prepared.hlcv, prepared.btc_usd))
            return self._kept[1], self._kept[2]


def run_trial(
    config: Config, market: TrialMarket, cancel: CancelToken, timer: Callable[[], float] = monotonic
) -> Trial:
    """Run the config over the market. Blocking. Raises DataError, StorageError, or Cancelled when `cancel` is used."""
    started = timer()
    prepared, data = market.prepared_for(config, cancel)
    cancel.raise_if_cancelled()
    control = RunControl()
    cancel.on_cancel(control.cancel)
    try:
        simulation = simulate_market(
            data,
            [engine_params(config, coin) for coin in prepared.coins],
            [{name: getattr(spec, name) for name in EXCHANGE_PARAMS} for spec in prepared.specs],
            config.backtest.starting_balance,
            prepared.maker_fee,
            control,
        )
    except SimulationCancelled as error:
        raise Cancelled() from error
    except EngineInputError as error:
        raise DataError(f"the engine can't run over this market: {error}") from error
    metrics = analyse(*simulation, config.backtest.use_btc_collateral)
    cancel.raise_if_cancelled()
    equity = simulation.equities_usd
    return Trial(
        times_ms=prepared.first_ms + MINUTE_MS * np.arange(len(equity), dtype=np.float64),
        equity=equity,
        starting_balance=config.backtest.starting_balance,
        metrics=all_metrics(metrics, simulation.fills, config),
        n_fills=len(simulation.fills),
        coins=prepared.coins,
        note=_note(config, market),
        seconds=timer() - started,
    )


def _note(config: Config, market: TrialMarket) -> str:
    approved = config.approved(market.dataset.coin_names).union
    has = [coin for coin in approved if coin in market.dataset.coin_names]
    if not has:
        return "none of its coins is in this market: all of the market's are used"
    return f"{len(approved) - len(has)} of its coins are not in this market" if len(has) < len(approved) else ""
