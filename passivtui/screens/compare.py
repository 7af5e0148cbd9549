"""Two or more reports side by side: the change of their equity overlaid, and their metrics with the differences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from textual.app import ComposeResult
from textual.content import Content

from passivtui.backtest.comparison import CompareRow, compare_rows, names_of, overlay_of
from passivtui.backtest.report import Report
from passivtui.clock import iso_minute
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.screens.report_tabs import FactsLine
from passivtui.widgets.chart import Chart, Series
from passivtui.widgets.glyphs import Glyphs
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.roles import SERIES_ROLES


class CompareScreen(AppScreen[None]):
    """The first report is the one the others are measured by."""

    CRUMB = "Compare"
    PURPOSE = "Reports side by side. Differences are from the first report; enter on a line tells what it means."
    CSS_PATH = Path(__file__).with_name("compare.tcss")

    def __init__(self, reports: Sequence[Report]) -> None:
        """`reports`: two to six."""
        super().__init__()
        self._reports = tuple(reports)
        self._overlay = overlay_of(reports)

    def compose_body(self) -> ComposeResult:
        yield Chart(
            id="overlay",
            classes="pane",
            date_axis=self._overlay.by_date,
            y_text=lambda value: f"{value:+g} %".replace("+0 %", "0 %"),
        )
        yield FactsLine(("tab goes to the chart; left and right move its cursor",), id="overlay-readout")
        glyphs = self.services.glyphs
        table = LineTable(
            compare_columns(names_of(self._reports), glyphs),
            row_key=lambda row: row.label,
            id="compare-metrics",
            classes="pane",
        )
        table.border_title = Content(f"Metrics: {glyphs.gain} better, {glyphs.loss} worse than the first")
        yield table

    def on_mount(self) -> None:
        chart = self.query_one("#overlay", Chart)
        over = "by date" if self._overlay.by_date else "by days since the start of each run"
        chart.set_title(f"Change of equity, {over}")
        chart.set_series(
            [
                Series(curve.name, curve.x, curve.change, role)
                for curve, role in zip(self._overlay.curves, SERIES_ROLES, strict=False)
            ]
        )
        self.query_one(LineTable).set_rows(list(compare_rows(self._reports)))
        self.query_one(LineTable).focus()

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        if message.x is not None:
            place = f"{iso_minute(int(message.x))} UTC" if self._overlay.by_date else f"day {message.x:,.1f}"
            values = [f"{name} {value:+,.2f} %" for name, value in message.values.items() if value == value]
            self.query_one("#overlay-readout", FactsLine).show((place, *values))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message)

    def _explain(self, message: LineTable.Selected | LineTable.Asked) -> None:
        if isinstance(message.row, CompareRow):
            self.app.push_screen(TextModal(message.row.label, message.row.meaning))


def compare_columns(names: Sequence[str], glyphs: Glyphs) -> tuple[Column[CompareRow], ...]:
    """The metric, each report's value, and for all but the first the difference."""
    columns: list[Column[CompareRow]] = [Column("label", "metric", lambda row: row.label)]
    for place, name in enumerate(names):
        columns.append(
            Column(f"value{place}", name, partial(_value, place), align="right", drop=2 * place, flexible=True)
        )
        if place:
            columns.append(
                Column(
                    f"difference{place}",
                    f"{place + 1} - 1",
                    partial(_difference, place, glyphs),
                    align="right",
                    drop=2 * place + 1,
                    role=partial(_role, place),
                )
            )
    return tuple(columns)


def _value(place: int, row: CompareRow) -> str:
    return row.cells[place].value


def _difference(place: int, glyphs: Glyphs, row: CompareRow) -> str:
    cell = row.cells[place]
    mark = " " if cell.better is None else glyphs.gain if cell.better else glyphs.loss
    return f"{cell.difference} {mark}" if cell.difference else mark.strip()


def _role(place: int, row: CompareRow) -> str:
    better = row.cells[place].better
    return "" if better is None else "profit" if better else "loss"
