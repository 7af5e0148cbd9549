"""What a person should know about the values in the editor: what forbids saving, and what is allowed but odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from passivtui.config.edit.advice import advice
from passivtui.config.findings import Findings
from passivtui.config.model import Config
from passivtui.errors import Problem

IssueSeverity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing about one key. An error blocks saving and backtests, a warning doesn't."""

    severity: IssueSeverity
    key: str  # dotted, "" when the whole config is meant
    words: str  # can follow the key's name

    @property
    def sign(self) -> str:
        """`X` for an error, `!` for a warning."""
        return "X" if self.severity == "error" else "!"

    def __str__(self) -> str:
        return f"{self.key}: {self.words}" if self.key else self.words


def issues_of(findings: Findings, config: Config | None) -> tuple[Issue, ...]:
    """All errors, then all warnings: those of validation and, for a valid config, advice."""
    errors = [_error(problem, findings.file) for problem in findings.problems]
    warnings = [Issue("warning", note.key, note.message) for note in findings.notes if note.severity == "warning"]
    if config is not None:
        warnings += [Issue("warning", key, words) for key, words in advice(config)]
    return (*errors, *warnings)


def _error(problem: Problem, file: str) -> Issue:
    """The value is left out where the form shows it anyway; a problem of another file is told as a whole."""
    if problem.file != file:
        return Issue("error", "", str(problem))
    told = not problem.value or problem.expected.startswith("must ")
    return Issue("error", problem.key, problem.expected if told else f"{problem.value} {problem.expected}")


def issues_for(key: str, issues: Iterable[Issue]) -> Iterator[Issue]:
    """The issues of a key and of what lies below it."""
    return (issue for issue in issues if issue.key == key or issue.key.startswith(f"{key}."))
