"""The keys of a table."""

from __future__ import annotations

from passivtui.commands import Command


class SelectRow(Command):
    """Open the row under the cursor."""

    KEYS = "enter"
    FOOTER = "open"
    IN_PALETTE = False


class FilterRows(Command):
    """Filter: type a part of any cell; enter keeps the filter, esc shows all rows again."""

    KEYS = "slash"
    FOOTER = "filter"
    SHOWN = "/"


class PickSort(Command):
    """Sort: then the digit of a column; the same digit again reverses."""

    KEYS = "s"
    NAME = "Sort the table"
    FOOTER = "sort"


class NextRow(Command):
    """Move down."""

    KEYS = "j,down"
    ID = "next-row"
    IN_PALETTE = False


class PreviousRow(Command):
    """Move up."""

    KEYS = "k,up"
    IN_PALETTE = False


class NextPage(Command):
    """Move down a page."""

    KEYS = "pagedown"
    IN_PALETTE = False


class PreviousPage(Command):
    """Move up a page."""

    KEYS = "pageup"
    IN_PALETTE = False


class FirstRow(Command):
    """Move to the first row."""

    KEYS = "g,home"
    IN_PALETTE = False


class LastRow(Command):
    """Move to the last row."""

    KEYS = "G,end"
    IN_PALETTE = False


class AskWhy(Command):
    """Why? What is behind this row."""

    KEYS = "i"


class CopyRow(Command):
    """Copy the row, tab separated."""

    KEYS = "y"


class CopyTable(Command):
    """Copy the shown rows with their heading, tab separated."""

    KEYS = "Y"


TABLE_COMMANDS = (
    SelectRow,
    FilterRows,
    PickSort,
    NextRow,
    PreviousRow,
    NextPage,
    PreviousPage,
    FirstRow,
    LastRow,
    AskWhy,
    CopyRow,
    CopyTable,
)
