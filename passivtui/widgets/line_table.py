"""A table that sends only the lines that changed, whether it has five rows or two hundred thousand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Key, Paste, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from passivtui.commands import Command, CommandHost
from passivtui.messages import CopyWanted
from passivtui.widgets.cell_text import fit_text, plain
from passivtui.widgets.column_fit import GAP, Placed, fit_columns
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.line_table_commands import TABLE_COMMANDS
from passivtui.widgets.roles import on_cursor, role_style
from passivtui.widgets.rows import Column, ListRows, Row, RowSource

__all__ = ["Column", "LineTable", "ListRows", "RowSource"]

MEASURED_ROWS = 200
POINTER_WIDTH = 1


class LineTable(CommandHost, ScrollView, Generic[Row], can_focus=True):
    """Rows under a fixed heading; the cursor keeps to its row's key when rows are updated, sorted or filtered."""

    PURPOSE = "A table: enter opens the row under the cursor."
    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = TABLE_COMMANDS

    DEFAULT_CSS = """
    LineTable {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        height: 1fr; width: 1fr; background: $background; color: $foreground;
    }
    """

    @dataclass(eq=False)
    class Highlighted(Message):
        """The cursor is on another row, or there is none (row and key None)."""

        table: LineTable[Any]
        row: Any
        key: Hashable | None

    @dataclass(eq=False)
    class Selected(Message):
        """Enter, or a click on the row under the cursor."""

        table: LineTable[Any]
        row: Any
        key: Hashable | None

    @dataclass(eq=False)
    class Asked(Message):
        """`i`: why this row?"""

        table: LineTable[Any]
        row: Any
        key: Hashable | None

    @dataclass(eq=False)
    class Filtered(Message):
        """The filter changed: `shown` rows of `total` contain `needle`."""

        table: LineTable[Any]
        needle: str
        shown: int
        total: int

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        row_key: Callable[[Row], Hashable] | None = None,
        empty: str = "Nothing here yet.",
        sort: str = "",
        reverse: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`row_key` names a row across updates (by default its position in the source); `sort` is the key of the column
        to begin with; `empty` is the sentence shown when there are no rows at all."""
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._row_key = row_key
        self._empty = empty
        self._sort = sort
        self._reverse = reverse
        self._source: RowSource[Row] = ListRows(())
        self._order: Sequence[int] = ()
        self._wanted: list[int] = []
        self._placed: tuple[Placed, ...] = ()
        self._cursor = 0
        self._needle = ""
        self._typing = False
        self._picking = False
        self._drawn: dict[int, tuple[tuple[str, str], ...]] = {}
        self._told: Hashable | None = None
        self._measure()

    # ---- rows -----------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; lines whose cells didn't change are not sent again."""
        self.set_source(ListRows(rows))

    def set_source(self, source: RowSource[Row]) -> None:
        """Show rows made on demand; the cursor stays on its row's key when that is still there."""
        key = self.current_key if self._row_key is not None else None
        before = (len(self._order), self._placed)
        self._source = source
        self._measure()
        self._arrange(key)
        if before == (len(self._order), self._placed):
            self._refresh_changed()
        else:
            self.refresh()

    def set_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Show other columns of the same rows."""
        self._columns = tuple(columns)
        self._wanted = []
        self._measure()
        self._arrange(self.current_key)
        self.refresh()

    @property
    def total(self) -> int:
        """Rows there are, before the filter."""
        return len(self._source)

    @property
    def shown(self) -> int:
        """Rows shown, after the filter."""
        return len(self._order)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self._source.row(self._order[self._cursor]) if self._order else None

    @property
    def current_key(self) -> Hashable | None:
        """Key of the row under the cursor (its index in the source without `row_key`)."""
        return self._key_at(self._cursor) if self._order else None

    @property
    def current_index(self) -> int | None:
        """Index in the source of the row under the cursor."""
        return int(self._order[self._cursor]) if self._order else None

    def move_to(self, key: Hashable) -> bool:
        """Put the cursor on the row with this key; False when it isn't shown."""
        position = self._position_of(key)
        if position is None:
            return False
        self._move(position)
        return True

    def move_to_index(self, index: int) -> bool:
        """Put the cursor on the row at this index of the source; False when it isn't shown."""
        for position, candidate in enumerate(self._order):
            if candidate == index:
                self._move(position)
                return True
        return False

    def sort_by(self, key: str, reverse: bool = False) -> None:
        """Sort by the column with this key ("" = the order given)."""
        self._sort, self._reverse = key, reverse
        self._arrange(self.current_key)
        self.refresh()

    def filter(self, needle: str) -> None:
        """Show only the rows that contain `needle` in a column, whatever its case."""
        self._needle = needle
        self._arrange(self.current_key)
        self.refresh()
        self.post_message(self.Filtered(self, needle, self.shown, self.total))

    def as_tsv(self, limit: int = 10_000) -> str:
        """Heading and shown rows (at most `limit`), all columns, tab separated."""
        lines = ["\t".join(column.title for column in self._columns)]
        lines += [self._tsv(self._source.row(index)) for index in self._order[:limit]]
        return "\n".join(lines)

    def _tsv(self, row: Row) -> str:
        return "\t".join(plain(column.text(row)).strip() for column in self._columns)

    # ---- arrangement ----------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """How wide the columns want to be: only ever wider for the same columns, so that live values don't jitter."""
        total = len(self._source)
        sample = [*range(min(total, MEASURED_ROWS)), *range(max(MEASURED_ROWS, total - MEASURED_ROWS), total)]
        rows = [self._source.row(index) for index in sample]
        wanted = []
        for column in self._columns:
            heading = len(column.title) + (2 if column.sort else 0)
            cells = max((Segment(plain(column.text(row))).cell_length for row in rows), default=0)
            wanted.append(column.width or max(heading, cells))
        previous = self._wanted if len(self._wanted) == len(wanted) else [0] * len(wanted)
        self._wanted = [max(pair) for pair in zip(wanted, previous, strict=True)]
        self._place()

    def _place(self) -> None:
        room = self.scrollable_content_region.width if self.is_attached else 80
        self._placed = fit_columns(self._columns, self._wanted, max(0, room - POINTER_WIDTH))

    def _arrange(self, key: Hashable | None) -> None:
        column = next((column for column in self._columns if column.key == self._sort), None)
        self._order = self._source.arrange(self._columns, column, self._reverse, self._needle)
        self._update_height()
        position = self._position_of(key) if key is not None else None
        self._move(self._cursor if position is None else position)

    def _update_height(self) -> None:
        self.virtual_size = Size(1, 1 + len(self._order) + self._bar_height)

    def _key_at(self, position: int) -> Hashable:
        index = self._order[position]
        return int(index) if self._row_key is None else self._row_key(self._source.row(index))

    def _position_of(self, key: Hashable) -> int | None:
        return next((place for place in range(len(self._order)) if self._key_at(place) == key), None)

    # ---- cursor ---------------------------------------------------------------------------------------------------

    def _move(self, position: int) -> None:
        before = self._cursor
        self._cursor = max(0, min(position, len(self._order) - 1))
        if before != self._cursor:
            self._refresh_row(before)
            self._refresh_row(self._cursor)
        self._scroll_to_cursor()
        if (key := self.current_key) != self._told:
            self._told = key
            self.post_message(self.Highlighted(self, self.current, key))

    def _scroll_to_cursor(self) -> None:
        page = self._page
        top = round(self.scroll_y)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif page > 0 and self._cursor >= top + page:
            self.scroll_to(y=self._cursor - page + 1, animate=False, force=True)

    @property
    def _page(self) -> int:
        return self.scrollable_content_region.height - 1 - self._bar_height

    def action_next_row(self) -> None:
        """Move down."""
        self._move(self._cursor + 1)

    def action_previous_row(self) -> None:
        """Move up."""
        self._move(self._cursor - 1)

    def action_next_page(self) -> None:
        """Move down a page."""
        self._move(self._cursor + max(1, self._page))

    def action_previous_page(self) -> None:
        """Move up a page."""
        self._move(self._cursor - max(1, self._page))

    def action_first_row(self) -> None:
        """Move to the first row."""
        self._move(0)

    def action_last_row(self) -> None:
        """Move to the last row."""
        self._move(len(self._order) - 1)

    def action_select_row(self) -> None:
        """Open the row under the cursor."""
        if self._order:
            self.post_message(self.Selected(self, self.current, self.current_key))

    def action_ask_why(self) -> None:
        """Ask why this row is as it is."""
        if self._order:
            self.post_message(self.Asked(self, self.current, self.current_key))

    def action_copy_row(self) -> None:
        """Copy the row under the cursor, tab separated."""
        if (row := self.current) is not None:
            self.post_message(CopyWanted(self._tsv(row), "the row"))

    def action_copy_table(self) -> None:
        """Copy heading and rows, tab separated."""
        limit = 10_000
        what = f"{min(self.shown, limit):,} rows" + ("" if self.shown <= limit else f" of {self.shown:,}")
        self.post_message(CopyWanted(self.as_tsv(limit), what))

    # ---- filter and sort ------------------------------------------------------------------------------------------

    @property
    def _bar_height(self) -> int:
        return 1 if self._typing or self._needle else 0

    def action_filter_rows(self) -> None:
        """Begin to type a filter."""
        self._typing = True
        self._update_height()
        self.refresh()
        self.screen.refresh_bindings()

    def action_pick_sort(self) -> None:
        """Number the headings; the next digit sorts by its column."""
        self._picking = True
        self._refresh_line(0)
        self.screen.refresh_bindings()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters belong to the filter while it is typed, digits to the headings while one is picked."""
        if self._typing:
            return character is not None and character.isprintable()
        return self._picking and key.isdecimal()

    def on_key(self, event: Key) -> None:
        if self._picking:
            self._picked(event)
        elif self._typing:
            self._typed(event)
        elif event.key == "escape" and self._needle:
            event.stop()
            self.filter("")

    def on_paste(self, event: Paste) -> None:
        if self._typing:
            event.stop()
            self.filter(self._needle + plain(event.text).strip())

    def _picked(self, event: Key) -> None:
        self._picking = False
        self._refresh_line(0)
        self.screen.refresh_bindings()
        if event.key.isdecimal() or event.key == "escape":
            event.stop()
            self._sort_by_number(int(event.key) if event.key.isdecimal() else 0)

    def _sort_by_number(self, number: int) -> None:
        if 1 <= number <= len(self._placed) and (column := self._placed[number - 1].column).sort is not None:
            self.sort_by(column.key, reverse=not self._reverse if column.key == self._sort else False)

    def _typed(self, event: Key) -> None:
        if event.key in ("enter", "escape"):
            event.stop()
            self._typing = False
            self.filter(self._needle if event.key == "enter" else "")
            self.screen.refresh_bindings()
        elif event.key == "backspace":
            event.stop()
            self.filter(self._needle[:-1])
        elif event.is_printable and event.character is not None:
            event.stop()
            self.filter(self._needle + event.character)

    # ---- mouse and size -------------------------------------------------------------------------------------------

    def on_click(self, event: Click) -> None:
        if (offset := event.get_content_offset(self)) is None:
            return
        if offset.y == 0:
            for number, placed in enumerate(self._placed, 1):
                if placed.start <= offset.x - POINTER_WIDTH < placed.start + placed.width:
                    self._sort_by_number(number)
            return
        position = offset.y - 1 + round(self.scroll_y)
        if position < len(self._order) and offset.y <= self._page:
            again = position == self._cursor
            self._move(position)
            if again:
                self.action_select_row()

    def watch_show_vertical_scrollbar(self) -> None:
        """The bar takes a column of the room when it comes, and gives it back when it goes."""
        self._place()
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        self._place()
        self._scroll_to_cursor()
        self.refresh()

    # ---- drawing --------------------------------------------------------------------------------------------------

    def _refresh_line(self, y: int) -> None:
        self.refresh(Region(0, y, self.size.width, 1))

    def _refresh_row(self, position: int) -> None:
        y = position + 1 - round(self.scroll_y)
        if 1 <= y < self.size.height:
            self._refresh_line(y)

    def _refresh_changed(self) -> None:
        top = round(self.scroll_y)
        for position in range(top, min(top + self.size.height, len(self._order))):
            if self._drawn.get(position) != self._cells(position):
                self._refresh_row(position)

    def _cells(self, position: int) -> tuple[tuple[str, str], ...]:
        row = self._source.row(self._order[position])
        ellipsis = glyphs_of(self).ellipsis
        return tuple(
            (
                fit_text(placed.column.text(row), placed.width, ellipsis, placed.column.align),
                placed.column.role(row) if placed.column.role is not None else "",
            )
            for placed in self._placed
        )

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y == 0:
            strip = self._heading(width)
        elif self._bar_height and y == self.size.height - 1:
            strip = self._filter_bar()
        else:
            strip = self._row_strip(y, width)
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def _row_strip(self, y: int, width: int) -> Strip:
        position = y - 1 + round(self.scroll_y)
        if position >= len(self._order):
            message = self._message() if y == 1 else ""
            return Strip([Segment(f" {message}", role_style(self, "muted"))])
        cells = self._cells(position)
        self._drawn[position] = cells
        if len(self._drawn) > 4 * max(1, self.size.height):
            self._drawn = {position: cells}
        chosen = position == self._cursor
        segments = [Segment(glyphs_of(self).pointer if chosen else " ")]
        for text, role in cells:
            segments += [Segment(text, role_style(self, role)), Segment(" " * GAP)]
        strip = Strip(segments).adjust_cell_length(width)
        return on_cursor(self, strip, self.has_focus) if chosen else strip

    def _message(self) -> str:
        return f"No row contains {plain(self._needle)!r}; esc shows all." if self._needle else self._empty

    def _heading(self, width: int) -> Strip:
        glyphs = glyphs_of(self)
        style = role_style(self, "heading") + Style(bold=True)
        segments = [Segment(" ")]
        for number, placed in enumerate(self._placed, 1):
            column = placed.column
            title = column.title
            if self._picking and column.sort is not None and number <= 9:
                title = f"{number} {title}"
            elif column.key == self._sort:
                title = f"{title} {glyphs.loss if self._reverse else glyphs.gain}"
            segments += [
                Segment(fit_text(title, placed.width, glyphs.ellipsis, column.align), style),
                Segment(" " * GAP),
            ]
        strip = Strip(segments)
        hidden = len(self._columns) - len(self._placed)
        note = f"+{hidden} columns" if hidden > 1 else "+1 column"
        if hidden and strip.cell_length + len(note) <= width:
            strip = Strip([*strip.adjust_cell_length(width - len(note)), Segment(note, role_style(self, "muted"))])
        return strip

    def _filter_bar(self) -> Strip:
        keys = "enter keeps it, esc shows all" if self._typing else "esc shows all"
        cursor = Segment(" ", Style(reverse=True)) if self._typing else Segment("")
        count = f"  {self.shown:,} of {self.total:,}  {keys}"
        return Strip(
            [Segment(f" /{plain(self._needle)}", Style(bold=True)), cursor, Segment(count, role_style(self, "muted"))]
        )

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
