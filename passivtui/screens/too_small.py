"""The notice that covers a screen while the terminal is too small for it; the screen below keeps its state."""

from __future__ import annotations

from typing import Final

from textual.content import Content
from textual.widgets import Static

LEAST_WIDTH: Final = 60
LEAST_HEIGHT: Final = 16


def too_small(width: int, height: int) -> bool:
    """Whether nothing but the notice is shown at this size."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


def notice_text(width: int, height: int) -> str:
    """What the notice says."""
    return f"needs {LEAST_WIDTH}x{LEAST_HEIGHT}, have {width}x{height}\n\nEnlarge the terminal; nothing is lost."


class TooSmallNotice(Static):
    """Lies on its own layer over everything of its screen and comes and goes with the size."""

    DEFAULT_CSS = """
    TooSmallNotice {
        layer: too-small; width: 100%; height: 100%; display: none;
        background: $background; color: $foreground; content-align: center middle; text-align: center;
        &.-shown { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def fit(self, width: int, height: int) -> None:
        """Come or go, for a terminal of this size."""
        if too_small(width, height):
            self.update(Content(notice_text(width, height)))
        self.set_class(too_small(width, height), "-shown")
