"""What a backtest is asked to run: a config, a dataset, dates; and the choices that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from passivtui.clock import iso_minute
from passivtui.config import Config, LoadedConfig, parse_date
from passivtui.errors import ConfigError, DataError, Problem
from passivtui.market import CandleSource

DEMO = "demo"


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """One backtest to run. `dataset` is "demo", a folder, or None for candles of the config's exchanges.

    `start` and `end` (as in a config: ISO dates, milliseconds, "now") go before the config's own.
    """

    config: LoadedConfig
    dataset: str | None = None
    start: str | None = None
    end: str | None = None

    def resolved_config(self) -> Config:
        """The config with the dates of the request: what is run, and what is kept with the result."""
        backtest = self.config.config.backtest
        backtest = replace(
            backtest,
            start_date=self.start if self.start is not None else backtest.start_date,
            end_date=self.end if self.end is not None else backtest.end_date,
        )
        return replace(self.config.config, backtest=backtest)


def date_range(config: Config) -> tuple[int | None, int | None]:
    """First and last minute to run over, in ms; None: as far as the data goes. Raises ConfigError."""
    start_ms = parse_date(config.backtest.start_date, "backtest.start_date")
    end_ms = parse_date(config.backtest.end_date, "backtest.end_date")
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        problem = Problem(
            "backtest.start_date",
            iso_minute(start_ms),
            f"must be before backtest.end_date ({iso_minute(end_ms)})",
        )
        raise ConfigError(str(problem), [problem])
    return start_ms, end_ms


def traded_coins(config: Config, dataset: CandleSource) -> tuple[str, ...]:
    """The union of both sides' approved coins, sorted (`spec/config.md` §3). Raises DataError when there are none."""
    coins = config.approved(dataset.coin_names).union
    if coins:
        return coins
    if config.approves_everything:
        raise DataError(f"every coin of the dataset {dataset.name} is in live.ignored_coins; take one out")
    raise DataError("no coin is approved: name coins in live.approved_coins, or set live.empty_means_all_approved")
