"""The list of kept reports: open, compare, name, tag, delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import cast

from textual.app import App, ComposeResult
from textual.content import Content

from passivtui.backtest.report import Report
from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.messages import ReportsChanged
from passivtui.screens.base import AppScreen, Services
from passivtui.screens.compare import CompareScreen
from passivtui.screens.dialogs import ConfirmModal, InputModal, TextModal
from passivtui.screens.palette import PaletteEntry
from passivtui.screens.report import ReportScreen
from passivtui.screens.report_compare import MarkReport
from passivtui.screens.reports_list import (
    MOST_COMPARED,
    REPORT_COLUMNS,
    Listed,
    MarkedRow,
    list_reports,
    open_in_background,
)
from passivtui.storage import ReportIndex, ReportRow, open_reports
from passivtui.widgets.line_table import LineTable

PALETTE_REPORTS = 50


class CompareReports(Command):
    """Compare the marked reports: two or more."""

    KEYS = "c"
    FOOTER = "compare"


class TagReport(Command):
    """Change the tags of the report under the cursor."""

    KEYS = "t"
    FOOTER = "tags"


class RenameReport(Command):
    """Give the report under the cursor another name."""

    KEYS = "n"


class DeleteReports(Command):
    """Delete the marked reports, or the one under the cursor; asks first."""

    KEYS = "X"
    FOOTER = "delete"


class ReportsScreen(AppScreen[None]):
    """Everything that was run and kept, newest first."""

    CRUMB = "Results"
    PURPOSE = "The reports of earlier backtests. Enter opens one; mark two or more with m and compare them with c."
    COMMAND_CLASSES = (MarkReport, CompareReports, TagReport, RenameReport, DeleteReports)
    CSS_PATH = Path(__file__).with_name("reports.tcss")

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ReportRow, ...] = ()
        self._marked: dict[str, None] = {}  # in the order of marking: the first is what others are measured by
        self._told_damaged: tuple[str, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield LineTable(
            REPORT_COLUMNS,
            row_key=lambda row: row.row.id,
            empty="No reports yet. Run a backtest (menu 2); its report is kept here.",
            classes="pane",
        )

    def on_mount(self) -> None:
        self.query_one(LineTable).border_title = Content("Reports")
        self.query_one(LineTable).focus()
        self.reports_changed()

    def reports_changed(self) -> None:
        """Read the list anew."""
        self.run_worker(self._load(), exclusive=True, exit_on_error=False, group="list")

    async def _load(self) -> None:
        try:
            self._show(await list_reports(self.services.home))
        except PassivTuiError as error:
            self.services.show_error(error, "listing the reports")

    def _show(self, listed: Listed) -> None:
        self._rows = listed.rows
        ids = {row.id for row in listed.rows}
        self._marked = {name: None for name in self._marked if name in ids}
        self._draw()
        if listed.damaged and listed.damaged != self._told_damaged:
            self._told_damaged = listed.damaged
            self.services.toast(
                f"{len(listed.damaged)} folders can't be listed: {listed.damaged[0]}", severity="warning"
            )

    def _draw(self) -> None:
        table = self.query_one(LineTable)
        table.set_rows([MarkedRow(row, row.id in self._marked) for row in self._rows])
        marked = f", {len(self._marked)} marked" if self._marked else ""
        table.border_title = Content(f"Reports: {len(self._rows):,}{marked}")

    # ---- one report -----------------------------------------------------------------------------------------------

    @property
    def _current(self) -> ReportRow | None:
        row = self.query_one(LineTable).current
        return row.row if isinstance(row, MarkedRow) else None

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        if isinstance(message.row, MarkedRow):
            open_report_screen(self.services, message.row.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        if isinstance(message.row, MarkedRow):
            row = message.row.row
            lines = [
                f"Run at {iso_minute(row.created_ms)} UTC with the config {row.config_name}.",
                f"Market: {row.dataset}{' (synthetic)' if row.synthetic else ''}",
                f"Coins: {', '.join(row.coins)}",
                f"Tags: {', '.join(row.tags) or 'none'}",
                f"Folder: {self.services.home.root / row.folder}",
            ]
            self.app.push_screen(TextModal(row.name, "\n\n".join(lines)))

    def action_tag_report(self) -> None:
        """Ask for the tags."""
        if (row := self._current) is None:
            return
        hint = "Words that help to find the report again, with spaces between; none removes them."

        def tag(text: str | None) -> None:
            if text is not None:
                self._change(lambda index: index.set_tags(row.id, text.split()), "keeping the tags")

        self.app.push_screen(InputModal(f"Tags of {row.name}", value=" ".join(row.tags), hint=hint), tag)

    def action_rename_report(self) -> None:
        """Ask for the name."""
        if (row := self._current) is None:
            return

        def rename(text: str | None) -> None:
            if text is not None:
                self._change(lambda index: index.rename(row.id, text), "keeping the name")

        hint = "Nothing gives it the name of its config back."
        self.app.push_screen(InputModal("Name of the report", value=row.name, hint=hint), rename)

    def _change(self, change: Callable[[ReportIndex], Awaitable[object]], doing: str) -> None:
        """Let `change` act on the list of reports, then tell whoever shows it."""

        async def act() -> None:
            try:
                async with open_reports(self.services.home) as index:
                    await change(index)
            except PassivTuiError as error:
                self.services.show_error(error, doing)
            self.app.post_message(ReportsChanged())

        self.run_worker(act(), exit_on_error=False, group="change")

    # ---- several --------------------------------------------------------------------------------------------------

    def action_mark_report(self) -> None:
        """Mark or unmark the report under the cursor."""
        if (row := self._current) is None:
            return
        if row.id in self._marked:
            del self._marked[row.id]
        else:
            self._marked[row.id] = None
        self._draw()

    def action_compare_reports(self) -> None:
        """Lay the marked reports side by side."""
        by_id = {row.id: row for row in self._rows}
        chosen = [by_id[name] for name in self._marked]
        if not 2 <= len(chosen) <= MOST_COMPARED:
            self.services.toast(f"Mark two to {MOST_COMPARED} reports with m, then press c.")
            return
        app = self.app

        def compare(reports: list[Report]) -> None:
            app.push_screen(CompareScreen(reports))

        open_in_background(self.services, chosen, compare)

    def action_delete_reports(self) -> None:
        """Ask, then delete."""
        chosen = [row for row in self._rows if row.id in self._marked]
        if not chosen and (row := self._current) is not None:
            chosen = [row]
        if not chosen:
            return
        count = "1 report" if len(chosen) == 1 else f"{len(chosen)} reports"
        names = "\n".join(f"  {row.name}  {iso_minute(row.created_ms)}" for row in chosen[:8])
        more = f"\n  and {len(chosen) - 8} more" if len(chosen) > 8 else ""

        async def delete(index: ReportIndex) -> None:
            for row in chosen:
                await index.delete(row.id)

        def decide(agreed: bool | None) -> None:
            if agreed:
                self._change(delete, "deleting the reports")

        question = ConfirmModal(
            f"Delete {count}?",
            f"Their files are removed from disk and can't be brought back:\n{names}{more}",
            do=f"Delete {count}",
            keep="Keep them",
        )
        self.app.push_screen(question, decide)


def open_report_screen(services: Services, row: ReportRow) -> None:
    """Open a kept report and show it on top of what is shown now."""
    app = cast("App[None]", services)

    def show(reports: list[Report]) -> None:
        app.push_screen(ReportScreen(reports[0], row))

    open_in_background(services, [row], show)


async def palette_entries(services: Services) -> Iterable[PaletteEntry]:
    """The newest reports by name, for the command palette."""
    if not services.home.database.exists():
        return []
    try:
        rows = (await list_reports(services.home)).rows
    except PassivTuiError:
        return []  # opening Results says what is wrong

    def opener(row: ReportRow) -> Callable[[], None]:
        return lambda: open_report_screen(services, row)

    return [
        PaletteEntry(f"Report: {row.name} {iso_minute(row.created_ms)}", "Open this report.", opener(row))
        for row in rows[:PALETTE_REPORTS]
    ]
