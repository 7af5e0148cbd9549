"""Values out of a venue's answers: a finite number, a short text, a time, or `Unreadable`. Never a guess.

Venues send numbers as text and as JSON numbers, null and "" where they have nothing, and sometimes nonsense.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from passivtui.exchanges.errors import Unreadable

_LARGEST: Final = 1e18  # no price, quantity or balance is beyond it
_LONGEST_NUMBER: Final = 64  # characters
_LONGEST_TEXT: Final = 200
_LARGEST_TIME: Final = 4_102_444_800_000  # 2100-01-01
_EMPTY: Final = (None, "")


def number(value: object, what: str) -> float:
    """A finite number of a sane size, from a number or its text. Raises Unreadable."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _unreadable(value, what)
    if isinstance(value, str) and (len(value) > _LONGEST_NUMBER or "_" in value):
        raise _unreadable(value, what)
    try:
        read = float(value)
    except (ValueError, OverflowError):
        raise _unreadable(value, what) from None
    if not math.isfinite(read) or abs(read) > _LARGEST:
        raise _unreadable(value, what)
    return read


def positive(value: object, what: str) -> float:
    """A number above 0. Raises Unreadable."""
    read = number(value, what)
    if read <= 0.0:
        raise _unreadable(value, what)
    return read


def number_or_none(value: object, what: str) -> float | None:
    """A number, or None where the venue has nothing to say (null or ""). Raises Unreadable."""
    return None if value in _EMPTY else number(value, what)


def number_or_zero(value: object, what: str) -> float:
    """A number where null and "" mean none of it: a part that was filled, a position. Raises Unreadable."""
    return 0.0 if value in _EMPTY else number(value, what)


def text(value: object, what: str) -> str:
    """A text that is not empty; of a whole number its digits, never of a fraction (ids have 64 bits).

    Raises Unreadable.
    """
    read = text_or_empty(value, what)
    if not read:
        raise _unreadable(value, what)
    return read


def text_or_empty(value: object, what: str) -> str:
    """As `text`, but null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _unreadable(value, what)
    read = str(value)
    if len(read) > _LONGEST_TEXT or not read.isprintable():
        raise _unreadable(value, what)
    return read


def time_ms(value: object, what: str) -> int:
    """A time in milliseconds between 1970 and 2100. Raises Unreadable."""
    read = number(value, what)
    if not 0.0 < read < _LARGEST_TIME:
        raise _unreadable(value, what)
    return int(read)


def table(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object. Raises Unreadable."""
    if not isinstance(value, Mapping):
        raise _unreadable(value, what)
    return value


def rows(value: object, what: str) -> list[Mapping[str, Any]]:
    """A JSON array of objects. Raises Unreadable."""
    if not isinstance(value, list | tuple):
        raise _unreadable(value, what)
    return [table(row, what) for row in value]


def _unreadable(value: object, what: str) -> Unreadable:
    shown = repr(value)
    return Unreadable(f"the venue's {what} can't be used: {shown[:40]}{'…' if len(shown) > 40 else ''}")
