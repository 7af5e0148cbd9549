"""The command palette: every section, every command that works here, and whatever the sections can find by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen

from passivtui.commands import Command, CommandHost
from passivtui.errors import PassivTuiError
from passivtui.screens.base import Services
from passivtui.screens.sections import SECTIONS


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One thing that can be found by name.

    Attributes:
        name: what is shown and matched, for example "Report: btc_long 2026-11-20". Plain text.
        sentence: what happens when it is chosen. Written by us, never text from outside.
        act: called on the UI thread; may return an awaitable.
    """

    name: str
    sentence: str
    act: Callable[[], Any]


PaletteSource = Callable[[Services], Awaitable[Iterable[PaletteEntry]]]
"""What a section's module may define as `palette_entries`: its things by name (reports, configs), newest first."""


class _PaletteHost(Protocol):
    palette_sources: list[PaletteSource]


class EverythingProvider(Provider):
    """Sections, the commands of the focused pane, the screen and the app, and what the sources give."""

    async def startup(self) -> None:
        """Gather once per opening of the palette."""
        self._entries = [*self._commands(), *self._sections()]
        for source in cast(_PaletteHost, self.app).palette_sources:
            try:
                self._entries += await source(cast(Services, self.app))
            except PassivTuiError as error:  # the commands are there all the same
                cast(Services, self.app).toast(str(error), severity="warning")

    async def discover(self) -> Hits:
        """What is offered before anything is typed."""
        for entry in self._entries:
            yield DiscoveryHit(Content(entry.name), entry.act, text=entry.name, help=entry.sentence)

    async def search(self, query: str) -> Hits:
        """What matches, best first."""
        matcher = self.matcher(query)
        for entry in self._entries:
            score, offsets = matcher.fuzzy_search.match(query, entry.name)
            if score > 0:
                # Not the matcher's own highlight, which reads names from outside as markup.
                name = Content(entry.name)
                for offset in offsets:
                    name = name.stylize(matcher.match_style, offset, offset + 1)
                yield Hit(score, name, entry.act, text=entry.name, help=entry.sentence)

    def _sections(self) -> list[PaletteEntry]:
        services = cast(Services, self.app)

        def open_section(name: str) -> Callable[[], None]:
            return lambda: services.go_to(name)

        return [
            PaletteEntry("Go to: Menu", "The main menu.", open_section("menu")),
            *(PaletteEntry(f"Go to: {row.title}", row.purpose, open_section(row.name)) for row in SECTIONS),
        ]

    def _commands(self) -> list[PaletteEntry]:
        entries: dict[str, PaletteEntry] = {}
        active = self.screen.active_bindings.values()
        for host in _command_hosts(self.screen):
            for command in host.all_commands():
                node = next((found.node for found in active if found.binding.id == command.ID), None)
                if command.IN_PALETTE and node is not None:
                    entries.setdefault(
                        command.NAME, PaletteEntry(command.NAME, command.sentence(), self._run(command, node))
                    )
        return list(entries.values())

    def _run(self, command: type[Command], node: Any) -> Callable[[], Any]:
        return lambda: self.app.run_action(command.ACTION, default_namespace=node)


def _command_hosts(screen: Screen[Any]) -> list[CommandHost]:
    nodes = screen.focused.ancestors_with_self if screen.focused is not None else [screen, screen.app]
    return [node for node in nodes if isinstance(node, CommandHost)]
