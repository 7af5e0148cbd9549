"""Stopping a bot: each choice with its consequence in numbers; what moves money wants the bot's name typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.app import App

from passivtui.live.status import BotHandle, BotStatus, StopChoice
from passivtui.screens.dialogs import Choice, ChoiceModal, InputModal

_CHOICES: Final = {
    StopChoice.KEEP_CLOSES: ("Cancel entries, keep closes", "positions may still be closed by what stays on the book"),
    StopChoice.LEAVE: ("Leave everything as it is", "orders and positions stay at the venue, nobody looks after them"),
    StopChoice.CANCEL_ALL: ("Cancel every order", "positions stay, without any order"),
    StopChoice.CLOSE_POSITIONS: ("Close all positions at market", "asks for the bot's name"),
}


def ask_stop(app: App[object], handle: BotHandle, do: Callable[[StopChoice], None]) -> None:
    """Ask how, then `do` it."""
    status = handle.status()
    choices = [Choice(choice, label, note) for choice, (label, note) in _CHOICES.items()]

    def chosen(choice: StopChoice | None) -> None:
        if choice is StopChoice.CLOSE_POSITIONS:
            ask_name(app, handle.name, f"Close {_stakes(status)}?", lambda: do(StopChoice.CLOSE_POSITIONS))
        elif choice is not None:
            do(choice)

    app.push_screen(ChoiceModal(f"Stop {handle.name}: {_stakes(status)}", choices), chosen)


def ask_name(app: App[object], name: str, title: str, do: Callable[[], None]) -> None:
    """`do` it once the name was typed."""

    def typed(text: str | None) -> None:
        if text is not None:
            do()

    app.push_screen(name_form(name, title), typed)


def name_form(name: str, title: str) -> InputModal:
    """Accepts nothing but the name."""

    def fault(text: str) -> str | None:
        return None if text.strip() == name else f"type {name} to go on, esc to leave everything as it is"

    return InputModal(title, hint=f"Type {name} to go on.", check=fault)


def _stakes(status: BotStatus) -> str:
    upnl = "" if status.upnl is None else f", uPnL {status.upnl:+,.2f} {status.quote}"
    return f"{len(status.positions)} positions, {len(status.book)} orders{upnl}"
