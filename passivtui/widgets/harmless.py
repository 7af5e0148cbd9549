"""The last look at what is drawn: no text, whoever wrote it, acts on the terminal.

Tables make such characters visible themselves (`cell_text.plain`); this holds wherever one of Textual's widgets draws.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


class Harmless(LineFilter):
    """Takes control characters, marks that turn the direction of text, and lone surrogates out of a line."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, each as wide as before."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [Segment(_printable(text), style, control) for text, style, control in segments]


def _printable(text: str) -> str:
    """A sign of the same width for what can't be printed; most of it has no width and goes."""
    return "".join(char if char.isprintable() else "?" * cell_len(char) for char in text)
