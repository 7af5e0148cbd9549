"""View 1 of a report: the figures that matter, what is worth knowing, the curves and the coins at a glance."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from passivtui.backtest.findings import Finding
from passivtui.backtest.report import Figure, Report
from passivtui.screens.dialogs import TextModal
from passivtui.screens.report_columns import COIN_GLANCE_COLUMNS, FIGURE_COLUMNS, FINDING_COLUMNS, year_columns
from passivtui.screens.report_curves import CurveSet
from passivtui.widgets.line_table import LineTable


class OverviewView(Vertical):
    """Curves left, figures and coins right, findings below; the style sheet drops what has no room."""

    def __init__(self, report: Report) -> None:
        super().__init__(id="overview")
        self._report = report

    def compose(self) -> ComposeResult:
        with Horizontal(id="overview-top"):
            yield CurveSet(self._report)
            with Vertical(id="overview-right"):
                yield _pane(LineTable(FIGURE_COLUMNS, row_key=lambda row: row.label, id="figures"), "Figures")
                yield _pane(
                    LineTable(
                        COIN_GLANCE_COLUMNS,
                        row_key=lambda row: row.key,
                        empty="No coin had a fill.",
                        id="overview-coins",
                    ),
                    f"Coins, {self._report.result.info.quote}",
                )
                yield _pane(LineTable(year_columns(), row_key=lambda row: row.year, id="overview-months"), "Months, %")
        yield _pane(LineTable(FINDING_COLUMNS, row_key=lambda row: row.key, id="findings"), "")

    def on_mount(self) -> None:
        report = self._report
        self.query_one("#figures", LineTable).set_rows(report.figures)
        self.query_one("#overview-coins", LineTable).set_rows(report.coins)
        self.query_one("#overview-months", LineTable).set_rows(report.years)
        findings = self.query_one("#findings", LineTable)
        findings.set_rows(report.findings)
        findings.display = bool(report.findings)
        findings.styles.max_height = len(report.findings) + 3

    def focus_first(self) -> Widget:
        """The figures."""
        return self.query_one("#figures", LineTable).focus()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message)

    def _explain(self, message: LineTable.Selected | LineTable.Asked) -> None:
        row = message.row
        if isinstance(row, Figure):
            message.stop()
            self.app.push_screen(TextModal(f"{row.label}: {row.value}", row.meaning))
        elif isinstance(row, Finding):
            message.stop()
            self.app.push_screen(TextModal(row.severity.word.capitalize(), f"{row.sentence}\n\n{row.explanation}"))


def _pane(table: LineTable[Any], title: str) -> LineTable[Any]:
    table.add_class("pane")
    table.border_title = Content(title)
    return table
