"""A coin of a bot: price, EMA bands, average entries, orders and fills in one picture."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.live.coin_picture import CoinPicture
from passivtui.live.status import BotHandle, BotStatus
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_tables import price_text
from passivtui.widgets.chart import Chart, Markers, Series
from passivtui.widgets.series import MarkerKind

_SECONDS: Final = 5.0
_ORDERS_DRAWN: Final = 12
_ROLES: Final = {"entry": "series-1", "close": "series-2"}


class BotCoinScreen(AppScreen[None]):
    """Looks again every few seconds, as the monitor does."""

    PURPOSE = "A coin as its bot sees it. Lines are orders and average entries; marks are fills."

    DEFAULT_CSS = """
    BotCoinScreen #coin-facts { height: auto; max-height: 3; padding: 0 1; }
    BotCoinScreen Chart { height: 1fr; }
    """

    def __init__(self, handle: BotHandle, coin: str) -> None:
        super().__init__()
        self._handle = handle
        self._coin = coin

    def crumb(self) -> str:
        return self._coin

    def compose_body(self) -> ComposeResult:
        yield Static("", id="coin-facts", markup=False)
        yield Chart(id="coin-price", title=self._coin, empty="No candles yet.", classes="pane")

    def on_mount(self) -> None:
        self.query_one(Chart).focus()
        self.set_interval(_SECONDS, self._look)
        self._look()

    def _look(self) -> None:
        async def ask() -> CoinPicture:
            return await self._handle.picture(self._coin)

        work: Any = ask
        self.run_worker(work, exclusive=True, exit_on_error=False, group="picture", description="drawing the coin")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, event.worker.description)
        elif event.state is WorkerState.SUCCESS and isinstance(event.worker.result, CoinPicture):
            status = self._handle.status()
            self.query_one(Chart).set_series(*drawn(event.worker.result, status))
            self.query_one("#coin-facts", Static).update(Content("\n".join(facts(self._coin, status))))


def facts(coin: str, status: BotStatus) -> list[str]:
    """The positions of the coin and how many orders it has."""
    lines = [
        f"{row.side} {row.size:,.6g} at {price_text(row.price)}, last {price_text(row.last_price) or 'unknown'}, "
        f"exposure {row.exposure:.2f} of {row.exposure_limit:.2f}"
        for row in status.positions
        if row.coin == coin
    ]
    orders = [row for row in status.book if row.coin == coin]
    entries = sum(row.part == "entry" for row in orders)
    return [*(lines or ["no position"]), f"on the book: entries {entries}, closes {len(orders) - entries}"]


def drawn(picture: CoinPicture, status: BotStatus) -> tuple[list[Series], list[Markers]]:
    """Curves and marks. Orders that are far away would flatten the curve: only the nearest are drawn."""
    times = np.array(picture.times_ms, dtype=np.float64)
    series = [Series("price", times, np.array(picture.closes), "price")]
    for side, (lower, upper) in picture.bands.items():
        series.append(Series(f"EMA band {side}", times, np.array(lower), "muted", "dots"))
        series.append(Series("", times, np.array(upper), "muted", "dots"))
    if len(times):
        ends = np.array([times[0], times[-1]])
        series += [
            Series(name, ends, np.full(2, price), role, "dots") for name, price, role in _levels(picture, status)
        ]
    return series, _fills(picture, status)


def _levels(picture: CoinPicture, status: BotStatus) -> list[tuple[str, float, str]]:
    held = [(f"average {row.side}", row.price, "balance") for row in status.positions if row.coin == picture.coin]
    orders = sorted(
        (row for row in status.book if row.coin == picture.coin and row.distance is not None),
        key=lambda row: abs(row.distance or 0.0),
    )
    named: set[str] = set()
    levels = []
    for row in orders[:_ORDERS_DRAWN]:
        name = {"entry": "entries", "close": "closes"}[row.part]
        levels.append(("" if name in named else name, row.price, _ROLES[row.part]))
        named.add(name)
    return [*held, *levels]


def _fills(picture: CoinPicture, status: BotStatus) -> list[Markers]:
    first = picture.times_ms[0] if picture.times_ms else 0
    rows = [row for row in reversed(status.fills) if row.coin == picture.coin and row.time_ms >= first]
    kinds: tuple[tuple[str, MarkerKind, bool], ...] = (("bought", "entry", True), ("sold", "close", False))
    marks = []
    for name, kind, bought in kinds:
        chosen = [row for row in rows if (row.qty > 0.0) is bought]
        if chosen:
            times, prices = np.array([float(row.time_ms) for row in chosen]), np.array([row.price for row in chosen])
            marks.append(Markers(name, times, prices, kind))
    return marks
