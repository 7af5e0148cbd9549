"""The views of a report over ticks: each is a page with tables or with charts that move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from passivtui.clock import DAY_MS, iso_minute
from passivtui.core import STOP_LOSS_TYPES, TICK_SIDES, TICK_TRADE_TYPES
from passivtui.passivx import TickBacktest, TickResult, to_toml
from passivtui.passivx.pictures import CLOSES, ENTRIES, STOP_LOSSES, TradePictures, TypeRow
from passivtui.passivx.results import TickOutcome
from passivtui.passivx.summary import outcome_rows
from passivtui.screens.dialogs import TextModal
from passivtui.screens.report_tabs import FactsLine
from passivtui.widgets.chart import Chart, Markers, Series
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.roles import signed_role

AROUND_MS: Final = DAY_MS // 4
"""How much is shown around a trade that was jumped to."""


class View(Protocol):
    """What every view can do."""

    def focus_first(self) -> Widget:
        """Give the keys to its main pane."""
        ...


@dataclass(eq=False)
class TradeWanted(Message):
    """The price is asked for, at this time."""

    time_ms: float


class ChartPage(Vertical):
    """Charts over one time that zoom, pan and read together, and a line with what is under the cursor."""

    DEFAULT_CSS = """
    ChartPage { height: 1fr; }
    ChartPage Chart { height: 1fr; }
    """

    def __init__(self, id: str) -> None:
        super().__init__(id=id)

    def compose(self) -> ComposeResult:
        yield from self.charts()
        yield FactsLine(("cursor: left and right, or click",), id="readout")

    def charts(self) -> Sequence[Chart]:
        """The page's charts from top to bottom, with their curves."""
        raise TypeError(f"{type(self).__name__} has no charts")

    def focus_first(self) -> Widget:
        """The topmost chart."""
        return self.query(Chart).first().focus()

    def go_to(self, time_ms: float) -> None:
        """Put the cursor on a time and bring it into view."""
        self.query(Chart).first().show_around(time_ms, float(AROUND_MS))

    def on_chart_view_changed(self, message: Chart.ViewChanged) -> None:
        message.stop()
        for chart in self.query(Chart):
            if chart is not message.chart:
                chart.set_view(*message.view)

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        message.stop()
        for chart in self.query(Chart):
            if chart is not message.chart:
                chart.set_cursor(message.x)
        if message.x is not None:
            values = {name: value for chart in self.query(Chart) for name, value in chart.values.items()}
            known = [f"{name} {value:,.8g}" for name, value in values.items() if np.isfinite(value)]
            self.query_one("#readout", FactsLine).show((f"{iso_minute(int(message.x))} UTC", *known))


def _chart(title: str, series: Sequence[Series], marks: Sequence[Markers] = (), **look: Any) -> Chart:
    chart = Chart(title=title, classes="pane", **look)
    chart.set_series(series, [points for points in marks if len(points.x)])
    return chart


class PriceView(ChartPage):
    """The price with every trade, the average price of the position, and its liquidation price when near."""

    PURPOSE = "The price with every trade: ▲ entries and re-entries, ▼ closes, ! stop losses."

    def __init__(self, pictures: TradePictures) -> None:
        super().__init__("tick-price")
        self._pictures = pictures

    def charts(self) -> Sequence[Chart]:
        pictures = self._pictures
        series = [
            Series("price", *pictures.price, "price"),
            Series("average", *pictures.average_price, "exposure", "steps"),
            Series("liquidation", *pictures.liquidation_price, "drawdown", "dots"),
        ]
        marks = [
            Markers("entries", *pictures.marks(ENTRIES), "entry"),
            Markers("closes", *pictures.marks(CLOSES), "close"),
            Markers("stop losses", *pictures.marks(STOP_LOSSES), "unstuck"),
        ]
        return [_chart("Price, trades, average price, liquidation price within 10 %", series, marks)]


class CurvesView(ChartPage):
    """Balance and equity, the position, and how near liquidation came."""

    PURPOSE = "Balance and equity, position size, and the distance to liquidation. All charts move together."

    def __init__(self, pictures: TradePictures) -> None:
        super().__init__("tick-curves")
        self._pictures = pictures

    def charts(self) -> Sequence[Chart]:
        pictures = self._pictures
        money = [
            Series("equity", *pictures.equity, "equity"),
            Series("balance", *pictures.balance, "balance", "steps"),
        ]
        position = [Series("position", *pictures.position_size, "exposure", "steps")]
        distance = [Series("distance", *pictures.liquidation_distance, "drawdown")]
        return [
            _chart("Balance and equity, margin coin", money),
            _chart("Position size: above 0 long, below 0 short", position, zero=True),
            _chart("Distance to liquidation, %", distance, zero=True),
        ]


class RhythmView(ChartPage):
    """Trades per day, and hours between trades."""

    PURPOSE = "How often it trades."

    def __init__(self, pictures: TradePictures) -> None:
        super().__init__("tick-rhythm")
        self._pictures = pictures

    def charts(self) -> Sequence[Chart]:
        per_day = [Series("trades", *self._pictures.trades_per_day, "series-1", "steps")]
        between = [Series("hours", *self._pictures.hours_between, "series-2", "steps")]
        return [
            _chart("Trades per day (UTC)", per_day, zero=True),
            _chart("Hours between trades", between, zero=True),
        ]


@dataclass(frozen=True, slots=True)
class _Figure:
    label: str
    values: tuple[str, ...]


_TYPE_COLUMNS: Final[tuple[Column[TypeRow], ...]] = (
    Column("type", "type", lambda row: row.type, flexible=True),
    Column("count", "trades", lambda row: f"{row.count:,}", align="right"),
    Column("pnl", "pnl", lambda row: f"{row.pnl:+,.6g}", align="right", role=lambda row: signed_role(row.pnl)),
    Column("fees", "fees", lambda row: f"{row.fees:+,.6g}", align="right", drop=1),
)


class FiguresView(Horizontal):
    """Figures of both accountings, what each type of trade came to, and the equity at a glance."""

    DEFAULT_CSS = """
    FiguresView { height: 1fr; }
    FiguresView #figures { width: 1fr; height: 1fr; }
    FiguresView #figures-right { width: 1fr; height: 1fr; }
    FiguresView #types { height: 8; }
    FiguresView Chart { height: 1fr; }
    """

    def __init__(self, result: TickResult, pictures: TradePictures) -> None:
        super().__init__(id="tick-figures")
        self._outcomes = [each for each in (result.outcome, result.true_outcome) if each is not None]
        self._pictures = pictures

    def compose(self) -> ComposeResult:
        columns: list[Column[_Figure]] = [Column("label", "", lambda row: row.label, flexible=True)]
        for number, outcome in enumerate(self._outcomes):
            columns.append(
                Column(
                    outcome.accounting,
                    outcome.accounting,
                    lambda row, number=number: row.values[number],  # type: ignore[misc]
                    align="right",
                )
            )
        figures = LineTable(tuple(columns), row_key=lambda row: row.label, id="figures", classes="pane")
        figures.border_title = Content("Figures by accounting")
        yield figures
        with Vertical(id="figures-right"):
            types = LineTable(_TYPE_COLUMNS, row_key=lambda row: row.type, id="types", classes="pane")
            types.border_title = Content("Trades by type")
            yield types
            money = [
                Series("equity", *self._pictures.equity, "equity"),
                Series("balance", *self._pictures.balance, "balance", "steps"),
            ]
            yield _chart("Balance and equity", money)

    def on_mount(self) -> None:
        found = [dict(outcome_rows(outcome)) for outcome in self._outcomes]
        labels = dict.fromkeys(label for rows in found for label in rows)
        rows = [_Figure(label, tuple(each.get(label, "") for each in found)) for label in labels]
        self.query_one("#figures", LineTable).set_rows(rows)
        self.query_one("#types", LineTable).set_rows(self._pictures.by_type)

    def focus_first(self) -> Widget:
        """The figures."""
        return self.query_one("#figures", LineTable).focus()


Trade = tuple[int, Any]


def _number(name: str, label: str, form: str, drop: int | None = None) -> Column[Trade]:
    def text(trade: Trade) -> str:
        value = float(trade[1][name])
        return form.format(value) if np.isfinite(value) else ""

    return Column(name, label, text, align="right", sort=lambda trade: float(trade[1][name]), drop=drop or 0)


_TRADE_COLUMNS: Final[tuple[Column[Trade], ...]] = (
    Column("time", "time, UTC", lambda trade: iso_minute(int(trade[1]["timestamp"]))),
    Column("side", "side", lambda trade: TICK_SIDES[trade[1]["side"]], drop=3),
    Column(
        "type",
        "type",
        lambda trade: TICK_TRADE_TYPES[trade[1]["type"]],
        role=lambda trade: "caution" if trade[1]["type"] >= STOP_LOSS_TYPES else "",
    ),
    _number("price", "price", "{:,.8g}"),
    _number("qty", "qty", "{:+,.8g}"),
    _number("pnl", "pnl", "{:+,.5g}", 1),
    _number("pos_size", "position", "{:+,.8g}", 2),
    _number("pos_price", "at", "{:,.8g}", 4),
    _number("liq_price", "liquidation", "{:,.8g}", 5),
    _number("actual_balance", "balance", "{:,.8g}", 6),
)


class _Page(Vertical):
    """A page with one table."""

    DEFAULT_CSS = "_Page { height: 1fr; }"

    def __init__(self, table: LineTable[Any], title: str, id: str) -> None:
        super().__init__(id=id)
        self.table = table
        table.add_class("pane")
        table.border_title = Content(title)

    def compose(self) -> ComposeResult:
        yield self.table

    def focus_first(self) -> Widget:
        """The table."""
        return self.table.focus()


class TradesView(_Page):
    """Every trade; enter shows it on the price, i tells all about it."""

    def __init__(self, outcome: TickOutcome) -> None:
        table = LineTable(_TRADE_COLUMNS, row_key=lambda trade: trade[0], empty="Nothing was traded.", id="trades")
        super().__init__(
            table, f"Trades {len(outcome.trades):,}: enter shows one on the price, i all of it", "trades-page"
        )
        self._trades = outcome.trades

    def on_mount(self) -> None:
        self.table.set_rows(list(enumerate(self._trades)))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        message.stop()
        if message.row is not None:
            self.post_message(TradeWanted(float(message.row[1]["timestamp"])))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        message.stop()
        if message.row is None:
            return
        number, trade = message.row
        words = {"side": TICK_SIDES[trade["side"]], "type": TICK_TRADE_TYPES[trade["type"]]}
        lines = [f"{name:<26}{words.get(name, trade[name])}" for name in trade.dtype.names]
        self.app.push_screen(TextModal(f"Trade {number + 1}", "\n".join(lines)))


class SettingsView(_Page):
    """The settings that were run, complete, as TOML; the filter searches them."""

    def __init__(self, backtest: TickBacktest) -> None:
        columns: tuple[Column[tuple[int, str]], ...] = (
            Column("number", "line", lambda line: f"{line[0]}", align="right", drop=1, role=lambda _: "muted"),
            Column(
                "text", "", lambda line: line[1], flexible=True, role=lambda line: "muted" if line[1][:1] == "#" else ""
            ),
        )
        table = LineTable(columns, row_key=lambda line: line[0], id="settings")
        super().__init__(
            table, f"Settings {backtest.name}, as they were run: / searches, Y copies all", "settings-page"
        )
        self._backtest = backtest

    def on_mount(self) -> None:
        self.table.set_rows(list(enumerate(to_toml(self._backtest).strip().splitlines(), 1)))
