"""What there is to see of a bot at one moment: account, positions, orders, fills, what is kept back, the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Static

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.live.status import BotStatus, FillRow, OrderRow, PositionRow, WithheldRow
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_tables import (
    FILL_COLUMNS,
    LOG_COLUMNS,
    ORDER_COLUMNS,
    POSITION_COLUMNS,
    WITHHELD_COLUMNS,
    money_text,
    order_answer,
    position_answer,
    withheld_answer,
)
from passivtui.screens.dialogs import TextModal
from passivtui.screens.report_tabs import FactsLine, ViewTabs
from passivtui.storage.journal import LiveEventRow
from passivtui.widgets.chart import Chart, Series
from passivtui.widgets.line_table import LineTable

VIEWS: Final = ("Positions", "Orders", "Fills", "Kept back", "Log")
STATE_SIGNS: Final = {
    "running": "RUN",
    "starting": "START",
    "stopping": "STOPPING",
    "stopped": "STOPPED",
    "failed": "FAILED (!)",
}


def _show_view(number: int, name: str) -> type[Command]:
    """The command behind a digit."""
    return type(
        f"Show{name.replace(' ', '')}Pane",
        (Command,),
        {
            "__doc__": f"Show {name.lower()}.",
            "KEYS": str(number),
            "ACTION": f"show_pane({number})",
            "IN_PALETTE": False,
            "__module__": __name__,
        },
    )


class BotPanes(AppScreen[None]):
    """Shows a status and a journal; where they come from is up to the screen that builds on it."""

    COMMAND_CLASSES = tuple(_show_view(number, name) for number, name in enumerate(VIEWS, 1))

    DEFAULT_CSS = """
    BotPanes #account { height: auto; max-height: 5; }
    BotPanes #money { height: auto; width: 1fr; padding: 0 1; }
    BotPanes #equity { height: 7; width: 2fr; }
    BotPanes #account-row { height: 7; }
    BotPanes #panes { height: 1fr; layout: grid; grid-size: 2 3; grid-rows: 1fr 1fr 6; }
    BotPanes #log { column-span: 2; }
    BotPanes #panes > LineTable { height: 100%; width: 100%; padding: 0; }
    BotPanes ViewTabs { display: none; }
    BotPanes.-narrow #equity, BotPanes.-short #equity { display: none; }
    BotPanes.-narrow #account-row, BotPanes.-short #account-row { height: auto; }
    BotPanes.-narrow ViewTabs, BotPanes.-short ViewTabs { display: block; }
    BotPanes.-narrow #panes, BotPanes.-short #panes { grid-size: 1 1; grid-rows: 1fr; }
    BotPanes.-narrow #log, BotPanes.-short #log { column-span: 1; }
    BotPanes.-narrow #panes > LineTable, BotPanes.-short #panes > LineTable { display: none; }
    BotPanes.-narrow #panes > LineTable.-shown { display: block; }
    BotPanes.-short #panes > LineTable.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: BotStatus | None = None

    def compose_body(self) -> ComposeResult:
        yield FactsLine((), id="bot-facts")
        with Horizontal(id="account-row"):
            yield Static("", id="money", markup=False)
            yield Chart(id="equity", title="Equity", empty="No equity yet.", classes="pane")
        yield ViewTabs(VIEWS)
        with Container(id="panes"):
            yield _table(POSITION_COLUMNS, lambda row: (row.coin, row.side), "No position.", "positions")
            yield _table(
                ORDER_COLUMNS, lambda row: (row.client_id, row.coin, row.side, row.price), "No order.", "orders"
            )
            yield _table(FILL_COLUMNS, lambda row: row.id, "No fill yet.", "fills")
            yield _table(
                WITHHELD_COLUMNS,
                lambda row: (row.coin, row.side, row.gate, row.kind, row.text),
                "Nothing is kept back.",
                "withheld",
            )
            yield _table(LOG_COLUMNS, lambda row: (row.time_ms, row.kind, row.text), "Nothing was written yet.", "log")

    def on_mount(self) -> None:
        self.action_show_pane(1)

    # ---- what is shown --------------------------------------------------------------------------------------------

    def show(self, status: BotStatus, equity: Sequence[tuple[float, float]]) -> None:
        """Show the status, and equity over time (ms UTC, quote)."""
        self._shown = status
        self.query_one("#bot-facts", FactsLine).show([fact for fact in self.facts(status) if fact])
        self.query_one("#money", Static).update(money_content(status))
        if self.query_one("#equity").display and len(equity) > 1:
            times, values = (np.array(column) for column in zip(*equity, strict=True))
            self.query_one("#equity", Chart).set_series([Series("equity", times, values, role="equity")])
        rows: dict[str, Sequence[Any]] = {
            "positions": status.positions,
            "orders": status.book if status.state.is_over else status.orders,
            "fills": status.fills,
            "withheld": () if status.state.is_over else status.withheld,
        }
        for name, title in zip(rows, VIEWS, strict=False):  # the log comes from the journal
            table = self.query_one(f"#{name}", LineTable)
            table.set_rows(rows[name])
            count = status.fill_count if name == "fills" else len(rows[name])
            table.border_title = Content(f"{title} ({count:,})")

    def show_log(self, rows: Sequence[LiveEventRow]) -> None:
        """Show lines of the journal, newest first."""
        table = self.query_one("#log", LineTable)
        table.set_rows(rows)
        table.border_title = Content("Log")

    def facts(self, status: BotStatus) -> list[str]:
        """The line on top; empty texts are left out."""
        return [STATE_SIGNS[status.state.value], status.reason]

    def action_show_pane(self, number: int) -> None:
        """Give a pane the keys; where there is room for one only, show it."""
        tables = list(self.query("#panes > LineTable").results(LineTable))
        for place, table in enumerate(tables, 1):
            table.set_class(place == number, "-shown")
        self.query_one(ViewTabs).current = number
        self.call_after_refresh(tables[number - 1].focus)

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        self.action_show_pane(message.number)

    # ---- why ------------------------------------------------------------------------------------------------------

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        if isinstance(row, PositionRow):
            self.app.push_screen(TextModal(f"Why: {row.coin} {row.side}", position_answer(row) + self._gates_of(row)))
        elif isinstance(row, OrderRow):
            self.explain_order(row)
        elif isinstance(row, WithheldRow):
            self.app.push_screen(TextModal(f"Why not: {row.coin} {row.side}", withheld_answer(row)))
        elif isinstance(row, LiveEventRow):
            self.app.push_screen(TextModal(f"{iso_minute(row.time_ms)} {row.kind}", row.text))
        elif isinstance(row, FillRow):
            text = f"{row.coin} {row.side}: {row.qty:+,.8g} at {row.price:,.8g}\n{row.type}\nfee {money_text(row.fee)}"
            self.app.push_screen(TextModal(f"Fill of {row.coin}", text))

    def explain_order(self, row: OrderRow) -> None:
        """What is known of an order."""
        self.app.push_screen(TextModal(f"Why: order of {row.coin}", order_answer(row)))

    def _gates_of(self, row: PositionRow) -> str:
        status = self._shown
        kept = [] if status is None else [w for w in status.withheld if (w.coin, w.side) == (row.coin, row.side)]
        return "".join(f"\n\nkept back by {w.gate}: {w.text}" for w in kept)


def _table(columns: Sequence[Any], row_key: Callable[[Any], Any], empty: str, name: str) -> LineTable[Any]:
    return LineTable(columns, row_key=row_key, empty=empty, id=name, classes="pane")


def money_content(status: BotStatus) -> Content:
    """Balance, equity, exposure, what comes next; an alarm first."""
    lines: list[Content] = []
    if status.alarm:
        lines.append(Content.assemble(("! ", "$failure bold"), (status.alarm, "$failure")))
    upnl = status.upnl
    role = "$muted" if not upnl else "$profit" if upnl > 0 else "$loss"
    lines.append(Content.assemble("balance ", money_text(status.balance), f" {status.quote}"))
    lines.append(
        Content.assemble("equity  ", money_text(status.equity), "  uPnL ", (money_text(upnl, sign=True), role))
    )
    for side in status.exposures:
        if side.limit > 0.0 or side.positions:
            words = (
                f"{side.side:<5} WE {side.exposure:.2f} of {side.limit:.2f}, {side.positions} of {side.most_positions}"
            )
            lines.append(Content(words))
    if status.next_action and not status.state.is_over:
        lines.append(Content.styled(status.next_action, "$muted"))
    return Content("\n").join(lines)
