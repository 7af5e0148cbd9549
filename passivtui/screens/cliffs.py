"""The cliff map of a config: the worst drawdown with every setting a little aside, cliffs marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from passivtui.backtest import BacktestRequest
from passivtui.config import LoadedConfig
from passivtui.optimize.validation import Cliff, CliffMap, cliff_map
from passivtui.optimize.validation.cliffs import FACTOR, JUMP
from passivtui.optimize.validation.grounds import open_grounds
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import AppScreen, Services
from passivtui.screens.dialogs import TextModal
from passivtui.widgets.glyphs import Glyphs
from passivtui.widgets.line_table import Column, LineTable

_BAR_CELLS: Final = 16


@dataclass(frozen=True, slots=True)
class CliffRow:
    """One step aside with its bar drawn."""

    cliff: Cliff
    bar: str


class CliffsScreen(AppScreen[None]):
    """A table of steps aside; those over a cliff come first when sorted by drawdown."""

    CRUMB = "Cliffs"
    PURPOSE = "What happens when a setting is 1 % or 5 % aside. ! marks a step over a cliff."

    DEFAULT_CSS = """
    CliffsScreen #told-pane { height: auto; }
    CliffsScreen #told { height: auto; padding: 0 1; }
    CliffsScreen LineTable { height: 1fr; padding: 0; }
    """

    def __init__(self, found: CliffMap, name: str, market: str) -> None:
        super().__init__()
        self._found = found
        self._name = name
        self._market = market

    def compose_body(self) -> ComposeResult:
        with Vertical(id="told-pane", classes="pane"):
            yield Static("", id="told", markup=False)
        yield LineTable(_COLUMNS, row_key=lambda row: (row.cliff.key, row.cliff.step), empty="Nothing.", classes="pane")

    def on_mount(self) -> None:
        found, glyphs = self._found, self.services.glyphs
        self.query_one("#told-pane").border_title = Content(f"{self._name} on {self._market}")
        own = "the engine refuses it" if found.drawdown is None else f"worst drawdown {found.drawdown:.1%}"
        count = len(found.cliffs)
        told = (
            "No small step aside makes it far worse."
            if not count
            else f"! {count} steps lead over a cliff: a drawdown deeper by {JUMP:.0%} and by half, or all lost."
        )
        self.query_one("#told", Static).update(Content(f"As it is: {own}. {told}"))
        table = self.query_one(LineTable)
        table.set_rows([CliffRow(step, _bar(step, glyphs)) for step in found.steps])
        table.focus()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        if not isinstance(row, CliffRow):
            return
        step, found = row.cliff, self._found
        lines = [f"{step.key} at {step.value:.6g} ({step.step:+.0%} or one step)", ""]
        if not step.trades:
            lines.append("Next to nothing trades there, so there is nothing to compare.")
        else:
            lines += [
                f"worst drawdown {_percent(step.drawdown)} (as it is {_percent(found.drawdown)})",
                f"gain {_growth(step.gain)} (as it is {_growth(found.gain)})",
            ]
        lines += [
            "",
            f"A cliff: deeper by more than {JUMP:.0%} of the equity and by a factor of {FACTOR:g}, or all lost.",
        ]
        self.app.push_screen(TextModal(step.key, "\n".join(lines)))


def start_cliffs(services: Services, app: App[object], loaded: LoadedConfig, dataset: str | None, market: str) -> None:
    """Make a cliff map in the background and show it."""
    home, clock = services.home, services.clock

    def work(progress: ProgressSink, cancel: CancelToken) -> CliffMap:
        ground = open_grounds(BacktestRequest(loaded, dataset), home, progress, cancel, clock)[0]
        return cliff_map(loaded.config, ground, cancel)

    def done(found: CliffMap) -> None:
        app.push_screen(CliffsScreen(found, loaded.name, market))

    services.start_job(f"Cliffs of {loaded.name}", work, done=done)


def _bar(step: Cliff, glyphs: Glyphs) -> str:
    if not step.trades:
        return "hardly trades"
    if step.drawdown is None:
        return "the engine refuses it"
    return glyphs.full * round(min(1.0, max(0.0, step.drawdown)) * _BAR_CELLS)


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _growth(value: float | None) -> str:
    return "unknown" if value is None else f"{value - 1.0:+.1%}"


def _role(row: CliffRow) -> str:
    return "failure" if row.cliff.is_cliff else ""


_COLUMNS: Final[tuple[Column[CliffRow], ...]] = (
    Column("mark", "", lambda row: "!" if row.cliff.is_cliff else "", width=1, role=_role),
    Column("key", "setting", lambda row: row.cliff.key, sort=lambda row: row.cliff.key, flexible=True, role=_role),
    Column("step", "step", lambda row: f"{row.cliff.step:+.0%}", align="right"),
    Column("value", "value", lambda row: f"{row.cliff.value:.6g}", align="right", drop=2),
    Column(
        "drawdown",
        "drawdown",
        lambda row: _percent(row.cliff.drawdown) if row.cliff.trades else "",
        align="right",
        sort=lambda row: None if row.cliff.drawdown is None else -row.cliff.drawdown,
        role=_role,
    ),
    Column("gain", "gain", lambda row: _growth(row.cliff.gain) if row.cliff.trades else "", align="right", drop=3),
    Column("bar", "", lambda row: row.bar, drop=1, role=_role),
)
