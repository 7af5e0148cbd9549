"""A result in a few lines of plain text, for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from passivtui.backtest.metrics import METRICS, format_metric
from passivtui.backtest.result import BacktestResult
from passivtui.clock import DAY_MS, MINUTE_MS, iso_minute

_COINS_NAMED = 8
_DAY_MINUTES = DAY_MS // MINUTE_MS
_SHOWN = (
    "gain",
    "adg",
    "drawdown_worst",
    "sharpe_ratio",
    "sortino_ratio",
    "loss_profit_ratio",
    "position_held_hours_max",
)


def summary_text(result: BacktestResult) -> str:
    """What was run and the metrics one looks at first; says so when the market is synthetic."""
    synthetic = " (synthetic data)" if result.info.synthetic else ""
    title = f"{result.info.config_name} on {result.info.dataset}{synthetic}"
    lines = [*_facts(result), *_metrics(result)]
    width = max(len(label) for label, _ in lines) + 2
    return "\n".join([title, "", *(f"{label:<{width}}{value}" for label, value in lines)])


def _facts(result: BacktestResult) -> Iterator[tuple[str, str]]:
    info = result.info
    dates = f"{iso_minute(info.first_ms)} to {iso_minute(info.last_ms)}"
    collateral = ", held in BTC" if info.btc_collateral else ""
    yield "coins", _coins(info.coins)
    yield "dates (UTC)", f"{dates}, {info.n_minutes / _DAY_MINUTES:,.1f} days"
    yield "starting balance", f"{info.starting_balance:,.2f} {info.quote}{collateral}"
    if result.n_fills:
        yield "final balance", f"{result.fills['balance_usd_total'][-1]:,.2f} {info.quote}"
    yield "final equity", f"{result.equities_usd[-1]:,.2f} {info.quote}"
    yield "fills", f"{result.n_fills:,}"
    yield "engine time", f"{info.engine_seconds:.2f} s"


def _metrics(result: BacktestResult) -> Iterator[tuple[str, str]]:
    if result.n_fills < 2 or len(result.equities_usd) <= _DAY_MINUTES:
        yield "metrics", "not defined for less than two fills or two days"  # they have their defaults (§6.1)
        return
    for name in _SHOWN:
        yield METRICS[name].label, format_metric(METRICS[name], result.analysis[name])


def _coins(coins: tuple[str, ...]) -> str:
    named = ", ".join(coins[:_COINS_NAMED])
    return named if len(coins) <= _COINS_NAMED else f"{named} and {len(coins) - _COINS_NAMED} more"
