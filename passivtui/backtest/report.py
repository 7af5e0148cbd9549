"""A report as screens show it: everything worked out from a result once, in a thread, before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from passivtui.backtest.fill_table import FillTable
from passivtui.backtest.findings import Finding, findings_of
from passivtui.backtest.metrics import METRICS, Metric, Unit, format_metric, metric_of
from passivtui.backtest.result import BacktestResult
from passivtui.backtest.series import Curves, curves_of
from passivtui.backtest.tables import CoinRow, YearRow, coin_rows, year_rows
from passivtui.clock import iso_day
from passivtui.config.metric_names import BTC_PREFIX

_DAY_MINUTES = 1440

#: What one looks at first, in this order.
_FIRST_METRICS = ("gain", "adg", "mdg", "drawdown_worst")
_THEN_METRICS = (
    "equity_balance_diff_neg_max",
    "loss_profit_ratio",
    "sharpe_ratio",
    "sortino_ratio",
    "omega_ratio",
    "expected_shortfall_1pct",
    "position_held_hours_max",
    "position_held_hours_mean",
    "positions_held_per_day",
    "volume_pct_per_day_avg",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the overview: what it is, how it reads, gain (1) or loss (-1), its meaning."""

    label: str
    value: str
    sign: int
    meaning: str


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of the run; `btc_value` reads its form in BTC and is "" where there is none."""

    metric: Metric
    value: str
    btc_value: str
    number: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A result and all that is shown of it."""

    result: BacktestResult
    curves: Curves
    coins: tuple[CoinRow, ...]
    years: tuple[YearRow, ...]
    fills: FillTable
    figures: tuple[Figure, ...]
    metrics: tuple[MetricRow, ...]
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """What was run, shortly: the config's name."""
        return self.result.info.config_name

    @property
    def period(self) -> str:
        """`2025-01-01 .. 2025-03-01`."""
        info = self.result.info
        return f"{iso_day(info.first_ms)} .. {iso_day(info.last_ms)}"

    @property
    def facts(self) -> tuple[str, ...]:
        """What was run: market, period, coins, fills, time the engine took; the most important first."""
        info = self.result.info
        coins = info.coins[0] if len(info.coins) == 1 else f"{len(info.coins)} coins"
        fills = "1 fill" if self.result.n_fills == 1 else f"{self.result.n_fills:,} fills"
        market = info.exchange if info.dataset != info.exchange else info.dataset
        return (
            f"{market}{' (synthetic)' if info.synthetic else ''}",
            f"{self.period} ({info.n_minutes / _DAY_MINUTES:,.0f} days)",
            coins,
            fills,
            f"engine {info.engine_seconds:.2f} s",
        )


def build_report(result: BacktestResult) -> Report:
    """Work out everything that is shown of a result; takes a fraction of a second, so call it in a thread."""
    curves = curves_of(result)
    coins = coin_rows(result)
    return Report(
        result=result,
        curves=curves,
        coins=coins,
        years=year_rows(curves),
        fills=FillTable(result),
        figures=tuple(_figures(result, curves)),
        metrics=tuple(metric_rows(result)),
        findings=findings_of(result, curves, coins),
    )


def metric_rows(result: BacktestResult) -> Iterator[MetricRow]:
    """Every metric of the run in the order of the list; forms in BTC stand beside those in quote currency."""
    analysis = result.analysis
    known = [name for name in METRICS if name in analysis]
    unknown = [name for name in analysis if name not in METRICS]
    for name in [*known, *unknown]:
        if name.startswith(BTC_PREFIX) and name.removeprefix(BTC_PREFIX) in analysis:
            continue
        metric = metric_of(name)
        in_btc = BTC_PREFIX + name
        btc_value = format_metric(metric, analysis[in_btc]) if in_btc in analysis else ""
        yield MetricRow(metric, format_metric(metric, analysis[name]), btc_value, analysis[name])


def _figures(result: BacktestResult, curves: Curves) -> Iterator[Figure]:
    for name in _FIRST_METRICS:
        yield from _of_metric(result, name)
    equity, start = float(curves.usd.equity[-1]), result.info.starting_balance
    yield Figure(
        "equity at the end",
        f"{equity:,.2f}",
        _sign(equity - start),
        f"Balance and unrealised profit and loss together, in {result.info.quote}; the run began with {start:,.2f}.",
    )
    yield Figure(
        "balance at the end",
        f"{float(curves.usd.balance[-1]):,.2f}",
        0,
        f"What was realised, in {result.info.quote}: starting balance, profits, losses and fees. Open positions are "
        "not in it.",
    )
    for name in _THEN_METRICS:
        yield from _of_metric(result, name)
    for side, highest in zip(("long", "short"), curves.exposure.highest, strict=True):
        limit = result.config.bot.side(side).total_wallet_exposure_limit
        if highest or result.config.bot.side(side).is_on:
            yield Figure(
                f"exposure max, {side}",
                f"{highest:.2f} of {limit:.2f}",
                0,
                f"The highest wallet exposure of all {side} positions together, and the side's total wallet exposure "
                "limit. 1.00 means that positions cost as much as the whole balance. A little above the limit is "
                "normal: the balance falls while positions stay.",
            )


def _of_metric(result: BacktestResult, name: str) -> Iterator[Figure]:
    if name not in result.analysis:
        return
    metric, value = metric_of(name), result.analysis[name]
    sign = 0
    if value is not None and metric.unit in (Unit.GROWTH, Unit.RATE):
        sign = _sign(value - (1.0 if metric.unit is Unit.GROWTH else 0.0))
    yield Figure(metric.label, format_metric(metric, value), sign, metric.answer())


def _sign(value: float) -> int:
    return 0 if math.isnan(value) or value == 0.0 else int(math.copysign(1, value))
