"""Undo and redo: each change is the documents before and after it, which share what didn't change."""

from __future__ import annotations

from dataclasses import dataclass

from passivtui.config.document import Document


@dataclass(frozen=True, slots=True)
class Change:
    """One command: what it did, to which key, and the document on both sides of it."""

    words: str
    key: str
    before: Document
    after: Document


class History:
    """Commands that can be undone and redone, newest last."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def undo_count(self) -> int:
        """How many commands can be undone."""
        return len(self._done)

    @property
    def redo_count(self) -> int:
        """How many undone commands can be done again."""
        return len(self._undone)

    def did(self, change: Change) -> None:
        """A command was done; what had been undone is forgotten."""
        self._done.append(change)
        self._undone.clear()

    def undo(self) -> Change | None:
        """Take the newest command back; None when there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Change | None:
        """Do the command that was undone last again; None when there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
