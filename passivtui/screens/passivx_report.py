"""The report of a backtest over ticks: figures, price, curves, rhythm, trades and settings, each a digit away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.passivx import TickResult, check_output_folder, write_output
from passivtui.passivx.pictures import TradePictures
from passivtui.passivx.results import TickOutcome
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import InputModal
from passivtui.screens.passivx_views import (
    CurvesView,
    FiguresView,
    PriceView,
    RhythmView,
    SettingsView,
    TradesView,
    TradeWanted,
    View,
)
from passivtui.screens.report_tabs import FactsLine, ViewTabs

VIEW_NAMES = ("Figures", "Price", "Curves", "Rhythm", "Trades", "Settings")


def _show_digit(number: int, name: str) -> type[Command]:
    return type(
        f"ShowTickView{number}",
        (Command,),
        {
            "__doc__": f"Show {name.lower()}.",
            "KEYS": str(number),
            "ACTION": f"show_view({number})",
            "ID": f"tick-report-{number}",
            "NAME": f"Report view: {name}",
            "FOOTER": "view" if number == 1 else "",
            "SHOWN": "1-6" if number == 1 else "",
        },
    )


class SwitchAccounting(Command):
    """Draw the other accounting: the original's flatters, the true one lets the balance fall."""

    KEYS = "a"
    FOOTER = "accounting"


class ExportTickReport(Command):
    """Write trades.csv and result.json to a folder you name."""

    KEYS = "x"
    FOOTER = "export"


class TickReportScreen(AppScreen[None]):
    """A report's views; those not looked at yet are not made yet."""

    PURPOSE = "The report of a backtest over ticks. The digits change the view; a draws the other accounting."
    COMMAND_CLASSES = (
        *(_show_digit(number, name) for number, name in enumerate(VIEW_NAMES, 1)),
        SwitchAccounting,
        ExportTickReport,
    )

    DEFAULT_CSS = """
    TickReportScreen #tick-views { height: 1fr; }
    TickReportScreen #tick-warning { height: auto; max-height: 2; padding: 0 1; color: $caution; }
    TickReportScreen.-short #tick-warning { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TickReportScreen LineTable.pane { padding: 0; }
    TickReportScreen.-narrow #figures { width: 3fr; }
    TickReportScreen.-narrow #figures-right { width: 2fr; }
    """

    def __init__(self, result: TickResult, name: str) -> None:
        super().__init__()
        self._result = result
        self._report_name = name
        self._shows_true = False
        self._views: dict[int, Widget] = {}
        self._current = 1

    def crumb(self) -> str:
        return f"Report {self._report_name}"

    def compose_body(self) -> ComposeResult:
        yield ViewTabs(VIEW_NAMES)
        yield FactsLine(self._facts(), id="report-facts")
        yield Static(Content(self._result.warning), id="tick-warning", markup=False)
        self._views[1] = self._make(1)
        yield Container(self._views[1], id="tick-views")

    def on_mount(self) -> None:
        self.query_one("#tick-warning").display = bool(self._result.warning)
        cast(View, self._views[1]).focus_first()

    def _facts(self) -> tuple[str, ...]:
        ticks, backtest = self._result.ticks, self._result.backtest
        return (
            f"{backtest.symbol} on {Path(ticks.place).name}{' (synthetic)' if ticks.synthetic else ''}",
            f"{iso_minute(ticks.first_ms)} to {iso_minute(ticks.last_ms)}",
            f"pictures: {self._outcome.accounting} accounting",
            f"{len(ticks.data):,} ticks",
        )

    @property
    def _outcome(self) -> TickOutcome:
        true = self._result.true_outcome
        return true if self._shows_true and true is not None else self._result.outcome

    def _make(self, number: int) -> Widget:
        result, outcome = self._result, self._outcome
        pictures = TradePictures(result.backtest, result.ticks, outcome)
        makers: dict[int, Callable[[], Widget]] = {
            1: partial(FiguresView, result, pictures),
            2: partial(PriceView, pictures),
            3: partial(CurvesView, pictures),
            4: partial(RhythmView, pictures),
            5: partial(TradesView, outcome),
            6: partial(SettingsView, result.backtest),
        }
        return makers[number]()

    async def action_show_view(self, number: int) -> None:
        """Show a view, making it the first time."""
        if number not in self._views:
            self._views[number] = self._make(number)
            await self.query_one("#tick-views", Container).mount(self._views[number])
        for other, view in self._views.items():
            view.display = other == number
        self._current = number
        self.query_one(ViewTabs).current = number
        cast(View, self._views[number]).focus_first()

    async def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        await self.action_show_view(message.number)

    async def on_trade_wanted(self, message: TradeWanted) -> None:
        await self.action_show_view(2)
        price = self._views[2]
        if isinstance(price, PriceView):
            self.call_after_refresh(price.go_to, message.time_ms)

    async def action_switch_accounting(self) -> None:
        """Make the views anew of the other outcome."""
        if self._result.true_outcome is None:
            self.services.toast("This run was accounted truly; there is no other.")
            return
        self._shows_true = not self._shows_true
        await self.query_one("#tick-views", Container).remove_children()
        self._views.clear()
        self.query_one("#report-facts", FactsLine).show(self._facts())
        await self.action_show_view(self._current)

    def action_export_tick_report(self) -> None:
        """Ask for a folder and write the run's files there."""

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
                lambda progress, cancel: write_output(self._result, folder),
                done=lambda _: self.services.toast(f"written: {folder}"),
            )

        hint = "A new or empty folder, or an earlier export, for trades.csv and result.json."
        default = str(self.services.home.root / "exports" / self._report_name.replace("/", "_").replace(" ", "_"))
        self.app.push_screen(InputModal("Export the report", value=default, hint=hint, check=check), write)
