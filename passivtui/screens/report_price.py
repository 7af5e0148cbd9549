"""One coin of a report: its price with the fills on it, the average price of its positions, and its exposure below."""

from __future__ import annotations

import numpy as np
from textual.app import ComposeResult
from textual.worker import Worker, WorkerState

from passivtui.backtest.fill_table import FillRow
from passivtui.backtest.markets import candles_of_run
from passivtui.backtest.order_texts import fill_answer
from passivtui.backtest.report import Report
from passivtui.clock import DAY_MS, iso_minute
from passivtui.commands import Command
from passivtui.core import SIDES
from passivtui.errors import PassivTuiError
from passivtui.market import Candles
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.screens.report_curves import label_width
from passivtui.screens.report_tabs import FactsLine
from passivtui.widgets.chart import Chart, Markers, Series

AROUND_MS = 3 * DAY_MS
"""How much is shown around a fill that was jumped to."""


class NextFill(Command):
    """Go to the next fill."""

    KEYS = "full_stop"
    FOOTER = "fill"
    SHOWN = ", ."


class PreviousFill(Command):
    """Go to the previous fill."""

    KEYS = "comma"


class ExplainFill(Command):
    """Why is there this fill?"""

    KEYS = "i,enter"
    FOOTER = "why"
    SHOWN = "i"


class PriceScreen(AppScreen[None]):
    """Price and fills of one coin. The candles are read in a thread; the fills show without them too."""

    PURPOSE = "The price of one coin with every fill. Comma and full stop walk from fill to fill; i tells why."
    COMMAND_CLASSES = (NextFill, ExplainFill, PreviousFill)

    DEFAULT_CSS = """
    PriceScreen #price { height: 1fr; }
    PriceScreen #held { height: 6; }
    PriceScreen.-short #held { display: none; }
    PriceScreen #price-note { display: none; }
    """

    def __init__(self, report: Report, coin: str, fill: int | None = None) -> None:
        """`fill`: index of the fill to begin at; without it the whole run is shown."""
        super().__init__()
        self._report = report
        self._coin = coin
        self._fills = report.fills.of_coin(coin).tolist()
        self._place = self._fills.index(fill) if fill is not None else None
        self._missing = ""

    def crumb(self) -> str:
        return self._coin

    def compose_body(self) -> ComposeResult:
        yield Chart(id="price", classes="pane")
        low, high = self._report.fills.price_range(self._coin)
        width = label_width(low, high)
        yield Chart(id="held", classes="pane", zero=True, y_text=lambda value: f"{value:g}".rjust(width))
        yield FactsLine((), id="fill-line")
        yield FactsLine((), id="price-note")

    def on_mount(self) -> None:
        info = self._report.result.info
        self.query_one("#price", Chart).set_title(f"{self._coin} price, {info.quote}")
        self.query_one("#held", Chart).set_title(f"{self._coin} wallet exposure")
        self._draw(None)
        self.query_one("#price", Chart).focus()
        if self._place is not None:
            self._show_fill(AROUND_MS)
        self._tell()
        self.run_worker(self._read_candles, thread=True, exit_on_error=False, exclusive=True)

    # ---- data -----------------------------------------------------------------------------------------------------

    def _read_candles(self) -> Candles:
        """The coin's candles over the run; runs in a thread."""
        return candles_of_run(self._report.result.info, self._coin, self.services.home)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Candles):
            self._draw(event.worker.result)
        elif event.state is WorkerState.ERROR:
            error = event.worker.error
            reason = str(error) if isinstance(error, PassivTuiError) else f"the candles can't be read ({error})"
            note = self.query_one("#price-note", FactsLine)
            note.show((f"No price curve: {reason}",))
            note.display = True

    def _draw(self, candles: Candles | None) -> None:
        fills = self._report.fills
        price = self.query_one("#price", Chart)
        series = []
        if candles is not None:
            series.append(Series("price", candles.timestamp_ms.astype(np.float64), candles.close, "price"))
        held = []
        for side, role in zip(SIDES, ("exposure", "series-4"), strict=True):
            times, average = fills.position_price(self._coin, side)
            if len(times):
                series.append(Series(f"average {side}", times, average, role, "steps"))
                held.append(Series(side, *fills.position_exposure(self._coin, side), role, "steps"))
        markers = [
            Markers("entry", *fills.marks(self._coin, "entry"), "entry"),
            Markers("close", *fills.marks(self._coin, "close"), "close"),
            Markers("unstuck", *fills.marks(self._coin, "unstuck"), "unstuck"),
        ]
        price.set_series(series, [points for points in markers if len(points.x)])
        self.query_one("#held", Chart).set_series(held)

    # ---- moving ---------------------------------------------------------------------------------------------------

    def on_chart_view_changed(self, message: Chart.ViewChanged) -> None:
        for chart in self.query(Chart):
            if chart is not message.chart:
                chart.set_view(*message.view)

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        for chart in self.query(Chart):
            if chart is not message.chart:
                chart.set_cursor(message.x)
        if message.x is not None:
            self._place = self._nearest(message.x)
            self._tell()

    def action_next_fill(self) -> None:
        """The fill after the present one."""
        self._step(1)

    def action_previous_fill(self) -> None:
        """The fill before the present one."""
        self._step(-1)

    def action_explain_fill(self) -> None:
        """The rule and the numbers behind the fill."""
        if (fill := self._fill()) is not None:
            self.app.push_screen(
                TextModal(f"{fill.type}, {fill.coin}", fill_answer(fill, self._report.result.info.quote))
            )

    def _step(self, by: int) -> None:
        if not self._fills:
            return
        self._place = 0 if self._place is None else min(max(self._place + by, 0), len(self._fills) - 1)
        self._show_fill()

    def _show_fill(self, width: float | None = None) -> None:
        """Bring the present fill into view, with the cursor on it."""
        fill = self._fill()
        if fill is None:
            return
        price = self.query_one("#price", Chart)
        x0, x1 = price.view
        if width is not None or not x0 <= fill.time_ms <= x1:
            middle = x1 - x0 if width is None else width
            for chart in self.query(Chart):
                chart.set_view(fill.time_ms - middle / 2, fill.time_ms + middle / 2)
        for chart in self.query(Chart):
            chart.set_cursor(float(fill.time_ms))
        self._tell()

    def _nearest(self, time_ms: float) -> int | None:
        """Place of the last fill at or before a time; the first when there is none before."""
        index = self._report.fills.last_at(self._coin, time_ms)
        return self._fills.index(index) if index is not None else (0 if self._fills else None)

    def _fill(self) -> FillRow | None:
        return None if self._place is None else self._report.fills.row(self._fills[self._place])

    def _tell(self) -> None:
        fill = self._fill()
        line = self.query_one("#fill-line", FactsLine)
        if fill is None or self._place is None:
            line.show((f"{len(self._fills):,} fills", "comma and full stop walk from fill to fill"))
            return
        pnl = "" if fill.is_entry else f"pnl {fill.pnl:+,.2f}"
        line.show(
            (
                f"{self._place + 1:,}/{len(self._fills):,}",
                iso_minute(fill.time_ms),
                fill.type,
                f"{fill.qty:+,.{fill.qty_decimals}f} @ {fill.price:,.{fill.price_decimals}f}",
                pnl,
                f"WE {fill.wallet_exposure:.3f}",
                f"average {fill.pprice:,.{fill.price_decimals}f}",
            )
        )
