"""One bot, watched: its account, positions, orders against those it wants, fills, and what keeps orders back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, cast

import numpy as np
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.config.modes import MODES
from passivtui.live.status import BotHandle, BotStatus, FillRow, OrderRow, PositionRow, StopChoice, WithheldRow
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_coin import BotCoinScreen
from passivtui.screens.bot_stop import ask_name, ask_stop
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
from passivtui.screens.dialogs import Choice, ChoiceModal, TextModal
from passivtui.screens.report_tabs import FactsLine, ViewTabs
from passivtui.storage.journal import LiveEventRow
from passivtui.widgets.chart import Chart, Series
from passivtui.widgets.job_book import duration_text
from passivtui.widgets.line_table import LineTable

VIEWS: Final = ("Positions", "Orders", "Fills", "Kept back", "Log")
_SECONDS: Final = 1.0
_LOG_SECONDS: Final = 2.0
_SAMPLES: Final = 3_600
_SIGNS: Final = {
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


class StopBot(Command):
    """Stop the bot: asks what shall become of its orders and positions."""

    KEYS = "S"
    FOOTER = "stop"


class ChangeMode(Command):
    """Put the whole bot into a mode, or give it back to its config."""

    KEYS = "m"
    FOOTER = "mode"


class PanicBot(Command):
    """Close everything at market and stay out; asks for the bot's name."""

    KEYS = "P"
    FOOTER = "panic"
    IN_PALETTE = False


class FreezeView(Command):
    """Freeze what is shown, or follow again; the bot goes on."""

    KEYS = "space"
    FOOTER = "freeze"


class NextBot(Command):
    """Watch the next bot of the list."""

    KEYS = "right_square_bracket"
    SHOWN = "]"
    ACTION = "other_bot(1)"


class PreviousBot(Command):
    """Watch the bot before this one in the list."""

    KEYS = "left_square_bracket"
    SHOWN = "["
    ACTION = "other_bot(-1)"


class DrawCoin(Command):
    """Draw the coin under the cursor: price, EMA bands, orders, fills."""

    KEYS = "c"
    FOOTER = "chart"


class ShowInputs(Command):
    """How old every input is, and what went wrong so far."""

    KEYS = "a"
    FOOTER = "ages"


class BotMonitorScreen(AppScreen[None]):
    """Looks at the handle once a second; takes the newest status, whatever came between."""

    PURPOSE = "A bot and all it does. i on any row answers why; leaving this screen changes nothing."
    COMMAND_CLASSES = (
        StopBot,
        ChangeMode,
        PanicBot,
        FreezeView,
        DrawCoin,
        ShowInputs,
        NextBot,
        PreviousBot,
        *(_show_view(number, name) for number, name in enumerate(VIEWS, 1)),
    )

    DEFAULT_CSS = """
    BotMonitorScreen #account { height: auto; max-height: 5; }
    BotMonitorScreen #money { height: auto; width: 1fr; padding: 0 1; }
    BotMonitorScreen #equity { height: 7; width: 2fr; }
    BotMonitorScreen #account-row { height: 7; }
    BotMonitorScreen #panes { height: 1fr; layout: grid; grid-size: 2 3; grid-rows: 1fr 1fr 6; }
    BotMonitorScreen #log { column-span: 2; }
    BotMonitorScreen #panes > LineTable { height: 100%; width: 100%; padding: 0; }
    BotMonitorScreen ViewTabs { display: none; }
    BotMonitorScreen.-narrow #equity, BotMonitorScreen.-short #equity { display: none; }
    BotMonitorScreen.-narrow #account-row, BotMonitorScreen.-short #account-row { height: auto; }
    BotMonitorScreen.-narrow ViewTabs, BotMonitorScreen.-short ViewTabs { display: block; }
    BotMonitorScreen.-narrow #panes, BotMonitorScreen.-short #panes { grid-size: 1 1; grid-rows: 1fr; }
    BotMonitorScreen.-narrow #log, BotMonitorScreen.-short #log { column-span: 1; }
    BotMonitorScreen.-narrow #panes > LineTable, BotMonitorScreen.-short #panes > LineTable { display: none; }
    BotMonitorScreen.-narrow #panes > LineTable.-shown { display: block; }
    BotMonitorScreen.-short #panes > LineTable.-shown { display: block; }
    """

    def __init__(self, handle: BotHandle) -> None:
        super().__init__()
        self._handle = handle
        self._status: BotStatus | None = None
        self._is_frozen = False
        self._equity: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)

    def crumb(self) -> str:
        return self._handle.name

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
        self.set_interval(_SECONDS, self._look)
        self.set_interval(_LOG_SECONDS, self._read_log)
        self._look()
        self._read_log()

    # ---- what is shown --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        status = self._handle.status()
        if status.equity is not None and (not self._equity or self._equity[-1][0] < status.clock_ms):
            self._equity.append((float(status.clock_ms), status.equity))
        if self._is_frozen or status is self._status:
            return
        self._status = status
        self._show_facts(status)
        self.query_one("#money", Static).update(money_content(status))
        if self.query_one("#equity").display and len(self._equity) > 1:
            times, values = (np.array(column) for column in zip(*self._equity, strict=True))
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

    def _read_log(self) -> None:
        if not self._is_frozen:
            read: Any = partial(self.services.bots.story, self._handle.name)
            self.run_worker(read, exclusive=True, exit_on_error=False, group="log", description="reading the journal")

    def _show_facts(self, status: BotStatus) -> None:
        up = duration_text((status.heartbeat_ms - status.started_ms) / 1000.0) if status.started_ms else ""
        frozen = "FROZEN" if self._is_frozen else ""
        kind = "paper" if status.spec.is_paper else status.exchange
        facts = [
            _SIGNS[status.state.value],
            frozen,
            kind,
            f"clock {iso_minute(status.clock_ms)}" if status.spec.is_paper else "",
            f"mode {status.commanded_mode}" if status.commanded_mode else "",
            f"up {up}" if up else "",
            f"cycle {status.rates.cycle_ms:,.0f} ms",
            f"{sum(error.count for error in status.errors)} errors" if status.errors else "",
            status.reason,
        ]
        self.query_one("#bot-facts", FactsLine).show([fact for fact in facts if fact])

    def action_show_pane(self, number: int) -> None:
        """Give a pane the keys; where there is room for one only, show it."""
        tables = list(self.query("#panes > LineTable").results(LineTable))
        for place, table in enumerate(tables, 1):
            table.set_class(place == number, "-shown")
        self.query_one(ViewTabs).current = number
        self.call_after_refresh(tables[number - 1].focus)

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        self.action_show_pane(message.number)

    def action_freeze_view(self) -> None:
        """Stop following, or follow again."""
        self._is_frozen = not self._is_frozen
        if self._status is not None:
            self._show_facts(self._status)
        if not self._is_frozen:
            self._status = None
            self._look()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        if isinstance(row, PositionRow):
            self.app.push_screen(TextModal(f"Why: {row.coin} {row.side}", position_answer(row) + self._gates_of(row)))
        elif isinstance(row, OrderRow):
            self._explain_order(row)
        elif isinstance(row, WithheldRow):
            self.app.push_screen(TextModal(f"Why not: {row.coin} {row.side}", withheld_answer(row)))
        elif isinstance(row, LiveEventRow):
            self.app.push_screen(TextModal(f"{iso_minute(row.time_ms)} {row.kind}", row.text))
        elif isinstance(row, FillRow):
            text = f"{row.coin} {row.side}: {row.qty:+,.8g} at {row.price:,.8g}\n{row.type}\nfee {money_text(row.fee)}"
            self.app.push_screen(TextModal(f"Fill of {row.coin}", text))

    def _explain_order(self, row: OrderRow) -> None:
        async def ask() -> None:
            lines = await self._handle.why(row)
            self.app.push_screen(TextModal(f"Why: order of {row.coin}", "\n".join([order_answer(row), "", *lines])))

        self._do(ask, "asking the bot why")

    def action_draw_coin(self) -> None:
        """Of whatever table has the keys."""
        focused = self.focused
        row = focused.current if isinstance(focused, LineTable) else None
        coin = getattr(row, "coin", "")
        if coin:
            self.app.push_screen(BotCoinScreen(self._handle, coin))
        else:
            self.services.toast("Put the cursor on a position, an order or a fill first.")

    def _gates_of(self, row: PositionRow) -> str:
        status = self._status
        kept = [] if status is None else [w for w in status.withheld if (w.coin, w.side) == (row.coin, row.side)]
        return "".join(f"\n\nkept back by {w.gate}: {w.text}" for w in kept)

    def action_other_bot(self, step: int) -> None:
        """Goes round."""
        handles = self.services.bots.handles()
        names = [handle.name for handle in handles]
        if len(handles) < 2 or self._handle.name not in names:
            self.services.toast("There is no other bot.")
            return
        other = handles[(names.index(self._handle.name) + step) % len(handles)]
        self.app.switch_screen(BotMonitorScreen(other))

    def action_show_inputs(self) -> None:
        """Ages, counts, warnings."""
        status = self._handle.status()
        lines = ["Inputs, and how old they may be:"]
        for age in status.ages:
            old = "never came" if age.ms is None else f"{age.ms / 1000:,.1f} s"
            mark = " " if age.is_fresh else "!"
            lines.append(f"{mark} {age.name:<22}{old:>12}   {age.limit_ms / 1000:,.0f} s")
        if status.errors:
            lines += ["", "Errors since the start:"]
            lines += [f"  {error.count}x {error.name}: {error.last}" for error in status.errors]
        if status.warnings:
            lines += ["", *status.warnings]
        self.app.push_screen(TextModal("Inputs", "\n".join(lines)))

    # ---- what can be done -----------------------------------------------------------------------------------------

    def action_stop_bot(self) -> None:
        """Ask how."""
        if self._handle.status().state.is_over:
            self.services.toast(f"{self._handle.name} is not running.")
            return
        ask_stop(cast("App[object]", self.app), self._handle, self._stop)

    def _stop(self, choice: StopChoice) -> None:
        self._do(lambda: self._handle.stop(choice), "stopping the bot")

    def action_change_mode(self) -> None:
        """Choose one."""
        choices = [Choice(mode, mode or "as configured", note) for mode, note in MODES.items() if mode != "panic"]

        def chosen(mode: str | None) -> None:
            if mode is not None:
                self._do(lambda: self._handle.set_mode(mode), "changing the mode")

        current = self._handle.status().commanded_mode
        self.app.push_screen(ChoiceModal(f"Mode of {self._handle.name}", choices, current=current), chosen)

    def action_panic_bot(self) -> None:
        """Ask for the name, then close everything."""
        title = f"Close every position of {self._handle.name} at market and stay out?"
        app = cast("App[object]", self.app)
        ask_name(app, self._handle.name, title, lambda: self._do(self._handle.panic, "panic"))

    def _do(self, act: Callable[[], Coroutine[Any, Any, None]], doing: str) -> None:
        async def work() -> None:
            await act()

        self.run_worker(cast("Any", work), exit_on_error=False, group="command", description=doing)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group == "log" and event.state is WorkerState.SUCCESS and worker.result is not None:
            table = self.query_one("#log", LineTable)
            table.set_rows(worker.result)
            table.border_title = Content("Log")
        if worker.group in ("command", "log") and event.state is WorkerState.ERROR and worker.error is not None:
            self.services.show_error(worker.error, worker.description)


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
