"""The preview's quick backtest: the config as it is edited against the one that is saved, run in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.backtest.metrics import METRICS, format_difference, format_metric, is_better
from passivtui.config import Config
from passivtui.errors import Cancelled, PassivTuiError
from passivtui.preview import Trial, TrialMarket, run_trial
from passivtui.progress import CancelToken
from passivtui.widgets.chart import Chart, Markers, Series
from passivtui.widgets.glyphs import glyphs_of

DEBOUNCE_SECONDS: Final = 0.08
"""A run starts when no further change has come for this long."""
_METRICS: Final = {
    "gain": "gain",
    "drawdown_worst": "drawdown",
    "sharpe_ratio": "Sharpe",
    "loss_profit_ratio": "loss/profit",
    "position_held_hours_max": "held at most",
}
_GROUP: Final = "trial"


@dataclass(frozen=True, slots=True, eq=False)
class _Both:
    """The edited config's run and the saved one's (None: it is the same config, or can't be run)."""

    edited: Trial
    saved: Trial | None


class TrialPane(Vertical):
    """Equity of both on one chart, key metrics with their differences below; or the curves given by `show_curves`."""

    DEFAULT_CSS = """
    TrialPane { height: 1fr; width: 1fr; border: round $frame; border-title-color: $heading; }
    TrialPane > Chart { height: 1fr; }
    TrialPane > #figures { height: auto; max-height: 8; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._market: TrialMarket | None = None
        self._config: Config | None = None
        self._saved: Config | None = None
        self._saved_trial: tuple[TrialMarket, Config, Trial] | None = None
        self._both: _Both | None = None
        self._cancel = CancelToken()
        self._timer: Timer | None = None
        self._curves: tuple[str, Sequence[Series], Sequence[Markers]] | None = None

    def compose(self) -> ComposeResult:
        yield Chart(id="equity", empty="No backtest yet.")
        yield Chart(id="ladder-chart", date_axis=False, empty="No entries.")
        yield Static("", id="figures", markup=False)

    def on_mount(self) -> None:
        self.query_one("#ladder-chart").display = False

    def on_unmount(self) -> None:
        self._cancel.cancel()

    @property
    def both(self) -> _Both | None:
        """What is shown; None before the first run ended."""
        return self._both

    def run(self, market: TrialMarket, config: Config | None, saved: Config | None) -> None:
        """Run these soon, in place of what runs; None for `config`: something isn't allowed, the last run stays."""
        if config is None:
            self._say("of the last allowed values")
            return
        if (market, config, saved) == (self._market, self._config, self._saved):
            return
        self._market, self._config, self._saved = market, config, saved
        self._cancel.cancel()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DEBOUNCE_SECONDS, self._start)

    def _start(self) -> None:
        market, config, saved = self._market, self._config, self._saved
        if market is None or config is None:
            return
        cancel = self._cancel = CancelToken()
        self._say("running")
        self.run_worker(
            lambda: self._run(market, config, saved, cancel),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group=_GROUP,
        )

    def _run(self, market: TrialMarket, config: Config, saved: Config | None, cancel: CancelToken) -> _Both | None:
        """In a thread. None when a newer run took its place."""
        try:
            edited = run_trial(config, market, cancel)
            return _Both(edited, None if saved is None or saved == config else self._run_saved(market, saved, cancel))
        except Cancelled:
            return None

    def _run_saved(self, market: TrialMarket, saved: Config, cancel: CancelToken) -> Trial | None:
        kept = self._saved_trial
        if kept is not None and kept[0] is market and kept[1] == saved:
            return kept[2]
        try:
            trial = run_trial(saved, market, cancel)
        except Cancelled:
            raise
        except PassivTuiError:
            return None  # the file as it was can't be run here: then there is nothing to compare with
        self._saved_trial = (market, saved, trial)
        return trial

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != _GROUP:
            return
        event.stop()
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, _Both):
            self._both = event.worker.result
            self._draw()
        elif event.state is WorkerState.ERROR:
            self._say("can't be run")
            self.query_one("#figures", Static).update(Content(str(event.worker.error)))

    def show_curves(self, title: str, series: Sequence[Series], markers: Sequence[Markers]) -> None:
        """Other curves in place of the backtest's."""
        self._curves = (title, series, markers)
        self._switch()

    def show_trial(self) -> None:
        """The backtest again."""
        self._curves = None
        self._switch()

    @property
    def shows_trial(self) -> bool:
        """Whether the backtest is shown."""
        return self._curves is None

    def _switch(self) -> None:
        self.query_one("#equity").display = self._curves is None
        self.query_one("#figures").display = self._curves is None
        ladder = self.query_one("#ladder-chart", Chart)
        ladder.display = self._curves is not None
        if self._curves is not None:
            title, series, markers = self._curves
            self.border_title = Content(title)
            self.border_subtitle = Content("wallet exposure")
            ladder.set_series(series, markers)
        elif self._both is not None:
            self._draw()

    def _say(self, words: str) -> None:
        if self._curves is None:
            self.border_subtitle = Content(words)

    def _draw(self) -> None:
        both = self._both
        if both is None or self._curves is not None or not self.is_attached:
            return
        edited, saved = both.edited, both.saved
        series = [] if saved is None else [Series("saved", saved.times_ms, saved.equity, role="muted", draw="dots")]
        series.append(Series("edited" if saved else "equity", edited.times_ms, edited.equity, role="equity"))
        self.query_one("#equity", Chart).set_series(series)
        market = self._market
        name = "" if market is None else f"{market.dataset.name}{' (synthetic)' if market.dataset.synthetic else ''}"
        days = (edited.times_ms[-1] - edited.times_ms[0]) / 86_400_000
        self.border_title = Content(f"Backtest: {name}, {days:.0f} days")
        self.border_subtitle = Content(f"{edited.seconds * 1000:,.0f} ms")
        figures, words = self.query_one("#figures", Static), self._figures(edited, saved)
        figures.update(words, layout=str(figures.content).count("\n") != words.plain.count("\n"))

    def _figures(self, edited: Trial, saved: Trial | None) -> Content:
        """A line per metric: value, and how far it is from the saved config's."""
        lines: list[Content] = []
        glyphs = glyphs_of(self)
        for name, label in _METRICS.items():
            metric, value = METRICS[name], edited.metrics.get(name)
            line: list[Content | str | tuple[str, str]] = [f"{label:<13}{format_metric(metric, value):>10}"]
            if saved is not None:
                other = saved.metrics.get(name)
                better = is_better(metric, value, other)
                sign = {True: glyphs.gain, False: glyphs.loss, None: " "}[better]
                role = {True: "$profit", False: "$loss", None: "$muted"}[better]
                line.append((f" {sign}{format_difference(metric, value, other) or '=':>9}", role))
            lines.append(Content.assemble(*line))
        fills = f"{'fills':<13}{edited.n_fills:>10,}"
        if saved is not None:
            fills += f"  {edited.n_fills - saved.n_fills:>+9,}"
        lines.append(Content(fills))
        if edited.note:
            lines.append(Content.styled(edited.note, "$muted"))
        if not np.isfinite(edited.equity).all():
            lines.append(Content.styled("The equity left the range of numbers.", "$caution"))
        return Content("\n").join(lines)
