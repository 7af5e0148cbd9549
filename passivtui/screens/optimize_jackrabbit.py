"""Jackrabbit in the view of a run: the iteration, its m, the best so far and how it came about, in two lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from passivtui.backtest.metrics import format_metric, metric_of
from passivtui.optimize import Goal, JackrabbitView
from passivtui.optimize.goal import sign_of
from passivtui.widgets.glyphs import Glyphs
from passivtui.widgets.picture import spark_line
from passivtui.widgets.series import Series

_CELLS: Final = 20
_SHOWN: Final = 3


def where_text(view: JackrabbitView) -> str:
    """`k 12/200  m 0.3594`."""
    return f"k {view.k:,}/{view.n:,}  m {view.m:.4f}"


def history_lines(view: JackrabbitView, goal: Goal, glyphs: Glyphs) -> list[str]:
    """The best so far and, as a spark line, how it rose; then the bests before it, in the columns of objectives."""
    name = goal.scoring[view.decides]
    metric = metric_of(name)
    values = [step.objective * sign_of(name) for step in view.history]
    if not values:
        return [f"{'Jackrabbit':<27}no best yet: no candidate had a result"]
    told = [f"{format_metric(metric, value)} at k {step.k}" for step, value in zip(view.history, values, strict=True)]
    picture = best_line([step.k for step in view.history], values, view.k, glyphs)
    earlier = f"{len(told) - _SHOWN} earlier > " if len(told) > _SHOWN else ""
    return [
        f"{'Jackrabbit: the best':<27}{told[-1]:<25}{picture}",
        f"  {metric.label} decides: {earlier}{' > '.join(told[-_SHOWN:])}",
    ]


def best_line(ks: Sequence[int], values: Sequence[float], until: int, glyphs: Glyphs) -> str:
    """The best so far over the iterations."""
    import numpy as np

    series = Series("", np.array(ks, dtype=np.float64), np.array(values, dtype=np.float64), draw="steps")
    return spark_line(series, (0.0, float(max(until, 1))), _CELLS, glyphs)
