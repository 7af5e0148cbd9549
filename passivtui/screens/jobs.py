"""The list of background jobs: what runs, how far it is, what became of the earlier ones."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from passivtui.commands import Command
from passivtui.screens.dialogs import Dialog, TextModal
from passivtui.widgets.job_book import Job, JobState
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.status_line import percent_text


class StopJob(Command):
    """Ask the job under the cursor to stop."""

    KEYS = "S"
    IN_PALETTE = False


_STATE_ROLES = {JobState.FAILED: "failure", JobState.CANCELLING: "caution", JobState.CANCELLED: "muted"}

_COLUMNS: tuple[Column[Job], ...] = (
    Column("state", "state", lambda job: job.state.value, role=lambda job: _STATE_ROLES.get(job.state, "")),
    Column("name", "job", lambda job: job.name, flexible=True),
    Column("share", "done", percent_text, align="right", drop=1, width=6),
    Column("facts", "progress", lambda job: job.facts(), flexible=True, role=lambda _: "muted"),
)


class JobsModal(Dialog[None]):
    """Jobs, newest first; enter tells all about one, `S` stops it."""

    PURPOSE = "What runs in the background. Leaving this list stops nothing."
    COMMAND_CLASSES = (StopJob,)

    DEFAULT_CSS = """
    JobsModal > #box { width: 96; }
    JobsModal LineTable { height: 12; }
    """

    def __init__(self) -> None:
        super().__init__("Background jobs", "enter details  S stop  esc close")

    def compose_box(self) -> ComposeResult:
        yield LineTable(_COLUMNS, row_key=lambda job: job.number, empty="Nothing has run yet.")
        yield Static(Content("Jobs go on when you leave this list or the screen that started them."), markup=False)

    def on_mount(self) -> None:
        self.show_jobs()
        self.set_interval(1.0, self.show_jobs)
        self.services.job_changed.subscribe(self, lambda _: self.show_jobs())

    def show_jobs(self) -> None:
        """Draw the jobs as they are now."""
        self.query_one(LineTable).set_rows(list(self.services.jobs)[::-1])

    def action_stop_job(self) -> None:
        """Stop the job under the cursor."""
        job = self.query_one(LineTable).current
        if job is not None and job.active:
            job.cancel()
            self.services.toast(f"{job.name}: cancelling")
            self.show_jobs()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        job = message.row
        if isinstance(job, Job):
            lines = [job.name, "", job.facts()]
            if job.error is not None:
                lines += ["", str(job.error), *getattr(job.error, "details", ())]
            self.app.push_screen(TextModal("Job", "\n".join(lines)))
