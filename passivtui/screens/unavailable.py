"""What a menu row opens whose feature isn't there yet: what it will be for, and what to use meanwhile."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from passivtui.screens.base import AppScreen
from passivtui.screens.sections import Section


class UnavailableScreen(AppScreen[None]):
    """An honest word in place of a feature."""

    DEFAULT_CSS = """
    UnavailableScreen #body { align: center middle; }
    UnavailableScreen #word { width: 60; max-width: 90%; height: auto; }
    """

    def __init__(self, section: Section) -> None:
        super().__init__()
        self._section = section

    def crumb(self) -> str:
        return self._section.title

    def compose_body(self) -> ComposeResult:
        meanwhile = self._section.meanwhile.format(home=self.services.home_text())
        yield Static(
            Content.assemble(
                (self._section.title, "bold"),
                "\n\nThis part is not in this version yet.\n",
                f"What it will be for: {self._section.purpose[0].lower()}{self._section.purpose[1:]}",
                f"\n\nUntil then: {meanwhile}",
                "\n\nEsc goes back to the menu.",
            ),
            id="word",
            markup=False,
        )
