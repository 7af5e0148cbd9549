"""Plain tables by dotted keys, changed by copying: the table before stays as it was, and shares what didn't change.

A key is split at its dots, except that a coin's name under `coin_overrides` is one part whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

from passivtui.config.document import Document


class Absent(Enum):
    """What stands where a key is not given."""

    ABSENT = "not given"


ABSENT: Final = Absent.ABSENT

_COIN_KEY = re.compile(
    r"coin_overrides\.(.+?)(?:\.(bot(?:\.(?:long|short)(?:\.\w+)?)?|live(?:\.\w+)?|override_config_path))?"
)


def split_key(key: str) -> tuple[str, ...]:
    """The parts of a dotted key."""
    if match := _COIN_KEY.fullmatch(key):
        coin, inner = match.groups()
        return ("coin_overrides", coin, *(inner.split(".") if inner else ()))
    return tuple(key.split("."))


def value_at(table: Mapping[str, Any], key: str) -> Any:
    """The value under a dotted key; ABSENT when it, or a table on the way, is not there."""
    value: Any = table
    for part in split_key(key):
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


def with_value(table: Document, key: str, value: Any) -> Document:
    """A copy with `value` under the key, tables made on the way; whatever else stands in the way is replaced."""
    return _with(table, split_key(key), value)


def _with(table: Mapping[str, Any], parts: tuple[str, ...], value: Any) -> Document:
    first, *rest = parts
    inner = table.get(first)
    if rest:
        value = _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)
    return {**table, first: value}


def without(table: Document, key: str) -> Document:
    """A copy in which the key is not given; tables below `coin_overrides` that this leaves empty go too."""
    return _without(table, split_key(key), keep=2 if key.startswith("coin_overrides.") else None)


def _without(table: Mapping[str, Any], parts: tuple[str, ...], keep: int | None) -> Document:
    """`keep`: how many levels of tables stay even when they are empty; None: all."""
    first, *rest = parts
    if first not in table:
        return dict(table)
    inner = table[first]
    others = {name: value for name, value in table.items() if name != first}
    if not rest:
        return others
    if not isinstance(inner, Mapping):
        return dict(table)
    left = _without(inner, tuple(rest), None if keep is None else keep - 1)
    if not left and keep is not None and keep <= 0:
        return others
    return {name: left if name == first else value for name, value in table.items()}


def same(one: Any, other: Any) -> bool:
    """Whether two plain values mean the same in a file: 2 and 2.0 do, 1 and true don't."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other) and (isinstance(one, str) == isinstance(other, str))


def leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every dotted key with its value; an empty table counts as a value."""
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Mapping) and value:
            yield from leaves(value, key)
        else:
            yield key, value
