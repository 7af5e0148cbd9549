"""A form: names, values, units, the template's values and marks; what is wrong with a value stands under it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from passivtui.commands import CommandHost
from passivtui.config.edit import Issue, Row
from passivtui.widgets.cell_text import fit_text
from passivtui.widgets.column_fit import GAP, Placed, fit_columns
from passivtui.widgets.form_commands import FORM_COMMANDS
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.roles import on_cursor, role_style
from passivtui.widgets.rows import Column

_INDENT: Final = 4  # of the words under a value
_WIDEST_VALUE: Final = 24  # a longer one, of lists, is shortened before anything else makes room for it


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that is drawn: a row (`index`), or words above or below it."""

    index: int
    words: str = ""
    role: str = ""
    is_row: bool = False


def short_name(row: Row) -> str:
    """The name without the words of the heading it stands under: `spacing_pct` under "entry grid"."""
    words = row.field.param.group if row.field.param is not None else ""
    prefix = "entry_initial_" if words == "initial entry" else words.replace(" ", "_") + "_"
    return row.field.name.removeprefix(prefix) if words else row.field.name


def _value_role(row: Row) -> str:
    return "failure" if row.sign == "X" else "caution" if row.sign else "" if row.is_given else "muted"


_COLUMNS: Final[tuple[Column[Row], ...]] = (
    Column("name", "name", short_name, flexible=True),
    Column("value", "value", lambda row: row.text, flexible=True, role=_value_role),
    Column("unit", "unit", lambda row: row.field.unit, drop=2, role=lambda _: "muted"),
    Column("marks", "", lambda row: f"{'*' if row.is_changed else ' '} {row.sign}", width=3, role=_value_role),
    Column("template", "template", lambda row: row.template, drop=1, role=lambda _: "muted", flexible=True),
)


class FormTable(CommandHost, ScrollView, can_focus=True):
    """Fields under each other; the cursor keeps to its field's key when values change."""

    PURPOSE = (
        "The fields of the section: enter edits, + and - step. Values in grey are not in the file; the template's hold."
    )
    COMMAND_CLASSES = FORM_COMMANDS

    DEFAULT_CSS = """
    FormTable {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        height: 1fr; width: 1fr; background: $background; color: $foreground;
    }
    """

    @dataclass(eq=False)
    class Highlighted(Message):
        """The cursor is on another field; None: there is none."""

        key: str | None

    @dataclass(eq=False)
    class EditWanted(Message):
        """Enter, or a click on the field under the cursor."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._lines: list[_Line] = []
        self._placed: tuple[Placed, ...] = ()
        self._cursor = 0
        self._empty = ""
        self._trial: tuple[Issue, ...] | None = None
        self._allowed = ""
        self._told: str | None = None

    # ---- rows -----------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[Row], *, empty: str = "") -> None:
        """Show these fields, `empty` when there are none."""
        key = self.current_key
        self._rows = tuple(rows)
        self._empty = empty
        keys = [row.key for row in self._rows]
        self._cursor = keys.index(key) if key in keys else min(self._cursor, max(0, len(keys) - 1))
        self._arrange()
        self._tell()

    @property
    def current(self) -> Row | None:
        """The field under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def current_key(self) -> str | None:
        """Its dotted key."""
        return self._rows[self._cursor].key if self._rows else None

    def move_to(self, key: str) -> bool:
        """Put the cursor on a field; False when it isn't shown."""
        for index, row in enumerate(self._rows):
            if row.key == key:
                self._move(index)
                return True
        return False

    def show_trial(self, issues: tuple[Issue, ...] | None, allowed: str = "") -> None:
        """While the field under the cursor is edited: what there is to say of the text so far, else what is allowed.
        None ends that."""
        self._trial, self._allowed = issues, allowed
        self._arrange()

    def value_region(self) -> Region:
        """Where the value of the field under the cursor is drawn, up to the right edge; relative to this widget."""
        start = next((placed.start for placed in self._placed if placed.column.key == "value"), 0) + 1
        y = self._line_of(self._cursor) - round(self.scroll_y)
        return Region(start, y, max(8, self.scrollable_content_region.width - start), 1)

    # ---- arrangement ----------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width if self.is_attached else 80
        wanted = [self._wanted(column) for column in _COLUMNS]
        self._placed = fit_columns(_COLUMNS, wanted, max(0, width - 1))
        self._lines = []
        heading = ""
        for index, row in enumerate(self._rows):
            if row.heading and row.heading != heading:
                if self._lines:
                    self._lines.append(_Line(index))
                self._lines.append(_Line(index, row.heading, "heading"))
            heading = row.heading
            self._lines.append(_Line(index, is_row=True))
            self._lines += self._words_under(index, row, width)
        self.virtual_size = Size(1, len(self._lines))
        self._scroll_to_cursor()
        self.refresh()

    def _wanted(self, column: Column[Row]) -> int:
        cells = max((len(column.text(row)) for row in self._rows), default=0)
        limit = _WIDEST_VALUE if column.key in ("value", "template") else cells
        return column.width or max(len(column.title), min(cells, limit))

    def _words_under(self, index: int, row: Row, width: int) -> list[_Line]:
        edited = index == self._cursor and self._trial is not None
        issues = self._trial or () if edited else row.issues
        lines = []
        for issue in issues:
            role = "failure" if issue.severity == "error" else "caution"
            wrapped = textwrap.wrap(f"{issue.sign} {issue.words}", max(20, width - _INDENT - 1))
            lines += [_Line(index, " " * _INDENT + words, role) for words in wrapped]
        if edited and not any(issue.severity == "error" for issue in issues) and self._allowed:
            wrapped = textwrap.wrap(self._allowed, max(20, width - _INDENT - 1))
            lines += [_Line(index, " " * _INDENT + words, "muted") for words in wrapped]
        return lines

    def _line_of(self, index: int) -> int:
        return next((y for y, line in enumerate(self._lines) if line.index == index and line.is_row), 0)

    # ---- cursor ---------------------------------------------------------------------------------------------------

    def _move(self, index: int) -> None:
        self._cursor = max(0, min(index, len(self._rows) - 1))
        self._scroll_to_cursor()
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        if self.current_key != self._told:
            self._told = self.current_key
            self.post_message(self.Highlighted(self._told))

    def _scroll_to_cursor(self) -> None:
        """Keep the field, the words under it and a heading right above it in view."""
        lines = [y for y, line in enumerate(self._lines) if line.index == self._cursor]
        page = self.scrollable_content_region.height
        if not lines or page <= 0:
            return
        top = round(self.scroll_y)
        if lines[-1] >= top + page:
            top = lines[-1] - page + 1
        top = min(top, lines[0])
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True)

    def action_next_field(self) -> None:
        """Move down."""
        self._move(self._cursor + 1)

    def action_previous_field(self) -> None:
        """Move up."""
        self._move(self._cursor - 1)

    def action_next_fields(self) -> None:
        """Move down a page."""
        self._move(self._cursor + max(1, self.size.height - 2))

    def action_previous_fields(self) -> None:
        """Move up a page."""
        self._move(self._cursor - max(1, self.size.height - 2))

    def action_first_field(self) -> None:
        """Move to the first field."""
        self._move(0)

    def action_last_field(self) -> None:
        """Move to the last field."""
        self._move(len(self._rows) - 1)

    def action_edit_field(self) -> None:
        """Edit the field under the cursor."""
        if (key := self.current_key) is not None:
            self.post_message(self.EditWanted(key))

    # ---- mouse and size -------------------------------------------------------------------------------------------

    def on_click(self, event: Click) -> None:
        if (offset := event.get_content_offset(self)) is None:
            return
        y = offset.y + round(self.scroll_y)
        if y < len(self._lines):
            index = self._lines[y].index
            again = index == self._cursor
            self._move(index)
            if again:
                self.action_edit_field()

    def on_resize(self, event: Resize) -> None:
        self._arrange()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # ---- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        place = y + round(self.scroll_y)
        if place < len(self._lines):
            line = self._lines[place]
            strip = self._row_strip(line.index, width) if line.is_row else self._words_strip(line, width)
        else:
            words = self._empty if not self._lines and y == 0 else ""
            strip = Strip([Segment(f" {fit_text(words, max(0, width - 1))}", role_style(self, "muted"))])
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def _words_strip(self, line: _Line, width: int) -> Strip:
        style = role_style(self, line.role)
        if line.role == "heading":
            style += Style(bold=True)
        return Strip([Segment(" " + fit_text(line.words, max(0, width - 1), glyphs_of(self).ellipsis), style)])

    def _row_strip(self, index: int, width: int) -> Strip:
        row, chosen = self._rows[index], index == self._cursor
        glyphs = glyphs_of(self)
        segments = [Segment(glyphs.pointer if chosen else " ")]
        for placed in self._placed:
            column = placed.column
            text = fit_text(column.text(row), placed.width, glyphs.ellipsis, column.align)
            role = column.role(row) if column.role is not None else ""
            segments += [Segment(text, role_style(self, role)), Segment(" " * GAP)]
        strip = Strip(segments).adjust_cell_length(width)
        return on_cursor(self, strip, self.has_focus) if chosen else strip
