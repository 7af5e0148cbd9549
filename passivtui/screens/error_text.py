"""An error in words: what happened, why, what to do. The traceback goes to the log, never to the screen."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passivtui.clock import iso_minute
from passivtui.errors import PassivTuiError

LOG_NAME: Final = "passivtui.log"
LOG_LIMIT: Final = 2_000_000
"""Bytes after which the log begins anew; the old one is kept once as passivtui.log.1."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """Title and text of the dialog; `expected` is False for a fault of the program itself."""

    title: str
    text: str
    expected: bool


def explain(error: BaseException, doing: str, log: Path) -> ErrorText:
    """Words for `error`, which came up while `doing` ("running the backtest")."""
    title = f"Error while {doing}" if doing else "Error"
    if isinstance(error, PassivTuiError):
        return ErrorText(title, "\n".join([_sentence(str(error)), *(f"  {line}" for line in error.details)]), True)
    if isinstance(error, MemoryError):
        return ErrorText(title, "There is not enough memory; choose fewer coins or a shorter range of dates.", True)
    name = type(error).__name__
    return ErrorText(
        title,
        f"Something unexpected happened: {name}: {error}\n\n"
        f"This is a fault of passivtui. What you had is still there; try again or take another way.\n"
        f"The details are in {log}; please attach that file when you report it.",
        False,
    )


def _sentence(text: str) -> str:
    """With a capital at the beginning, unless it begins with a name or a path."""
    first, _, _ = text.partition(" ")
    return text[:1].upper() + text[1:] if first.islower() and first.isalpha() else text


def write_traceback(log: Path, now_ms: int, error: BaseException, doing: str) -> bool:
    """Append the traceback to the log; False when that fails too (there is nobody left to tell)."""
    lines = "".join(traceback.format_exception(error))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{iso_minute(now_ms)} UTC  while {doing or 'running'}\n{lines}\n")
    except OSError:
        return False
    return True
