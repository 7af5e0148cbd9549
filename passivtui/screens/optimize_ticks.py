"""One Jackrabbit search over ticks: k, m, the best so far and its history, and what to do with the best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.optimize import TickRunFacts, read_tick_facts
from passivtui.optimize.tick_folder import SETTINGS_FILE
from passivtui.optimize.tick_run import bests_of
from passivtui.passivx.jackrabbit import mutation_schedule
from passivtui.passivx.jackrabbit_folder import read_steps
from passivtui.passivx.jackrabbit_search import Search, Step, backtest_of, live_settings_of, load_search
from passivtui.passivx.shelf import Shelf
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import ConfirmModal, InputModal, TextModal
from passivtui.screens.optimize_live import LiveTickRun
from passivtui.screens.passivx_run import run_ticks_and_show
from passivtui.widgets.chart import Chart
from passivtui.widgets.job_book import duration_text
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.progress_line import ProgressLine
from passivtui.widgets.roles import signed_role
from passivtui.widgets.series import Markers, Series

_LOOK_SECONDS: Final = 1.0


class BacktestBest(Command):
    """Run the best under the cursor over the run's ticks and look at its report."""

    KEYS = "b"
    FOOTER = "backtest"


class SaveBest(Command):
    """Save the best under the cursor as live settings of yours."""

    KEYS = "w"
    FOOTER = "save settings"


class StopTickSearch(Command):
    """Stop the search; everything found is kept and it can be gone on with."""

    KEYS = "S"
    FOOTER = "stop"


class ReadTickLog(Command):
    """Read what the search said."""

    KEYS = "L"


def _gain(step: Step) -> str:
    return f"{100.0 * (step.gain - 1.0):+.3f} %" if step.gain is not None else ""


def _of_results(name: str, form: str) -> Column[Step]:
    labels = {"average_daily_gain": "a day", "closest_liq": "nearest liq.", "n_trades": "trades"}

    def text(step: Step) -> str:
        value = (step.results or {})[name]
        return form.format((value - 1.0) * 100.0 if name == "average_daily_gain" else value)

    return Column(name, labels[name], text, align="right", drop=list(labels).index(name) + 1)


_COLUMNS: Final[tuple[Column[Step], ...]] = (
    Column("k", "k", lambda step: f"{step.k:,}", align="right"),
    Column("m", "m", lambda step: f"{step.m:.4f}", align="right"),
    Column("gain", "gain", _gain, align="right", role=lambda step: signed_role((step.gain or 1.0) - 1.0)),
    _of_results("average_daily_gain", "{:+.4f} %"),
    _of_results("closest_liq", "{:.1%}"),
    _of_results("n_trades", "{:,}"),
)


class JackrabbitRunScreen(AppScreen[None]):
    """A search that goes on, looked at every second, or one that is over."""

    PURPOSE = "A Jackrabbit search over ticks. Enter tells all about a best; what you leave goes on in the background."
    COMMAND_CLASSES = (BacktestBest, SaveBest, StopTickSearch, ReadTickLog)

    DEFAULT_CSS = """
    JackrabbitRunScreen #run-facts { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    JackrabbitRunScreen #progress { padding: 0 1; }
    JackrabbitRunScreen #middle { height: 1fr; }
    JackrabbitRunScreen #gains, JackrabbitRunScreen #bests { height: 100%; width: 1fr; padding: 0; }
    JackrabbitRunScreen #values { height: auto; max-height: 7; padding: 0 1; }
    JackrabbitRunScreen #values-pane { height: auto; }
    JackrabbitRunScreen.-narrow #middle { layout: vertical; }
    JackrabbitRunScreen.-narrow #gains, JackrabbitRunScreen.-narrow #bests { width: 100%; height: 1fr; }
    JackrabbitRunScreen.-short #values-pane { display: none; }
    """

    def __init__(self, *, live: LiveTickRun | None = None, folder: Path | None = None) -> None:
        """`live`: a search of this process; else the `folder` of one."""
        super().__init__()
        self._live = live
        self._folder = folder
        self._facts: TickRunFacts | None = None
        self._search: Search | None = None
        self._steps: Sequence[Step] = ()
        self._bests: Sequence[Step] = ()
        self._topmost: Step | None = None
        self._was_active = False

    def crumb(self) -> str:
        if self._live is not None:
            return self._live.config_name
        return self._facts.config_name if self._facts is not None else "Jackrabbit"

    def compose_body(self) -> ComposeResult:
        yield Static("", id="run-facts", markup=False)
        yield ProgressLine(id="progress")
        with Horizontal(id="middle"):
            yield Chart(date_axis=False, empty="No candidate had a result yet.", id="gains", classes="pane")
            empty = "No best yet: no candidate had a result."
            yield LineTable(_COLUMNS, row_key=lambda step: step.k, empty=empty, id="bests", classes="pane")
        with Vertical(id="values-pane", classes="pane"):
            yield Static("", id="values", markup=False)

    def on_mount(self) -> None:
        self.query_one("#bests").border_title = Content("Every best so far, the newest first")
        chart = self.query_one("#gains", Chart)
        chart.border_title = Content("Gain in % over the iterations k")
        self.query_one("#bests", LineTable).focus()
        self.query_one(ProgressLine).follow(self._live.job if self._live is not None else None)
        self.query_one(ProgressLine).display = self._live is not None
        if self._live is not None:
            self.set_interval(_LOOK_SECONDS, self._look)
            self._look()
        else:
            self._read_folder()

    # ---- what is shown --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Take the newest state of a search that goes on."""
        live = self._live
        if live is None:
            return
        if live.folder is not None and self._facts is None:
            self._read_facts(live.folder)
        if live.latest is not None and live.latest.steps is not self._steps:
            self._steps, self._bests = live.latest.steps, live.latest.bests
            self._show_bests()
        if self._was_active and not live.active:
            self.query_one(ProgressLine).display = False
        self._was_active = live.active
        self._show_facts()

    def _read_folder(self) -> None:
        assert self._folder is not None
        try:
            self._read_facts(self._folder)
            if self._search is not None:
                steps = read_steps(self._folder, self._search)
                self._steps, self._bests = steps, bests_of(steps)
        except PassivTuiError as error:
            services = self.services
            self.dismiss()
            services.show_error(error, "opening the run")
            return
        self._show_bests()
        self._show_facts()
        self.refresh_crumb()

    def _read_facts(self, folder: Path) -> None:
        self._folder = folder
        self._facts = read_tick_facts(folder)
        self._search = load_search(folder / SETTINGS_FILE).settings

    def _show_bests(self) -> None:
        table = self.query_one("#bests", LineTable)
        followed = table.current is None or table.current is self._topmost
        table.set_rows(list(reversed(self._bests)))
        if followed and self._bests:
            table.move_to_index(0)
        self._topmost = self._bests[-1] if self._bests else None
        self._draw()

    def _draw(self) -> None:
        """Every candidate with a result as a dot, the best so far as a line; far losses don't flatten it."""
        known = [(float(step.k), 100.0 * (step.gain - 1.0)) for step in self._steps if step.gain is not None]
        if not known or not self._bests:
            return
        k = np.array([at for at, _ in known])
        gain = np.array([value for _, value in known])
        x = np.array([step.k for step in self._bests] + [self._steps[-1].k], dtype=np.float64)
        y = np.array([100.0 * ((step.gain or math.nan) - 1.0) for step in (*self._bests, self._bests[-1])])
        near = gain >= y.min() - max(float(np.ptp(y)), 0.1)
        dots = Markers("candidates", k[near], gain[near], "faint")
        self.query_one("#gains", Chart).set_series([Series("best so far", x, y, "equity", "steps")], [dots])

    def _show_facts(self) -> None:
        live, facts, search = self._live, self._facts, self._search
        parts = []
        if live is not None and live.job is not None:
            parts.append(live.job.state.value.upper())
        if search is not None:
            n = search.session.n_jackrabbit_iterations
            done = self._steps[-1].k + 1 if self._steps else search.session.starting_k
            m = self._steps[-1].m if self._steps else mutation_schedule(n)[0]
            parts += [f"k {done:,}/{n:,}  m {m:.4f}", f"{search.accounting} accounting"]
        if self._bests:
            parts.append(f"best {_gain(self._bests[-1])} at k {self._bests[-1].k}")
        if live is not None and live.active and live.latest is not None:
            latest = live.latest
            parts += [f"{latest.rate:,.1f}/s"] if latest.rate is not None else []
            parts += [f"{duration_text(latest.eta_seconds)} left"] if latest.eta_seconds is not None else []
        if facts is not None:
            synthetic = " (synthetic)" if facts.synthetic else ""
            parts += [f"{facts.symbol} on {Path(facts.place).name}{synthetic}", f"seed {facts.seed}"]
            parts += [f"{facts.batch} at a time"] if facts.batch > 1 else []
        self.query_one("#run-facts", Static).update(Content("   ".join(parts)))

    @property
    def _current(self) -> Step | None:
        return cast("Step | None", self.query_one("#bests", LineTable).current)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        step = self._current
        pane = self.query_one("#values-pane", Vertical)
        if step is None:
            pane.border_title = Content("Settings")
            return
        pane.border_title = Content(f"Settings of k {step.k}")
        cells = [f"{name} {value:g}" for name, value in step.candidate.items()]
        self.query_one("#values", Static).update(Content("   ".join(cells)))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        if not isinstance(row, Step):
            return
        lines = [f"iteration {row.k}, mutated by m {row.m:.4f}", f"hash {row.key}", ""]
        lines += [f"{name:<34}{value:.10g}" for name, value in (row.results or {}).items()]
        lines += ["", *(f"{name:<34}{value:.10g}" for name, value in row.candidate.items())]
        self.app.push_screen(TextModal(f"Best of k {row.k}", "\n".join(lines)))

    # ---- what can be done -----------------------------------------------------------------------------------------

    def action_backtest_best(self) -> None:
        """Over the run's ticks, with both accountings."""
        step, search, facts = self._current, self._search, self._facts
        if step is None or search is None or facts is None:
            return
        backtest = backtest_of(search, step)
        run_ticks_and_show(self, cast("App[None]", self.app), backtest, facts.place, f"{facts.config_name} k {step.k}")

    def action_save_best(self) -> None:
        """Ask for a name."""
        step, search = self._current, self._search
        if step is None or search is None:
            return
        shelf = Shelf(self.services.home)
        settings, exchange = live_settings_of(search, step), search.session.exchange

        def save(name: str | None) -> None:
            if name is None:
                return
            try:
                path = shelf.keep_live(settings, exchange, name)
            except PassivTuiError as error:
                self.services.show_error(error, "saving the settings")
                return
            self.services.toast(f"Saved as {path.name} in {path.parent}.")

        stem = search.session.session_name or facts_name(self._facts)
        free = shelf.free_name(f"{stem}_best", shelf.live_folder(exchange))
        hint = f"Live settings, kept in {shelf.live_folder(exchange)}."
        check = shelf.checker(exchange)
        self.app.push_screen(InputModal("Save the settings", value=free, hint=hint, check=check), save)

    def action_stop_tick_search(self) -> None:
        """Ask, then stop."""
        live = self._live
        if live is None or live.job is None or not live.active:
            self.services.toast("This search is not going on; r in the list of runs goes on with a stopped one.")
            return
        job = live.job

        def decide(agreed: bool | None) -> None:
            if agreed:
                job.cancel()

        text = "The iteration that runs is finished, everything is written, and r in the list of runs goes on."
        self.app.push_screen(ConfirmModal("Stop the search?", text, do="Stop it", keep="Let it go on"), decide)

    def action_read_tick_log(self) -> None:
        """Everything noticed, and what became of every iteration without a result."""
        lines = list(self._live.log) if self._live is not None else []
        lines += [f"k {step.k}: {step.note}" for step in self._steps if step.note]
        self.app.push_screen(TextModal("What the search said", "\n".join(lines) or "Nothing."))


def facts_name(facts: TickRunFacts | None) -> str:
    """The settings' name, where the session has none."""
    return facts.config_name if facts is not None else "jackrabbit"
