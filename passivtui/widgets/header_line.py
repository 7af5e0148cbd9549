"""The first line of every screen: where you are, the home folder, what runs, the time. Only the clock ticks."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from passivtui.clock import Clock

ROOM_FOR_HOME = 100


def clock_text(ms: int) -> str:
    """`UTC 21:04:11` of a time in milliseconds."""
    seconds = ms // 1000
    return f"UTC {seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


class ClockLabel(Static):
    """UTC, once a second; its own widget so that a tick sends twelve cells and nothing else."""

    DEFAULT_CSS = "ClockLabel { width: 12; height: 1; }"

    def __init__(self, clock: Clock) -> None:
        super().__init__(markup=False)
        self._clock = clock

    def on_mount(self) -> None:
        self.tick()
        self.set_interval(1.0, self.tick)

    def tick(self) -> None:
        """Show the present second."""
        if self.screen.is_current:
            self.update(clock_text(self._clock()), layout=False)


class HeaderLine(Horizontal):
    """Breadcrumb left; home folder (from 100 columns on), bots, account equity (when known) and clock right."""

    DEFAULT_CSS = """
    HeaderLine {
        height: 1; padding: 0 1; background: $panel; color: $foreground;
        & > #crumb { width: 1fr; height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #facts { width: auto; height: 1; padding: 0 2; color: $muted; }
    }
    """

    def __init__(self, clock: Clock, home: str) -> None:
        super().__init__()
        self._clock = clock
        self._home = home
        self._crumb = ""
        self._live: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(Content(self._crumb), id="crumb", markup=False)
        yield Static(self._facts(), id="facts", markup=False)
        yield ClockLabel(self._clock)

    def show_crumb(self, crumb: str) -> None:
        """Say where the user is."""
        if self._crumb == crumb:
            return  # an update lays out the whole screen again
        self._crumb = crumb
        if self.is_mounted:
            self.query_one("#crumb", Static).update(Content(crumb))

    def show_live(self, facts: tuple[str, ...]) -> None:
        """Say what runs with money or on paper, and the account's equity: short texts, most important first."""
        if self._live == facts:
            return
        self._live = facts
        if self.is_mounted:
            self.query_one("#facts", Static).update(self._facts())

    def on_resize(self, event: Resize) -> None:
        self.query_one("#facts", Static).update(self._facts())

    def _facts(self) -> Content:
        parts = list(self._live) or ["no bots"]
        if self.size.width >= ROOM_FOR_HOME:
            parts.insert(0, self._home)
        return Content("  ".join(parts))
