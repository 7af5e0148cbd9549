"""The report of one backtest: seven views, each a digit away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from passivtui.backtest import check_output_folder, write_output
from passivtui.backtest.report import Report
from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import InputModal
from passivtui.screens.report_compare import CompareView
from passivtui.screens.report_overview import OverviewView
from passivtui.screens.report_price import PriceScreen
from passivtui.screens.report_tabs import FactsLine, ViewTabs
from passivtui.screens.report_views import (
    ChartsView,
    CoinsView,
    CoinWanted,
    ConfigView,
    FillsView,
    MetricsView,
    TimeWanted,
)
from passivtui.storage import ReportRow


class View(Protocol):
    """What every view can do."""

    def focus_first(self) -> Widget:
        """Give the keys to its main pane."""
        ...


def _show_digit(number: int, name: str) -> type[Command]:
    return type(
        f"ShowView{number}",
        (Command,),
        {
            "__doc__": f"Show {name.lower()}.",
            "KEYS": str(number),
            "ACTION": f"show_view({number})",
            "ID": f"report-{number}",
            "NAME": f"Report view: {name}",
            "FOOTER": "view" if number == 1 else "",
            "SHOWN": "1-7" if number == 1 else "",
        },
    )


class ExportReport(Command):
    """Export fills, metrics, balances and config as files to a folder you name."""

    KEYS = "x"
    FOOTER = "export"


VIEW_NAMES = ("Overview", "Charts", "Coins", "Fills", "Metrics", "Config", "Compare")


class ReportScreen(AppScreen[None]):
    """A report's views; those not looked at yet are not made yet."""

    PURPOSE = "The report of one backtest. The digits change the view; i or enter on a figure tells what it means."
    COMMAND_CLASSES = (
        *(_show_digit(number, name) for number, name in enumerate(VIEW_NAMES, 1)),
        ExportReport,
    )
    CSS_PATH = Path(__file__).with_name("report.tcss")

    def __init__(self, report: Report, row: ReportRow | None = None) -> None:
        """`row` is the report's line in the list of kept reports, if it is kept."""
        super().__init__()
        self.report = report
        self.row = row
        self._makers: dict[int, Callable[[], Widget]] = {
            1: partial(OverviewView, report),
            2: partial(ChartsView, report),
            3: partial(CoinsView, report),
            4: partial(FillsView, report),
            5: partial(MetricsView, report),
            6: partial(ConfigView, report),
            7: partial(CompareView, report, row.id if row is not None else ""),
        }
        self._views: dict[int, Widget] = {}

    def crumb(self) -> str:
        return f"Report {self.row.name if self.row is not None else self.report.name}"

    def compose_body(self) -> ComposeResult:
        yield ViewTabs(VIEW_NAMES)
        yield FactsLine(self.report.facts, id="report-facts")
        self._views[1] = self._makers[1]()
        yield Container(self._views[1], id="views")

    def on_mount(self) -> None:
        cast(View, self._views[1]).focus_first()

    async def action_show_view(self, number: int) -> None:
        """Show a view, making it the first time."""
        if number not in self._views:
            self._views[number] = self._makers[number]()
            await self.query_one("#views", Container).mount(self._views[number])
        for other, view in self._views.items():
            view.display = other == number
        self.query_one(ViewTabs).current = number
        cast(View, self._views[number]).focus_first()

    async def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        await self.action_show_view(message.number)

    async def on_time_wanted(self, message: TimeWanted) -> None:
        await self.action_show_view(2)
        charts = self._views[2]
        if isinstance(charts, ChartsView):
            self.call_after_refresh(charts.curves.go_to, message.time_ms)

    def on_coin_wanted(self, message: CoinWanted) -> None:
        self.app.push_screen(PriceScreen(self.report, message.coin, message.fill))

    def reports_changed(self) -> None:
        """The list to compare with is out of date."""
        if isinstance(compare := self._views.get(7), CompareView):
            compare.load()

    def action_export_report(self) -> None:
        """Ask for a folder and write the report's files there."""
        name = self.row.id if self.row is not None else self.report.name

        def check(text: str) -> str | None:
            if not text.strip():
                return "Name a folder."
            try:
                check_output_folder(Path(text).expanduser())
            except (PassivTuiError, OSError, RuntimeError) as error:
                return str(error)
            return None

        def write(text: str | None) -> None:
            if text is None:
                return
            folder = Path(text).expanduser().absolute()
            self.services.start_job(
                f"Export to {folder}",
                lambda progress, cancel: write_output(self.report.result, folder),
                done=lambda _: self.services.toast(f"written: {folder}"),
            )

        hint = "A new or empty folder, or an earlier export, for fills.csv, analysis.json and the like."
        default = str(self.services.home.root / "exports" / name)
        self.app.push_screen(InputModal("Export the report", value=default, hint=hint, check=check), write)
