"""Sensible steps: the parameter's own, or a part of the value where a setting spans decades; never dust or outside.

Decimal arithmetic on the shortest text of the float, so that 0.1 + 0.2 is 0.3 and a step back is the value before.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from passivtui.config.parameter import Kind, Param

_DECADES: Final = 100.0  # highest / lowest of the optimizer's bounds from which on steps follow the value's size
_MANY_STEPS: Final = 300.0  # template / step from which on they do so without bounds
_FINEST: Final = Decimal("1e-12")
_DIGITS: Final = Context(prec=12)  # no sensible value has more; the rest is dust of earlier arithmetic


def spans_decades(param: Param) -> bool:
    """Whether the setting's sensible values differ so much in size that one step can't suit them all."""
    if param.kind not in (Kind.NUMBER, Kind.COUNT):
        return False
    if param.bounds is not None:
        return any(low > 0.0 and high / low >= _DECADES for low, high in param.bounds)
    template = param.template
    return isinstance(template, (int, float)) and bool(param.step) and template / (param.step or 1.0) >= _MANY_STEPS


def step_words(param: Param) -> str:
    """The step in words: "0.001", or "1 in the second digit"; empty for a setting without steps."""
    if param.step is None:
        return ""
    return "1 in the second digit" if spans_decades(param) else f"{param.step:g}"


def stepped(param: Param, value: int | float, count: int) -> int | float:
    """`value` after `count` steps up (below zero: down), within what is allowed; whole numbers stay int.

    A closed end is reached exactly; before an open one the steps become smaller. A value outside of the allowed range
    moves to its nearest end first.
    """
    if param.step is None or count == 0:
        return value
    number = _inside(param, Decimal(repr(value)))
    single = 1 if count > 0 else -1
    if spans_decades(param):
        for _ in range(abs(count)):
            number = _one(param, number, single * _size_step(number, single, param))
    else:
        number = _one(param, number, count * Decimal(repr(param.step)))
    return _as_like(param, number, value)


def _size_step(number: Decimal, direction: int, param: Param) -> Decimal:
    """One in the second digit; going towards zero from a power of ten, of the next smaller size."""
    if number == 0:
        return Decimal(repr(param.step))
    exponent = number.adjusted() - 1
    shrinking = (number > 0) == (direction < 0)
    if shrinking and abs(number) == Decimal(1).scaleb(number.adjusted()):
        exponent -= 1
    step = Decimal(1).scaleb(exponent)
    return max(step, Decimal(1)) if param.kind is Kind.COUNT else max(step, _FINEST)


def _one(param: Param, number: Decimal, step: Decimal) -> Decimal:
    """`number + step`, or as near to it as is allowed."""
    moved = number + step
    if float(moved) in param.allowed:
        return moved
    end = param.allowed.high if step > 0 else param.allowed.low
    is_open = param.allowed.high_open if step > 0 else param.allowed.low_open
    if end is None:
        return number
    if not is_open:
        return Decimal(repr(end))
    while abs(step) > _FINEST:
        step /= 10
        if float(number + step) in param.allowed:
            return number + step
    return number


def _inside(param: Param, number: Decimal) -> Decimal:
    """The nearest allowed value; at an open end one step away from it."""
    if float(number) in param.allowed:
        return number
    allowed, step = param.allowed, Decimal(repr(param.step))
    if allowed.low is not None and float(number) <= allowed.low:
        return Decimal(repr(allowed.low)) + (step if allowed.low_open else 0)
    if allowed.high is not None:
        return Decimal(repr(allowed.high)) - (step if allowed.high_open else 0)
    return number


def _as_like(param: Param, number: Decimal, value: int | float) -> int | float:
    number = _DIGITS.plus(number)
    whole = number.to_integral_value()
    if param.kind is Kind.COUNT or (number == whole and isinstance(value, int)):
        return int(whole)
    return float(number) + 0.0
