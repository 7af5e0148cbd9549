"""One stored coin: its days as a calendar, what is known of the day under the cursor, and its price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.market.calendar import months_of
from passivtui.market.store import Coverage
from passivtui.messages import DataChanged
from passivtui.screens.base import AppScreen
from passivtui.screens.data_jobs import gap_wants, start_download, store_of
from passivtui.widgets.calendar_grid import CalendarGrid, legend
from passivtui.widgets.chart import Chart, Series

POINTS = 2_000
"""As many closes as the chart is given at most; the wider the range, the further apart they are."""


class FillThisCoin(Command):
    """Download what this coin lacks, up to now."""

    KEYS = "f"
    FOOTER = "fill"


@dataclass(frozen=True, slots=True)
class _Prices:
    times: NDArray[np.float64]
    closes: NDArray[np.float64]


class CoinDataScreen(AppScreen[None]):
    """Calendar above, price below."""

    PURPOSE = "One coin's stored days. The arrows go from day to day; tab goes to the price and back."
    COMMAND_CLASSES = (FillThisCoin,)

    DEFAULT_CSS = """
    CoinDataScreen #calendar-pane { height: 1fr; }
    CoinDataScreen #legend, CoinDataScreen #day { height: 1; color: $muted; }
    CoinDataScreen #day { color: $foreground; }
    CoinDataScreen #price { height: 1fr; }
    CoinDataScreen.-short #price { height: 9; }
    """

    def __init__(self, coverage: Coverage) -> None:
        super().__init__()
        self._coverage = coverage

    def crumb(self) -> str:
        return f"{self._coverage.coin} of {self._coverage.exchange}"

    def compose_body(self) -> ComposeResult:
        with Vertical(id="calendar-pane", classes="pane"):
            yield CalendarGrid(id="calendar")
            yield Static("", id="day", markup=False)
            yield Static(Content(legend(self.services.glyphs)), id="legend", markup=False)
        yield Chart(id="price", classes="pane")

    def on_mount(self) -> None:
        held = self._coverage
        span = f"{iso_minute(held.first_ms)} .. {iso_minute(held.last_ms)} UTC"
        self.query_one("#calendar-pane", Vertical).border_title = Content(f"{self.crumb()}: {span}")
        self.query_one("#price", Chart).set_title(f"{held.coin} price")
        self.query_one(CalendarGrid).focus()
        self._show()

    def _show(self) -> None:
        self.query_one(CalendarGrid).set_months(months_of(self._coverage))
        self.run_worker(self._read_prices, thread=True, exclusive=True, exit_on_error=False, group="prices")

    def on_calendar_grid_day_moved(self, message: CalendarGrid.DayMoved) -> None:
        missing = self._coverage.missing_minutes
        total = f"   {missing:,} minutes are missing in all" if missing else ""
        self.query_one("#day", Static).update(Content(f"{message.day}{total}"))

    def _read_prices(self) -> _Prices:
        """Closes, thinned out evenly; runs in a thread."""
        held = self._coverage
        candles = store_of(self.services.home).read(held.exchange, held.coin, held.first_ms, held.last_ms)
        step = max(1, len(candles) // POINTS)
        return _Prices(candles.timestamp_ms[::step].astype(np.float64), candles.close[::step])

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        result: Any = event.worker.result
        if event.worker.group == "coverage" and event.state is WorkerState.SUCCESS and isinstance(result, Coverage):
            self._coverage = result
            self._show()
        elif event.worker.group == "prices" and event.state is WorkerState.SUCCESS and isinstance(result, _Prices):
            self.query_one("#price", Chart).set_series([Series("close", result.times, result.closes, role="price")])
        elif event.state is WorkerState.ERROR and isinstance(event.worker.error, PassivTuiError):
            self.services.show_error(event.worker.error, f"reading the candles of {self._coverage.coin}")

    def data_changed(self) -> None:
        """Candles came or went: read the coverage again, in a thread."""
        held = self._coverage
        self.run_worker(
            lambda: store_of(self.services.home).coverage(held.exchange, held.coin),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group="coverage",
        )

    def action_fill_this_coin(self) -> None:
        """Download what is missing."""
        app = self.app

        def told() -> None:
            app.post_message(DataChanged())

        start_download(self.services, gap_wants(self._coverage, self.services.clock()), told)
