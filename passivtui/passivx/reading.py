"""Values out of a document, every one checked by the tables, every mistake collected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from passivtui.config.document import Document
from passivtui.config.findings import Findings
from passivtui.config.frozen import FrozenMap
from passivtui.config.parameter import Kind, NotAllowed, Param, as_number
from passivtui.config.parameters import nearest
from passivtui.passivx.conditions import BreakCondition, NoCondition, compile_condition
from passivtui.passivx.model import SearchRange, Strategy
from passivtui.passivx.parameters import CLAMPS, OPTIONAL, STRATEGY, STRATEGY_NAMES, clamp

_ACTIVE: Final = "ON:"


def read_values(document: Mapping[str, Any], params: Iterable[Param], findings: Findings) -> dict[str, Any]:
    """The typed value of every setting; a missing one that may be missing is its template's.

    Numbers beyond a clamp are moved to its end, which is told. Where something is wrong the value is the template's,
    and a problem is noted.
    """
    return {param.name: _read(document, param, findings) for param in params}


def _read(document: Mapping[str, Any], param: Param, findings: Findings) -> Any:
    raw = document.get(param.name)
    if raw is None:
        if param.name not in OPTIONAL:
            findings.fault(param.name, f"is missing; give {param.expected}: {param.help}")
        return param.template
    try:
        return param.read(_clamped(param, raw, findings))
    except NotAllowed as error:
        findings.problem(param.name, raw, f"must be {error}")
        return param.template


def _clamped(param: Param, raw: object, findings: Findings) -> object:
    number = as_number(raw)
    if number is None or param.kind is Kind.SWITCH or param.name not in CLAMPS:
        return raw
    moved = clamp(param.name, number)
    if moved != number:
        findings.warn(param.name, f"{number:g} is beyond what the strategy allows; {moved:g} is used")
    return moved


def read_strategy(document: Mapping[str, Any], findings: Findings) -> Strategy:
    """The strategy out of a document whose keys are its names."""
    strategy = Strategy(**read_values(document, STRATEGY, findings))
    if not strategy.do_long and not strategy.do_shrt:
        findings.warn("do_long", "and do_shrt are both off, so nothing is traded")
    return strategy


def read_break_conditions(value: object, findings: Findings) -> tuple[BreakCondition, ...]:
    """`break_on`: a list of [name, condition]. What is switched off may be anything; it is told if it can't be read."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(_is_pair(item) for item in value):
        findings.problem(
            "break_on", value, 'must be a list of [name, condition], as in ["ON: near", "closest_liq < 0.05"]'
        )
        return ()
    return tuple(_condition(name, text, f"break_on.{i}", findings) for i, (name, text) in enumerate(value))


def _is_pair(item: object) -> bool:
    return isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(part, str) for part in item)


def _condition(name: str, text: str, key: str, findings: Findings) -> BreakCondition:
    active = name.startswith(_ACTIVE)
    try:
        program = compile_condition(text)
    except NoCondition as error:
        if active:
            findings.problem(key, text, f"the condition {name!r} {error}")
        else:
            findings.info(key, f"the condition {name!r} is off; switched on it would be an error: it {error}")
        return BreakCondition(name, text, None)
    return BreakCondition(name, text, program if active else None)


def read_ranges(value: object, max_leverage: float, findings: Findings) -> FrozenMap[SearchRange]:
    """`ranges`: {setting: [low, high, step]} for every setting of the strategy, clamped as Passiv-X does."""
    table = value if isinstance(value, Mapping) else {}
    if not isinstance(value, Mapping):
        findings.problem("ranges", value, "must be a table of [low, high, step] for every setting of the strategy")
    elif missing := [name for name in STRATEGY_NAMES if name not in table]:
        findings.fault("ranges", f"lacks {', '.join(missing)}; give [low, high, step] for each")
    for name in table:
        if name not in STRATEGY_NAMES:
            _warn_unknown(f"ranges.{name}", name, STRATEGY_NAMES, findings)
    ranges = {name: _range(name, table[name], max_leverage, findings) for name in STRATEGY_NAMES if name in table}
    return FrozenMap(ranges)


def _range(name: str, value: object, max_leverage: float, findings: Findings) -> SearchRange:
    numbers = [as_number(item) for item in value] if isinstance(value, (list, tuple)) else []
    low, high, step = (*numbers, None, None, None)[:3]
    if len(numbers) != 3 or low is None or high is None or step is None or low > high or step <= 0.0:
        findings.problem(f"ranges.{name}", value, "must be [low, high, step] with low <= high and a step above 0")
        return SearchRange(0.0, 0.0, 1.0)
    top = min(high, max_leverage) if name == "leverage" else clamp(name, high)
    bottom = min(clamp(name, low), top)
    if (bottom, top) != (low, high):
        findings.info(f"ranges.{name}", f"is used from {bottom:g} to {top:g}, all that the strategy and venue allow")
    return SearchRange(bottom, top, step)


def warn_of_unknown(document: Mapping[str, Any], known: Iterable[str], findings: Findings) -> FrozenMap[Any]:
    """A note for every key that means nothing; they are returned, to be kept."""
    names = tuple(known)
    unknown = {name: value for name, value in document.items() if name not in names and value is not None}
    for name in unknown:
        _warn_unknown(name, name, names, findings)
    return FrozenMap(unknown)


def _warn_unknown(key: str, name: str, known: Iterable[str], findings: Findings) -> None:
    match = nearest(name, known)
    findings.warn(key, "unknown, without effect" + (f"; did you mean {match}?" if match else ""))


def with_sets(document: Document, sets: Iterable[str], known: Iterable[str], findings: Findings) -> Document:
    """A copy of the document with every `KEY=VALUE` in place of what the file says. Mistakes become problems."""
    changed, names = dict(document), tuple(known)
    for text in sets:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or name not in names:
            match = nearest(name, names)
            advice = f"; did you mean {match}?" if match else ", such as starting_balance=1000"
            findings.fault(f"--set {text}", f"must be SETTING=VALUE with a setting of the backtest{advice}")
            continue
        try:
            changed[name] = json.loads(value, parse_constant=str)
        except (ValueError, RecursionError):
            changed[name] = value.strip()
    return changed
