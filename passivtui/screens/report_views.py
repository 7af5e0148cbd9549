"""Views 2 to 6 of a report: charts, coins, fills, metrics, config. Each is one pane that fills the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widget import Widget

from passivtui.backtest.fill_table import FillRow
from passivtui.backtest.order_texts import fill_answer
from passivtui.backtest.report import MetricRow, Report
from passivtui.backtest.tables import CoinRow
from passivtui.commands import Command, CommandHost
from passivtui.config import find_config, load_config, parse_date, to_toml
from passivtui.errors import ConfigError, PassivTuiError
from passivtui.screens.base import Services
from passivtui.screens.config_diff import ConfigDiffScreen
from passivtui.screens.dialogs import InputModal, TextModal
from passivtui.screens.report_columns import COIN_COLUMNS, FillSource, fill_columns, metric_columns
from passivtui.screens.report_curves import CurveSet
from passivtui.widgets.line_table import Column, LineTable

ROOM_FOR_TYPES = 100
"""From this width on order types are written in full."""


@dataclass(eq=False)
class CoinWanted(Message):
    """A coin's price chart is asked for: at its fill with this index, or as a whole."""

    coin: str
    fill: int | None = None


@dataclass(eq=False)
class TimeWanted(Message):
    """The charts are asked for, at this time."""

    time_ms: float


class ToggleCurrency(Command):
    """Count in BTC, or in quote currency again (runs with BTC collateral)."""

    KEYS = "u"
    FOOTER = "USD/BTC"


class DiffToToday(Command):
    """Compare the config that was run with its file as it is today."""

    KEYS = "D"
    FOOTER = "diff"


class GoToTime(Command):
    """Go to a date or time."""

    KEYS = "t"
    FOOTER = "go to time"


class ZoomPane(Command):
    """Show only the chart that has the focus; the same key shows all again."""

    KEYS = "z"
    NAME = "Zoom the pane"
    FOOTER = "one chart"


class ShowOnCharts(Command):
    """Show this moment on the equity, drawdown and exposure charts."""

    KEYS = "c"
    FOOTER = "on charts"


def time_of(text: str) -> float | None:
    """The time (ms UTC) that a typed date means; None for nothing typed. Raises ConfigError."""
    return parse_date(text, "time") if text.strip() else None


def time_fault(text: str) -> str | None:
    """What is wrong with a typed date, while it is typed; None when nothing is."""
    try:
        time_of(text)
    except ConfigError as error:
        return str(error)
    return None


def time_modal(example: str) -> InputModal:
    """Asks for a time."""
    return InputModal("Go to time", hint=f"A date or time, UTC, such as {example[:10]} or {example}.", check=time_fault)


class ChartsView(CommandHost, Vertical):
    """Equity, drawdown and exposure, with room."""

    PURPOSE = "The curves of the run. All charts zoom and pan together; the line below reads the cursor."
    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (GoToTime, ToggleCurrency, ZoomPane)

    def __init__(self, report: Report) -> None:
        super().__init__(id="charts")
        self._report = report

    def compose(self) -> ComposeResult:
        yield CurveSet(self._report)

    @property
    def curves(self) -> CurveSet:
        """The charts."""
        return self.query_one(CurveSet)

    def focus_first(self) -> Widget:
        """The equity chart."""
        return self.curves.charts[0].focus()

    def action_toggle_currency(self) -> None:
        """BTC or quote currency."""
        if not self.curves.toggle_currency():
            cast(Services, self.app).toast("Only runs with BTC as collateral are counted in BTC.")

    def action_zoom_pane(self) -> None:
        """One chart or all."""
        self.curves.toggle_zoom()

    def action_go_to_time(self) -> None:
        """Ask for a time and put the cursor there."""

        def go(text: str | None) -> None:
            if text is not None and (time_ms := time_of(text)) is not None:
                self.curves.go_to(time_ms)

        self.app.push_screen(time_modal(self._report.period[:10] + "T12:00"), go)


class TableView(Vertical):
    """A page with one table."""

    def __init__(self, table: LineTable[Any], title: str, id: str) -> None:
        super().__init__(id=id)
        self.table = table
        table.add_class("pane")
        table.border_title = Content(title)

    def compose(self) -> ComposeResult:
        yield self.table

    def focus_first(self) -> Widget:
        """The table."""
        return self.table.focus()


class CoinsView(TableView):
    """Every coin and side; enter opens the coin's price with its fills."""

    def __init__(self, report: Report) -> None:
        quote = report.result.info.quote
        table = LineTable(COIN_COLUMNS, row_key=lambda row: row.key, empty="No coin had a fill.", id="coin-table")
        super().__init__(table, f"Coins and sides, {quote}: enter opens the price chart, i tells more", "coins")
        self._report = report

    def on_mount(self) -> None:
        self.table.set_rows(self._report.coins)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        message.stop()
        if isinstance(message.row, CoinRow):
            self.post_message(CoinWanted(message.row.coin))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        message.stop()
        row = message.row
        if isinstance(row, CoinRow):
            self.app.push_screen(TextModal(f"{row.coin} {row.side}", row.answer(self._report.result.info.quote)))


class FillsView(CommandHost, TableView):
    """Every fill, in processing order until sorted otherwise."""

    PURPOSE = (
        "Every fill. The filter takes parts of coin and type and beginnings of dates and times: "
        "eth close 2025-02 finds the closes of ETH in February."
    )
    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (GoToTime, ShowOnCharts)

    def __init__(self, report: Report) -> None:
        self._narrow = True
        table = LineTable(fill_columns(self._narrow), empty="No order was filled in this run.", id="fill-table")
        super().__init__(table, self._title(len(report.fills), len(report.fills)), "fills")
        self._report = report
        self._needle = ""

    def on_mount(self) -> None:
        self.table.set_source(FillSource(self._report.fills))

    def on_resize(self, event: Resize) -> None:
        narrow = event.size.width < ROOM_FOR_TYPES
        if narrow != self._narrow:
            self._narrow = narrow
            self.table.set_columns(fill_columns(narrow))

    def on_line_table_filtered(self, message: LineTable.Filtered) -> None:
        self._needle = message.needle
        self.table.border_title = Content(self._title(message.shown, message.total))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        message.stop()
        if isinstance(message.row, FillRow):
            self.post_message(CoinWanted(message.row.coin, message.row.index))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        message.stop()
        row = message.row
        if isinstance(row, FillRow):
            title = f"{row.type}, {row.coin}"
            self.app.push_screen(TextModal(title, fill_answer(row, self._report.result.info.quote)))

    def action_show_on_charts(self) -> None:
        """Show the fill's time on the charts."""
        if isinstance(row := self.table.current, FillRow):
            self.post_message(TimeWanted(float(row.time_ms)))

    def action_go_to_time(self) -> None:
        """Ask for a time and go to the first shown fill from there on."""

        def go(text: str | None) -> None:
            if text is None or (time_ms := time_of(text)) is None:
                return
            index = self._report.fills.first_at(time_ms, self._needle)
            if index is None or not self.table.move_to_index(index):
                cast(Services, self.app).toast("No fill is shown from then on.")

        self.app.push_screen(time_modal(self._report.period[:10] + "T12:00"), go)

    @staticmethod
    def _title(shown: int, total: int) -> str:
        count = f"{total:,}" if shown == total else f"{shown:,} of {total:,}"
        return f"Fills {count}: enter shows one on the coin's price, i why"


class MetricsView(TableView):
    """Every metric, explained on enter."""

    def __init__(self, report: Report) -> None:
        columns = metric_columns(report.result.info.btc_collateral)
        table = LineTable(columns, row_key=lambda row: row.metric.name, id="metric-table")
        super().__init__(table, "Metrics: enter explains the one under the cursor", "metrics")
        self._report = report

    def on_mount(self) -> None:
        self.table.set_rows(self._report.metrics)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message)

    def _explain(self, message: LineTable.Selected | LineTable.Asked) -> None:
        message.stop()
        row = message.row
        if isinstance(row, MetricRow):
            in_btc = f"   in BTC {row.btc_value}" if row.btc_value else ""
            self.app.push_screen(TextModal(f"{row.metric.label}: {row.value}{in_btc}", row.metric.answer()))


def _line_role(line: tuple[int, str]) -> str:
    text = line[1].lstrip()
    if text.startswith("#"):
        return "muted"
    return "heading" if text.startswith("[") else ""


_LINE_COLUMNS: tuple[Column[tuple[int, str]], ...] = (
    Column("number", "line", lambda line: f"{line[0]}", align="right", drop=1, role=lambda _: "muted"),
    Column("text", "", lambda line: line[1], flexible=True, role=_line_role),
)


class ConfigView(CommandHost, TableView):
    """The config that was run, complete, as TOML; the filter searches it."""

    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (DiffToToday,)

    def __init__(self, report: Report) -> None:
        table = LineTable(_LINE_COLUMNS, row_key=lambda line: line[0], id="config-table")
        super().__init__(table, f"Config {report.name}, as it was run: / searches, Y copies all", "config")
        self._report = report

    def on_mount(self) -> None:
        self.table.set_rows(list(enumerate(to_toml(self._report.result.config).strip().splitlines(), 1)))

    def action_diff_to_today(self) -> None:
        """The differences, run first; an error says why there are none to show."""
        services, run = cast(Services, self.app), self._report.result
        name = run.info.config_name
        try:
            today = load_config(find_config(name, services.home), home=services.home).config
        except PassivTuiError as error:
            services.show_error(error, f"comparing with {name}")
            return
        self.app.push_screen(ConfigDiffScreen(run.config, today, ("as it was run", "today")))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._show_whole(message)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._show_whole(message)

    def _show_whole(self, message: LineTable.Selected | LineTable.Asked) -> None:
        """The line in full, when the table had to shorten it."""
        message.stop()
        if message.row is not None:
            number, text = message.row
            self.app.push_screen(TextModal(f"Line {number}", text))
