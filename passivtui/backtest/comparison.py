"""Two or more reports side by side: their equity as change from the start, and their metrics with the differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from passivtui.backtest.metrics import METRICS, Metric, format_difference, format_metric, is_better
from passivtui.backtest.report import Report
from passivtui.backtest.series import Floats
from passivtui.clock import DAY_MS

#: Forms that would only repeat the others' verdict.
_LEFT_OUT = ("btc_", "_per_exposure_")


@dataclass(frozen=True, slots=True, eq=False)
class Overlaid:
    """One report's curve: `change` of its equity since its start, in per cent, over `x`."""

    name: str
    x: Floats
    change: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """The curves over one axis: dates (ms UTC) if the runs overlap in time, else days since each run's start."""

    curves: tuple[Overlaid, ...]
    by_date: bool


@dataclass(frozen=True, slots=True)
class CompareCell:
    """One report's value: how it reads, its difference from the first report's, and whether it is better than that."""

    value: str
    difference: str
    better: bool | None


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One line of the comparison, a cell for each report in their order; `meaning` explains the line."""

    label: str
    cells: tuple[CompareCell, ...]
    meaning: str


def names_of(reports: Sequence[Report]) -> tuple[str, ...]:
    """A name for each report, none twice: `1 btc_long`, `2 btc_long`."""
    return tuple(f"{number} {report.name}" for number, report in enumerate(reports, 1))


def overlay_of(reports: Sequence[Report]) -> Overlay:
    """The equity of each report as per cent of change since its own start."""
    starts = [float(report.curves.times_ms[0]) for report in reports]
    ends = [float(report.curves.times_ms[-1]) for report in reports]
    by_date = max(starts) < min(ends)
    curves = []
    for name, report in zip(names_of(reports), reports, strict=True):
        times, equity = report.curves.times_ms, report.curves.usd.equity
        x = times if by_date else (times - times[0]) / DAY_MS
        with np.errstate(divide="ignore", invalid="ignore"):
            curves.append(Overlaid(name, x, (equity / report.result.info.starting_balance - 1.0) * 100.0))
    return Overlay(tuple(curves), by_date)


def compare_rows(reports: Sequence[Report]) -> Iterator[CompareRow]:
    """What was run, then every metric that all reports have."""
    yield _facts_row("market", [report.result.info.exchange for report in reports], "Where the candles are from.")
    yield _facts_row("from", [report.period[:10] for report in reports], "First day of the run (UTC).")
    yield _facts_row("to", [report.period[-10:] for report in reports], "Last day of the run (UTC).")
    yield _facts_row(
        "coins", [f"{len(report.result.info.coins)}" for report in reports], "How many coins could be traded."
    )
    yield _facts_row(
        "start balance",
        [f"{report.result.info.starting_balance:,.0f}" for report in reports],
        "The balance the run began with, in quote currency.",
    )
    yield _facts_row("fills", [f"{report.result.n_fills:,}" for report in reports], "How many orders were filled.")
    for name, metric in METRICS.items():
        everywhere = all(name in report.result.analysis for report in reports)
        if everywhere and not any(part in name for part in _LEFT_OUT):
            yield _metric_row(metric, [report.result.analysis[name] for report in reports])


def _facts_row(label: str, texts: Sequence[str], meaning: str) -> CompareRow:
    return CompareRow(label, tuple(CompareCell(text, "", None) for text in texts), meaning)


def _metric_row(metric: Metric, values: Sequence[float | None]) -> CompareRow:
    first = values[0]
    cells = [CompareCell(format_metric(metric, first), "", None)]
    for value in values[1:]:
        difference = format_difference(metric, value, first)
        cells.append(CompareCell(format_metric(metric, value), difference, is_better(metric, value, first)))
    return CompareRow(metric.label, tuple(cells), metric.answer())
