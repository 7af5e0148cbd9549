"""View 7 of a report: choose kept reports to lay this one beside."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from passivtui.backtest.report import Report
from passivtui.commands import Command, CommandHost
from passivtui.errors import PassivTuiError
from passivtui.screens.base import AppScreen, Services
from passivtui.screens.compare import CompareScreen
from passivtui.screens.reports_list import (
    MOST_COMPARED,
    REPORT_COLUMNS,
    MarkedRow,
    list_reports,
    open_in_background,
)
from passivtui.storage import ReportRow
from passivtui.widgets.line_table import LineTable


class MarkReport(Command):
    """Mark the report for comparing, or unmark it."""

    KEYS = "m,space"
    FOOTER = "mark"


class CompareView(CommandHost, Vertical):
    """The other reports; enter compares the marked ones, or the one under the cursor, with this one."""

    PURPOSE = "Mark other reports with m; enter lays their curves and metrics beside this one's."
    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (MarkReport,)

    def __init__(self, report: Report, own_id: str) -> None:
        """`own_id`: the report's id in the list, which is not offered."""
        super().__init__(id="compare")
        self._report = report
        self._own_id = own_id
        self._rows: tuple[ReportRow, ...] = ()
        self._marked: set[str] = set()

    def compose(self) -> ComposeResult:
        table = LineTable(
            REPORT_COLUMNS,
            row_key=lambda row: row.row.id,
            empty="There is no other report yet: run a second backtest to compare with.",
            id="compare-table",
            classes="pane",
        )
        table.border_title = Content(f"Compare {self._report.name} with: m marks, enter compares")
        yield table

    def on_mount(self) -> None:
        self.load()

    def focus_first(self) -> Widget:
        """The list."""
        return self.query_one(LineTable).focus()

    def load(self) -> None:
        """Read the list of reports, beside the event loop."""
        self.run_worker(self._load(), exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        screen = self.screen
        if not isinstance(screen, AppScreen):
            return
        try:
            listed = await list_reports(screen.services.home)
        except PassivTuiError as error:
            screen.services.show_error(error, "listing the reports")
            return
        self._rows = tuple(row for row in listed.rows if row.id != self._own_id)
        self._marked &= {row.id for row in self._rows}
        self._show()

    def _show(self) -> None:
        self.query_one(LineTable).set_rows([MarkedRow(row, row.id in self._marked) for row in self._rows])

    def action_mark_report(self) -> None:
        """Mark or unmark the report under the cursor."""
        if isinstance(row := self.query_one(LineTable).current, MarkedRow):
            if row.marked:
                self._marked.discard(row.row.id)
            elif len(self._marked) < MOST_COMPARED - 1:
                self._marked.add(row.row.id)
            else:
                cast(Services, self.app).toast(f"At most {MOST_COMPARED} reports can be compared at once.")
            self._show()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        message.stop()
        screen = self.screen
        if not isinstance(message.row, MarkedRow) or not isinstance(screen, AppScreen):
            return
        chosen = [row for row in self._rows if row.id in self._marked] or [message.row.row]
        app = self.app

        def compare(others: list[Report]) -> None:
            app.push_screen(CompareScreen([self._report, *others]))

        open_in_background(screen.services, chosen, compare)
