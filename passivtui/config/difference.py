"""What is different between two configs, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from passivtui.config.findings import shown
from passivtui.config.model import Config
from passivtui.config.save import to_document

ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One key whose values differ; `before` or `after` is ABSENT where a config does not have the key."""

    key: str  # dotted
    before: Any
    after: Any

    @property
    def texts(self) -> tuple[str, str]:
        """Both values on one short line each, empty where there is none."""
        before, after = ("" if value is ABSENT else shown(value) for value in (self.before, self.after))
        return before, after


def differences(before: Config, after: Config) -> tuple[Difference, ...]:
    """Every key with different values, in the order of a config's sections. Numbers are equal by value (1 is 1.0)."""
    first, second = dict(_leaves(to_document(before))), dict(_leaves(to_document(after)))
    keys = [*first, *(key for key in second if key not in first)]
    pairs = ((key, first.get(key, ABSENT), second.get(key, ABSENT)) for key in keys)
    return tuple(Difference(key, a, b) for key, a, b in pairs if a is ABSENT or b is ABSENT or a != b)


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and value of everything that is no table; lists are values."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value
