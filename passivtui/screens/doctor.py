"""The doctor: whether everything works here, line by line, each with what to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.commands import Command
from passivtui.doctor import Finding, Terminal, Verdict, ask_venues, examine, in_words
from passivtui.market.sources.settings import load_source_settings
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.widgets.line_table import Column, LineTable

if TYPE_CHECKING:
    from passivtui.progress import CancelToken, ProgressSink


class AskVenues(Command):
    """Ask every venue for the time: which can be reached, and is this computer's clock right?"""

    KEYS = "o"
    FOOTER = "ask the venues"


class LookAgain(Command):
    """Look again at everything."""

    KEYS = "r"
    FOOTER = "look again"


_ROLES = {Verdict.WARNING: "caution", Verdict.BAD: "failure", Verdict.UNKNOWN: "muted"}

_COLUMNS: tuple[Column[Finding], ...] = (
    Column("verdict", "", lambda found: found.verdict.value, role=lambda found: _ROLES.get(found.verdict, "")),
    Column("area", "area", lambda found: found.area, role=lambda _: "muted", drop=2),
    Column("subject", "what", lambda found: found.subject, role=lambda _: "heading"),
    Column("text", "found", lambda found: found.text, flexible=True),
)


class DoctorScreen(AppScreen[None]):
    """All findings; below them the one under the cursor in full."""

    CRUMB = "Doctor"
    PURPOSE = "See whether everything works here, and what to do where it doesn't. Nothing is changed."
    COMMAND_CLASSES = (AskVenues, LookAgain)

    DEFAULT_CSS = """
    DoctorScreen LineTable { margin: 1 2 0 2; }
    DoctorScreen #summary { margin: 0 2; height: auto; color: $heading; }
    DoctorScreen #detail { margin: 0 2; height: 4; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._offline: tuple[Finding, ...] = ()
        self._venues: tuple[Finding, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield LineTable(_COLUMNS, row_key=lambda found: (found.area, found.subject), empty="Looking.")
        yield Static("", id="summary", markup=False)
        yield Static("", id="detail", markup=False)

    def on_mount(self) -> None:
        self.action_look_again()

    def action_look_again(self) -> None:
        """Examine everything that needs no network."""
        home, size = self.services.home, (self.app.size.width, self.app.size.height)
        self.run_worker(
            lambda: examine(home, Terminal.of_this_process(size)),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group="examination",
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "examination":
            return
        event.stop()
        if event.state is WorkerState.SUCCESS and event.worker.result is not None:
            self._offline = event.worker.result
            self._show()
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, "examining this installation")

    def action_ask_venues(self) -> None:
        """In the background; takes a few seconds at most."""
        settings_file = self.services.home.settings

        def ask(_: ProgressSink, __: CancelToken) -> tuple[Finding, ...]:
            return asyncio.run(ask_venues(load_source_settings(settings_file)))

        self.services.start_job("asking the venues", ask, done=self._venues_told)

    def _venues_told(self, findings: tuple[Finding, ...]) -> None:
        self._venues = findings
        if self.is_attached:
            self._show()
            self.query_one(LineTable).move_to((findings[-1].area, findings[-1].subject))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is shown."""
        return (*self._offline, *self._venues)

    def _show(self) -> None:
        self.query_one(LineTable).set_rows(self.findings)
        unasked = "" if self._venues else "  Not asked yet: the venues (o)."
        self.query_one("#summary", Static).update(Content(in_words(self.findings) + unasked))

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self.query_one("#detail", Static).update(_in_full(message.row))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        if isinstance(message.row, Finding):
            self.app.push_screen(TextModal(f"{message.row.area}: {message.row.subject}", _in_full(message.row)))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        if isinstance(message.row, Finding):
            self.app.push_screen(TextModal(f"{message.row.area}: {message.row.subject}", _in_full(message.row)))


def _in_full(row: object) -> Content:
    """What was found and what to do, each on lines of its own."""
    if not isinstance(row, Finding):
        return Content("")
    advice = [("\n", ""), (row.advice, "$muted")] if row.advice else []
    return Content.assemble((row.text, _colour(row)), *advice)


def _colour(row: Finding) -> str:
    role = _ROLES.get(row.verdict, "")
    return f"${role}" if role else ""
