"""The line that names a report's views by their digits, and the line that says what the report is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from passivtui.widgets.cell_text import plain
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.roles import role_style

FACT_GAP = "  "


class ViewTabs(Widget):
    """`[1 Overview]  2 Charts  3 Coins …`; a click opens a view too."""

    DEFAULT_CSS = "ViewTabs { height: 1; padding: 0 1; background: $background; color: $foreground; }"

    current = reactive(1)

    @dataclass(eq=False)
    class Chosen(Message):
        """A view was clicked; `number` counts from 1."""

        number: int

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)

    def render_line(self, y: int) -> Strip:
        segments = []
        for number, text in self._labels():
            if number == self.current:
                segments.append(Segment(f"[{text}]", role_style(self, "heading") + Style(bold=True)))
            else:
                digit, _, name = text.partition(" ")
                segments.append(Segment(f" {digit} ", role_style(self, "key") + Style(bold=True)))
                segments.append(Segment(f"{name} " if name else ""))
        return Strip(segments).apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        start = 0
        for number, text in self._labels():
            width = len(text) + 2
            if offset is not None and start <= offset.x < start + width:
                self.post_message(self.Chosen(number))
            start += width

    def _labels(self) -> list[tuple[int, str]]:
        """Digit and name of each view; the name of the present one alone where there is no room for all."""
        labels = [(number, f"{number} {name}") for number, name in enumerate(self._names, 1)]
        if sum(len(text) + 2 for _, text in labels) <= self.size.width:
            return labels
        return [(number, text if number == self.current else f"{number}") for number, text in labels]


class FactsLine(Widget):
    """Short facts in one muted line, the most important first; what has no room leaves whole, from the end."""

    DEFAULT_CSS = "FactsLine { height: 1; padding: 0 1; background: $background; color: $foreground; }"

    def __init__(self, facts: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts = tuple(facts)

    def show(self, facts: Sequence[str]) -> None:
        """Say these instead."""
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        facts = [plain(fact) for fact in self._facts if fact]
        width = self.size.width
        while len(facts) > 1 and len(FACT_GAP.join(facts)) > width:
            facts.pop()
        text = FACT_GAP.join(facts)
        if len(text) > width:
            text = text[: max(0, width - 1)] + glyphs_of(self).ellipsis
        strip = Strip([Segment(text, role_style(self, "muted"))]).apply_style(self.rich_style)
        return strip.adjust_cell_length(width, self.rich_style)
