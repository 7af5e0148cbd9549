"""What `?` shows: what the screen and the focused pane are for, and the keys that work there."""

from __future__ import annotations

import textwrap
from typing import Final

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from passivtui.commands import Command, CommandHost

SENTENCE_WIDTH: Final = 54
"""Cells of a line of a command's sentence."""


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
