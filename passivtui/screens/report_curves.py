"""A report's three charts over one time: equity and balance, drawdown, wallet exposure. They zoom and pan together."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize

from passivtui.backtest.report import Report
from passivtui.backtest.series import Drawdown, Moment, deepest
from passivtui.clock import iso_day, iso_minute
from passivtui.screens.report_tabs import FactsLine
from passivtui.widgets.axis import number_ticks
from passivtui.widgets.chart import Chart, Series

ROOM_FOR_THREE = 18
"""With fewer rows only the equity is drawn: three charts would be spark lines."""


class CurveSet(Vertical):
    """Equity above drawdown above exposure, and a line with the values under the cursor."""

    DEFAULT_CSS = """
    CurveSet { width: 1fr; height: 1fr; }
    CurveSet #equity { height: 3fr; }
    CurveSet #drawdown, CurveSet #exposure { height: 2fr; }
    CurveSet.-low #drawdown, CurveSet.-low #exposure { display: none; }
    CurveSet.-zoomed Chart { display: none; }
    CurveSet.-zoomed Chart.-chosen { display: block; height: 1fr; }
    """

    def __init__(self, report: Report) -> None:
        super().__init__(classes="curves")
        self._report = report
        self._in_btc = False

    def compose(self) -> ComposeResult:
        equity = self._report.curves.usd.equity
        width = label_width(float(equity.min()), float(equity.max()))
        yield Chart(id="equity", classes="pane")
        yield Chart(id="drawdown", classes="pane", zero=True, y_text=lambda value: f"{value:g} %".rjust(width))
        yield Chart(id="exposure", classes="pane", zero=True, y_text=lambda value: f"{value:g}".rjust(width))
        yield FactsLine((), id="readout")

    def on_mount(self) -> None:
        self._draw()
        self._read(None)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < ROOM_FOR_THREE, "-low")

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts from top to bottom."""
        return tuple(self.query(Chart))

    def _draw(self) -> None:
        curves = self._report.curves
        times, money = curves.times_ms, curves.money(in_btc=self._in_btc)
        equity = self.query_one("#equity", Chart)
        equity.set_title(f"Equity and balance, {money.currency}")
        equity.set_series(
            [
                Series("equity", times, money.equity, "equity"),
                Series("balance", times, money.balance, "balance", "dots"),
            ]
        )
        drawdown = self.query_one("#drawdown", Chart)
        drawdown.set_title(drawdown_title(deepest(times, money.drawdown)))
        drawdown.set_series([Series("drawdown", times, money.drawdown * 100.0, "drawdown")])
        exposure, sides = self.query_one("#exposure", Chart), curves.exposure
        traded = [
            Series(name, times, values, role, "steps")
            for name, values, role in (("long", sides.long, "exposure"), ("short", sides.short, "series-4"))
            if self._report.result.config.bot.side(name).is_on
        ]
        highest = "  ".join(
            f"max {name} {value:.2f}" for name, value in zip(("long", "short"), sides.highest, strict=True) if value
        )
        exposure.set_title(f"Wallet exposure  {highest}")
        exposure.set_series(traded or [Series("long", times, sides.long, "exposure", "steps")])

    # ---- moving together ------------------------------------------------------------------------------------------

    def on_chart_view_changed(self, message: Chart.ViewChanged) -> None:
        message.stop()
        for chart in self.charts:
            if chart is not message.chart:
                chart.set_view(*message.view)

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        message.stop()
        for chart in self.charts:
            if chart is not message.chart:
                chart.set_cursor(message.x)
        self._read(message.x)

    def go_to(self, time_ms: float) -> None:
        """Put the cursor on a time and bring it into view."""
        equity = self.charts[0]
        equity.show_around(time_ms)

    def toggle_currency(self) -> bool:
        """Count in BTC or in quote currency again; False when the run was not counted in BTC."""
        if self._report.curves.btc is None:
            return False
        self._in_btc = not self._in_btc
        self._draw()
        self._read(self.charts[0].cursor)
        return True

    def toggle_zoom(self) -> None:
        """Only the chart that has the focus, or all again."""
        focused = next((chart for chart in self.charts if chart.has_focus), self.charts[0])
        for chart in self.charts:
            chart.set_class(chart is focused, "-chosen")
        self.toggle_class("-zoomed")
        focused.focus()

    def _read(self, time_ms: float | None) -> None:
        readout = self.query_one("#readout", FactsLine)
        if time_ms is None:
            readout.show(("cursor: left and right, or click",))
        else:
            readout.show(moment_facts(self._report.curves.at(time_ms, in_btc=self._in_btc)))


def label_width(low: float, high: float) -> int:
    """How wide the labels of an axis from `low` to `high` are, so that the chart below can begin at the same column."""
    return max((len(label) for _, label in number_ticks(low, high, 8)), default=0)


def drawdown_title(worst: Drawdown) -> str:
    """`Drawdown  worst -11.4 % 2022-06-18, 41 d to recover`."""
    if worst.depth == 0.0:
        return "Drawdown  none"
    days = worst.days_to_recover
    end = "not recovered" if days is None else f"{days:,.0f} d to recover" if days >= 2 else "recovered within 2 d"
    return f"Drawdown  worst {worst.depth * 100:.1f} % {iso_day(int(worst.bottom_ms))}, {end}"


def moment_facts(moment: Moment) -> tuple[str, ...]:
    """What the curves are at a minute, for the line below them."""
    decimals = 6 if moment.currency == "BTC" else 2
    exposures = [
        f"WE {side} {value:.2f}"
        for side, value in (("long", moment.exposure_long), ("short", moment.exposure_short))
        if value > 0.0
    ]
    return (
        f"{iso_minute(moment.time_ms)} UTC",
        f"equity {moment.equity:,.{decimals}f}",
        f"balance {moment.balance:,.{decimals}f}",
        f"dd {round(moment.drawdown * 100, 1) + 0.0:.1f} %"  # + 0.0: no -0.0,
        " ".join(exposures),
        f"positions {moment.positions}",
    )
