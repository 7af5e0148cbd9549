"""Curves over time, drawn by plotext into a widget of our own: zoom, pan, a cursor, linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from passivtui.commands import CommandHost
from passivtui.widgets.chart_commands import CHART_COMMANDS
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.picture import Look, Picture, Piece, draw_picture
from passivtui.widgets.roles import role_style
from passivtui.widgets.series import Markers, Series

__all__ = ["Chart", "Markers", "Series"]

ZOOM = 2.0
PAN = 0.25
FEWEST_POINTS = 4
"""Zooming in ends where the densest curve would show fewer points than this."""


class Chart(CommandHost, Widget, can_focus=True):
    """Curves with a cursor. Below 12x4 cells a spark line; the legend has a line of its own and hides no data."""

    PURPOSE = "A chart: move the cursor to read values, zoom and pan to look closer."
    COMMAND_CLASSES = CHART_COMMANDS

    DEFAULT_CSS = """
    Chart { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    """

    @dataclass(eq=False)
    class CursorMoved(Message):
        """The cursor is elsewhere: `x` (None: hidden), `values` by series name (the last at or before x; NaN: none)."""

        chart: Chart
        x: float | None
        values: Mapping[str, float]

    @dataclass(eq=False)
    class ViewChanged(Message):
        """Another part is shown: `view` (x0, x1). Give it to `set_view` of charts that should move along."""

        chart: Chart
        view: tuple[float, float]

    def __init__(
        self,
        *,
        title: str = "",
        date_axis: bool = True,
        log: bool = False,
        zero: bool = False,
        y_text: Callable[[float], str] | None = None,
        empty: str = "Nothing to draw.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`zero`: the y axis always contains 0 (drawdown, exposure); `y_text`: how y labels read (by default `12,345`);
        `title` shows in the border when the chart has one; `empty` is said when there is no finite point."""
        super().__init__(id=id, classes=classes)
        if title:
            self.border_title = Content(title)
        self._date_axis = date_axis
        self._is_log = log
        self._zero = zero
        self._y_text = y_text
        self._empty = empty
        self._series: tuple[Series, ...] = ()
        self._markers: tuple[Markers, ...] = ()
        self._range = (0.0, 1.0)
        self._view = (0.0, 1.0)
        self._cursor: float | None = None
        self._picture: Picture | None = None
        self._drawn_for: tuple[object, ...] = ()

    # ---- data -----------------------------------------------------------------------------------------------------

    def set_series(self, series: Sequence[Series], markers: Sequence[Markers] = ()) -> None:
        """Draw these. The view stays where it still overlaps the data, else it becomes the whole range."""
        whole = self._view == self._range
        self._series = tuple(series)
        self._markers = tuple(markers)
        positions = [curve.x for curve in series] + [points.x for points in markers]
        ends = [(float(x[0]), float(x[-1])) for x in positions if len(x)]
        low = min((first for first, _ in ends), default=0.0)
        high = max((last for _, last in ends), default=1.0)
        self._range = (low, high) if high > low else (low - 0.5, low + 0.5)
        overlaps = self._view[0] < self._range[1] and self._view[1] > self._range[0]
        self._view = self._range if whole or not overlaps else self._clamped(*self._view)
        self._redraw()

    def set_y_text(self, y_text: Callable[[float], str] | None) -> None:
        """How y labels read from now on; None: `12,345`. Takes effect with the next drawing."""
        self._y_text = y_text

    @property
    def whole(self) -> tuple[float, float]:
        """(x0, x1) of all data."""
        return self._range

    @property
    def view(self) -> tuple[float, float]:
        """(x0, x1) shown."""
        return self._view

    @property
    def is_log(self) -> bool:
        """Whether the y axis is logarithmic."""
        return self._is_log

    @property
    def cursor(self) -> float | None:
        """The cursor's x; None when it is hidden."""
        return self._cursor

    @property
    def values(self) -> Mapping[str, float]:
        """Values of the series under the cursor; empty when it is hidden."""
        if self._cursor is None:
            return {}
        return {series.name: _value_at(series, self._cursor) for series in self._series if series.name}

    def set_view(self, x0: float, x1: float) -> None:
        """Show this range as far as there are data; posts nothing, so that linked charts don't chase each other."""
        view = self._clamped(x0, x1)
        if view != self._view:
            self._view = view
            self._redraw()

    def set_cursor(self, x: float | None) -> None:
        """Put the cursor on x (None hides it); posts nothing."""
        before, self._cursor = self._cursor, x
        for place in (before, x):
            column = self._column(place)
            if column is not None:
                self.refresh(Region(column, 0, 1, self.size.height))

    def show_around(self, x: float, width: float | None = None) -> None:
        """Centre the view on x (as wide as it is unless `width` is given) and put the cursor there."""
        half = (self._view[1] - self._view[0] if width is None else width) / 2
        self._look_at(x - half, x + half)
        self._move_cursor(x)

    def set_log(self, log: bool) -> None:
        """Linear or logarithmic y axis."""
        if log != self._is_log:
            self._is_log = log
            self._redraw()

    def set_title(self, title: str) -> None:
        """The text in the border; plain."""
        self.border_title = Content(title)

    # ---- view and cursor ------------------------------------------------------------------------------------------

    def _clamped(self, x0: float, x1: float) -> tuple[float, float]:
        """As wide as asked for if the data are, moved into them; no narrower than a few points."""
        low, high = self._range
        width = min(high - low, max(x1 - x0, self._narrowest()))
        start = min(max((x0 + x1 - width) / 2, low), high - width)
        return (start, start + width)

    def _narrowest(self) -> float:
        most = max((len(series.x) for series in self._series), default=2)
        return (self._range[1] - self._range[0]) * min(1.0, FEWEST_POINTS / max(1, most - 1))

    def _look_at(self, x0: float, x1: float) -> None:
        before = self._view
        self.set_view(x0, x1)
        if self._view != before:
            self.post_message(self.ViewChanged(self, self._view))

    def _zoom(self, factor: float, around: float | None = None) -> None:
        x0, x1 = self._view
        if around is None:
            visible = self._cursor is not None and x0 <= self._cursor <= x1
            around = self._cursor if visible and self._cursor is not None else (x0 + x1) / 2
        width = min(self._range[1] - self._range[0], max((x1 - x0) / factor, self._narrowest()))
        start = around - (around - x0) / (x1 - x0) * width
        self._look_at(start, start + width)

    def _pan(self, share: float) -> None:
        x0, x1 = self._view
        shift = (x1 - x0) * share
        shift = max(self._range[0] - x0, min(shift, self._range[1] - x1))
        self._look_at(x0 + shift, x1 + shift)

    def _move_cursor(self, x: float) -> None:
        self.set_cursor(min(max(x, self._view[0]), self._view[1]))
        self.post_message(self.CursorMoved(self, self._cursor, self.values))

    def _step_cursor(self, columns: int) -> None:
        x0, x1 = self._view
        picture = self._current_picture()
        if picture.width < 2:
            return
        step = (x1 - x0) / (picture.width - 1)
        if self._cursor is None:
            self._move_cursor((x0 + x1) / 2)
            return
        target = self._cursor + columns * step
        if not x0 - step / 2 <= target <= x1 + step / 2:  # walking on at the edge pans
            self._pan(PAN if columns > 0 else -PAN)
        self._move_cursor(target)

    def action_zoom_in(self) -> None:
        """Show half as much."""
        self._zoom(ZOOM)

    def action_zoom_out(self) -> None:
        """Show twice as much."""
        self._zoom(1 / ZOOM)

    def action_pan_left(self) -> None:
        """Move the view a quarter to the left."""
        self._pan(-PAN)

    def action_pan_right(self) -> None:
        """Move the view a quarter to the right."""
        self._pan(PAN)

    def action_cursor_left(self) -> None:
        """Move the cursor one column."""
        self._step_cursor(-1)

    def action_cursor_right(self) -> None:
        """Move the cursor one column."""
        self._step_cursor(1)

    def action_cursor_far_left(self) -> None:
        """Move the cursor ten columns."""
        self._step_cursor(-10)

    def action_cursor_far_right(self) -> None:
        """Move the cursor ten columns."""
        self._step_cursor(10)

    def action_cursor_first(self) -> None:
        """Move the cursor to the left edge."""
        self._move_cursor(self._view[0])

    def action_cursor_last(self) -> None:
        """Move the cursor to the right edge."""
        self._move_cursor(self._view[1])

    def action_toggle_log(self) -> None:
        """Linear or logarithmic."""
        self.set_log(not self._is_log)

    def action_show_all(self) -> None:
        """Show the whole range."""
        self._look_at(*self._range)

    def on_click(self, event: Click) -> None:
        x = self._x_of(event)
        if x is not None:
            self._move_cursor(x)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        if self.has_focus:
            event.stop()
            self._zoom(ZOOM, self._x_of(event))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        if self.has_focus:
            event.stop()
            self._zoom(1 / ZOOM, self._x_of(event))

    def _x_of(self, event: Click | MouseScrollUp | MouseScrollDown) -> float | None:
        offset = event.get_content_offset(self)
        return None if offset is None else self._current_picture().x_at(offset.x)

    # ---- drawing --------------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._picture = None
        self.refresh()

    def _current_picture(self) -> Picture:
        """The picture for the present size and glyphs; drawn anew when one of them, the data or the view changed."""
        look = Look(self._date_axis, self._is_log, self._zero, self._y_text, self._empty, glyphs_of(self))
        wanted = (self.size, look.glyphs)
        if self._picture is None or self._drawn_for != wanted:
            self._picture = draw_picture(self._series, self._markers, self._view, self.size, look)
            self._drawn_for = wanted
        return self._picture

    def _column(self, x: float | None) -> int | None:
        if x is None or not self.is_attached:
            return None
        return self._current_picture().column_of(x)

    def render_line(self, y: int) -> Strip:
        picture = self._current_picture()
        if y >= len(picture.rows):
            return Strip.blank(self.size.width, self.rich_style)
        row = picture.rows[y]
        column = self._column(self._cursor)
        if column is not None and picture.top <= y < picture.top + picture.height:
            row = self._with_cursor(row, column)
        return Strip(self._segments(row), len(row)).apply_style(self.rich_style)

    def _with_cursor(self, row: tuple[Piece, ...], column: int) -> tuple[Piece, ...]:
        sign, role = row[column]
        piece = (glyphs_of(self).vertical, "muted") if sign == " " else (sign, f"reverse {role}")
        return (*row[:column], piece, *row[column + 1 :])

    def _segments(self, row: tuple[Piece, ...]) -> list[Segment]:
        """Neighbours of one role in one segment."""
        segments: list[Segment] = []
        text, role = "", None
        for sign, sign_role in row:
            if sign_role != role and text:
                segments.append(Segment(text, self._style(role or "")))
                text = ""
            text += sign
            role = sign_role
        segments.append(Segment(text, self._style(role or "")))
        return segments

    def _style(self, role: str) -> Style:
        if role.startswith("reverse "):
            return role_style(self, role.removeprefix("reverse ")) + Style(reverse=True)
        return role_style(self, role)


def _value_at(series: Series, x: float) -> float:
    """The value at x or the last before it; NaN when the series begins later."""
    place = int(series.x.searchsorted(x, side="right")) - 1
    return float(series.y[place]) if place >= 0 else math.nan
