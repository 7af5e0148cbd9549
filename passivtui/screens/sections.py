"""The rows of the main menu: each is a section with a stack of screens of its own.

A section whose screen lives in another module names it as "module:Class"; it is imported when the section is opened (or
in the background after the first frame). It may define `palette_entries(services)`, see `screens/palette.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """One row of the menu.

    Attributes:
        name: the Textual mode, also what `Services.go_to` takes.
        digit: the key that opens it from the menu.
        title: the row's text.
        purpose: one sentence: what one does there.
        screen: "module:Class".
    """

    name: str
    digit: str
    title: str
    purpose: str
    screen: str


SECTIONS: Final = (
    Section(
        "live",
        "1",
        "Live bots",
        "Start, watch and stop bots.",
        screen="passivtui.screens.bots:BotsScreen",
    ),
    Section(
        "backtest",
        "2",
        "Backtest",
        "Run a config on past prices and read the report.",
        screen="passivtui.screens.backtest:BacktestScreen",
    ),
    Section(
        "optimize",
        "3",
        "Optimize",
        "Search for configs that do better on the goals you choose.",
        screen="passivtui.screens.optimize:OptimizeScreen",
    ),
    Section(
        "configs",
        "4",
        "Configs",
        "Edit configs with every value explained and checked.",
        screen="passivtui.screens.configs:ConfigsScreen",
    ),
    Section(
        "data",
        "5",
        "Market data",
        "See which candles are there and download more.",
        screen="passivtui.screens.data:DataScreen",
    ),
    Section(
        "results",
        "6",
        "Results",
        "Reopen, compare and delete the reports of earlier backtests.",
        screen="passivtui.screens.reports:ReportsScreen",
    ),
    Section(
        "keys",
        "7",
        "API keys",
        "Keep exchange keys encrypted.",
        screen="passivtui.screens.keys:KeysScreen",
    ),
    Section(
        "settings",
        "8",
        "Settings",
        "Choose the theme, the colours for gain and loss, and the signs.",
        screen="passivtui.screens.settings:SettingsScreen",
    ),
    Section(
        "help",
        "9",
        "Help",
        "Read what you need, search it, and see whether everything works (doctor).",
        screen="passivtui.screens.help:HelpScreen",
    ),
)

SECTION_BY_NAME: Final = {section.name: section for section in SECTIONS}
