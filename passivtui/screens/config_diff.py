"""Two configs side by side: every key that differs."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.content import Content

from passivtui.config import Config
from passivtui.config.difference import Difference, differences
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.widgets.line_table import Column, LineTable

_SAME: Final = "There is no difference."


class ConfigDiffScreen(AppScreen[None]):
    """The differing keys with both values; enter shows long values whole."""

    CRUMB = "Differences"
    PURPOSE = "Every key whose values differ. Enter shows a row whole."

    def __init__(self, before: Config, after: Config, titles: tuple[str, str]) -> None:
        """`titles` name the two, before and after."""
        super().__init__()
        self._differences = differences(before, after)
        self._titles = titles

    def compose_body(self) -> ComposeResult:
        before, after = self._titles
        columns: tuple[Column[Difference], ...] = (
            Column("key", "key", lambda row: row.key, sort=lambda row: row.key, flexible=True),
            Column("before", before, lambda row: row.texts[0], align="right", flexible=True),
            Column("after", after, lambda row: row.texts[1], align="right", flexible=True),
        )
        yield LineTable(columns, row_key=lambda row: row.key, empty=_SAME, classes="pane")

    def on_mount(self) -> None:
        table = self.query_one(LineTable)
        table.set_rows(self._differences)
        count = len(self._differences)
        table.border_title = Content(f"{count} key{'' if count == 1 else 's'} differ{'s' if count == 1 else ''}")
        table.focus()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._show(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._show(message.row)

    def _show(self, row: object) -> None:
        if isinstance(row, Difference):
            before, after = row.texts
            text = f"{self._titles[0]}: {before or 'not given'}\n\n{self._titles[1]}: {after or 'not given'}"
            self.app.push_screen(TextModal(row.key, text))
