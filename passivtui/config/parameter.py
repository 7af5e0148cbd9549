"""What one setting of a config is: its name, kind, unit, allowed range, template value and explanation.

The tables that hold every `Param` (`bot_parameters`, `section_parameters`) are the only source for validation, the
editor's form, the command line's help, the optimizer's bounds and the reference page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from passivtui.config.dates import DATE_FORMS, read_date
from passivtui.config.modes import MODES, expand_mode
from passivtui.exchanges.venues import find_venue, venues_with_candles


class Kind(StrEnum):
    """What sort of value a setting holds."""

    NUMBER = "number"
    COUNT = "whole number"
    ROUNDED = "number, rounded to a whole one"  # half to even, as Passivbot does on loading
    SWITCH = "true or false"
    TEXT = "text"
    CHOICE = "one of a few words"
    MODE = "mode"
    DATE = "date"
    EXCHANGES = "exchange names"
    NAMES = "list of words"
    COINS = "coin list"  # read by `coins`
    METRICS = "metric names"  # read by `objectives`
    LIMITS = "limits on metrics"  # read by `objectives`


class NotAllowed(ValueError):
    """A value that a setting may not have; the text says what is allowed: "a number > 0 and <= 1"."""


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, each end included unless it is open; None means no end."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return above and below

    def __str__(self) -> str:
        ends = []
        if self.low is not None:
            ends.append(f"{'>' if self.low_open else '>='} {self.low:g}")
        if self.high is not None:
            ends.append(f"{'<' if self.high_open else '<='} {self.high:g}")
        return " and ".join(ends)


ANY = Range()
POSITIVE = Range(0.0, None, low_open=True)
NOT_NEGATIVE = Range(0.0)
FRACTION = Range(0.0, 1.0)
SHARE = Range(0.0, 1.0, low_open=True)  # a part of a whole that can't be nothing
AT_LEAST_ONE = Range(1.0)


@dataclass(frozen=True, slots=True)
class Param:
    """One setting. `template` is the value that a missing key takes; for `bot` settings, (long, short)."""

    section: str  # bot, backtest, live or optimize
    name: str
    kind: Kind
    template: Any
    help: str  # one line
    more: str = ""  # a paragraph for who wants to know
    unit: str = ""
    group: str = ""  # the part of the editor's tree it stands in
    allowed: Range = ANY
    choices: tuple[str, ...] = ()
    step: float | None = None  # a sensible step when editing
    bounds: tuple[tuple[float, float], tuple[float, float]] | None = (
        None  # the template's optimizer bounds, long and short
    )
    touches: tuple[str, ...] = ()  # order classes (`spec/engine.md` §3.1 without the side), or "selection"
    per_coin: bool = False  # `coin_overrides` may set it

    def key(self, side: str = "long") -> str:
        """The dotted name; `side` matters for `bot` settings only."""
        return f"bot.{side}.{self.name}" if self.section == "bot" else f"{self.section}.{self.name}"

    def template_for(self, side: str) -> Any:
        """The template's value on that side."""
        return self.template[0 if side == "long" else 1] if self.section == "bot" else self.template

    def bounds_for(self, side: str) -> tuple[float, float]:
        """The template's optimizer bounds on that side. Only for settings that the optimizer varies."""
        if self.bounds is None:
            raise KeyError(f"{self.name} has no optimizer bounds")
        return self.bounds[0 if side == "long" else 1]

    @property
    def expected(self) -> str:
        """What is allowed, in words that can follow "must be"."""
        return _EXPECTED[self.kind](self)

    def read(self, value: object) -> Any:
        """The typed value of what a file, `--set` or a form gave. Raises NotAllowed.

        Not for coin lists, metric names and limits, which need more than the value alone.
        """
        return _READERS[self.kind](self, value)


def as_number(value: object) -> float | None:
    """A finite float of a JSON or TOML number; None for everything else (true and false are not numbers)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _read_number(param: Param, value: object) -> float:
    number = as_number(value)
    if number is None or number not in param.allowed:
        raise NotAllowed(param.expected)
    return number + 0.0  # -0.0 would read back as 0


def _read_count(param: Param, value: object) -> int:
    number = _read_number(param, value)
    if not number.is_integer():
        raise NotAllowed(param.expected)
    return int(number)


def _read_rounded(param: Param, value: object) -> int:
    return round(_read_number(param, value))


_YES = frozenset({"true", "yes", "y", "on", "1"})
_NO = frozenset({"false", "no", "n", "off", "0"})


def _read_switch(param: Param, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, (str, int, float)) else ""
    if word in _YES or word == "1.0":
        return True
    if word in _NO or word == "0.0":
        return False
    raise NotAllowed(param.expected)


def _read_text(param: Param, value: object) -> str:
    if not isinstance(value, str):
        raise NotAllowed(param.expected)
    return value


def _read_choice(param: Param, value: object) -> str:
    word = value.strip().lower() if isinstance(value, str) else None
    if word not in param.choices:
        raise NotAllowed(param.expected)
    return word


def _read_mode(param: Param, value: object) -> str:
    mode = expand_mode(value) if isinstance(value, str) else None
    if mode is None:
        raise NotAllowed(param.expected)
    return mode


def _read_date(param: Param, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise NotAllowed(param.expected)
    text = str(value).strip()
    try:
        moment = read_date(text)
    except ValueError as error:
        raise NotAllowed(str(error)) from None
    if moment is None and param.name == "start_date":
        raise NotAllowed('a date: "now" is only for the end')
    return text or "now"


def split_names(value: object) -> tuple[str, ...] | None:
    """The words of a list or of a comma-separated text; None when it is neither."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        return None
    return tuple(dict.fromkeys(word for item in value if (word := item.strip())))


def _read_names(param: Param, value: object) -> tuple[str, ...]:
    names = split_names(value)
    if names is None or (param.choices and not set(names) <= set(param.choices)):
        raise NotAllowed(param.expected)
    return names


def _read_exchanges(param: Param, value: object) -> tuple[str, ...]:
    names = split_names(value)
    if not names:
        raise NotAllowed(param.expected)
    venues = []
    for name in names:
        venue = find_venue(name)
        if venue is None or not venue.has_candles:
            reason = f" ({venue.note})" if venue else f" ({name} is none of them)"
            raise NotAllowed(param.expected + reason)
        venues.append(venue.name)
    return tuple(dict.fromkeys(venues))


def _number_words(param: Param, noun: str) -> str:
    return f"{noun} {param.allowed}".rstrip()


_READERS: dict[Kind, Callable[[Param, object], Any]] = {
    Kind.NUMBER: _read_number,
    Kind.COUNT: _read_count,
    Kind.ROUNDED: _read_rounded,
    Kind.SWITCH: _read_switch,
    Kind.TEXT: _read_text,
    Kind.CHOICE: _read_choice,
    Kind.MODE: _read_mode,
    Kind.DATE: _read_date,
    Kind.EXCHANGES: _read_exchanges,
    Kind.NAMES: _read_names,
}

_EXPECTED: dict[Kind, Callable[[Param], str]] = {
    Kind.NUMBER: lambda param: _number_words(param, "a number"),
    Kind.COUNT: lambda param: _number_words(param, "a whole number"),
    Kind.ROUNDED: lambda param: _number_words(param, "a number"),
    Kind.SWITCH: lambda _: "true or false",
    Kind.TEXT: lambda _: "a text in quotes",
    Kind.CHOICE: lambda param: "one of " + ", ".join(f'"{choice}"' for choice in param.choices),
    Kind.MODE: lambda _: 'a mode: "", ' + ", ".join(mode for mode in MODES if mode) + ", or n, m, gs, t, p",
    Kind.DATE: lambda _: DATE_FORMS,
    Kind.EXCHANGES: lambda _: "a list of exchanges with candles: " + ", ".join(venues_with_candles()),
    Kind.NAMES: lambda param: "a list of " + (" or ".join(param.choices) if param.choices else "texts"),
    Kind.COINS: lambda _: "coin names, the path of a file with coin names, or {long, short} of these",
    Kind.METRICS: lambda _: "a list of metric names",
    Kind.LIMITS: lambda _: "a table of metric limits",
}
