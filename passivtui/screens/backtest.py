"""Backtest: choose config, market and dates, see what will be run, run it, and land in its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, cast

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.backtest import BacktestRequest
from passivtui.backtest.kept import run_and_keep
from passivtui.backtest.markets import exchanges_entry
from passivtui.backtest.plan import Dates, Plan, parse_dates, plan_of
from passivtui.backtest.report import Report
from passivtui.clock import iso_day
from passivtui.commands import Command
from passivtui.config import ConfigEntry, list_configs, load_config
from passivtui.errors import ConfigError, PassivTuiError
from passivtui.market import DatasetEntry, list_datasets
from passivtui.messages import ReportsChanged
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import AppScreen, Services
from passivtui.screens.dialogs import Choice, ChoiceModal, InputModal, TextModal
from passivtui.screens.palette import PaletteEntry
from passivtui.screens.report import ReportScreen
from passivtui.storage import ReportRow
from passivtui.widgets.job_book import Job
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.progress_line import ProgressLine

FIRST_EXAMPLE: Final = "btc_long_grid"
"""The shipped config that has the cursor as long as the home has none of its own: the simplest one."""


class RunBacktest(Command):
    """Run the backtest with what is chosen here."""

    KEYS = "r"
    FOOTER = "run"


class ChangeDates(Command):
    """Choose other dates than the config's."""

    KEYS = "d"
    FOOTER = "dates"


class ReadAgain(Command):
    """Read the configs and markets from disk again."""

    KEYS = "f5"


class BacktestPassivX(Command):
    """Run settings of Passiv-X over ticks instead."""

    KEYS = "p"
    FOOTER = "Passiv-X"


def _day(entry: DatasetEntry, ms: int) -> str:
    return "" if entry.problem or entry.downloads else iso_day(ms)


_CONFIG_COLUMNS: Final[tuple[Column[ConfigEntry], ...]] = (
    Column("name", "config", lambda entry: entry.name, flexible=True),
    Column("from", "from", lambda entry: "shipped" if entry.shipped else "yours", role=lambda _: "muted"),
)
_MARKET_COLUMNS: Final[tuple[Column[DatasetEntry], ...]] = (
    Column("name", "market", lambda entry: entry.name, flexible=True),
    Column("coins", "coins", lambda entry: "" if entry.downloads else f"{len(entry.coins)}", align="right"),
    Column("from", "from", lambda entry: _day(entry, entry.first_ms), drop=2),
    Column("to", "to", lambda entry: _day(entry, entry.last_ms), drop=1),
    Column(
        "kind",
        "",
        lambda entry: "damaged" if entry.problem else "synthetic" if entry.synthetic else "",
        drop=3,
        role=lambda entry: "failure" if entry.problem else "synthetic",
    ),
)


class BacktestScreen(AppScreen[None]):
    """The row under the cursor of each list is what is chosen; enter in either runs."""

    CRUMB = "Backtest"
    PURPOSE = "Choose a config and a market with the arrows, tab goes from one list to the other, enter runs."
    COMMAND_CLASSES = (RunBacktest, ChangeDates, BacktestPassivX, ReadAgain)
    CSS_PATH = Path(__file__).with_name("backtest.tcss")

    def __init__(self, config: str = "") -> None:
        """`config`: the name of the config to begin with."""
        super().__init__()
        self._wanted = config
        self._dates = Dates()
        self._job: Job | None = None
        self._question: ChoiceModal[str] | None = None

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="choices"):
            yield LineTable(_CONFIG_COLUMNS, row_key=lambda entry: entry.name, id="configs", classes="pane")
            yield LineTable(_MARKET_COLUMNS, row_key=lambda entry: entry.name, id="markets", classes="pane")
        with Vertical(id="plan", classes="pane"):
            yield Static("", id="plan-text", markup=False)
        with Vertical(id="running", classes="pane"):
            yield Static("", id="running-text", markup=False)
            yield ProgressLine()

    def on_mount(self) -> None:
        self.query_one("#configs", LineTable).border_title = Content("Config")
        self.query_one("#markets", LineTable).border_title = Content("Market")
        self.query_one("#plan", Vertical).border_title = Content("What will be run")
        self.query_one("#running", Vertical).border_title = Content("Running")
        self._follow(None)
        self.action_read_again()
        self.query_one("#configs", LineTable).focus()

    # ---- what can be chosen ---------------------------------------------------------------------------------------

    def action_read_again(self) -> None:
        """List configs and markets anew; both are a handful of files."""
        home = self.services.home
        try:
            configs, markets = list_configs(home), [*list_datasets(home), exchanges_entry()]
        except PassivTuiError as error:
            self.services.show_error(error, "listing configs and markets")
            return
        table = self.query_one("#configs", LineTable)
        table.set_rows(configs)
        listed = self.query_one("#markets", LineTable)
        first_time = listed.total == 0
        listed.set_rows(markets)
        if first_time:
            listed.move_to(self.services.settings.market)
        names = [entry.name for entry in configs]
        first = self._wanted or (FIRST_EXAMPLE if all(entry.shipped for entry in configs) else "")
        if first in names:
            table.move_to(first)
            self._wanted = ""
        self._show_plan()

    @property
    def _config(self) -> ConfigEntry | None:
        return cast("ConfigEntry | None", self.query_one("#configs", LineTable).current)

    @property
    def _market(self) -> DatasetEntry | None:
        return cast("DatasetEntry | None", self.query_one("#markets", LineTable).current)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self._show_plan()

    def action_backtest_passiv_x(self) -> None:
        """Choose Passiv-X settings and ticks."""
        from passivtui.screens.passivx_setup import TickBacktestScreen  # it shows errors as this screen does

        self.app.push_screen(TickBacktestScreen())

    def action_change_dates(self) -> None:
        """Ask for start and end."""

        def fault(text: str) -> str | None:
            try:
                parse_dates(text)
            except ConfigError as error:
                return str(error)
            return None

        def change(text: str | None) -> None:
            if text is not None:
                self._dates = parse_dates(text)
                self._show_plan()

        hint = (
            "Start and end, UTC, such as 2025-01-15 .. 2025-02-15T12:00. One may be left out, and is then the "
            "config's; nothing at all takes both from the config."
        )
        self.app.push_screen(InputModal("Dates", value=str(self._dates), hint=hint, check=fault), change)

    # ---- what will be run -----------------------------------------------------------------------------------------

    def _show_plan(self) -> None:
        """Read the config in a thread and tell what it would run; the newest choice wins."""
        config, market = self._config, self._market
        if config is None or market is None:
            return
        self.run_worker(
            partial(_plan, config, market, self._dates, self.services.home),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group="plan",
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "plan":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Plan):
            self.query_one("#plan-text", Static).update(plan_content(event.worker.result))
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.query_one("#plan-text", Static).update(error_content(event.worker.error))

    # ---- running --------------------------------------------------------------------------------------------------

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.action_run_backtest()

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        row = message.row
        if isinstance(row, ConfigEntry):
            self.app.push_screen(TextModal(row.name, f"The file {row.path}"))
        elif isinstance(row, DatasetEntry):
            coins = "" if row.downloads else f"\n\nCoins: {', '.join(row.coins)}"
            text = row.problem or f"{row.title}{coins}"
            self.app.push_screen(TextModal(row.name, text))

    def action_run_backtest(self) -> None:
        """Start the run, unless one started here is still going."""
        config, market = self._config, self._market
        if config is None or market is None or self._job is not None:
            return
        home, dates = self.services.home, self._dates

        def work(progress: ProgressSink, cancel: CancelToken) -> tuple[tuple[Report, ReportRow], ...]:
            loaded = load_config(config.path, home=home)
            return run_and_keep(BacktestRequest(loaded, market.name, dates.start, dates.end), home, progress, cancel)

        name = f"Backtest {config.name} on {market.name}"
        job = self.services.start_job(
            name,
            work,
            done=lambda kept: self._done(job, kept),
            failed=lambda error: self._failed(job, error),
            cancelled=lambda: self._cancelled(job),
        )
        self._follow(job)

    def _follow(self, job: Job | None) -> None:
        """Show this job in place of the plan; None shows the plan again."""
        self._job = job
        self.query_one("#running", Vertical).display = job is not None
        self.query_one("#plan", Vertical).display = job is None
        self.query_one(ProgressLine).follow(job)
        if job is not None:
            text = f"{job.name}\n\nEsc asks whether to stop it or to let it go on in the background."
            self.query_one("#running-text", Static).update(Content(text))

    def _unfollow(self, job: Job) -> bool:
        """Whether the user was waiting here for this job; it is over."""
        if self._job is not job:
            return False
        if self.is_attached:
            self._follow(None)
        return True

    def _done(self, job: Job, kept: Sequence[tuple[Report, ReportRow]]) -> None:
        app = self.app
        report, row = kept[0]
        waited = self._unfollow(job) and self.is_attached
        app.post_message(ReportsChanged())
        if self._question is not None and self._question is app.screen:
            self._question.dismiss(None)  # what to do with the run has answered itself
        if waited and self.is_current:
            app.push_screen(ReportScreen(report, row))
            if len(kept) > 1:
                self.services.toast(
                    f"There are {len(kept)} reports, one for each exchange; the others are in Results (6)."
                )
        else:
            self.services.toast(f"{job.name} is done; its report is in Results (6).")

    def _failed(self, job: Job, error: Exception) -> None:
        self._unfollow(job)
        self.services.show_error(error, "running the backtest")

    def _cancelled(self, job: Job) -> None:
        self._unfollow(job)
        self.services.toast(f"{job.name} was cancelled; nothing was kept.")

    def action_back(self) -> None:
        """Leave; while a run goes on, ask what shall become of it."""
        job = self._job
        if job is None or not job.active:
            super().action_back()
            return
        choices = [
            Choice("stay", "Stay here and wait"),
            Choice("background", "Let it run in the background", "J lists it"),
            Choice("cancel", "Cancel it", "nothing is kept"),
        ]

        def decide(choice: str | None) -> None:
            if choice == "cancel":
                job.cancel()
            elif choice == "background" and self._job is job:
                self._follow(None)
                AppScreen.action_back(self)

        self._question = ChoiceModal(f"{job.name} is running", choices)
        self.app.push_screen(self._question, decide)


def _plan(config: ConfigEntry, market: DatasetEntry, dates: Dates, home: Home) -> Plan:
    return plan_of(load_config(config.path, home=home), market, dates)


def plan_content(plan: Plan) -> Content:
    """The plan's lines under each other, then what stands in the way."""
    width = max(len(label) for label, _ in plan.lines) + 2
    parts: list[Content] = [
        Content.assemble((f"{label:<{width}}", "$muted"), (text, "$synthetic" if "(synthetic)" in text else ""))
        for label, text in plan.lines
    ]
    parts += [Content.assemble((f"{'!':<{width}}", "$failure bold"), (text, "$failure")) for text in plan.problems]
    return Content("\n").join(parts)


def error_content(error: BaseException) -> Content:
    """Why there is no plan; all problems of a config, one a line."""
    details = error.details if isinstance(error, PassivTuiError) else ()
    lines = [str(error), *(f"  {line}" for line in details)]
    return Content.styled("\n".join(lines), "$failure")


async def palette_entries(services: Services) -> Iterable[PaletteEntry]:
    """Every config by name, for the command palette."""
    app = cast("App[None]", services)

    def opener(name: str) -> Callable[[], object]:
        return lambda: app.push_screen(BacktestScreen(name))

    try:
        configs = list_configs(services.home)
    except PassivTuiError:
        return []  # opening Backtest says what is wrong
    return [
        PaletteEntry(f"Backtest config: {entry.name}", "Choose it for a backtest.", opener(entry.name))
        for entry in configs
    ]
