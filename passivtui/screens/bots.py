"""Live bots: those of this process and those that run elsewhere on this home; start, watch and stop them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

from textual.app import App, ComposeResult
from textual.content import Content
from textual.events import ScreenResume
from textual.worker import Worker, WorkerState

from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.live.status import BotHandle, BotState, BotStatus, StopChoice
from passivtui.screens.base import AppScreen, Services
from passivtui.screens.bot_house import BotHouse
from passivtui.screens.bot_launch import start_bot
from passivtui.screens.bot_monitor import BotMonitorScreen
from passivtui.screens.bot_stop import ask_name, ask_stop
from passivtui.screens.bot_tables import money_text
from passivtui.screens.dialogs import TextModal
from passivtui.screens.palette import PaletteEntry
from passivtui.widgets.line_table import Column, LineTable
from passivtui.widgets.roles import signed_role

_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 5.0
"""How often bots of other processes are asked how they stand."""


class NewBot(Command):
    """Start a bot, on paper or with real money."""

    KEYS = "n"
    FOOTER = "new"


class StopThisBot(Command):
    """Stop the bot under the cursor: asks what shall become of its orders and positions."""

    KEYS = "S"
    FOOTER = "stop"


class StartAgain(Command):
    """Start a bot that is over once more."""

    KEYS = "r"
    FOOTER = "start again"


class ForgetBot(Command):
    """Take a bot that is over off the list; what it kept stays."""

    KEYS = "X"


class KillSwitch(Command):
    """Close every position of every bot at market; asks for the word first."""

    KEYS = "K"
    FOOTER = "kill switch"
    IN_PALETTE = False


def _exposure(status: BotStatus) -> str:
    held = [f"{side.side[0].upper()} {side.exposure:.2f}/{side.limit:.2f}" for side in status.exposures if side.limit]
    return " ".join(held)


_STATE_ROLES: Final = {BotState.FAILED: "failure", BotState.RUNNING: "equity", BotState.STOPPING: "caution"}
_COLUMNS: Final[tuple[Column[BotStatus], ...]] = (
    Column("name", "bot", lambda row: row.spec.name, sort=lambda row: row.spec.name.casefold(), flexible=True),
    Column("state", "state", lambda row: row.state.value, role=lambda row: _STATE_ROLES.get(row.state, "muted")),
    Column(
        "kind",
        "trades",
        lambda row: "paper" if row.spec.is_paper else row.exchange,
        role=lambda row: "paper" if row.spec.is_paper else "",
        drop=3,
    ),
    Column("equity", "equity", lambda row: money_text(row.equity), align="right", sort=lambda row: row.equity),
    Column(
        "upnl",
        "uPnL",
        lambda row: money_text(row.upnl, sign=True),
        align="right",
        role=lambda row: signed_role(row.upnl or 0.0),
        drop=2,
    ),
    Column("exposure", "WE", _exposure, drop=4),
    Column("positions", "held", lambda row: f"{len(row.positions)}", align="right", drop=5),
    Column("fills", "fills", lambda row: f"{row.fill_count:,}", align="right", drop=6),
    Column("news", "", lambda row: row.alarm or row.reason or row.next_action, flexible=True, drop=1),
)


async def palette_entries(services: Services) -> Iterable[PaletteEntry]:
    """Every bot that is known, for the command palette."""
    with suppress(PassivTuiError):  # opening Live bots says what is wrong
        await services.bots.look_around()

    def watch(handle: BotHandle) -> None:
        services.go_to("live")
        cast("App[object]", services).push_screen(BotMonitorScreen(handle))

    return [
        PaletteEntry(f"Bot: {handle.name}", "Watch this bot.", partial(watch, handle))
        for handle in services.bots.handles()
    ]


class BotsScreen(AppScreen[None]):
    """One list; enter watches a bot."""

    CRUMB = "Live bots"
    PURPOSE = "n starts a bot, enter watches it, S stops it. Leaving this screen stops nothing."
    COMMAND_CLASSES = (NewBot, StopThisBot, StartAgain, KillSwitch, ForgetBot)

    DEFAULT_CSS = "BotsScreen LineTable { height: 1fr; padding: 0; }"

    def compose_body(self) -> ComposeResult:
        empty = "No bot yet: n starts one on paper, without keys and without money."
        yield LineTable(_COLUMNS, row_key=lambda row: row.spec.name, empty=empty, classes="pane")

    def on_mount(self) -> None:
        table = self.query_one(LineTable)
        table.border_title = Content("Bots")
        table.focus()
        self.set_interval(_SECONDS, self._show)
        self.set_interval(_LOOK_SECONDS, self._look_around)
        self._look_around()
        self._show()

    def on_screen_resume(self, event: ScreenResume) -> None:
        self._show()

    @property
    def _house(self) -> BotHouse:
        return self.services.bots

    def _look_around(self) -> None:
        look: Any = self._house.look_around
        self.run_worker(look, exit_on_error=False, group="look")

    def _show(self) -> None:
        self.query_one(LineTable).set_rows([handle.status() for handle in self._house.handles()])

    @property
    def _current(self) -> BotHandle | None:
        row = self.query_one(LineTable).current
        return self._house.find(row.spec.name) if isinstance(row, BotStatus) else None

    # ---- what can be done -----------------------------------------------------------------------------------------

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        if (handle := self._current) is not None:
            self.app.push_screen(BotMonitorScreen(handle))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        row = message.row
        if isinstance(row, BotStatus):
            lines = [
                f"config {row.spec.config}",
                f"{row.state.value}{f': {row.reason}' if row.reason else ''}",
                row.alarm,
                row.next_action,
            ]
            self.app.push_screen(TextModal(row.spec.name, "\n\n".join(line for line in lines if line)))

    def action_new_bot(self) -> None:
        """Ask what to start, then watch it."""
        start_bot(self.services)

    def action_start_again(self) -> None:
        """With the specification that it had."""
        handle = self._current
        if handle is None:
            return
        status = handle.status()
        if not status.state.is_over:
            self.services.toast(f"{handle.name} runs already.")
            return
        start_bot(self.services, spec=status.spec)

    def action_stop_this_bot(self) -> None:
        """Ask how."""
        handle = self._current
        if handle is None:
            return
        if handle.status().state.is_over:
            self.services.toast(f"{handle.name} is not running.")
            return

        def stop(choice: StopChoice) -> None:
            self._do(lambda: handle.stop(choice), f"stopping {handle.name}")

        ask_stop(cast("App[object]", self.app), handle, stop)

    def action_forget_bot(self) -> None:
        """Only one that is over."""
        handle = self._current
        if handle is None:
            return
        if not handle.status().state.is_over:
            self.services.toast(f"{handle.name} runs; stop it first (S).", severity="warning")
            return
        self._do(lambda: self._house.forget(handle.name), f"forgetting {handle.name}")

    def action_kill_switch(self) -> None:
        """Ask for a word, then close everything everywhere."""
        running = [handle for handle in self._house.handles() if not handle.status().state.is_over]
        if not running:
            self.services.toast("No bot is running.")
            return

        async def panic() -> None:
            for handle in running:
                await handle.panic()

        title = f"Close every position of {len(running)} bots at market?"
        ask_name(cast("App[object]", self.app), "close everything", title, lambda: self._do(panic, "the kill switch"))

    def _do(self, act: Callable[[], Coroutine[Any, Any, None]], doing: str) -> None:
        async def work() -> None:
            await act()

        self.run_worker(cast("Any", work), exit_on_error=False, group="command", description=doing)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if worker.group not in ("command", "look"):
            return
        if event.state is WorkerState.ERROR and worker.error is not None:
            self.services.show_error(worker.error, worker.description)
        if worker.is_finished and self.is_attached:
            self._show()
            if worker.group == "command":
                self.services.refresh_facts()
