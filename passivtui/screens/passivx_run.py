"""A backtest over ticks as a job of the app, and its report when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passivtui.passivx import TickBacktest, TickResult, run_tick_backtest
from passivtui.passivx.stored import resolved
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import AppScreen
from passivtui.screens.passivx_report import TickReportScreen
from passivtui.widgets.job_book import Job

if TYPE_CHECKING:
    from typing import Any

    from textual.app import App


def run_ticks_and_show(screen: AppScreen[Any], app: App[None], backtest: TickBacktest, place: str, name: str) -> Job:
    """Run it over the ticks at `place`; its report opens if the screen is still looked at, else a note says so."""
    services = screen.services

    def work(progress: ProgressSink, cancel: CancelToken) -> TickResult:
        home = services.home.ensure()
        days, _ = resolved(place, backtest, home, progress, cancel, clock=services.clock)
        return run_tick_backtest(backtest, days, progress, cancel, home=home)

    def done(result: TickResult) -> None:
        if screen.is_attached and screen.is_current:
            app.push_screen(TickReportScreen(result, name))
        else:
            services.toast(f"Backtest {name} is done: {result.outcome.ended}. Run it again to look at its report.")

    return services.start_job(f"Backtest {name}", work, done=done)
