"""A calendar of days with a cursor: one row a month, one sign a day, told apart by sign and not by colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from passivtui.commands import Command, CommandHost
from passivtui.market.calendar import Day, DayState, Month
from passivtui.widgets.glyphs import Glyphs, glyphs_of
from passivtui.widgets.roles import role_style

LABEL_WIDTH: Final = 9
_DAYS: Final = 31  # of the longest month
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


class NextPage(Command):
    """Go on by as many months as are shown."""

    KEYS = "pagedown"
    IN_PALETTE = False


class PreviousPage(Command):
    """Go back by as many months as are shown."""

    KEYS = "pageup"
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
    COMMAND_CLASSES = (NextDay, PreviousDay, NextMonth, PreviousMonth, NextPage, PreviousPage, FirstDay, LastDay)

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
        """Show these; the cursor stays on its day while it is there, else goes to the last one that is known."""
        before = self.day
        self._months = tuple(months)
        self.virtual_size = Size(1, len(self._months) + 1)
        self._row, self._column = self._place_of(before) or self._last_known()
        if self._months:
            self._moved()
        self.refresh()

    def _place_of(self, wanted: Day | None) -> tuple[int, int] | None:
        """Row and column of that date; None when it isn't shown."""
        if wanted is None:
            return None
        days = ((row, column, day) for row, month in enumerate(self._months) for column, day in enumerate(month.days))
        return next(((row, column) for row, column, day in days if day.number == wanted.number), None)

    def _last_known(self) -> tuple[int, int]:
        if not self._months:
            return 0, 0
        known = [column for column, day in enumerate(self._months[-1].days) if day.state is not DayState.OUTSIDE]
        return len(self._months) - 1, known[-1] if known else 0

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
        if 0 <= row < len(self._months):
            self._go_to(row, column)

    def _go_to(self, row: int, column: int) -> None:
        self._refresh_row(self._row)
        self._row, self._column = row, min(column, len(self._months[row].days) - 1)
        self._refresh_row(self._row)
        self._moved()

    def _refresh_row(self, row: int) -> None:
        self.refresh(Region(0, row + 1 - self._top, self.size.width, 1))

    @property
    def _top(self) -> int:
        """The month in the first line."""
        return round(self.scroll_y)

    @property
    def _page(self) -> int:
        """Months that are shown at once."""
        return max(1, self.size.height - 1)

    @property
    def _cell(self) -> int:
        """Cells from one day to the next: a blank between them where there is room."""
        return 2 if self.size.width >= LABEL_WIDTH + 2 * _DAYS else 1

    def _moved(self) -> None:
        self._scroll_to_cursor()
        if (day := self.day) is not None:
            self.post_message(self.DayMoved(day))

    def _scroll_to_cursor(self) -> None:
        # Forced, as the scroll bar may still be hidden when the months have just been given.
        if self._row < self._top:
            self.scroll_to(y=self._row, animate=False, force=True)
        elif self._row >= self._top + self._page:
            self.scroll_to(y=self._row - self._page + 1, animate=False, force=True)

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def on_click(self, event: Click) -> None:
        if (offset := event.get_content_offset(self)) is None or offset.y < 1:
            return
        row, column = offset.y - 1 + self._top, (offset.x - LABEL_WIDTH) // self._cell
        if row < len(self._months) and 0 <= column < len(self._months[row].days):
            self._go_to(row, column)

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

    def action_next_page(self) -> None:
        """As many months on as are shown."""
        self._move(min(self._page, len(self._months) - 1 - self._row), 0)

    def action_previous_page(self) -> None:
        """As many months back as are shown."""
        self._move(-min(self._page, self._row), 0)

    def action_first_day(self) -> None:
        """To the first month."""
        self._move(-self._row, 0)

    def action_last_day(self) -> None:
        """To the last month."""
        self._move(len(self._months) - 1 - self._row, 0)

    def render_line(self, y: int) -> Strip:
        """The day numbers in the first line, months below."""
        row = y - 1 + self._top
        if y == 0:
            segments = [Segment(f"{'':<{LABEL_WIDTH}}{_day_numbers(self._cell)}", role_style(self, "muted"))]
        elif row < len(self._months):
            segments = self._month(row)
        else:
            segments = []
        return Strip(segments).apply_style(self.rich_style).adjust_cell_length(self.size.width, self.rich_style)

    def _month(self, row: int) -> list[Segment]:
        glyphs, blank = glyphs_of(self), " " * (self._cell - 1)
        segments = [Segment(f"{self._months[row].label:<{LABEL_WIDTH}}", role_style(self, "heading"))]
        for column, day in enumerate(self._months[row].days):
            style = role_style(self, _ROLES[day.state])
            if (row, column) == (self._row, self._column):
                style += Style(reverse=True, bold=True) if self.has_focus else Style(underline=True, bold=True)
            segments += [Segment(sign_of(day.state, glyphs), style), Segment(blank)]
        return segments


def _day_numbers(cell: int) -> str:
    """`1   5    10 …`, each above its day; `cell` is the distance of two days."""
    text = ""
    for day in (1, *range(5, _DAYS, 5)):
        text = f"{text:<{(day - 1) * cell}}{day}"
    return text


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
    DayState.GAPS: "settled, gaps",
    DayState.PART: "part",
    DayState.MISSING: "missing",
    DayState.OUTSIDE: "outside",
}


def legend(glyphs: Glyphs) -> str:
    """What the signs mean, on one line of at most 56 cells."""
    return "  ".join(f"{sign_of(state, glyphs)} {word}" for state, word in _WORDS.items())
