"""The line above the footer that says what runs in the background; gone when nothing does."""

from __future__ import annotations

from textual.content import Content
from textual.signal import Signal
from textual.timer import Timer
from textual.widgets import Static

from passivtui.widgets.job_book import Job, Jobs


class StatusLine(Static):
    """The oldest active job with its counts, how many more there are, and the key to the list."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1; padding: 0 1; background: $surface; color: $foreground; display: none;
        text-wrap: nowrap; text-overflow: ellipsis;
        &.-working { display: block; }
    }
    """

    def __init__(self, jobs: Jobs, changed: Signal[Job]) -> None:
        super().__init__(markup=False)
        self._jobs = jobs
        self._changed = changed
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self._timer = self.set_interval(1.0, self.show_jobs, pause=True)
        self._changed.subscribe(self, lambda _: self.show_jobs())
        self.show_jobs()

    def show_jobs(self) -> None:
        """Draw what runs now; tick only while something does."""
        active = self._jobs.active
        self.set_class(bool(active), "-working")
        if self._timer is not None:
            (self._timer.resume if active else self._timer.pause)()
        if active and self.screen.is_current:
            job = active[0]
            more = f"   and {len(active) - 1} more" if len(active) > 1 else ""
            self.update(Content(f"{percent_text(job)}{job.name}: {job.facts()}{more}   J jobs"), layout=False)


def percent_text(job: Job) -> str:
    """` 31 %  ` when the share done is known, else nothing."""
    if job.progress is None or job.progress.total <= 0:
        return ""
    return f"{job.progress.fraction * 100:3.0f} %  "
