"""A calendar of days with a cursor: one row a month, one sign a day, told apart by sign and not by colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from passivtui.commands import Command, CommandHost
from passivtui.market.calendar import Day, DayState, Month
from passivtui.widgets.glyphs import Glyphs, glyphs_of
from passivtui.widgets.roles import role_style

LABEL_WIDTH: Final = 9
CELL_WIDTH: Final = 2
_ROLES: Final[Mapping[DayState, str]] = {
    DayState.WHOLE: "equity",
    DayState.GAPS: "balance",
    DayState.PART: "paper",
    DayState.MISSING: "failure",
    DayState.OUTSIDE: "muted",
}


class NextDay(Command):
    """Go to the next day."""

    KEYS = "right,l"
    FOOTER = "day"
    SHOWN = "arrows"
    IN_PALETTE = False


class PreviousDay(Command):
    """Go to the day before."""

    KEYS = "left,h"
    IN_PALETTE = False


class NextMonth(Command):
    """Go a month on."""

    KEYS = "down,j"
    IN_PALETTE = False


class PreviousMonth(Command):
    """Go a month back."""

    KEYS = "up,k"
    IN_PALETTE = False


class LastDay(Command):
    """Go to the last month."""

    KEYS = "G,end"
    IN_PALETTE = False


class FirstDay(Command):
    """Go to the first month."""

    KEYS = "g,home"
    IN_PALETTE = False


class CalendarGrid(CommandHost, ScrollView, can_focus=True):
    """Months under a line of day numbers; the newest month is shown first when there are too many."""

    PURPOSE = "A calendar: the arrows go from day to day and month to month."
    COMMAND_CLASSES = (NextDay, PreviousDay, NextMonth, PreviousMonth, FirstDay, LastDay)

    DEFAULT_CSS = """
    CalendarGrid {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        height: 1fr; width: 1fr; background: $background; color: $foreground;
    }
    """

    @dataclass(eq=False)
    class DayMoved(Message):
        """The cursor is on another day."""

        day: Day

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._months: tuple[Month, ...] = ()
        self._row = 0
        self._column = 0

    def set_months(self, months: Sequence[Month]) -> None:
        """Show these; the cursor goes to the last day of which something is known."""
        self._months = tuple(months)
        self.virtual_size = Size(LABEL_WIDTH + 31 * CELL_WIDTH, len(self._months) + 1)
        if self._months:
            self._row = len(self._months) - 1
            known = [i for i, day in enumerate(self._months[-1].days) if day.state is not DayState.OUTSIDE]
            self._column = known[-1] if known else 0
            self._moved()
        self.refresh()

    @property
    def day(self) -> Day | None:
        """The day under the cursor."""
        return self._months[self._row].days[self._column] if self._months else None

    def _move(self, rows: int, columns: int) -> None:
        if not self._months:
            return
        row, column = self._row + rows, self._column + columns
        if columns and not 0 <= column < len(self._months[self._row].days):
            row += 1 if columns > 0 else -1
            column = 0 if columns > 0 else 99
        if not 0 <= row < len(self._months):
            return
        self._row, self._column = row, min(column, len(self._months[row].days) - 1)
        self._moved()
        self.refresh()

    def _moved(self) -> None:
        top, height = int(self.scroll_offset.y), max(1, self.size.height - 1)
        if self._row < top:
            self.scroll_to(y=self._row, animate=False)
        elif self._row >= top + height:
            self.scroll_to(y=self._row - height + 1, animate=False)
        if (day := self.day) is not None:
            self.post_message(self.DayMoved(day))

    def on_resize(self) -> None:
        self._moved()

    def action_next_day(self) -> None:
        """One day on."""
        self._move(0, 1)

    def action_previous_day(self) -> None:
        """One day back."""
        self._move(0, -1)

    def action_next_month(self) -> None:
        """One month on."""
        self._move(1, 0)

    def action_previous_month(self) -> None:
        """One month back."""
        self._move(-1, 0)

    def action_first_day(self) -> None:
        """To the first month."""
        self._move(-self._row, 0)

    def action_last_day(self) -> None:
        """To the last month."""
        self._move(len(self._months) - 1 - self._row, 0)

    def render_line(self, y: int) -> Strip:
        """The day numbers in the first line, months below."""
        width = self.size.width
        if y == 0:
            numbers = "".join(f"{day if day == 1 or day % 5 == 0 else '':<{CELL_WIDTH}}" for day in range(1, 32))
            return Strip([Segment(f"{'':<{LABEL_WIDTH}}{numbers}", role_style(self, "muted"))]).adjust_cell_length(
                width
            )
        row = y - 1 + int(self.scroll_offset.y)
        if row >= len(self._months):
            return Strip.blank(width)
        month, glyphs = self._months[row], glyphs_of(self)
        segments = [Segment(f"{month.label:<{LABEL_WIDTH}}", role_style(self, "heading"))]
        for column, day in enumerate(month.days):
            style = role_style(self, _ROLES[day.state])
            if row == self._row and column == self._column and self.has_focus:
                style += Style(reverse=True, bold=True)
            segments += [Segment(sign_of(day.state, glyphs), style), Segment(" ")]
        return Strip(segments).adjust_cell_length(width)


def sign_of(state: DayState, glyphs: Glyphs) -> str:
    """The sign of a state, one cell wide and another for each state."""
    signs = {
        DayState.WHOLE: glyphs.full,
        DayState.GAPS: "o",
        DayState.PART: "-",
        DayState.MISSING: "x",
        DayState.OUTSIDE: glyphs.empty,
    }
    return signs[state]


_WORDS: Final[Mapping[DayState, str]] = {
    DayState.WHOLE: "whole",
    DayState.GAPS: "settled, with gaps",
    DayState.PART: "a part",
    DayState.MISSING: "missing",
}


def legend(glyphs: Glyphs) -> str:
    """What the signs mean, on one line."""
    return "   ".join(f"{sign_of(state, glyphs)} {word}" for state, word in _WORDS.items())
