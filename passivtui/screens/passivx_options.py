"""What can be typed when a run over ticks is set up, and what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Option:
    """A value that is typed: its name, title, what it is for, and what is wrong with a text."""

    name: str
    title: str
    note: str
    check: Callable[[str], str | None]


def whole(low: int, high: int = 2**32 - 1) -> Callable[[str], str | None]:
    """A check for whole numbers from `low` to `high`, or nothing."""

    def check(text: str) -> str | None:
        text = text.strip()
        if not text or (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            return None
        return f"a whole number from {low} to {high:,}"

    return check


def _amount(text: str) -> str | None:
    try:
        return None if not text.strip() or 0.0 < float(text) < 1e15 else "a number above 0"
    except ValueError:
        return "a number above 0"


def _accounting(text: str) -> str | None:
    return None if text.strip() in ("", "true", "original") else "true or original"


def _days(text: str) -> str | None:
    try:
        return None if not text.strip() or 0.0 < float(text) <= 3650.0 else "a number of days above 0"
    except ValueError:
        return "a number of days above 0"


DAYS: Final = Option("n_days", "Days", "of the venue's trades, and of the daily gain; empty: the file's", _days)
BALANCE: Final = Option("starting_balance", "Balance", "to start with, in the margin coin; empty: the file's", _amount)
ACCOUNTING: Final = Option(
    "accounting", "Accounting", "true or original (docs/passivx.md); empty: the file's", _accounting
)


def file_fault(text: str) -> str | None:
    """Why a text names no file."""
    try:
        return None if Path(text.strip()).expanduser().is_file() else "there is no such file"
    except (OSError, RuntimeError, ValueError):
        return "there is no such file"


def place_fault(text: str) -> str | None:
    """Why a text names neither file nor folder."""
    try:
        return None if text.strip() and Path(text.strip()).expanduser().exists() else "there is no such file or folder"
    except (OSError, RuntimeError, ValueError):
        return "there is no such file or folder"
