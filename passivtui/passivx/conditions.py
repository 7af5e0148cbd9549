"""Break conditions: text to a program for the tick loop, by a grammar of its own. Nothing is ever evaluated as code.

    condition   [lambda NAMES:] either
    either      both {or both}
    both        negation {and negation}
    negation    not negation | comparison
    comparison  sum [< <= > >= == != sum]
    sum         product {+|- product}
    product     signed {*|/ signed}
    signed      - signed | value
    value       NUMBER | ( either ) | abs( sum ) | len(trades) | len(ticks) | k | FIELD
                | trades[-1]["FIELD"] | trades[-2]["FIELD"] | TEXT FIELD.startswith("stop_loss")

`k` is the tick, FIELD a column of the trade's record. `trades[-2]` is the trade before; until there is one, every
comparison with it is false. This reads the conditions that ship with Passiv-X as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NoReturn

from passivtui.core import (
    CONDITION_FACTS,
    STOP_LOSS_TYPES,
    TICK_SIDES,
    TICK_TRADE_TYPES,
    Conditions,
    EngineInputError,
)

LONGEST: Final = 2000  # characters
DEEPEST: Final = 24  # levels of parentheses, signs and negations

Program = tuple[tuple[str, float], ...]

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>'[^'\"\\]*'|\"[^'\"\\]*\")|(?P<sign><=|>=|==|!=|[-+*/<>()\[\].,:]))",
    re.ASCII,
)
_COMPARISONS: Final = {
    "<": "less",
    "<=": "less_or_equal",
    ">": "greater",
    ">=": "greater_or_equal",
    "==": "equal",
    "!=": "not_equal",
}
_TEXT_FIELDS: Final = {"side": TICK_SIDES, "type": TICK_TRADE_TYPES}
#: Columns that Passiv-X calls otherwise.
_RENAMED: Final = {"trade_id": "tick", "k": "tick"}


class NoCondition(ValueError):
    """A text that is no condition; the message says why and what is allowed."""


@dataclass(frozen=True, slots=True)
class BreakCondition:
    """A named condition. Only an active one (its name begins with "ON:") has a program, and counts."""

    name: str
    text: str
    program: Program | None

    @property
    def is_active(self) -> bool:
        return self.program is not None


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a condition: what it yields, and the steps that yield it. A text names its field."""

    kind: Literal["number", "truth", "text"]
    steps: Program
    values: tuple[str, ...] = ()  # what a text field can be


def compile_condition(text: str) -> Program:
    """The steps of a condition for `core.Conditions`. Raises NoCondition."""
    if len(text) > LONGEST:
        raise NoCondition(f"must be shorter than {LONGEST} characters")
    parser = _Parser(list(_tokens(text)))
    parser.skip_lambda()
    part = parser.either(0)
    parser.expect_end()
    if part.kind != "truth":
        raise NoCondition("must be true or false: compare something, as in closest_liq < 0.05")
    try:
        Conditions([part.steps])
    except EngineInputError as error:  # more pending operands than its stack has room for
        raise NoCondition(f"can't be used: {error}") from None
    return part.steps


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise NoCondition(f"{text[position:].strip()[:20]!r} is not understood; a condition compares numbers")
        yield match.lastgroup or "", match[match.lastgroup or 0]
        position = match.end()


class _Parser:
    """Recursive descent over the tokens; each method takes the depth, which is bounded."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._next = 0

    # -- tokens

    @property
    def _ahead(self) -> str:
        kind, text = self._tokens[self._next]
        return text if kind != "text" else ""

    def _take(self, *allowed: str) -> str | None:
        """The next token if it is one of these names or signs."""
        if self._ahead and self._ahead in allowed:
            self._next += 1
            return self._tokens[self._next - 1][1]
        return None

    def _expect(self, sign: str) -> None:
        if self._take(sign) is None:
            self._refuse(f"expected {sign}")

    def _text(self) -> str:
        kind, text = self._tokens[self._next]
        if kind != "text":
            self._refuse("expected a text in quotes")
        self._next += 1
        return text[1:-1]

    def _refuse(self, reason: str) -> NoReturn:
        kind, text = self._tokens[self._next]
        where = "at its end" if kind == "end" else f"at {text[:20]}"
        raise NoCondition(f"can't be read {where} ({reason}); it compares fields of a trade and numbers")

    def expect_end(self) -> None:
        if self._tokens[self._next][0] != "end":
            self._refuse("nothing may follow here")

    def skip_lambda(self) -> None:
        """`lambda trades, ticks, k:` says nothing."""
        if self._take("lambda") is None:
            return
        while self._take("trades", "ticks", "k", ","):
            pass
        self._expect(":")

    # -- truth

    def either(self, depth: int) -> _Part:
        return self._joined("or", self._both, depth)

    def _both(self, depth: int) -> _Part:
        return self._joined("and", self._negation, depth)

    def _joined(self, word: str, operand: Callable[[int], _Part], depth: int) -> _Part:
        left = operand(depth)
        while self._take(word):
            right = operand(depth)
            left = _Part("truth", (*self._truth(left), *self._truth(right), (word, 0.0)))
        return left

    def _truth(self, part: _Part) -> Program:
        if part.kind != "truth":
            self._refuse("and, or and not are for comparisons")
        return part.steps

    def _negation(self, depth: int) -> _Part:
        if self._take("not"):
            return _Part("truth", (*self._truth(self._negation(self._deeper(depth))), ("not", 0.0)))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> _Part:
        left = self._sum(depth)
        sign = self._take(*_COMPARISONS)
        if sign is None:
            return left
        if left.kind == "text":
            return self._text_comparison(left, sign)
        right = self._sum(depth)
        if self._ahead in _COMPARISONS:
            self._refuse("compare two at a time, joined by and")
        return _Part("truth", (*self._number(left), *self._number(right), (_COMPARISONS[sign], 0.0)))

    def _text_comparison(self, field: _Part, sign: str) -> _Part:
        if sign not in ("==", "!="):
            self._refuse("a text is compared by == or !=")
        word = self._text()
        if word not in field.values:
            self._refuse(f"must be one of {', '.join(field.values)}")
        number = ("number", float(field.values.index(word)))
        return _Part("truth", (*field.steps, number, (_COMPARISONS[sign], 0.0)))

    # -- numbers

    def _number(self, part: _Part) -> Program:
        if part.kind != "number":
            self._refuse("arithmetic and comparisons are for numbers")
        return part.steps

    def _sum(self, depth: int) -> _Part:
        return self._chain({"+": "add", "-": "subtract"}, self._product, depth)

    def _product(self, depth: int) -> _Part:
        return self._chain({"*": "multiply", "/": "divide"}, self._signed, depth)

    def _chain(self, signs: dict[str, str], operand: Callable[[int], _Part], depth: int) -> _Part:
        left = operand(depth)
        while sign := self._take(*signs):
            right = operand(depth)
            left = _Part("number", (*self._number(left), *self._number(right), (signs[sign], 0.0)))
        return left

    def _signed(self, depth: int) -> _Part:
        if self._take("-"):
            return _Part("number", (*self._number(self._signed(self._deeper(depth))), ("negate", 0.0)))
        return self._value(depth)

    def _value(self, depth: int) -> _Part:
        kind, text = self._tokens[self._next]
        if kind == "number":
            self._next += 1
            return _Part("number", (("number", _finite(text)),))
        if self._take("("):
            part = self.either(self._deeper(depth))
            self._expect(")")
            return part
        if kind != "name":
            self._refuse("expected a number or a field")
        self._next += 1
        return self._named(text, depth)

    def _named(self, name: str, depth: int) -> _Part:
        if name == "abs":
            self._expect("(")
            inner = self._number(self._sum(self._deeper(depth)))
            self._expect(")")
            return _Part("number", (*inner, ("absolute", 0.0)))
        if name == "len":
            return self._length()
        if name == "trades":
            return self._of_trade()
        return self._field(name, "fact")

    def _length(self) -> _Part:
        self._expect("(")
        name = self._take("trades", "ticks")
        if name is None:
            self._refuse("len is of trades or ticks")
        self._expect(")")
        return _Part("number", (("fact", CONDITION_FACTS.index(f"n_{name}")),))

    def _of_trade(self) -> _Part:
        """`trades[-1]["field"]`, or of the trade before, `trades[-2]`."""
        self._expect("[")
        self._expect("-")
        which = self._take("1", "2")
        if which is None:
            self._refuse("only the last two trades can be asked")
        self._expect("]")
        self._expect("[")
        name = self._text()
        self._expect("]")
        return self._field(name, "fact" if which == "1" else "fact_before")

    def _field(self, name: str, step: str) -> _Part:
        if name == "pnl_plus_fee":
            places = (CONDITION_FACTS.index("pnl"), CONDITION_FACTS.index("fee_paid"))
            return _Part("number", ((step, places[0]), (step, places[1]), ("add", 0.0)))
        name = _RENAMED.get(name, name)
        if name not in CONDITION_FACTS:
            self._next -= 1
            self._refuse(f"a trade has no field {name[:40]!r}")
        steps: Program = ((step, CONDITION_FACTS.index(name)),)
        if name not in _TEXT_FIELDS:
            return _Part("number", steps)
        text = _Part("text", steps, _TEXT_FIELDS[name])
        return self._starts_with(text) if self._take(".") else text

    def _starts_with(self, field: _Part) -> _Part:
        if self._take("startswith") is None or field.values != TICK_TRADE_TYPES:
            self._refuse("only type.startswith is known")
        self._expect("(")
        if self._text() != "stop_loss":
            self._refuse('only startswith("stop_loss") is known')
        self._expect(")")
        return _Part("truth", (*field.steps, ("number", float(STOP_LOSS_TYPES)), ("greater_or_equal", 0.0)))

    def _deeper(self, depth: int) -> int:
        if depth >= DEEPEST:
            self._refuse("nested too deeply")
        return depth + 1


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0.0:
        raise NoCondition(f"the number {text[:20]} is too large")
    return number
