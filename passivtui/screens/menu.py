"""The main menu: one digit per section, and beside each what there is to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Click, MouseMove, Resize
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from passivtui._version import VERSION
from passivtui.commands import Command, CommandHost
from passivtui.screens.base import AppScreen
from passivtui.screens.menu_facts import STANDING_FACTS
from passivtui.screens.sections import SECTIONS
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.roles import on_cursor, role_style

BANNER = r"""
                           .__         __        .__
___________    ______ _____|__|__  ___/  |_ __ __|__|
\____ \__  \  /  ___//  ___/  \  \/ /\   __\  |  \  |
|  |_> > __ \_\___ \ \___ \|  |\   /  |  | |  |  /  |
|   __(____  /____  >____  >__| \_/   |__| |____/|__|
|__|       \/     \/     \/
"""[1:-1]

TITLE_WIDTH = 15


@dataclass(frozen=True, slots=True)
class MenuRow:
    """One row: its digit, the section it opens ("" quits) and its title."""

    digit: str
    section: str
    title: str


ROWS = (*(MenuRow(section.digit, section.name, section.title) for section in SECTIONS), MenuRow("0", "", "Quit"))


class NextRow(Command):
    """Move down."""

    KEYS = "j,down"
    IN_PALETTE = False


class PreviousRow(Command):
    """Move up."""

    KEYS = "k,up"
    IN_PALETTE = False
    FOOTER = "move"
    SHOWN = "j/k"


class FirstRow(Command):
    """Go to the first row."""

    KEYS = "g,home"
    IN_PALETTE = False


class LastRow(Command):
    """Go to the last row."""

    KEYS = "G,end"
    IN_PALETTE = False


class OpenRow(Command):
    """Open the row under the cursor."""

    KEYS = "enter,l,right"
    FOOTER = "select"
    SHOWN = "enter"
    IN_PALETTE = False


def _open_digit(row: MenuRow) -> type[Command]:
    return type(
        f"Open{row.digit}",
        (Command,),
        {
            "__doc__": f"Open {row.title}." if row.section else "Quit passivtui.",
            "KEYS": row.digit,
            "ACTION": f"open_digit('{row.digit}')",
            "ID": f"menu-{row.digit}",
            "FOOTER": "open" if row.digit == "1" else "",
            "SHOWN": "1-9" if row.digit == "1" else "",
            "IN_PALETTE": False,
        },
    )


class MenuList(CommandHost, Widget, can_focus=True):
    """The numbered rows with a cursor; a digit acts at once."""

    PURPOSE = "Choose a section: its digit opens it at once."
    COMMAND_CLASSES = (*(_open_digit(row) for row in ROWS), PreviousRow, NextRow, OpenRow, FirstRow, LastRow)

    DEFAULT_CSS = f"""
    MenuList {{ height: {len(ROWS)}; width: 100%; }}
    """

    cursor = reactive(1)

    @dataclass(eq=False)
    class Chosen(Message):
        """A row was opened: `section` is its name, "" to quit."""

        section: str

    def __init__(self) -> None:
        super().__init__()
        self._facts: dict[str, str] = dict(STANDING_FACTS)

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Say this beside the rows; sections that aren't named keep what they say."""
        self._facts.update(facts)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if y >= len(ROWS):
            return Strip.blank(self.size.width, self.rich_style)
        row = ROWS[y]
        chosen = y == self.cursor
        pointer = glyphs_of(self).pointer if chosen else " "
        fact = self._facts.get(row.section, "")
        room = self.size.width - TITLE_WIDTH - 6
        if len(fact) > room:
            fact = fact[: max(0, room - 1)] + glyphs_of(self).ellipsis
        strip = Strip(
            [
                Segment(f"{pointer} "),
                Segment(row.digit, role_style(self, "key") + Style(bold=True)),
                Segment(f"  {row.title:<{TITLE_WIDTH}}"),
                Segment(f" {fact}", role_style(self, "muted")),
            ]
        ).adjust_cell_length(self.size.width)
        strip = on_cursor(self, strip, self.has_focus) if chosen else strip
        return strip.apply_style(self.rich_style)

    def action_open_digit(self, digit: str) -> None:
        """Open the row with this digit."""
        self._open(next(index for index, row in enumerate(ROWS) if row.digit == digit))

    def action_open_row(self) -> None:
        """Open the row under the cursor."""
        self._open(self.cursor)

    def action_next_row(self) -> None:
        """Move down; from the last row to the first."""
        self.cursor = (self.cursor + 1) % len(ROWS)

    def action_previous_row(self) -> None:
        """Move up; from the first row to the last."""
        self.cursor = (self.cursor - 1) % len(ROWS)

    def action_first_row(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last_row(self) -> None:
        """Go to the last row."""
        self.cursor = len(ROWS) - 1

    def on_mouse_move(self, event: MouseMove) -> None:
        if 0 <= event.y < len(ROWS):
            self.cursor = event.y

    def on_click(self, event: Click) -> None:
        if 0 <= event.y < len(ROWS):
            self._open(event.y)

    def _open(self, index: int) -> None:
        self.cursor = index
        self.post_message(self.Chosen(ROWS[index].section))


class MenuScreen(AppScreen[None]):
    """Where everything begins; esc does nothing here, 0 or ctrl+q quits."""

    PURPOSE = "The main menu: every part of passivtui is one digit away."

    DEFAULT_CSS = """
    MenuScreen #body { align: center middle; }
    MenuScreen #banner { width: auto; height: auto; color: $heading; margin-bottom: 2; }
    MenuScreen.-no-banner #banner { display: none; }
    MenuScreen MenuList { width: 76; max-width: 92%; }
    """

    def crumb(self) -> str:
        return f"passivtui {VERSION}"

    def compose_body(self) -> ComposeResult:
        yield Static(Content(BANNER), id="banner", markup=False)
        yield MenuList()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height < len(ROWS) + 11, "-no-banner")

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Say this beside the rows."""
        self.query_one(MenuList).show_facts(facts)

    def action_back(self) -> None:
        """There is nothing behind the menu: esc stays."""

    def on_menu_list_chosen(self, message: MenuList.Chosen) -> None:
        if message.section:
            self.services.go_to(message.section)
        else:
            self.app.call_later(self.app.run_action, "quit_asking")
