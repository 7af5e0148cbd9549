"""A job's bar with counts, rate and time left, in two lines."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.job_book import Job
from passivtui.widgets.roles import role_style

FRAMES_A_SECOND = 4


class ProgressLine(Widget):
    """Follows one job: a bar and the percentage, below it what the job is at. Draws only while the job is active."""

    DEFAULT_CSS = "ProgressLine { height: 2; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._job: Job | None = None
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self._timer = self.set_interval(1 / FRAMES_A_SECOND, self._tick, pause=self._job is None)

    def follow(self, job: Job | None) -> None:
        """Show this job from now on (None: an empty line)."""
        self._job = job
        if self._timer is not None:
            (self._timer.resume if job is not None else self._timer.pause)()
        self.refresh()

    def _tick(self) -> None:
        if self._job is not None and not self._job.active and self._timer is not None:
            self._timer.pause()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._job is None or y > 1:
            return Strip.blank(width, self.rich_style)
        strip = self._bar(self._job, width) if y == 0 else self._facts(self._job, width)
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def _bar(self, job: Job, width: int) -> Strip:
        glyphs = glyphs_of(self)
        fraction = job.progress.fraction if job.progress else 0.0
        share = f" {fraction * 100:3.0f} %"
        room = max(0, width - len(share))
        filled = round(room * fraction)
        return Strip(
            [
                Segment(glyphs.full * filled, role_style(self, "equity")),
                Segment(glyphs.empty * (room - filled), role_style(self, "muted")),
                Segment(share),
            ]
        )

    def _facts(self, job: Job, width: int) -> Strip:
        text = job.facts()
        if len(text) > width:
            text = text[: max(0, width - 1)] + glyphs_of(self).ellipsis
        return Strip([Segment(text, role_style(self, "muted"))])
