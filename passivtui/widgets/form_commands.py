"""The keys of a form's fields."""

from __future__ import annotations

from passivtui.commands import Command


class EditField(Command):
    """Edit the value in place; enter accepts it, esc leaves it as it was."""

    KEYS = "enter"
    FOOTER = "edit"
    IN_PALETTE = False


class NextField(Command):
    """Move down."""

    KEYS = "j,down"
    IN_PALETTE = False


class PreviousField(Command):
    """Move up."""

    KEYS = "k,up"
    IN_PALETTE = False


class NextFields(Command):
    """Move down a page."""

    KEYS = "pagedown"
    IN_PALETTE = False


class PreviousFields(Command):
    """Move up a page."""

    KEYS = "pageup"
    IN_PALETTE = False


class FirstField(Command):
    """Move to the first field."""

    KEYS = "g,home"
    IN_PALETTE = False


class LastField(Command):
    """Move to the last field."""

    KEYS = "G,end"
    IN_PALETTE = False


FORM_COMMANDS = (EditField, NextField, PreviousField, NextFields, PreviousFields, FirstField, LastField)
