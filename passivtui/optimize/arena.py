"""What candidates are tried on: the datasets of a config, prepared for the engine (§3, §5)."""

from __future__ import annotations

from dataclasses import dataclass

from passivtui.backtest.inputs import exchange_params, prepared_market
from passivtui.backtest.markets import Market, one_per_exchange
from passivtui.backtest.request import BacktestRequest
from passivtui.clock import DAY_MS, MINUTE_MS, Clock, iso_day
from passivtui.config import Config
from passivtui.errors import DataError
from passivtui.market import DataIssue, Prepared
from passivtui.optimize.bot_sets import bot_sets
from passivtui.optimize.evaluation import Candles, Task
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink

_MINUTES_PER_DAY = DAY_MS // MINUTE_MS


@dataclass(frozen=True, slots=True)
class Arena:
    """Candles and tasks, one of each per dataset, and what a person is told of them."""

    candles: tuple[Candles, ...]
    tasks: tuple[Task, ...]
    dataset: str  # "demo", a folder, or the exchanges
    coins: tuple[str, ...]  # of all datasets, sorted
    first_ms: int
    last_ms: int  # the last minute that the search sees
    holdout_days: float  # kept from the search at the end of each dataset
    synthetic: bool
    pinned_end_ms: int | None  # the end of the data asked for, where it was "now"
    issues: tuple[DataIssue, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What identifies the data: the same keys, the same candles."""
        return tuple(one.key for one in self.candles)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(task.name for task in self.tasks)

    @property
    def days(self) -> float:
        return (self.last_ms - self.first_ms) / DAY_MS


def open_arena(
    request: BacktestRequest,
    home: Home,
    progress: ProgressSink,
    cancel: CancelToken,
    clock: Clock,
    *,
    holdout_days: float = 0.0,
) -> Arena:
    """Prepare the market of a config, one dataset for each exchange if it doesn't combine them.

    The last `holdout_days` of each dataset are left out. Raises what opening, downloading and preparing can, and
    DataError when too little is left.
    """
    opened: list[tuple[Market, Prepared, Config]] = []
    for one in one_per_exchange(request):
        config = one.resolved_config()
        opened.append((*prepared_market(one, config, home, progress, cancel, clock), config))
    combined = len(opened) == 1
    pairs = [_pair(prepared, _name(market, combined), config, holdout_days) for market, prepared, config in opened]
    first, last = min(p.first_ms for _, p, _ in opened), max(p.last_ms for _, p, _ in opened)
    ends = [market.end_ms for market, _, _ in opened if market.end_ms is not None]
    return Arena(
        candles=tuple(candles for candles, _ in pairs),
        tasks=tuple(task for _, task in pairs),
        dataset=", ".join(dict.fromkeys(market.place for market, _, _ in opened)),
        coins=tuple(sorted({coin for _, prepared, _ in opened for coin in prepared.coins})),
        first_ms=first,
        last_ms=last - _minutes(holdout_days) * MINUTE_MS,
        holdout_days=holdout_days,
        synthetic=any(prepared.synthetic for _, prepared, _ in opened),
        pinned_end_ms=max(ends, default=None),
        issues=tuple(
            dict.fromkeys(issue for market, prepared, _ in opened for issue in (*market.issues, *prepared.issues))
        ),
    )


def _name(market: Market, combined: bool) -> str:
    return "combined" if combined else market.source.exchange


def _pair(prepared: Prepared, name: str, config: Config, holdout_days: float) -> tuple[Candles, Task]:
    held_out = _minutes(holdout_days)
    rows = prepared.n_minutes - held_out
    if rows < 2:
        kept = f" without the last {holdout_days:g} days" if held_out else ""
        raise DataError(
            f"there is too little data to search on{kept}: it begins on {iso_day(prepared.first_ms)} and has "
            f"{prepared.n_minutes:,} minutes; choose a longer range"
        )
    key = f"{prepared.key}:{rows}"
    task = Task(
        key=key,
        name=name,
        sets=bot_sets(config, prepared.coins),
        exchange_params=tuple(exchange_params(prepared)),
        starting_balance=config.backtest.starting_balance,
        maker_fee=prepared.maker_fee,
    )
    return Candles(key, prepared.hlcv[:rows], prepared.btc_usd[:rows]), task


def _minutes(days: float) -> int:
    return round(days * _MINUTES_PER_DAY)
