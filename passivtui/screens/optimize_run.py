"""One run of the optimizer: how far it is, its front as a scatter plot and a table, and what to do with a member."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from passivtui.backtest import BacktestRequest
from passivtui.backtest.kept import run_and_keep
from passivtui.backtest.metrics import format_metric, metric_of
from passivtui.backtest.report import Report
from passivtui.commands import Command
from passivtui.config import Config, LoadedConfig, config_from_document, load_config
from passivtui.config.difference import differences
from passivtui.config.shelf import Shelf
from passivtui.errors import PassivTuiError
from passivtui.messages import ReportsChanged
from passivtui.optimize import Goal, JackrabbitView, RunFacts, SearchProgress, read_facts
from passivtui.optimize.documents import RESULT_KEYS
from passivtui.optimize.jackrabbit_file import read_view
from passivtui.optimize.run_folder import CONFIG_FILE
from passivtui.optimize.validation import Validation, validate_run
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_launch import start_bot
from passivtui.screens.cliffs import start_cliffs
from passivtui.screens.config_diff import ConfigDiffScreen
from passivtui.screens.dialogs import ConfirmModal, InputModal, TextModal
from passivtui.screens.optimize_front import Member, member_columns, members_of_view, read_members, scatter
from passivtui.screens.optimize_jackrabbit import history_lines, where_text
from passivtui.screens.optimize_live import LiveRun
from passivtui.screens.report import ReportScreen
from passivtui.screens.validation import ValidationScreen
from passivtui.storage import ReportRow
from passivtui.widgets.chart import Chart
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.job_book import duration_text
from passivtui.widgets.line_table import LineTable
from passivtui.widgets.picture import spark_line
from passivtui.widgets.progress_line import ProgressLine
from passivtui.widgets.series import Series

_LOOK_SECONDS: Final = 1.0
_TREND_CELLS: Final = 20
_CHANGES: Final = 12


class BacktestMember(Command):
    """Run the candidate as a backtest on the run's market and open its report."""

    KEYS = "b"
    FOOTER = "backtest"


class SaveMember(Command):
    """Save the candidate as a config of yours."""

    KEYS = "w"
    FOOTER = "save config"


class TradeMember(Command):
    """Save the candidate as a config of yours and start a bot with it."""

    KEYS = "p"
    FOOTER = "bot"


class DiffMember(Command):
    """Compare the candidate with the config that the run began with."""

    KEYS = "D"
    FOOTER = "diff"


class NextXAxis(Command):
    """Draw the front over another metric."""

    KEYS = "left_square_bracket"
    SHOWN = "["
    IN_PALETTE = False


class NextYAxis(Command):
    """Draw another metric of the front upwards."""

    KEYS = "right_square_bracket"
    SHOWN = "[ ]"
    FOOTER = "axes"
    IN_PALETTE = False


class SwitchView(Command):
    """Show the scatter plot instead of the table, or the table again, where there is no room for both."""

    KEYS = "f"


class ValidateFront(Command):
    """Try the front on days it never saw, its neighbours, and how much of it is luck."""

    KEYS = "v"
    FOOTER = "validate"


class FindCliffs(Command):
    """See where a small step aside in a setting of the candidate breaks off."""

    KEYS = "K"
    NAME = "Find cliffs of the candidate"


class StopSearch(Command):
    """Stop the search; everything found is kept and it can be gone on with."""

    KEYS = "S"
    FOOTER = "stop"


class ReadLog(Command):
    """Read what the search said."""

    KEYS = "L"


class OptimizerRunScreen(AppScreen[None]):
    """A run that goes on, looked at every second, or one that is over."""

    PURPOSE = "A run of the optimizer. Enter tells all about a candidate; what you leave goes on in the background."
    COMMAND_CLASSES = (
        BacktestMember,
        SaveMember,
        TradeMember,
        DiffMember,
        ValidateFront,
        NextYAxis,
        StopSearch,
        FindCliffs,
        NextXAxis,
        SwitchView,
        ReadLog,
    )

    DEFAULT_CSS = """
    OptimizerRunScreen #run-facts { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    OptimizerRunScreen #progress { padding: 0 1; }
    OptimizerRunScreen #middle { height: 1fr; }
    OptimizerRunScreen #front, OptimizerRunScreen #members { height: 100%; width: 2fr; padding: 0; }
    OptimizerRunScreen #members { width: 3fr; }
    OptimizerRunScreen #goals, OptimizerRunScreen #changes { height: auto; padding: 0 1; max-height: 6; }
    OptimizerRunScreen #goals { max-height: 8; }
    OptimizerRunScreen #goals-pane { height: auto; }
    OptimizerRunScreen #changes-pane { height: auto; }
    OptimizerRunScreen.-narrow #front { display: none; }
    OptimizerRunScreen.-narrow.-chart #front { display: block; }
    OptimizerRunScreen.-narrow.-chart #members { display: none; }
    OptimizerRunScreen.-short #changes-pane { display: none; }
    """

    def __init__(self, *, live: LiveRun | None = None, folder: Path | None = None) -> None:
        """`live`: a run of this process; else the `folder` of one."""
        super().__init__()
        self._live = live
        self._folder = folder
        self._facts: RunFacts | None = None
        self._start: Config | None = None
        self._goal: Goal | None = None
        self._jackrabbit: JackrabbitView | None = None
        self._members: list[Member] = []
        self._lately: Sequence[Sequence[float]] = ()
        self._axes = (0, 0)
        self._shown: SearchProgress | None = None
        self._was_active = False

    def crumb(self) -> str:
        if self._live is not None:
            return self._live.config_name
        return self._facts.config_name if self._facts is not None else "Run"

    def compose_body(self) -> ComposeResult:
        yield Static("", id="run-facts", markup=False)
        yield ProgressLine(id="progress")
        with Horizontal(id="middle"):
            yield Chart(date_axis=False, empty="No candidate on the front yet.", id="front", classes="pane")
            yield LineTable((), row_key=lambda member: member.key, empty="Nothing yet.", id="members", classes="pane")
        with Vertical(id="goals-pane", classes="pane"):
            yield Static("", id="goals", markup=False)
        with Vertical(id="changes-pane", classes="pane"):
            yield Static("", id="changes", markup=False)

    def on_mount(self) -> None:
        self.query_one("#goals-pane").border_title = Content("Objectives: best and trend")
        self.query_one("#members").border_title = Content("Front, nearest to the best of everything first")
        self.query_one("#members", LineTable).focus()
        self.query_one(ProgressLine).follow(self._live.job if self._live is not None else None)
        self.query_one(ProgressLine).display = self._live is not None
        if self._live is not None:
            self.set_interval(_LOOK_SECONDS, self._look)
            self._look()
        else:
            self._read_folder()

    # ---- what is shown --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Take the newest state of a run that goes on."""
        live = self._live
        if live is None:
            return
        if live.folder is not None and self._facts is None:
            self._read_facts(live.folder)
        latest = live.latest
        if latest is not None and latest is not self._shown and latest.front is not None:
            self._shown = latest
            self._goal, self._jackrabbit = latest.front.goal, latest.jackrabbit
            self._lately = latest.front.lately
            self._set_members(members_of_view(latest.front))
        if self._was_active and not live.active:
            self.query_one(ProgressLine).display = False
        self._was_active = live.active
        self._show_facts()

    def _read_folder(self) -> None:
        assert self._folder is not None
        try:
            self._read_facts(self._folder)
            self._goal, members = read_members(self._folder)
            self._jackrabbit = read_view(self._folder)
        except PassivTuiError as error:
            services = self.services
            self.dismiss()
            services.show_error(error, "opening the run")
            return
        self._set_members(members)
        self._show_facts()
        self.refresh_crumb()

    def _read_facts(self, folder: Path) -> None:
        self._folder = folder
        self._facts = read_facts(folder)
        self._start = load_config(folder / CONFIG_FILE).config

    def _set_members(self, members: list[Member]) -> None:
        first = not self._members and members
        self._members = members
        goal = self._goal
        if goal is None:
            return
        table = self.query_one("#members", LineTable)
        if first:
            self._axes = (min(1, len(goal.scoring) - 1), 0)
            table.set_columns(member_columns(goal))
        table.set_rows(members)
        self._draw_front()
        self._show_goals()

    def _draw_front(self) -> None:
        goal = self._goal
        if goal is None:
            return
        x, y = (metric_of(goal.scoring[axis]) for axis in self._axes)
        chart = self.query_one("#front", Chart)
        chart.border_title = Content(f"x: {x.label}  y: {y.label}")
        chart.set_y_text(lambda value: format_metric(y, value))
        member = self._current
        chart.set_series((), scatter(goal, self._members, self._lately, self._axes, member.key if member else None))

    def _show_goals(self) -> None:
        """Per objective: its extent on the front, and how its best value went."""
        goal = self._goal
        if goal is None:
            return
        lines = []
        trends = self._live.trends if self._live is not None else {}
        for index, name in enumerate(goal.scoring):
            metric = metric_of(name)
            values = [value for member in self._members if (value := member.metrics[index]) is not None]
            extent = (
                f"{format_metric(metric, min(values))} .. {format_metric(metric, max(values))}"
                if values
                else "nothing yet"
            )
            lines.append(f"{metric.label:<27}{extent:<25}{self._trend(trends.get(name, ()))}")
        if self._jackrabbit is not None:
            lines += history_lines(self._jackrabbit, goal, glyphs_of(self))
        self.query_one("#goals", Static).update(Content("\n".join(lines)))

    def _trend(self, values: Sequence[float]) -> str:
        if len(values) < 2:
            return ""
        import numpy as np

        y = np.array(values, dtype=np.float64)
        series = Series("", np.arange(len(y), dtype=np.float64), y)
        return spark_line(series, (0.0, float(len(y) - 1)), _TREND_CELLS, glyphs_of(self))

    def _show_facts(self) -> None:
        live, facts, latest = self._live, self._facts, self._shown
        parts = []
        if live is not None:
            parts.append(live.job.state.value.upper() if live.job is not None else "")
        if facts is not None:
            market = Path(facts.place).name  # of a dataset folder the last part says enough
            parts.append(f"{market}{' (synthetic)' if facts.synthetic else ''}, {len(facts.coins)} coins")
            parts.append(f"seed {facts.seed}")
        if latest is not None:
            rate = f"{latest.rate:,.1f}/s" if latest.rate is not None else ""
            eta = f"{duration_text(latest.eta_seconds)} left" if latest.eta_seconds is not None else ""
            how_far = [] if self._jackrabbit else [f"generation {latest.generation}/{latest.generations}"]
            parts += [*how_far, latest.place, rate, eta]
        if self._jackrabbit is not None:
            parts.insert(1 if live is not None else 0, where_text(self._jackrabbit))
        parts.append(f"front {len(self._members)}")
        self.query_one("#run-facts", Static).update(Content("   ".join(part for part in parts if part)))

    @property
    def _current(self) -> Member | None:
        row = self.query_one("#members", LineTable).current
        return row if isinstance(row, Member) else None

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self._draw_front()
        self._show_changes()

    def _show_changes(self) -> None:
        """What the candidate changed in the config that the run began with."""
        member = self._current
        pane = self.query_one("#changes-pane", Vertical)
        if member is None or self._start is None:
            pane.border_title = Content("Candidate")
            return
        changed = differences(self._start, self._config_of(member).config)
        pane.border_title = Content(f"Candidate: {len(changed)} settings differ from the start config")
        cells = [f"{row.key.removeprefix('bot.')} {row.texts[0]} > {row.texts[1]}" for row in changed[:_CHANGES]]
        self.query_one("#changes", Static).update(Content("   ".join(cells)))

    def _config_of(self, member: Member) -> LoadedConfig:
        """The candidate as a config without its analyses."""
        document = {key: value for key, value in member.document().items() if key not in RESULT_KEYS}
        name = f"{self._facts.config_name if self._facts is not None else 'candidate'}_{member.distance:.3f}"
        return config_from_document(document, name=name, home=self.services.home)

    # ---- what can be done -----------------------------------------------------------------------------------------

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        goal = self._goal
        if not isinstance(row, Member) or goal is None:
            return
        lines = [f"distance {row.distance:.4f} from the best of every objective, on the front's own scale", ""]
        for name, value in zip(goal.scoring, row.metrics, strict=True):
            metric = metric_of(name)
            lines.append(f"{metric.label:<28}{format_metric(metric, value)}")
        if not row.keeps_limits:
            lines += ["", "! It passes a limit of the config, so it is penalised."]
        lines += ["", "Settings that differ from the config the run began with:"]
        if self._start is not None:
            found = differences(self._start, self._config_of(row).config)
            lines += [f"{entry.key}: {entry.texts[0]} > {entry.texts[1]}" for entry in found]
        self.app.push_screen(TextModal("Candidate", "\n".join(lines)))

    def action_next_x_axis(self) -> None:
        """The next metric sideways."""
        if self._goal is not None:
            self._axes = ((self._axes[0] + 1) % len(self._goal.scoring), self._axes[1])
            self._draw_front()

    def action_next_y_axis(self) -> None:
        """The next metric upwards."""
        if self._goal is not None:
            self._axes = (self._axes[0], (self._axes[1] + 1) % len(self._goal.scoring))
            self._draw_front()

    def action_switch_view(self) -> None:
        """Scatter plot or table."""
        self.toggle_class("-chart")
        self.query_one("#front" if self.has_class("-chart") else "#members").focus()

    def action_diff_member(self) -> None:
        """Against the start config."""
        member = self._current
        if member is not None and self._start is not None:
            screen = ConfigDiffScreen(self._start, self._config_of(member).config, ("start", "candidate"))
            self.app.push_screen(screen)

    def action_save_member(self) -> None:
        """Ask for a name."""
        self._save(lambda path: self.services.toast(f"Saved as {path.name}; it is in Configs (4)."))

    def action_trade_member(self) -> None:
        """Ask for a name, then what the bot shall be."""
        self._save(lambda path: start_bot(self.services, config=path.stem))

    def _save(self, then: Callable[[Path], object]) -> None:
        member = self._current
        if member is None:
            return
        shelf, loaded = Shelf(self.services.home.ensure(), self.services.clock), self._config_of(member)

        def save(name: str | None) -> None:
            if name is None:
                return
            try:
                path = shelf.keep(loaded.config, name)
            except PassivTuiError as error:
                self.services.show_error(error, "saving the candidate")
                return
            then(path)

        free = shelf.free_name(f"{self._facts.config_name if self._facts else 'candidate'}_optimized")
        hint = f"It is kept in {self.services.home_text()}/configs as TOML."
        self.app.push_screen(InputModal("Save the candidate", value=free, hint=hint, check=shelf.fault_of), save)

    def action_backtest_member(self) -> None:
        """On the market and the dates of the run."""
        member, facts = self._current, self._facts
        if member is None or facts is None:
            return
        home, app = self.services.home, cast("App[None]", self.app)
        request = BacktestRequest(self._config_of(member), facts.dataset, facts.start, facts.end)

        def work(progress: ProgressSink, cancel: CancelToken) -> tuple[tuple[Report, ReportRow], ...]:
            return run_and_keep(request, home, progress, cancel)

        def done(kept: Sequence[tuple[Report, ReportRow]]) -> None:
            app.post_message(ReportsChanged())
            if self.is_attached and self.is_current:
                app.push_screen(ReportScreen(*kept[0]))

        self.services.start_job(f"Backtest {request.config.name}", work, done=done)

    def action_find_cliffs(self) -> None:
        """Of the candidate, on the run's market and dates."""
        member, facts = self._current, self._facts
        if member is None or facts is None:
            return
        loaded = self._config_of(member)
        dates = replace(
            loaded.config.backtest,
            start_date=facts.start or loaded.config.backtest.start_date,
            end_date=facts.end or loaded.config.backtest.end_date,
        )
        dated = replace(loaded, config=replace(loaded.config, backtest=dates))
        start_cliffs(self.services, cast("App[object]", self.app), dated, facts.dataset, Path(facts.place).name)

    def action_validate_front(self) -> None:
        """In the background; the result opens when one is still here."""
        folder = self._folder
        if folder is None:
            return
        if self._live is not None and self._live.active:
            self.services.toast("Validate the front when the search is over, or stop it first (S).")
            return
        home, app = self.services.home, self.app

        def work(progress: ProgressSink, cancel: CancelToken) -> Validation:
            return validate_run(folder, home, None, progress, cancel)

        def done(validation: Validation) -> None:
            if self.is_attached and self.is_current:
                app.push_screen(ValidationScreen(validation))
            else:
                self.services.toast(validation.verdict)

        self.services.start_job(f"Validate {self.crumb()}", work, done=done)

    def action_stop_search(self) -> None:
        """Ask, then stop."""
        live = self._live
        if live is None or live.job is None or not live.active:
            self.services.toast("This run is not going on; r in the list of runs goes on with a stopped one.")
            return
        job = live.job

        def decide(agreed: bool | None) -> None:
            if agreed:
                job.cancel()

        text = "What runs is finished, everything is written, and r in the list of runs goes on from there."
        self.app.push_screen(ConfirmModal("Stop the search?", text, do="Stop it", keep="Let it go on"), decide)

    def action_read_log(self) -> None:
        """Everything noticed."""
        lines = list(self._live.log) if self._live is not None else []
        self.app.push_screen(TextModal("What the search said", "\n".join(lines) or "Nothing."))
