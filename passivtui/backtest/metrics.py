"""Every metric of a report: label, unit, which way is better, what it means, and how its value reads.

29 base metrics are described in `metric_texts.py`; the forms with `_w`, `_per_exposure_…` and `btc_` follow from them
(`spec/engine.md` §6.4–§6.6). Directions are those of the optimizer (`config/metric_names.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from passivtui.backtest.metric_texts import BASE_TEXTS, Group, MetricText, Unit
from passivtui.config.metric_names import BTC_PREFIX, METRIC_DIRECTIONS, Direction, has_btc_form

__all__ = ["METRICS", "Group", "Metric", "Unit", "format_difference", "format_metric", "is_better", "metric_of"]

_WEIGHTED: Final = (
    *("adg", "mdg", "sharpe_ratio", "sortino_ratio", "omega_ratio", "calmar_ratio", "sterling_ratio"),
    *("loss_profit_ratio", "equity_choppiness", "equity_jerkiness", "exponential_fit_error"),
    "volume_pct_per_day_avg",
)
_PER_EXPOSURE: Final = ("adg", "adg_w", "mdg", "mdg_w", "gain")
_SIDES: Final = ("long", "short")

#: Of metrics that the optimizer does not use.
_OTHER_DIRECTIONS: Final[Mapping[str, Direction | None]] = {
    "loss_profit_ratio_long": "lower",
    "loss_profit_ratio_short": "lower",
    "pnl_ratio_long_short": None,
}

_WEIGHTED_WORDS: Final = (
    "This is the form with _w, in which recent times weigh more: the metric is computed over the whole run, its last "
    "half, last third … and last tenth, and the ten values are averaged. Trap: stretches that hold no fill are left "
    "out, but the sum is divided by ten all the same, so that short or quiet runs give values that are too small."
)
_PER_EXPOSURE_WORDS: Final = (
    "This is the form per exposure: the value divided by the total wallet exposure limit of the {side} side, so that "
    "configs with different limits can be compared. It is 0 when the side is off. Trap: the limit divides it, not the "
    "exposure that was really used, and profits of the other side are in it too."
)
_BTC_WORDS: Final = (
    "This is the form in BTC: equity, balance and profits are counted in BTC. It tells whether the run earned more "
    "than just holding the BTC that is its collateral."
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as reports show it.

    Attributes:
        name: as in `analysis.json` and in the optimizer's objectives.
        label: what it is called in tables.
        group: the part of the list it belongs to.
        unit: how the number is to be read.
        direction: which way is better; None when neither is.
        help: one sentence.
        explanation: formula in words, what is good, its traps.
    """

    name: str
    label: str
    group: Group
    unit: Unit
    direction: Direction | None
    help: str
    explanation: str

    def answer(self) -> str:
        """The whole answer to "what is this?", in paragraphs."""
        better = {"higher": "Higher is better.", "lower": "Lower is better.", None: "Neither way is better."}
        kind = f"It is {self.unit.value}. {better[self.direction]}"
        return "\n\n".join([self.help, self.explanation, kind, f"In files and objectives it is called {self.name}."])


def _base(text: MetricText) -> Metric:
    direction = METRIC_DIRECTIONS[text.name] if text.name in METRIC_DIRECTIONS else _OTHER_DIRECTIONS[text.name]
    return Metric(text.name, text.label, text.group, text.unit, direction, text.help, text.explanation)


def _weighted(metric: Metric) -> Metric:
    return _form(metric, f"{metric.name}_w", f"{metric.label}, recent", _WEIGHTED_WORDS)


def _per_exposure(metric: Metric, side: str) -> Metric:
    form = _form(
        metric,
        f"{metric.name}_per_exposure_{side}",
        f"{metric.label} / {side} limit",
        _PER_EXPOSURE_WORDS.format(side=side),
    )
    # A factor divided by a limit is no longer 1 when flat.
    return replace(form, unit=Unit.RATIO) if metric.unit is Unit.GROWTH else form


def _in_btc(metric: Metric) -> Metric:
    return _form(metric, BTC_PREFIX + metric.name, f"{metric.label}, in BTC", _BTC_WORDS)


def _form(metric: Metric, name: str, label: str, words: str) -> Metric:
    return replace(metric, name=name, label=label, explanation=f"{metric.explanation}\n\n{words}")


def _plain_metrics() -> Iterator[Metric]:
    """Base metrics, each followed by the forms that are not in BTC."""
    for text in BASE_TEXTS:
        base = _base(text)
        forms = [base, _weighted(base)] if base.name in _WEIGHTED else [base]
        yield from forms
        yield from (_per_exposure(form, side) for form in forms if form.name in _PER_EXPOSURE for side in _SIDES)


def _all_metrics() -> dict[str, Metric]:
    plain = {metric.name: metric for metric in _plain_metrics()}
    in_btc = [_in_btc(metric) for name, metric in plain.items() if name in METRIC_DIRECTIONS and has_btc_form(name)]
    return {**plain, **{metric.name: metric for metric in in_btc}}


#: Every metric by name, in the order of the list: group by group, each followed by its forms; those in BTC at the end.
METRICS: Final[Mapping[str, Metric]] = _all_metrics()


def metric_of(name: str) -> Metric:
    """The metric called `name`; one that is not known (from a newer report) is shown as it is."""
    if name in METRICS:
        return METRICS[name]
    unknown = "This version of passivtui does not know this metric; its value is shown as it was kept."
    return Metric(name, name.replace("_", " "), Group.SHAPE, Unit.RATIO, None, unknown, "There is no explanation here.")


def format_metric(metric: Metric, value: float | None) -> str:
    """The value as it reads: `+38.20 %`, `11.40 %`, `2.4100`, `41.2 d`; in words when it is no finite number."""
    if value is None or math.isnan(value):
        return "not defined"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    match metric.unit:
        case Unit.GROWTH:
            return f"{(value - 1.0) * 100:+,.2f} %"
        case Unit.RATE:
            return f"{value * 100:+,.4f} %"
        case Unit.SHARE:
            return f"{value * 100:,.2f} %"
        case Unit.RATIO:
            return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.2f}"
        case Unit.SMALL:
            return f"{value:,.6f}" if abs(value) < 1 else f"{value:,.2f}"
        case Unit.HOURS:
            return hours_text(value)
        case Unit.PER_DAY:
            return f"{value:,.2f}"


def format_difference(metric: Metric, value: float | None, other: float | None) -> str:
    """How far `value` is above (+) or below (-) `other`, in the metric's unit; "" when that can't be said."""
    if value is None or other is None or not (math.isfinite(value) and math.isfinite(other)):
        return ""
    difference = value - other
    match metric.unit:
        case Unit.GROWTH | Unit.SHARE:
            return f"{difference * 100:+,.2f} %"
        case Unit.RATE:
            return f"{difference * 100:+,.4f} %"
        case Unit.RATIO:
            return f"{difference:+,.4f}"
        case Unit.SMALL:
            return f"{difference:+,.6f}"
        case Unit.HOURS:
            return f"{difference:+,.1f} h" if abs(difference) < 48 else f"{difference / 24:+,.1f} d"
        case Unit.PER_DAY:
            return f"{difference:+,.2f}"


def hours_text(hours: float) -> str:
    """`0.5 h`, `19.3 h`, from two days on `41.2 d`."""
    return f"{hours:,.1f} h" if abs(hours) < 48 else f"{hours / 24:,.1f} d"


def is_better(metric: Metric, value: float | None, other: float | None) -> bool | None:
    """Whether `value` beats `other`; None when they are equal, one is not defined, or neither way is better."""
    if value is None or other is None or math.isnan(value) or math.isnan(other) or value == other:
        return None
    if metric.direction is None:
        return None
    return (value > other) is (metric.direction == "higher")
