"""One stored coin: its days as a calendar, what is known of the day under the cursor, and its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from passivtui.clock import DAY_MS, iso_day, iso_minute
from passivtui.commands import Command
from passivtui.inventory import StoredCoin
from passivtui.market.calendar import Day, DayState, months_of
from passivtui.market.store import CandleStore, Coverage
from passivtui.market.store.day_file import MINUTES_A_DAY
from passivtui.messages import DataChanged
from passivtui.screens.base import AppScreen
from passivtui.screens.data_jobs import gap_wants, start_download, store_of
from passivtui.widgets.calendar_grid import CalendarGrid, legend
from passivtui.widgets.chart import Chart, Series

POINTS: Final = 2_000
"""As many closes as the chart is given, about; the wider the range, the further apart they are."""
_PIECE_MS: Final = 64 * DAY_MS


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
    CoinDataScreen #calendar-pane { height: 3fr; }
    CoinDataScreen #price { height: 3fr; }
    CoinDataScreen.-short #price { height: 2fr; }
    CoinDataScreen #legend, CoinDataScreen #day { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CoinDataScreen #legend { color: $muted; }
    """

    def __init__(self, coin: StoredCoin) -> None:
        super().__init__()
        self._coin = coin

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
        store, coin = store_of(self.services.home), self._coin
        held = store.coverage(coin.exchange, coin.coin)
        if held is None:
            return _Held(None, np.empty(0), np.empty(0))
        return _Held(held, *_thinned_closes(store, held))

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
            pane.border_title = Content("Nothing is stored any more")
            pane.border_subtitle = ""
            self.query_one("#day", Static).update("")
            self.query_one(CalendarGrid).set_months(())
            return
        span = f"{iso_minute(coverage.first_ms)} .. {iso_minute(coverage.last_ms)} UTC"
        missing = coverage.missing_minutes
        pane.border_title = Content(span)
        pane.border_subtitle = Content(f"{missing:,} minutes are missing" if missing else "no minute is missing")
        self.query_one(CalendarGrid).set_months(months_of(coverage))

    def on_calendar_grid_day_moved(self, message: CalendarGrid.DayMoved) -> None:
        self.query_one("#day", Static).update(Content(day_text(message.day)))
        self.query_one("#price", Chart).set_cursor(message.day.number * DAY_MS)

    def action_fill_this_coin(self) -> None:
        """Download what is missing."""
        app = self.app

        def told() -> None:
            app.post_message(DataChanged())

        start_download(self.services, gap_wants(self._coin, self.services.clock()), told)


_DAY_WORDS: Final[Mapping[DayState, str]] = {
    DayState.WHOLE: "whole",
    DayState.GAPS: "the venue has no more",
    DayState.PART: "f gets the rest",
    DayState.MISSING: "nothing is stored; f gets it",
    DayState.OUTSIDE: "outside of what is stored",
}


def day_text(day: Day) -> str:
    """`2025-02-01: 1,433 of 1,440 minutes, the venue has no more`."""
    count = f"{day.rows:,} of {MINUTES_A_DAY:,} minutes, " if day.rows else ""
    return f"{iso_day(day.number * DAY_MS)}: {count}{_DAY_WORDS[day.state]}"


def _thinned_closes(store: CandleStore, held: Coverage) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Open times (ms) and closes, about `POINTS` of them; read in pieces, for years of minutes are a lot of memory."""
    step = max(1, held.n_candles // POINTS)
    times, closes = [np.empty(0)], [np.empty(0)]
    for start in range(held.first_ms, held.last_ms + 1, _PIECE_MS):
        if get_current_worker().is_cancelled:
            break
        end = min(start + _PIECE_MS, held.last_ms + 1) - 1
        candles = store.read(held.exchange, held.coin, start, end)
        times.append(candles.timestamp_ms[::step].astype(np.float64))
        closes.append(candles.close[::step])
    return np.concatenate(times), np.concatenate(closes)
