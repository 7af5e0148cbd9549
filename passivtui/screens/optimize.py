"""Optimize: the runs of the home, those that go on first; start one, look into one, go on with a stopped one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.events import ScreenResume
from textual.worker import Worker, WorkerState

from passivtui.backtest.metrics import metric_of
from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.errors import storage_error
from passivtui.optimize import OptimizationRequest, TickSearchRequest, is_running, is_tick_run
from passivtui.paths import Home
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import ConfirmModal, TextModal
from passivtui.screens.optimize_live import (
    LiveRun,
    LiveTickRun,
    resume_search,
    resume_tick_run,
    start_search,
    start_tick_search,
)
from passivtui.screens.optimize_run import OptimizerRunScreen
from passivtui.screens.optimize_setup import OptimizeSetupScreen
from passivtui.screens.optimize_ticks import JackrabbitRunScreen
from passivtui.screens.passivx_setup import TickSearchSetupScreen
from passivtui.storage.optimizer_runs import OptimizerRunRow, forget_run, known_runs
from passivtui.widgets.line_table import Column, LineTable


class NewSearch(Command):
    """Set up a new search."""

    KEYS = "n"
    FOOTER = "new"


class NewTickSearch(Command):
    """Set up a Jackrabbit search of Passiv-X settings over ticks."""

    KEYS = "p"
    FOOTER = "Passiv-X"


class ResumeSearch(Command):
    """Go on with a run that was stopped, or whose process ended."""

    KEYS = "r"
    FOOTER = "resume"


class DeleteRun(Command):
    """Delete the run's folder; asks first."""

    KEYS = "X"
    FOOTER = "delete"


class ListRunsAgain(Command):
    """Read the list again."""

    KEYS = "f5"


AnyLive = LiveRun | LiveTickRun


@dataclass(frozen=True, slots=True, eq=False)
class ListedRun:
    """One line: a run of the list with what holds its folder, or one of this process that has no folder yet."""

    key: str
    row: OptimizerRunRow | None
    live: AnyLive | None
    state: str

    @property
    def name(self) -> str:
        """The config's name."""
        return self.row.config_name if self.row is not None else self.live.config_name if self.live is not None else ""


def _share(run: ListedRun) -> str:
    done, expected = (run.row.evaluations, run.row.expected) if run.row is not None else (0, 0)
    if run.live is not None and run.live.active and run.live.latest is not None:
        done, expected = run.live.how_far
    return f"{done:,} of {expected:,}" if expected else ""


def _front(run: ListedRun) -> str:
    if run.live is not None and run.live.active and run.live.latest is not None:
        return f"{run.live.found}"
    return f"{run.row.front_size}" if run.row is not None else ""


_STATE_ROLES: Final = {"running": "equity", "stopped": "caution", "broken off": "failure"}
_COLUMNS: Final[tuple[Column[ListedRun], ...]] = (
    Column("state", "state", lambda run: run.state, role=lambda run: _STATE_ROLES.get(run.state, "")),
    Column("config", "config", lambda run: run.name, flexible=True),
    Column("evaluations", "evaluations", _share, align="right"),
    Column("front", "front", _front, align="right"),
    Column(
        "market",
        "market",
        lambda run: Path(run.row.dataset).name if run.row is not None else "",
        flexible=True,
        drop=2,
        role=lambda run: "synthetic" if run.row is not None and run.row.synthetic else "",
    ),
    Column(
        "scoring",
        "improves",
        lambda run: ", ".join(metric_of(name).label for name in run.row.scoring) if run.row is not None else "",
        flexible=True,
        drop=3,
    ),
    Column(
        "created",
        "begun, UTC",
        lambda run: iso_minute(run.row.created_ms) if run.row is not None else "",
        drop=1,
    ),
)


class OptimizeScreen(AppScreen[None]):
    """One list; enter looks into a run."""

    CRUMB = "Optimize"
    PURPOSE = "Searches for better settings: n sets one up, enter looks into one, r goes on with a stopped one."
    COMMAND_CLASSES = (NewSearch, NewTickSearch, ResumeSearch, DeleteRun, ListRunsAgain)

    DEFAULT_CSS = "OptimizeScreen LineTable { height: 1fr; padding: 0; }"

    def __init__(self) -> None:
        super().__init__()
        self._live: list[AnyLive] = []
        self._rows: tuple[OptimizerRunRow, ...] = ()

    def compose_body(self) -> ComposeResult:
        empty = "No search yet: n sets one up."
        yield LineTable(_COLUMNS, row_key=lambda run: run.key, empty=empty, classes="pane")

    def on_mount(self) -> None:
        table = self.query_one(LineTable)
        table.border_title = Content("Runs")
        table.focus()
        self.action_list_runs_again()
        self.set_interval(1.0, self._tick)

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.action_list_runs_again()

    def _tick(self) -> None:
        if self.is_current and any(live.active for live in self._live):
            self._show_rows()

    def action_list_runs_again(self) -> None:
        """From the database, in a thread."""
        read = partial(_known, self.services.home)
        self.run_worker(read, thread=True, exclusive=True, exit_on_error=False, group="runs")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group == "delete" and event.worker.is_finished:
            if event.worker.error is not None:
                self.services.show_error(event.worker.error, "deleting the run")
            self.action_list_runs_again()
        if event.worker.group != "runs":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, tuple):
            self._rows = event.worker.result
            self._show_rows()
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, "listing the runs")

    def _show_rows(self) -> None:
        home = self.services.home
        listed = []
        for row in self._rows:
            folder = home.root / row.folder
            live = next((live for live in self._live if live.active and live.folder == folder), None)
            listed.append(ListedRun(row.folder, row, live, _state_of(row, folder, live)))
        shown = {run.live for run in listed if run.live is not None}
        new = [
            ListedRun(f"live {number}", None, live, "running")
            for number, live in enumerate(self._live)
            if live.active and live not in shown
        ]
        self.query_one(LineTable).set_rows([*new, *listed])

    @property
    def _current(self) -> ListedRun | None:
        row = self.query_one(LineTable).current
        return row if isinstance(row, ListedRun) else None

    # ---- what can be done -----------------------------------------------------------------------------------------

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        run = message.row
        if not isinstance(run, ListedRun):
            return
        if run.live is not None:
            self._watch(run.live)
        elif run.row is not None:
            folder = self.services.home.root / run.row.folder
            screen = JackrabbitRunScreen if is_tick_run(folder) else OptimizerRunScreen
            self.app.push_screen(screen(folder=folder))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        run = message.row
        if isinstance(run, ListedRun) and run.row is not None:
            row = run.row
            lines = [
                f"Begun at {iso_minute(row.created_ms)} UTC with the config {row.config_name}, seed {row.seed}.",
                f"Market: {row.dataset}{' (synthetic)' if row.synthetic else ''}, "
                f"{iso_minute(row.first_ms)} to {iso_minute(row.last_ms)}",
                f"Coins: {', '.join(row.coins)}",
                f"Folder: {self.services.home.root / row.folder}",
            ]
            self.app.push_screen(TextModal(row.config_name, "\n\n".join(lines)))

    def action_new_search(self) -> None:
        """Ask what to search, then start."""

        def begin(request: OptimizationRequest | None) -> None:
            if request is not None:
                self._follow(start_search(self.services, request, self._ended))

        self.app.push_screen(OptimizeSetupScreen(), begin)

    def action_new_tick_search(self) -> None:
        """Ask what to search over which ticks, then start."""

        def begin(request: TickSearchRequest | None) -> None:
            if request is not None:
                self._follow(start_tick_search(self.services, request, self._ended))

        self.app.push_screen(TickSearchSetupScreen(), begin)

    def action_resume_search(self) -> None:
        """Go on with the run under the cursor."""
        run = self._current
        if run is None or run.row is None:
            return
        if run.state == "running":
            self.services.toast("This run goes on already.")
        elif run.state == "finished":
            self.services.toast("This run is at its end; n starts a new one, which may start from its front.")
        else:
            folder = self.services.home.root / run.row.folder
            resume = resume_tick_run if is_tick_run(folder) else resume_search
            self._follow(resume(self.services, folder, run.row.config_name, self._ended))

    def _follow(self, live: AnyLive) -> None:
        self._live.append(live)
        self._show_rows()
        self._watch(live)

    def _watch(self, live: AnyLive) -> None:
        if isinstance(live, LiveTickRun):
            self.app.push_screen(JackrabbitRunScreen(live=live))
        else:
            self.app.push_screen(OptimizerRunScreen(live=live))

    def _ended(self, live: AnyLive) -> None:
        if self.is_attached:
            self.action_list_runs_again()

    def action_delete_run(self) -> None:
        """Ask, then delete folder and line."""
        run = self._current
        if run is None or run.row is None:
            return
        if run.state == "running":
            self.services.toast("This run goes on; stop it first (S in its view).", severity="warning")
            return
        home, row = self.services.home, run.row

        def decide(agreed: bool | None) -> None:
            if agreed:
                delete = partial(_delete, home, row)
                self.run_worker(delete, thread=True, exit_on_error=False, group="delete")

        text = (
            f"{home.root / row.folder} and everything in it is removed and can't be brought back. Saved configs stay."
        )
        self.app.push_screen(ConfirmModal("Delete the run?", text, do="Delete it", keep="Keep it"), decide)


def _known(home: Home) -> tuple[OptimizerRunRow, ...]:
    return known_runs(home) if home.database.exists() else ()


def _delete(home: Home, row: OptimizerRunRow) -> None:
    folder = home.root / row.folder
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass  # gone already: only its line is left
    except OSError as error:
        raise storage_error("delete", folder, error) from error
    forget_run(home, row.folder)


def _state_of(row: OptimizerRunRow, folder: Path, live: AnyLive | None) -> str:
    """In a word. A row that says "running" while nothing holds the folder is of a process that ended."""
    if live is not None:
        return "running"
    if not folder.is_dir():
        return "gone"
    if row.status != "running":
        return row.status
    return "running" if is_running(folder) else "broken off"
