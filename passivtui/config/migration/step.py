"""What every step of the migration works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from passivtui.config.document import Document
from passivtui.config.findings import Findings, shown
from passivtui.config.parameters import SIDES


@dataclass
class Step:
    """A document on its way to 7.3's form, and where its changes are told.

    `is_foreign`: the file is of another release than 7.3, so names that 7.3 doesn't know are no mistakes of the user.
    """

    path: Path
    document: Document
    findings: Findings
    is_foreign: bool = False

    def table(self, *names: str) -> dict[str, Any]:
        """The table at a path, an empty one (not part of the document) when there is none."""
        return table_at(self.document, *names)

    def sides(self) -> list[tuple[str, dict[str, Any]]]:
        """("long", its table) and the same of short, those that the document has."""
        return [(side, self.table("bot", side)) for side in SIDES if self.table("bot", side)]

    def renamed(self, table: dict[str, Any], key: str, old: str, new: str) -> None:
        """Move a key unless the new one is there; `key` is the table's dotted name."""
        if old not in table:
            return
        value = table.pop(old)
        if new in table:
            self.findings.warn(f"{key}.{old}", f"left out: {new} is given too")
        else:
            table[new] = value
            self.findings.info(f"{key}.{old}", f"is {new} now ({shown(value)})")

    def filled(self, table: dict[str, Any], key: str, name: str, value: Any, reason: str) -> None:
        """Give a key that the file lacks the value that its release meant by that."""
        if name not in table:
            table[name] = value
            self.findings.info(f"{key}.{name}", f"not given; {shown(value)} is used, {reason}")


def table_at(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The table at a path of a document, an empty one when there is none."""
    value: Any = document
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
