"""A result over ticks in a few lines of plain text, for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from passivtui.clock import iso_minute
from passivtui.passivx.results import TickOutcome
from passivtui.passivx.run import TickResult

_DAY_MS = 86_400_000.0


def summary_text(result: TickResult) -> str:
    """What was run and what came of it; beside an original run's numbers stand the true ones."""
    ticks = result.ticks
    synthetic = " (synthetic data)" if ticks.synthetic else ""
    title = f"{result.backtest.name}: {result.backtest.symbol} on {ticks.place}{synthetic}"
    days = (ticks.last_ms - ticks.first_ms) / _DAY_MS
    facts = [
        ("dates (UTC)", f"{iso_minute(ticks.first_ms)} to {iso_minute(ticks.last_ms)}, {days:,.1f} days"),
        ("ticks", f"{len(ticks.data):,}"),
        ("starting balance", f"{result.backtest.starting_balance:,.8g}"),
    ]
    lines = [f"{label:<22}{value}" for label, value in facts]
    outcomes = [outcome for outcome in (result.outcome, result.true_outcome) if outcome is not None]
    if len(outcomes) > 1:
        lines.append(f"\n{'accounting':<22}" + "".join(f"{outcome.accounting:>18}" for outcome in outcomes))
    columns = [dict(outcome_rows(outcome)) for outcome in outcomes]
    for label in dict.fromkeys(label for column in columns for label in column):
        lines.append(f"{label:<22}" + "".join(f"{column.get(label, ''):>18}" for column in columns))
    return "\n".join([title, "", *lines])


def outcome_rows(outcome: TickOutcome) -> Iterator[tuple[str, str]]:
    """How a run ended and what came of it, as label and value."""
    yield "ended by", outcome.ended
    if outcome.ended != "end of data":
        yield "ended at (UTC)", iso_minute(outcome.end_ms)
    if outcome.broken_by:
        yield "condition met", outcome.broken_by
    yield "final balance", f"{outcome.balance:,.7g}"
    yield "final equity", f"{outcome.equity:,.7g}"
    yield "trades", f"{len(outcome.trades):,}"
    results = outcome.results
    if results is None:
        return
    yield "gain", f"{100.0 * (results['gain'] - 1.0):.4g} %"
    yield "gain a day", f"{100.0 * (results['average_daily_gain'] - 1.0):.4g} %"
    yield "profit", f"{results['profit_sum']:,.6g}"
    yield "stop losses", f"{results['loss_sum']:,.6g} ({results['n_stop_losses']})"
    yield "fees", f"{results['fee_sum']:,.6g}"
    yield "closest liquidation", f"{100.0 * results['closest_liq']:.4g} %"
    yield "longest pause", f"{results['max_n_hours_between_consec_trades']:.1f} h"
