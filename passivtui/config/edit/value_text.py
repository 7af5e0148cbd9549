"""Values as a person reads and types them in a form. `read_text(show_text(value))` gives the value back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from passivtui.config.document import is_text
from passivtui.config.parameter import Kind, Param, split_names

_NUMBER = re.compile(r"[+-]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*%?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_LONGEST_PLAIN = 18  # digits of a number that is written without an exponent
_SWITCH_WORDS = {
    "true": True,
    "yes": True,
    "y": True,
    "on": True,
    "false": False,
    "no": False,
    "n": False,
    "off": False,
}
_SIDES = re.compile(r"\s*long\s*:(?P<long>[^|]*)\|\s*short\s*:(?P<short>[^|]*)", re.IGNORECASE)
_NUMERIC = (Kind.NUMBER, Kind.COUNT, Kind.ROUNDED)


def show_number(value: int | float) -> str:
    """A number without superfluous zeros or exponent: 0.00001, 2, 1365; reads back as the same float."""
    if isinstance(value, int):
        return str(value)
    if value - value != 0.0:
        return str(value)
    exact = Decimal(repr(value))
    plain = format(exact, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain if len(plain) <= _LONGEST_PLAIN + 2 else repr(value)


def show_value(value: Any) -> str:
    """A plain value as the form shows it: texts bare, lists separated by commas, tables as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return show_number(value)
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, str) for item in value):
            return ", ".join(value)
        return ", ".join(show_value(item) for item in value)
    if isinstance(value, Mapping) and set(value) == {"long", "short"}:
        return f"long: {show_value(value['long'])} | short: {show_value(value['short'])}"
    return json.dumps(value, ensure_ascii=False, default=str)


def show_bounds(value: Any) -> str:
    """`200 .. 1440`, or one number for a fixed value; what is neither as it is."""
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in items) and len(items) in (1, 2):
        return " .. ".join(show_number(item) for item in dict.fromkeys(items))
    return show_value(value)


def read_number(text: str, *, like: Any = None) -> int | float | str:
    """The number that a text means: `0.02`, `1e-3`, `2 %`, `100,000`; other texts stay texts.

    Whole numbers become int, unless the value they replace (`like`) is a float.
    """
    word = text.strip()
    if not _NUMBER.fullmatch(word):
        return text
    share = word.endswith("%")
    digits = word.rstrip("% ").replace("_", "")
    if "," in digits:
        if not _GROUPED.fullmatch(digits):
            return text
        digits = digits.replace(",", "")
    try:
        number = Decimal(digits) / 100 if share else Decimal(digits)
    except InvalidOperation:
        return text
    if number == number.to_integral_value() and abs(number) < 10**15 and not isinstance(like, float):
        return int(number)
    value = float(number)
    return value + 0.0 if value - value == 0.0 else text


def read_bounds_text(text: str, *, like: Any = None) -> Any:
    """`200 .. 1440`, `[200, 1440]`, `200 1440` or `7` as [low, high]; other texts stay texts."""
    words = [word for word in re.split(r"\s*\.\.+\s*|[\s,;\[\]]+", text.strip()) if word]
    sample = like[0] if isinstance(like, (list, tuple)) and like else 1.0
    numbers = [read_number(word, like=sample) for word in words]
    if len(numbers) not in (1, 2) or any(isinstance(number, str) for number in numbers):
        return text
    return [numbers[0], numbers[-1]]


def read_value(param: Param, text: str, *, like: Any = None) -> Any:
    """The plain value that a text typed for a setting means; what isn't one stays a text, to be refused later."""
    if not is_text(text):
        return text.encode("utf-8", "replace").decode()
    if param.kind in _NUMERIC:
        return read_number(text, like=like)
    return _READERS[param.kind](text)


def _read_switch(text: str) -> bool | str:
    return _SWITCH_WORDS.get(text.strip().lower(), text)


def _read_word(text: str) -> str:
    word = text.strip()
    return word[1:-1] if len(word) >= 2 and word[0] == word[-1] and word[0] in "\"'" else word


def _read_names(text: str) -> list[str]:
    bare = text.strip().removeprefix("[").removesuffix("]")
    return list(split_names([word.strip().strip("\"'") for word in bare.split(",")]) or ())


def read_coins(text: str) -> Any:
    """Coin names as a list, the path of a file as a text, `long: … | short: …` as a table of both."""
    if match := _SIDES.fullmatch(text):
        return {side: read_coins(match[side]) for side in ("long", "short")}
    names = _read_names(text)
    return names[0] if len(names) == 1 and ("/" in names[0] or "." in names[0]) else names


def _read_table(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.SWITCH: _read_switch,
    Kind.TEXT: _read_word,
    Kind.CHOICE: _read_word,
    Kind.MODE: _read_word,
    Kind.DATE: _read_word,
    Kind.EXCHANGES: _read_names,
    Kind.NAMES: _read_names,
    Kind.METRICS: _read_names,
    Kind.COINS: read_coins,
    Kind.LIMITS: _read_table,
}
