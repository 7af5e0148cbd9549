"""Help: short pages to read (row 9, f1), and the keys of the screen one is in (`?`)."""

from __future__ import annotations

import textwrap
from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from passivtui.commands import Command, CommandHost
from passivtui.screens.base import AppScreen
from passivtui.screens.help_pages import PAGES

SENTENCE_WIDTH: Final = 54
"""Cells of a line of a command's sentence in `?`."""


class NextPage(Command):
    """Turn to the next page."""

    KEYS = "l,right,tab"
    FOOTER = "page"
    SHOWN = "1-3 h/l"


class PreviousPage(Command):
    """Turn to the page before."""

    KEYS = "h,left,shift+tab"


class ScrollDown(Command):
    """Scroll down."""

    KEYS = "j"
    ACTION = "scroll_page(1)"
    FOOTER = "scroll"
    SHOWN = "j/k"
    IN_PALETTE = False


class ScrollUp(Command):
    """Scroll up."""

    KEYS = "k"
    ACTION = "scroll_page(-1)"
    IN_PALETTE = False


def _page_command(number: int) -> type[Command]:
    return type(
        f"Page{number}",
        (Command,),
        {
            "__doc__": f"Turn to: {PAGES[number - 1].title}.",
            "KEYS": str(number),
            "ACTION": f"turn_to({number})",
            "NAME": f"Help: {PAGES[number - 1].title}",
            "ID": f"help-{number}",
        },
    )


class HelpScreen(AppScreen[None]):
    """The pages, one at a time."""

    CRUMB = "Help"
    PURPOSE = "Short pages to read: first steps, keys, the terminal."
    COMMAND_CLASSES = (
        NextPage,
        PreviousPage,
        ScrollDown,
        ScrollUp,
        *(_page_command(number) for number in range(1, len(PAGES) + 1)),
    )

    DEFAULT_CSS = """
    HelpScreen #pages { height: 1; margin: 1 2 0 2; }
    HelpScreen VerticalScroll { margin: 1 2 0 2; height: 1fr; max-width: 96; }
    HelpScreen #page { height: auto; width: 100%; }
    """

    page = reactive(1)

    def compose_body(self) -> ComposeResult:
        yield Static("", id="pages", markup=False)
        with VerticalScroll():
            yield Static("", id="page", markup=False)

    def watch_page(self) -> None:
        if self.is_mounted:
            self.show_page()

    def show_page(self) -> None:
        """Draw the titles with the present one marked, and the present page."""
        titles: list[str | tuple[str, str]] = []
        for number, page in enumerate(PAGES, 1):
            titles += [(f" {number} {page.title} ", "reverse bold" if number == self.page else "$muted"), "  "]
        self.query_one("#pages", Static).update(Content.assemble(*titles))
        self.query_one("#page", Static).update(Content(PAGES[self.page - 1].text))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def on_mount(self) -> None:
        self.show_page()

    def action_turn_to(self, number: int) -> None:
        """Show the page with this number, from 1."""
        self.page = number

    def action_next_page(self) -> None:
        """Show the next page; after the last the first."""
        self.page = self.page % len(PAGES) + 1

    def action_previous_page(self) -> None:
        """Show the page before; before the first the last."""
        self.page = (self.page - 2) % len(PAGES) + 1

    def action_scroll_page(self, direction: int) -> None:
        """Scroll one line."""
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)


def keys_text(screen: Screen[object]) -> Content:
    """What `?` shows: what the screen and the focused pane are for, and every key that works now."""
    parts: list[str | tuple[str, str]] = []
    for host, heading in _hosts(screen):
        commands = [command for command in host.all_commands() if _works(screen, command)]
        if not commands and not host.PURPOSE:
            continue
        parts.append((f"{heading}\n", "$heading bold"))
        if host.PURPOSE:
            parts.append(f"{host.PURPOSE}\n")
        for command in commands:
            lines = textwrap.wrap(command.sentence(), SENTENCE_WIDTH)
            parts += [(f"  {_written(screen, command):<14} ", "$key bold"), ("\n" + " " * 17).join(lines), "\n"]
        parts.append("\n")
    return Content.assemble(*parts).rstrip()


def _hosts(screen: Screen[object]) -> list[tuple[CommandHost, str]]:
    hosts: list[tuple[CommandHost, str]] = []
    node: Widget | None = screen.focused
    while node is not None and node is not screen:
        if isinstance(node, CommandHost):
            hosts.append((node, "This pane"))
        node = node.parent if isinstance(node.parent, Widget) else None
    if isinstance(screen, CommandHost):
        hosts.append((screen, "This screen"))
    if isinstance(screen.app, CommandHost):
        hosts.append((screen.app, "Everywhere"))
    return hosts


def _works(screen: Screen[object], command: type[Command]) -> bool:
    return any(active.binding.id == command.ID for active in screen.active_bindings.values())


def _written(screen: Screen[object], command: type[Command]) -> str:
    """All keys of the command as they are bound now (the user may have remapped them)."""
    keys = [
        screen.app.get_key_display(active.binding.with_key(key, None))
        for key, active in screen.active_bindings.items()
        if active.binding.id == command.ID
    ]
    return command.SHOWN if command.SHOWN and len(keys) > 2 else " ".join(keys)
