"""The themes on offer and the colour of every role in each. Widgets and style sheets name roles, never colours.

Each colour used for text has a contrast of at least 4.5 on its theme's background and surface; a test computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT_THEME: Final = "dark"
DEFAULT_PAIR: Final = "blue-orange"
TERMINAL_THEME: Final = "terminal"

THEME_NOTES: Final[Mapping[str, str]] = {
    "dark": "light text on dark blue-grey",
    "black": "light text on black, strongest contrast",
    "light": "dark text on near white",
    "sand": "dark text on warm paper",
    TERMINAL_THEME: "the terminal's own sixteen colours and background",
}
"""Themes by name, each with what it looks like."""

PAIR_NOTES: Final[Mapping[str, str]] = {
    "blue-orange": "gain blue, loss orange; told apart with any colour vision",
    "green-red": "gain green, loss red",
    "red-green": "gain red, loss green, as in East Asia",
    "mono": "no colour: the sign and the marks tell",
}
"""The pairs of colours for gain and loss, each with what it means."""

_DARK_PAIRS = {
    "blue-orange": ("#4aa3ff", "#ff9f43"),
    "green-red": ("#56d364", "#ff7b72"),
    "red-green": ("#ff7b72", "#56d364"),
}
_LIGHT_PAIRS = {
    "blue-orange": ("#005a9e", "#a84300"),
    "green-red": ("#116329", "#b01020"),
    "red-green": ("#b01020", "#116329"),
}
_TERMINAL_PAIRS = {
    "blue-orange": ("ansi_bright_blue", "ansi_yellow"),
    "green-red": ("ansi_green", "ansi_red"),
    "red-green": ("ansi_red", "ansi_green"),
}

_DARK_ROLES = {
    "paper": "#5fd7d7",
    "synthetic": "#d7a6ff",
    "muted": "#98a3b3",
    "heading": "#9ecbff",
    "key": "#ffd479",
    "caution": "#ffd479",
    "failure": "#ff8a8a",
    "axis": "#98a3b3",
    "equity": "#7cc4ff",
    "balance": "#c9b458",
    "drawdown": "#ff9f43",
    "exposure": "#7fd6a4",
    "price": "#d5dde8",
    "series-1": "#7cc4ff",
    "series-2": "#ffb454",
    "series-3": "#8fdf8f",
    "series-4": "#d7a6ff",
    "series-5": "#ff9d9d",
    "series-6": "#6fdede",
}
_LIGHT_ROLES = {
    "paper": "#006064",
    "synthetic": "#6a2c91",
    "muted": "#4d5661",
    "heading": "#0b4a8f",
    "key": "#7a4a00",
    "caution": "#7a4a00",
    "failure": "#a4161a",
    "axis": "#4d5661",
    "equity": "#0b5394",
    "balance": "#6b5200",
    "drawdown": "#a84300",
    "exposure": "#17603a",
    "price": "#20262e",
    "series-1": "#0b5394",
    "series-2": "#8a4500",
    "series-3": "#17603a",
    "series-4": "#6a2c91",
    "series-5": "#a4161a",
    "series-6": "#006064",
}
_TERMINAL_ROLES = {
    "paper": "ansi_cyan",
    "synthetic": "ansi_magenta",
    "muted": "ansi_default",
    "heading": "ansi_cyan",
    "key": "ansi_yellow",
    "caution": "ansi_yellow",
    "failure": "ansi_red",
    "axis": "ansi_default",
    "equity": "ansi_bright_blue",
    "balance": "ansi_yellow",
    "drawdown": "ansi_yellow",
    "exposure": "ansi_green",
    "price": "ansi_default",
    "series-1": "ansi_bright_blue",
    "series-2": "ansi_yellow",
    "series-3": "ansi_green",
    "series-4": "ansi_magenta",
    "series-5": "ansi_red",
    "series-6": "ansi_cyan",
}


def _dark(name: str, background: str, surface: str, panel: str) -> Theme:
    return Theme(
        name=name,
        dark=True,
        background=background,
        surface=surface,
        panel=panel,
        foreground="#dfe5ec",
        primary="#5c9ded",
        secondary="#4c7fb8",
        accent="#ffd479",
        warning="#ffd479",
        error="#ff8a8a",
        success="#7fd6a4",
        variables={
            "block-cursor-background": "#2f4a6b",
            "block-cursor-foreground": "#ffffff",
            "cursor-row": "#24364e",
            "frame": "#4a5666",
            "frame-focus": "#5c9ded",
        },
    )


def _light(name: str, background: str, surface: str, panel: str) -> Theme:
    return Theme(
        name=name,
        dark=False,
        background=background,
        surface=surface,
        panel=panel,
        foreground="#1b1f24",
        primary="#0b4a8f",
        secondary="#3a6ea5",
        accent="#7a4a00",
        warning="#7a4a00",
        error="#a4161a",
        success="#17603a",
        variables={
            "block-cursor-background": "#bcd6f2",
            "block-cursor-foreground": "#0b0d10",
            "cursor-row": "#cfe0f3",
            "frame": "#9aa3ad",
            "frame-focus": "#0b4a8f",
        },
    )


def _terminal() -> Theme:
    base = BUILTIN_THEMES["ansi-dark"]
    return Theme(
        name=TERMINAL_THEME,
        ansi=True,
        dark=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        accent="ansi_yellow",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={**base.variables, "cursor-row": "ansi_default", "frame": "ansi_default", "frame-focus": "ansi_cyan"},
    )


def make_themes() -> tuple[Theme, ...]:
    """All themes on offer, to be registered with the app."""
    return (
        _dark("dark", "#12161c", "#191f27", "#212934"),
        _dark("black", "#000000", "#0b0d10", "#15191f"),
        _light("light", "#f6f8fa", "#eceff3", "#dde3ea"),
        _light("sand", "#f7f1e3", "#f0e8d6", "#ebe2cd"),
        _terminal(),
    )


def role_colours(theme: Theme, pair: str) -> dict[str, str]:
    """The colour of every role (`widgets.roles.ROLES`) in this theme, with the chosen pair for gain and loss."""
    if theme.ansi:
        roles, pairs, plain = _TERMINAL_ROLES, _TERMINAL_PAIRS, "ansi_default"
    elif theme.dark:
        roles, pairs, plain = _DARK_ROLES, _DARK_PAIRS, "#dfe5ec"
    else:
        roles, pairs, plain = _LIGHT_ROLES, _LIGHT_PAIRS, "#1b1f24"
    profit, loss = pairs.get(pair, (plain, plain))
    frame = {"frame": roles["axis"], "frame-focus": roles["heading"], "cursor-row": "ansi_default"}
    return {**roles, **frame, "profit": profit, "loss": loss}
