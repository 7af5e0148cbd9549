"""One stored coin: its days as a calendar, what is known of the day under the cursor, and its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.inventory import StoredCoin
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


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    coverage: Coverage | None
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

    def __init__(self, coin: StoredCoin) -> None:
        super().__init__()
        self._coin = coin
        self._missing = 0

    def crumb(self) -> str:
        return f"{self._coin.coin} of {self._coin.exchange}"

    def compose_body(self) -> ComposeResult:
        with Vertical(id="calendar-pane", classes="pane"):
            yield CalendarGrid(id="calendar")
            yield Static("", id="day", markup=False)
            yield Static(Content(legend(self.services.glyphs)), id="legend", markup=False)
        yield Chart(id="price", classes="pane")

    def on_mount(self) -> None:
        self.query_one("#price", Chart).set_title(f"{self._coin.coin} price")
        self.query_one(CalendarGrid).focus()
        self.data_changed()

    def data_changed(self) -> None:
        """Read the coverage and the prices, in a thread."""
        self.run_worker(self._read, thread=True, exclusive=True, exit_on_error=False, group="candles")

    def _read(self) -> _Held:
        """Coverage, and closes thinned out evenly."""
        store, coin = store_of(self.services.home), self._coin
        held = store.coverage(coin.exchange, coin.coin)
        if held is None:
            return _Held(None, np.empty(0), np.empty(0))
        candles = store.read(coin.exchange, coin.coin, held.first_ms, held.last_ms)
        step = max(1, len(candles) // POINTS)
        return _Held(held, candles.timestamp_ms[::step].astype(np.float64), candles.close[::step])

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "candles":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, _Held):
            self._show(event.worker.result)
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, f"reading the candles of {self._coin.coin}")

    def _show(self, held: _Held) -> None:
        coverage, pane = held.coverage, self.query_one("#calendar-pane", Vertical)
        self.query_one("#price", Chart).set_series([Series("close", held.times, held.closes, role="price")])
        if coverage is None:
            pane.border_title = Content(f"{self.crumb()}: nothing is stored any more")
            self.query_one(CalendarGrid).set_months(())
            return
        self._missing = coverage.missing_minutes
        span = f"{iso_minute(coverage.first_ms)} .. {iso_minute(coverage.last_ms)} UTC"
        pane.border_title = Content(f"{self.crumb()}: {span}")
        self.query_one(CalendarGrid).set_months(months_of(coverage))

    def on_calendar_grid_day_moved(self, message: CalendarGrid.DayMoved) -> None:
        total = f"   {self._missing:,} minutes are missing in all" if self._missing else ""
        self.query_one("#day", Static).update(Content(f"{message.day}{total}"))

    def action_fill_this_coin(self) -> None:
        """Download what is missing."""
        app = self.app

        def told() -> None:
            app.post_message(DataChanged())

        start_download(self.services, gap_wants(self._coin, self.services.clock()), told)
