"""Commands that work on every screen."""

from __future__ import annotations

from passivtui.commands import Command


class ShowKeys(Command):
    """Show the keys of this screen and what it is for."""

    KEYS = "question_mark"
    FOOTER = "help"
    SHOWN = "?"


class OpenPalette(Command):
    """Find any command, section, config or report by name."""

    KEYS = "ctrl+p,colon"
    ACTION = "command_palette"
    FOOTER = "commands"
    SHOWN = "^p"
    IN_PALETTE = False


class GoBack(Command):
    """Go back one level; from the first screen of a section to the menu."""

    KEYS = "escape"
    ACTION = "screen.back"
    FOOTER = "back"
    SHOWN = "esc"
    IN_PALETTE = False


class ReadHelp(Command):
    """Read the help pages."""

    KEYS = "f1"


class ListJobs(Command):
    """List what runs in the background, and stop it."""

    KEYS = "J"
    NAME = "List background jobs"


class QuitAsking(Command):
    """Quit passivtui; asks first when something runs in the background."""

    KEYS = "ctrl+q"
    NAME = "Quit"
    PRIORITY = True


class ExplainQuit(Command):
    """Say how to quit: ctrl+c stops nothing."""

    KEYS = "ctrl+c"
    IN_PALETTE = False


EVERYWHERE = (ShowKeys, OpenPalette, GoBack, ReadHelp, ListJobs, QuitAsking, ExplainQuit)
