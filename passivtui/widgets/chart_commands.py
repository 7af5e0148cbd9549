"""The keys of a chart."""

from __future__ import annotations

from passivtui.commands import Command


class ZoomIn(Command):
    """Zoom in, at the cursor when it shows."""

    KEYS = "plus,equals_sign"
    FOOTER = "zoom"
    SHOWN = "+/-"


class ZoomOut(Command):
    """Zoom out."""

    KEYS = "minus"


class PanLeft(Command):
    """Pan towards earlier times."""

    KEYS = "less_than_sign"
    FOOTER = "pan"
    SHOWN = "</>"


class PanRight(Command):
    """Pan towards later times."""

    KEYS = "greater_than_sign"


class CursorLeft(Command):
    """Move the cursor one column to the left."""

    KEYS = "left,h"
    FOOTER = "cursor"
    SHOWN = "h/l"
    IN_PALETTE = False


class CursorRight(Command):
    """Move the cursor one column to the right."""

    KEYS = "right,l"
    IN_PALETTE = False


class CursorFarLeft(Command):
    """Move the cursor ten columns to the left."""

    KEYS = "shift+left"
    IN_PALETTE = False


class CursorFarRight(Command):
    """Move the cursor ten columns to the right."""

    KEYS = "shift+right"
    IN_PALETTE = False


class CursorFirst(Command):
    """Move the cursor to the left edge."""

    KEYS = "home,g"
    IN_PALETTE = False


class CursorLast(Command):
    """Move the cursor to the right edge."""

    KEYS = "end,G"
    IN_PALETTE = False


class ToggleLog(Command):
    """Switch between a linear and a logarithmic axis."""

    KEYS = "L"
    NAME = "Logarithmic axis"
    ACTION = "toggle_log"
    FOOTER = "log"


class ShowAll(Command):
    """Show the whole range."""

    KEYS = "0"
    NAME = "Show the whole range"
    ACTION = "show_all"


CHART_COMMANDS = (
    ZoomIn,
    PanLeft,
    CursorLeft,
    ToggleLog,
    ZoomOut,
    PanRight,
    CursorRight,
    CursorFarLeft,
    CursorFarRight,
    CursorFirst,
    CursorLast,
    ShowAll,
)
