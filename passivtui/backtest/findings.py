"""What a reader of a report should know before believing it: each with one sentence and the reason behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from passivtui.backtest.metrics import METRICS, hours_text, metric_of
from passivtui.backtest.result import BacktestResult
from passivtui.backtest.series import Curves, deepest
from passivtui.backtest.tables import CoinRow
from passivtui.clock import MINUTE_MS, iso_minute

SHORT_DAYS = 90
FEW_FILLS = 100
DEEP_DRAWDOWN = 0.5
STUCK_DAYS = 14
"""A position held or left unchanged for this long counts as stuck, unless the run itself is hardly longer."""

_DAY_MINUTES = 1440
_HOUR_MS = 60 * MINUTE_MS
_NAMED = 4


class Severity(IntEnum):
    """How much a finding matters; higher is more serious."""

    NOTE = 1
    CAUTION = 2
    SERIOUS = 3

    @property
    def word(self) -> str:
        """As it is shown."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing: `key` names the rule."""

    severity: Severity
    key: str
    sentence: str
    explanation: str


def findings_of(result: BacktestResult, curves: Curves, coins: tuple[CoinRow, ...]) -> tuple[Finding, ...]:
    """Everything worth knowing about a result, the most serious first."""
    found = [
        *_about_money(result, curves),
        *_about_positions(result, coins),
        *_about_length(result),
        *_about_data(result),
        *_about_metrics(result),
    ]
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def _about_money(result: BacktestResult, curves: Curves) -> Iterator[Finding]:
    equity, balance = curves.usd.equity, curves.usd.balance
    below = np.flatnonzero(np.minimum(equity, balance) <= 0.0)
    if len(below):
        moment = iso_minute(int(curves.times_ms[below[0]]))
        yield Finding(
            Severity.SERIOUS,
            "broke",
            f"The account was at or below zero on {moment}.",
            "From there on the run has no meaning: an exchange would have liquidated the positions before. The "
            "simulation knows no liquidation and goes on. Lower the total wallet exposure limit or the leverage.",
        )
        return
    worst = deepest(curves.times_ms, curves.usd.drawdown)
    if -worst.depth > DEEP_DRAWDOWN:
        yield Finding(
            Severity.SERIOUS,
            "deep-drawdown",
            f"The equity fell by {-worst.depth * 100:.0f} % from its high by {iso_minute(int(worst.bottom_ms))}.",
            f"More than half of the account was lost on the way. After a fall of {-worst.depth * 100:.0f} % the rest "
            f"must grow by {(1 / (1 + worst.depth) - 1) * 100:,.0f} % to be back. With leverage, an exchange may have "
            "liquidated the positions earlier than that; the simulation knows no liquidation.",
        )


def _about_positions(result: BacktestResult, coins: tuple[CoinRow, ...]) -> Iterator[Finding]:
    limit_hours = STUCK_DAYS * 24.0
    stuck_at_end = [row for row in coins if _open_hours(row, result) >= limit_hours]
    if stuck_at_end:
        yield Finding(
            Severity.CAUTION,
            "stuck-at-end",
            f"Still in a position opened over {STUCK_DAYS} days before the end: {_named(stuck_at_end)}.",
            "The balance does not show what such a position would lose if it were closed; the equity does. Look at the "
            "coin's chart: a run that ends a little later may look quite different.",
        )
    held_long = [row for row in coins if row.held_hours >= limit_hours and row not in stuck_at_end]
    if held_long:
        longest = max(held_long, key=lambda row: row.held_hours)
        yield Finding(
            Severity.NOTE,
            "held-long",
            f"{longest.coin} {longest.side} was held for {hours_text(longest.held_hours)} at a stretch.",
            f"Positions held for {STUCK_DAYS} days or more: {_named(held_long, every=True)}. For that long the money "
            "was bound, and every perpetual pays or receives funding, which this backtest does not count.",
        )
    left = [row for row in coins if row.is_open and row not in stuck_at_end]
    if left:
        word = "position is" if len(left) == 1 else "positions are"
        yield Finding(
            Severity.NOTE,
            "open-at-end",
            f"{len(left)} {word} open at the end: {_named(left)}.",
            "They count in the equity at the last price. Realised profit and the number of closes do not have them.",
        )


def _about_length(result: BacktestResult) -> Iterator[Finding]:
    days = result.info.n_minutes / _DAY_MINUTES
    if days < SHORT_DAYS:
        yield Finding(
            Severity.CAUTION,
            "short",
            f"The run is short: {days:,.1f} days, less than {SHORT_DAYS}.",
            "A few weeks hold one kind of market only. A strategy that buys falling prices looks good until the first "
            "long fall. Take a year or more, with a falling market in it, before money depends on it.",
        )
    if result.n_fills < FEW_FILLS:
        count = "There was no fill" if not result.n_fills else f"There are few fills: {result.n_fills}"
        yield Finding(
            Severity.CAUTION,
            "few-fills",
            f"{count}, so the figures say little.",
            f"With fewer than {FEW_FILLS} fills, chance decides the metrics more than the settings do. Take a longer "
            "range, more coins, or entries closer to the price. Without any fill: are both sides off, is the balance "
            "too small for the exchange's minimum order, or the first entry too far from the price?",
        )


def _about_data(result: BacktestResult) -> Iterator[Finding]:
    if result.info.synthetic:
        yield Finding(
            Severity.CAUTION,
            "synthetic",
            "Synthetic prices say nothing about how a strategy does.",
            "They are good for learning the program. They were made by a random walk with quiet and wild times. Real "
            "markets fall faster than they rise, coins fall together, and some never come back. None of that is in "
            "these prices.",
        )
    for severity, rank in (("warning", Severity.CAUTION), ("info", Severity.NOTE)):
        issues = [str(issue) for issue in result.info.data_issues if issue.severity == severity]
        if issues:
            more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
            yield Finding(
                rank,
                f"data-{severity}",
                f"About the data: {issues[0]}{more}.",
                "What was noticed while the candles were prepared. Nothing was repaired without being named here:\n\n"
                + "\n".join(issues),
            )


def _about_metrics(result: BacktestResult) -> Iterator[Finding]:
    if result.n_fills < 2 or result.info.n_minutes <= 2 * _DAY_MINUTES:
        yield Finding(
            Severity.CAUTION,
            "defaults",
            "Most metrics need at least two fills and two days; they have their default values.",
            "Where there is too little to compute from, ratios such as loss/profit, choppiness and the worst drawdown "
            "are set to 1 and all others to 0. They say nothing about this run.",
        )
        return
    broken = [
        name
        for name, value in result.analysis.items()
        if name in METRICS and (value is None or not math.isfinite(value)) and name not in _OFTEN_UNDEFINED
    ]
    if broken:
        labels = ", ".join(metric_of(name).label for name in broken[:_NAMED])
        more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
        yield Finding(
            Severity.NOTE,
            "undefined",
            f"Not defined or infinite for this run: {labels}{more}.",
            "A ratio has no value when there is nothing to divide by, for example loss/profit without any profit, or "
            "Omega without a losing day. The optimizer treats such values as failures. All of them: "
            + ", ".join(broken),
        )


#: Undefined as soon as a side is off, which is nothing to wonder at.
_OFTEN_UNDEFINED = {"pnl_ratio_long_short", "loss_profit_ratio_long", "loss_profit_ratio_short"}


def _open_hours(row: CoinRow, result: BacktestResult) -> float:
    """For how long the position that is left at the end was open; 0 when there is none."""
    return 0.0 if row.open_since_ms is None else (result.info.last_ms - row.open_since_ms) / _HOUR_MS


def _named(rows: list[CoinRow], *, every: bool = False) -> str:
    names = [f"{row.coin} {row.side}" for row in rows]
    shown = names if every else names[:_NAMED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
