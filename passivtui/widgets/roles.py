"""Colours by what they mean. Widgets name a role; the theme (`screens/theme.py`) decides the colour."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.dom import DOMNode
from textual.strip import Strip

SERIES_ROLES: Final = tuple(f"series-{number}" for number in range(1, 7))

ROLES: Final = (
    "profit",
    "loss",
    "paper",
    "synthetic",
    "muted",
    "heading",
    "key",
    "caution",
    "failure",
    "axis",
    "equity",
    "balance",
    "drawdown",
    "exposure",
    "price",
    *SERIES_ROLES,
)
"""Every role a theme must colour; also CSS variables (`$profit`, `$series-1`)."""


def role_style(node: DOMNode, role: str) -> Style:
    """Foreground of a role in the present theme; the empty style for "" and for roles the theme doesn't know."""
    if not role:
        return Style.null()
    text = node.app.theme_variables.get(role)
    if text is None:
        return Style.null()
    try:
        return Style(color=Color.parse(text).rich_color)
    except ColorParseError:
        return Style.null()


def signed_role(value: float) -> str:
    """ "profit" above zero, "loss" below, "" at zero (and for NaN)."""
    if value > 0:
        return "profit"
    return "loss" if value < 0 else ""


def on_cursor(node: DOMNode, strip: Strip, focused: bool) -> Strip:
    """`strip` as the row under the cursor: on the cursor's ground, or reversed where colours can't be relied on."""
    if not focused:
        return strip.apply_style(Style(bold=True))
    ground = node.app.theme_variables.get("cursor-row")
    if node.app.no_color or ground is None or node.app.native_ansi_color:
        return Strip([Segment(strip.text, Style(reverse=True, bold=True))])
    return Strip(
        [
            Segment(
                text, Style.combine([style or Style.null(), Style(bgcolor=Color.parse(ground).rich_color, bold=True)])
            )
            for text, style, _ in strip
        ]
    )
