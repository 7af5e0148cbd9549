"""What is gathered while a config is read: problems that forbid it, notes that don't, and the files opened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from passivtui.config.model import Note
from passivtui.errors import ConfigError, Problem

_LONGEST_VALUE = 60


def shown(value: object) -> str:
    """A value as a person wrote it, shortened to one short line."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        text = "…"
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


@dataclass
class Findings:
    """Everything noticed in one config file: all problems, so that a person can correct them in one go."""

    file: str = ""
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def problem(self, key: str, value: object, expected: str) -> None:
        """A value that isn't allowed; `expected` follows "key = value:"."""
        self.problems.append(Problem(key, shown(value), expected, self.file))

    def fault(self, key: str, sentence: str) -> None:
        """Something wrong that no single value shows."""
        self.problems.append(Problem(key, "", sentence, self.file))

    def info(self, key: str, message: str) -> None:
        self.notes.append(Note("info", key, message))

    def warn(self, key: str, message: str) -> None:
        self.notes.append(Note("warning", key, message))

    def raise_if_any(self) -> None:
        """Raise one ConfigError with all problems, if there are any."""
        if self.problems:
            raise config_error(self.problems)


def config_error(problems: Iterable[Problem]) -> ConfigError:
    """One error for all problems: the problem itself when it is alone, else a count and the first."""
    every = tuple(problems)
    if len(every) == 1:
        return ConfigError(str(every[0]), every)
    file = f"{every[0].file}: " if every[0].file else ""
    first = Problem(every[0].key, every[0].value, every[0].expected)
    return ConfigError(f"{file}{len(every)} problems, all listed below; the first: {first}", every)
