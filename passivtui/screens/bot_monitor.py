"""One bot, watched: its newest status once a second, and what one can do with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, cast

from textual.app import App
from textual.worker import Worker, WorkerState

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.config.modes import MODES
from passivtui.live.status import BotHandle, BotStatus, OrderRow, StopChoice
from passivtui.screens.bot_coin import BotCoinScreen
from passivtui.screens.bot_panes import STATE_SIGNS, BotPanes
from passivtui.screens.bot_past import open_past
from passivtui.screens.bot_stop import ask_name, ask_stop
from passivtui.screens.bot_tables import order_answer
from passivtui.screens.dialogs import Choice, ChoiceModal, TextModal
from passivtui.widgets.job_book import duration_text
from passivtui.widgets.line_table import LineTable

_SECONDS: Final = 1.0
_LOG_SECONDS: Final = 2.0
_SAMPLES: Final = 3_600


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


class AuditBot(Command):
    """Replay the bot's last day through the engine: what it did otherwise, why, and what that cost."""

    KEYS = "A"
    FOOTER = "audit"


class LookBack(Command):
    """See the bot as it was at any time of its last day."""

    KEYS = "H"
    FOOTER = "history"


class BotMonitorScreen(BotPanes):
    """Looks at the handle once a second; takes the newest status, whatever came between."""

    PURPOSE = "A bot and all it does. i on any row answers why; leaving this screen changes nothing."
    COMMAND_CLASSES = (
        StopBot,
        ChangeMode,
        PanicBot,
        FreezeView,
        DrawCoin,
        ShowInputs,
        AuditBot,
        LookBack,
        NextBot,
        PreviousBot,
    )

    def __init__(self, handle: BotHandle) -> None:
        super().__init__()
        self._handle = handle
        self._is_frozen = False
        self._equity: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)

    def crumb(self) -> str:
        return self._handle.name

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_SECONDS, self._look)
        self.set_interval(_LOG_SECONDS, self._read_log)
        self._look()
        self._read_log()

    # ---- what is shown --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        status = self._handle.status()
        if status.equity is not None and (not self._equity or self._equity[-1][0] < status.clock_ms):
            self._equity.append((float(status.clock_ms), status.equity))
        if not self._is_frozen and status is not self._shown:
            self.show(status, self._equity)

    def _read_log(self) -> None:
        if not self._is_frozen:
            read: Any = partial(self.services.bots.story, self._handle.name)
            self.run_worker(read, exclusive=True, exit_on_error=False, group="log", description="reading the journal")

    def facts(self, status: BotStatus) -> list[str]:
        up = duration_text((status.heartbeat_ms - status.started_ms) / 1000.0) if status.started_ms else ""
        return [
            STATE_SIGNS[status.state.value],
            "FROZEN" if self._is_frozen else "",
            "paper" if status.spec.is_paper else status.exchange,
            f"clock {iso_minute(status.clock_ms)}" if status.spec.is_paper else "",
            f"mode {status.commanded_mode}" if status.commanded_mode else "",
            f"up {up}" if up else "",
            f"cycle {status.rates.cycle_ms:,.0f} ms",
            f"{sum(error.count for error in status.errors)} errors" if status.errors else "",
            status.reason,
        ]

    def action_freeze_view(self) -> None:
        """Stop following, or follow again."""
        self._is_frozen = not self._is_frozen
        if self._shown is not None:
            self.show(self._shown, self._equity)
        self._look()

    def explain_order(self, row: OrderRow) -> None:
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

    def action_audit_bot(self) -> None:
        """In the background; the answer comes as a dialog."""
        name, app = self._handle.name, cast("App[object]", self.app)
        house = self.services.bots

        def shown(text: str) -> None:
            app.push_screen(TextModal(f"Audit of {name}", text))

        self.services.start_job(f"Audit {name}", lambda *_: house.audit(name), done=shown)

    def action_look_back(self) -> None:
        """In a screen of its own."""
        open_past(self.services, self._handle)

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
            self.show_log(worker.result)
        if worker.group in ("command", "log") and event.state is WorkerState.ERROR and worker.error is not None:
            self.services.show_error(worker.error, worker.description)
