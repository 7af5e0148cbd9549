"""The optimizer's goal and space: scoring, limits and bounds (`spec/config.md` §2 and §5, the record §5 and §13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from passivtui.config.findings import Findings
from passivtui.config.frozen import FrozenMap
from passivtui.config.metric_names import BTC_PREFIX, METRIC_DIRECTIONS, has_btc_form, without_btc_prefix
from passivtui.config.model import Limit
from passivtui.config.parameter import Param, as_number, split_names
from passivtui.config.parameters import BOUNDS, nearest

_GREATER, _LOWER = "penalize_if_greater_than_", "penalize_if_lower_than_"


def read_scoring(key: str, value: object, btc_collateral: bool, findings: Findings) -> tuple[str, ...]:
    """The metrics to improve, sorted, each once. Without BTC collateral the prefix `btc_` is dropped."""
    names = split_names(value)
    if not names:
        findings.problem(key, value, "must be a list of at least one metric name")
        return ()
    known = [_metric(key, name, btc_collateral, findings) for name in names]
    return tuple(sorted({name for name in known if name}))


def read_limits(key: str, value: object, btc_collateral: bool, findings: Findings) -> tuple[Limit, ...]:
    """The limits, sorted by key. Two limits on the same side of one metric leave the stricter."""
    if not isinstance(value, Mapping):
        findings.problem(key, value, "must be a table such as {penalize_if_greater_than_drawdown_worst: 0.5}")
        return ()
    limits: dict[str, Limit] = {}
    for name, number in value.items():
        limit = _limit(f"{key}.{name}", name, number, btc_collateral, findings)
        if limit is None:
            continue
        other = limits.get(limit.key)
        if other is not None:
            findings.warn(f"{key}.{name}", f"limits {limit.metric} a second time; the stricter value counts")
        if other is None or _is_stricter(limit, other):
            limits[limit.key] = limit
    return tuple(limits[name] for name in sorted(limits))


def _is_stricter(limit: Limit, other: Limit) -> bool:
    return limit.value < other.value if limit.side == "greater" else limit.value > other.value


def _limit(key: str, name: str, value: object, btc_collateral: bool, findings: Findings) -> Limit | None:
    side: Literal["greater", "lower"]
    if name.startswith(_GREATER):
        side, metric = "greater", name.removeprefix(_GREATER)
    elif name.startswith(_LOWER):
        side, metric = "lower", name.removeprefix(_LOWER)
    else:
        side, metric = "lower" if METRIC_DIRECTIONS.get(name) == "higher" else "greater", name
    number = as_number(value)
    if number is None:
        findings.problem(key, value, "must be a number")
    known = _metric(key, metric, btc_collateral, findings)
    return Limit(known, side, number + 0.0) if known and number is not None else None


def _metric(key: str, name: str, btc_collateral: bool, findings: Findings) -> str | None:
    """The metric's name as it will be found in results; None, with a problem, when there is no such metric."""
    if name not in METRIC_DIRECTIONS:
        findings.problem(key, name, _no_metric(name))
        return None
    if name.startswith(BTC_PREFIX) and not btc_collateral:
        plain = without_btc_prefix(name)
        findings.info(key, f"{name} needs BTC collateral; {plain} is used")
        return plain
    return name


def _no_metric(name: str) -> str:
    plain = without_btc_prefix(name)
    if plain in METRIC_DIRECTIONS and not has_btc_form(plain):
        return f"is no metric; {plain} has no form in BTC"
    match = nearest(name, METRIC_DIRECTIONS)
    return f"is no metric; did you mean {match}?" if match else "is no metric"


def read_bounds(key: str, value: object, findings: Findings) -> FrozenMap[tuple[float, float]]:
    """The bounds of all settings that the optimizer varies, in the table's order; missing ones are the template's."""
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    if value is None:
        findings.info(key, "not given; the template's bounds are used")
    elif not isinstance(value, Mapping):
        findings.problem(key, value, "must be a table of bounds such as {long_ema_span_0: [200, 1440]}")
    for name in given:
        if name not in BOUNDS:
            match = nearest(name, BOUNDS)
            hint = f"; did you mean {match}?" if match else ""
            findings.warn(f"{key}.{name}", f"unknown, left out{hint}")
    bounds = {}
    for name, (param, side) in BOUNDS.items():
        template = param.bounds_for(side)
        if given.get(name) is None:
            if value is not None:
                findings.info(f"{key}.{name}", f"not given; the template's bounds {list(template)} are used")
            bounds[name] = template
        else:
            bounds[name] = _bound(f"{key}.{name}", param, given[name], findings) or template
    return FrozenMap(bounds)


def _bound(key: str, param: Param, value: object, findings: Findings) -> tuple[float, float] | None:
    """A number or one number in a list is a fixed value; two are sorted, and kept within what the setting allows."""
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    numbers = [number + 0.0 for item in items if (number := as_number(item)) is not None]
    if len(numbers) != len(items) or len(items) not in (1, 2):
        findings.problem(key, value, "must be [low, high], or one number to keep the setting fixed")
        return None
    high = _within(param, max(numbers))
    low = min(_within(param, min(numbers)), high)
    if (low, high) != (min(numbers), max(numbers)):
        findings.warn(key, f"reaches beyond what is allowed ({param.expected}); [{low:g}, {high:g}] is used")
    return low, high


def _within(param: Param, number: float) -> float:
    """The nearest allowed value; at an open end the nearest one a step away."""
    allowed, step = param.allowed, param.step or 0.0
    if allowed.low is not None and number <= allowed.low and number not in allowed:
        return allowed.low + (step if allowed.low_open else 0.0)
    if allowed.high is not None and number >= allowed.high and number not in allowed:
        return allowed.high - (step if allowed.high_open else 0.0)
    return number
