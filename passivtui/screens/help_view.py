"""Lines of a help page to scroll through; only those in sight are drawn, and words that were searched for stand out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from passivtui.commands import Command, CommandHost
from passivtui.screens.help_layout import Line
from passivtui.widgets.roles import ROLES, role_style


class ScrollDown(Command):
    """Scroll one line down."""

    KEYS = "j,down"
    ACTION = "scroll_lines(1)"
    FOOTER = "scroll"
    SHOWN = "j/k"
    IN_PALETTE = False


class ScrollUp(Command):
    """Scroll one line up."""

    KEYS = "k,up"
    ACTION = "scroll_lines(-1)"
    IN_PALETTE = False


class PageDown(Command):
    """Scroll a page down."""

    KEYS = "pagedown,space"
    ACTION = "scroll_pages(1)"
    SHOWN = "pgdn"
    IN_PALETTE = False


class PageUp(Command):
    """Scroll a page up."""

    KEYS = "pageup,b"
    ACTION = "scroll_pages(-1)"
    SHOWN = "pgup"
    IN_PALETTE = False


class ToTop(Command):
    """Go to the beginning of the page."""

    KEYS = "g,home"
    IN_PALETTE = False


class ToBottom(Command):
    """Go to the end of the page."""

    KEYS = "G,end"
    IN_PALETTE = False


_LOOKS: Final = {
    "title": ("heading", True),
    "heading": ("heading", True),
    "subheading": ("key", True),
    "code": ("key", False),
    "strong": ("", True),
    "facts": ("muted", False),
}
"""Kind of text -> its theme role, and whether it is bold."""


class HelpView(CommandHost, ScrollView, can_focus=True):
    """The text of a page."""

    PURPOSE = "The page's text."
    COMMAND_CLASSES = (ScrollDown, ScrollUp, PageDown, PageUp, ToTop, ToBottom)

    DEFAULT_CSS = """
    HelpView {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        height: 1fr; width: 1fr; background: $background; color: $foreground;
    }
    """

    class WidthChanged(Message):
        """There is another width to lay the text out for."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._words: re.Pattern[str] | None = None
        self._width = 0

    def on_resize(self, event: Resize) -> None:
        if self.size.width and self.size.width != self._width:  # hidden, it has none
            self._width = self.size.width
            self.post_message(self.WidthChanged())

    @property
    def width(self) -> int:
        """Cells for the text; the last known when it is hidden, 0 before it was ever shown."""
        return self._width

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; the place stays."""
        self._lines = lines
        self.virtual_size = Size(0, len(lines))
        self.refresh()

    def mark(self, words: Sequence[str]) -> None:
        """Let these words stand out, whatever their case; none: nothing does."""
        either = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<!\w)(?:{either})", re.IGNORECASE) if words else None
        self.refresh()

    def go_to_line(self, number: int) -> None:
        """Put this line at the top, as far as there is text below it."""
        self.scroll_to(y=number, animate=False, force=True)

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight."""
        number = y + round(self.scroll_offset.y)
        width = self.size.width
        line = self._lines[number] if number < len(self._lines) else ()
        segments = [Segment(text, self._look(kind)) for text, kind in line]
        if self._words is not None:
            segments = self._marked(segments, self._words)
        return Strip(segments).adjust_cell_length(width, self.rich_style).crop(0, width).apply_style(self.rich_style)

    def _look(self, kind: str) -> Style:
        role, bold = _LOOKS.get(kind, (kind if kind in ROLES else "", False))
        return role_style(self, role) + Style(bold=True) if bold else role_style(self, role)

    def _marked(self, segments: Sequence[Segment], words: re.Pattern[str]) -> list[Segment]:
        text = "".join(segment.text for segment in segments)
        edges = [edge for match in words.finditer(text) for edge in match.span()]
        if not edges:
            return list(segments)
        parts = Strip(list(segments)).divide([*edges, len(text)])
        found: list[Segment] = []
        for number, part in enumerate(parts):
            found += part.apply_style(Style(reverse=True, bold=True)) if number % 2 else part
        return found

    def action_scroll_lines(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by what is in sight."""
        self.scroll_relative(y=pages * max(1, self.size.height - 2), animate=False)

    def action_to_top(self) -> None:
        """The first line."""
        self.go_to_line(0)

    def action_to_bottom(self) -> None:
        """The last line."""
        self.go_to_line(len(self._lines))
