"""An error in words: what happened, why, what to do. The traceback goes to the log, never to the screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from passivtui.errors import PassivTuiError


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
