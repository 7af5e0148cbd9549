"""Dates of a config (`spec/config.md` §6): ISO dates, milliseconds, or "now"; always UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from passivtui.errors import ConfigError, Problem

#: What may stand where a date is asked for; ends every message about a date that can't be read.
DATE_FORMS = 'a date such as 2024, 2024-06, 2024-06-23, 2024-06-23T12:00, milliseconds since 1970, or "now"'

_NOW = frozenset({"now", "today", ""})
_YEAR = re.compile(r"\d{4}")
_YEAR_MONTH = re.compile(r"\d{4}-\d{1,2}")
_MILLISECONDS = re.compile(r"\d{11,14}")
_SECONDS = re.compile(r"\d{9,10}")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(.*)", re.DOTALL)


def read_date(text: str) -> int | None:
    """Milliseconds UTC of a date's text; None for "now" (the newest full day that the data has).

    A year means its first day, a month its first day, a date midnight. A time without an offset is UTC. Raises
    ValueError with what is allowed.
    """
    word = text.strip()
    if word.lower() in _NOW:
        return None
    if _MILLISECONDS.fullmatch(word):
        return int(word)
    if _SECONDS.fullmatch(word):
        raise ValueError(f"{DATE_FORMS}; {word} looks like seconds, which are not milliseconds")
    try:
        moment = datetime.fromisoformat(_padded(word))
    except ValueError:
        raise ValueError(DATE_FORMS) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return round(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        raise ValueError(DATE_FORMS) from None


def _padded(word: str) -> str:
    """The full ISO form of a shortened one: `2024` → `2024-01-01`, `2024-6-3` → `2024-06-03`."""
    if _YEAR.fullmatch(word):
        return f"{word}-01-01"
    if _YEAR_MONTH.fullmatch(word):
        year, month = word.split("-")
        return f"{year}-{month:0>2}-01"
    if match := _DAY.fullmatch(word):
        year, month, day, rest = match.groups()
        return f"{year}-{month:0>2}-{day:0>2}{rest}"
    return word


def parse_date(text: str, key: str) -> int | None:
    """As `read_date`, for a value that a person gave under `key`. Raises ConfigError."""
    try:
        return read_date(text)
    except ValueError as error:
        problem = Problem(key, text, f"must be {error}")
        raise ConfigError(str(problem), [problem]) from None
