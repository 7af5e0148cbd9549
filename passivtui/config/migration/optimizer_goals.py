"""Scoring and limits in the forms of other releases: texts, lists of tables, older and newer metric names."""

from __future__ import annotations

from typing import Any, Final

from passivtui.config.metric_names import BTC_PREFIX, METRIC_DIRECTIONS
from passivtui.config.migration.names import LOWER_BOUND
from passivtui.config.migration.step import Step
from passivtui.config.parameter import as_number, split_names

_PREFIXES: Final = ("penalize_if_greater_than_", "penalize_if_lower_than_")
_LIMITS: Final = "optimize.limits"
_SCORING: Final = "optimize.scoring"
_CONDITIONS: Final = {
    "greater_than": _PREFIXES[0],
    ">": _PREFIXES[0],
    "less_than": _PREFIXES[1],
    "lower_than": _PREFIXES[1],
    "<": _PREFIXES[1],
}


def settle_metrics(step: Step) -> None:
    """Limits as a table of 7.3's keys, scoring as a list of names. In files of other releases, metrics that 7.3 doesn't
    have are left out and told; in its own they are mistakes, which validation names."""
    optimize = step.table("optimize")
    limits = optimize.get("limits")
    if isinstance(limits, str):
        optimize["limits"] = limits = _from_text(step, limits)
    elif isinstance(limits, list):
        step.is_foreign = True
        optimize["limits"] = limits = _from_list(step, limits)
    if isinstance(limits, dict):
        limits = {_without_lower_bound(step, name): value for name, value in limits.items()}
        optimize["limits"] = {new: value for name, value in limits.items() if (new := _known_limit(step, name))}
    if "scoring" in optimize:
        _settle_scoring(step, optimize)


def _from_text(step: Step, text: str) -> dict[str, Any]:
    """`--penalize_if_greater_than_drawdown_worst 0.3 --loss_profit_ratio: 0.9`"""
    limits: dict[str, Any] = {}
    for part in text.split("--"):
        words = part.replace(":", " ").replace("=", " ").split()
        if not words:
            continue
        try:
            name, number = words[0], float(words[1])
        except (IndexError, ValueError):
            number = float("nan")
        if len(words) != 2 or number - number != 0.0:
            step.findings.problem(_LIMITS, part.strip(), "must be a metric and a number, as in --drawdown_worst 0.3")
            continue
        limits[name] = number
    step.findings.info(_LIMITS, "a text of limits, brought to a table")
    return limits


def _from_list(step: Step, items: list[Any]) -> dict[str, Any]:
    """`[{metric, penalize_if, value}]` of 7.6 and later; what is switched off is left out."""
    limits: dict[str, Any] = {}
    for item in items:
        table = item if isinstance(item, dict) else {}
        prefix = _CONDITIONS.get(str(table.get("penalize_if")))
        name, value = table.get("metric"), as_number(table.get("value"))
        if not isinstance(name, str):
            step.findings.problem(_LIMITS, item, "must name a metric")
        elif table.get("enabled") is False:
            step.findings.info(_LIMITS, f"{name} is switched off; left out")
        elif prefix is None or value is None:
            step.findings.warn(_LIMITS, f"the limit on {name} has a form that Passivbot 7.3 does not know; left out")
        else:
            limits[prefix + name] = value
    return limits


def _without_lower_bound(step: Step, name: str) -> str:
    if not name.startswith(LOWER_BOUND):
        return name
    new = _PREFIXES[0] + name.removeprefix(LOWER_BOUND)
    step.findings.info(f"{_LIMITS}.{name}", f"is {new} now")
    return new


def _known_limit(step: Step, name: str) -> str | None:
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    metric = _known_metric(step, f"{_LIMITS}.{name}", name.removeprefix(prefix))
    return None if metric is None else prefix + metric


def _settle_scoring(step: Step, optimize: dict[str, Any]) -> None:
    given = optimize["scoring"]
    if isinstance(given, list):
        given = [item.get("metric") if isinstance(item, dict) else item for item in given]
    names = split_names(given)
    if names is None:
        return  # told when it is validated
    known = [metric for name in names if (metric := _known_metric(step, _SCORING, name))]
    if known:
        optimize["scoring"] = known
    elif step.is_foreign:
        del optimize["scoring"]
        step.findings.warn(_SCORING, "holds no metric that Passivbot 7.3 knows; the template's is used")


def _known_metric(step: Step, key: str, name: str) -> str | None:
    """7.3's name of a metric; None when a file of another release names one that 7.3 doesn't have."""
    if name in METRIC_DIRECTIONS or not step.is_foreign:
        return name
    for suffix, prefix in (("_usd", ""), ("_btc", BTC_PREFIX)):
        plain = prefix + name.removesuffix(suffix)
        if name.endswith(suffix) and plain in METRIC_DIRECTIONS:
            step.findings.info(key, f"{name} is called {plain} in Passivbot 7.3")
            return plain
    step.findings.warn(key, f"{name} is no metric of Passivbot 7.3; left out")
    return None
