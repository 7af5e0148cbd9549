"""Which help page fits the screen one comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A page by its name, and the heading in it ("" is its beginning)."""

    page: str
    heading: str = ""


FIRST: Final = Place("first-steps")

BY_SECTION: Final = {
    "menu": FIRST,
    "live": Place("going-live"),
    "backtest": Place("first-steps", "A first backtest"),
    "optimize": Place("risk", "What a search adds"),
    "configs": Place("first-steps", "Your own config"),
    "data": Place("first-steps", "Real prices"),
    "results": Place("first-steps", "Reading a report"),
    "keys": Place("exchanges"),
    "settings": Place("terminal"),
    "help": FIRST,
}
"""By the section that the screen was opened in."""

BY_SCREEN: Final = {
    "BotMonitorScreen": Place("troubleshooting", "Bots"),
    "CliffsScreen": Place("risk", "What a search adds"),
    "CompareScreen": Place("first-steps", "Reading a report"),
    "DoctorScreen": Place("terminal", "Is everything well?"),
    "EditorScreen": Place("strategy"),
    "PriceScreen": Place("strategy"),
    "ReportScreen": Place("first-steps", "Reading a report"),
    "StartBotScreen": Place("going-live"),
    "ValidationScreen": Place("risk", "What a search adds"),
}
"""By the class of a screen, where a finer place than its section's fits better."""


def place_for(screen: str, section: str) -> Place:
    """The place for a screen of that class's name in that section."""
    return BY_SCREEN.get(screen) or BY_SECTION.get(section, FIRST)
