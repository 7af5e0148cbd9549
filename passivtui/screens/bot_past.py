"""A bot's last day, to go through: the monitor as it was at any recorded time."""

from __future__ import annotations

import bisect
from typing import cast

from textual.app import App

from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.live.past_session import PastSession
from passivtui.live.status import BotHandle, BotStatus
from passivtui.screens.base import Services
from passivtui.screens.bot_panes import STATE_SIGNS, BotPanes

_HOUR_MS = 3_600_000


class Earlier(Command):
    """Go to the moment before this one."""

    KEYS = "comma"
    SHOWN = ","
    FOOTER = "earlier"
    ACTION = "step(-1)"


class Later(Command):
    """Go to the next moment."""

    KEYS = "full_stop"
    SHOWN = "."
    FOOTER = "later"
    ACTION = "step(1)"


class HourEarlier(Command):
    """Go back an hour."""

    KEYS = "less_than_sign"
    SHOWN = "<"
    FOOTER = "-1 h"
    ACTION = "hours(-1)"


class HourLater(Command):
    """Go on by an hour."""

    KEYS = "greater_than_sign"
    SHOWN = ">"
    FOOTER = "+1 h"
    ACTION = "hours(1)"


class BotPastScreen(BotPanes):
    """Begins with the newest moment."""

    PURPOSE = "A bot as it was. , and . go from moment to moment, < and > by an hour; nothing here can be changed."
    COMMAND_CLASSES = (Earlier, Later, HourEarlier, HourLater)

    def __init__(self, session: PastSession) -> None:
        super().__init__()
        self._session = session
        self._place = len(session.times) - 1

    def crumb(self) -> str:
        return f"{self._session.spec.name}, past"

    def on_mount(self) -> None:
        super().on_mount()
        self._show_moment()

    def _show_moment(self) -> None:
        moment = self._session.at(self._session.times[self._place])
        equity = [(float(row.time_ms), row.equity) for row in self._session.equity if row.time_ms <= moment.time_ms]
        self.show(moment.status, equity)
        self.show_log(moment.events)

    def facts(self, status: BotStatus) -> list[str]:
        place = f"{self._place + 1:,} of {len(self._session.times):,}"
        return ["PAST", f"{iso_minute(status.clock_ms)} UTC", place, STATE_SIGNS[status.state.value], status.reason]

    def action_step(self, step: int) -> None:
        """By moments; stays within what was recorded."""
        self._place = min(max(self._place + step, 0), len(self._session.times) - 1)
        self._show_moment()

    def action_hours(self, hours: int) -> None:
        """To the moment nearest to so many hours from this one."""
        wanted = self._session.times[self._place] + hours * _HOUR_MS
        self._place = min(bisect.bisect_left(self._session.times, wanted), len(self._session.times) - 1)
        self._show_moment()


def open_past(services: Services, handle: BotHandle) -> None:
    """Read the bot's last day in the background, then show it."""
    house, app = services.bots, cast("App[object]", services)
    name, end_ms = handle.name, handle.status().clock_ms

    def shown(session: PastSession) -> None:
        app.push_screen(BotPastScreen(session))

    services.start_job(f"Reading what {name} did", lambda *_: house.past(name, end_ms), done=shown)
