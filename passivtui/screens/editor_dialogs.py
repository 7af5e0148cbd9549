"""The editor's dialogs: find a setting, list the problems, pick from a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key
from textual.widgets import Input, Static

from passivtui.commands import Command
from passivtui.config.edit import Issue
from passivtui.screens.dialogs import Dialog
from passivtui.widgets.line_table import Column, LineTable

_ROWS_MOVED = {"down": 1, "up": -1}


@dataclass(frozen=True, slots=True)
class Found:
    """A setting that can be gone to."""

    key: str
    value: str
    help: str


class FindKeyModal(Dialog["str | None"]):
    """Type a part of a key or of its help; arrows choose, enter goes there."""

    PURPOSE = "Find a setting: type a part of its name or of what it does."

    DEFAULT_CSS = """
    FindKeyModal > #box { width: 110; }
    FindKeyModal Input { border: round $frame-focus; background: $background; }
    FindKeyModal LineTable { height: 12; }
    """

    def __init__(self, entries: Sequence[Found]) -> None:
        super().__init__(f"Find among {len(entries)} settings", "type a part  up/down choose  enter go there  esc back")
        self._entries = tuple(entries)

    def compose_box(self) -> ComposeResult:
        yield Input(placeholder="spacing", select_on_focus=False)
        columns: tuple[Column[Found], ...] = (
            Column("key", "setting", lambda found: found.key, flexible=True),
            Column("value", "value", lambda found: found.value, flexible=True, drop=1),
            Column("help", "what it does", lambda found: found.help, flexible=True, drop=2, role=_muted),
        )
        yield LineTable(
            columns,
            row_key=lambda found: found.key,
            empty="No setting contains that.",
        )

    def on_mount(self) -> None:
        self.query_one(LineTable).set_rows(self._entries)
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        words = event.value.casefold().replace(" ", "_").split("_")
        fitting = [entry for entry in self._entries if all(word in entry.key.casefold() for word in words)]
        by_help = [
            entry
            for entry in self._entries
            if entry not in fitting and all(word in entry.help.casefold() for word in words)
        ]
        self.query_one(LineTable).set_rows([*fitting, *by_help])
        self.query_one(LineTable).action_first_row()

    def on_key(self, event: Key) -> None:
        if event.key in _ROWS_MOVED:
            event.stop()
            table = self.query_one(LineTable)
            table.action_next_row() if event.key == "down" else table.action_previous_row()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        found = self.query_one(LineTable).current
        if isinstance(found, Found):
            self.dismiss(found.key)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.dismiss(message.row.key)


def _muted(_: object) -> str:
    return "muted"


class ProblemsModal(Dialog["str | None"]):
    """Everything that is wrong (X) or odd (!); enter goes there."""

    PURPOSE = "What is wrong (X) stands in the way of saving; what is odd (!) does not."

    DEFAULT_CSS = """
    ProblemsModal > #box { width: 110; }
    ProblemsModal LineTable { height: 12; }
    ProblemsModal #whole { height: auto; min-height: 3; margin-top: 1; }
    """

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("Problems", "enter go there  esc back")
        self._issues = tuple(issues)

    def compose_box(self) -> ComposeResult:
        columns: tuple[Column[Issue], ...] = (
            Column("sign", "", lambda issue: issue.sign, width=1, role=_severity),
            Column("key", "setting", lambda issue: issue.key or "the whole config", flexible=True),
            Column("words", "what", lambda issue: issue.words, flexible=True, role=_severity),
        )
        yield LineTable(
            columns,
            empty="Nothing is wrong, and nothing is odd.",
        )
        yield Static("", id="whole", markup=False)

    def on_mount(self) -> None:
        self.query_one(LineTable).set_rows(self._issues)

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        words = str(message.row) if isinstance(message.row, Issue) else ""
        self.query_one("#whole", Static).update(Content(words))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.dismiss(message.row.key)


def _severity(issue: Issue) -> str:
    return "failure" if issue.severity == "error" else "caution"


@dataclass(frozen=True, slots=True)
class Pick:
    """One thing that can be picked, with a line about it."""

    name: str
    note: str = ""


class TogglePick(Command):
    """Take the row under the cursor in or out."""

    KEYS = "space"
    IN_PALETTE = False


class PickModal(Dialog["tuple[str, ...] | None"]):
    """Pick from a list: several with space, or (`many=False`) one with enter."""

    PURPOSE = "Pick from the list; / finds a part of a name."
    COMMAND_CLASSES = (TogglePick,)

    DEFAULT_CSS = """
    PickModal > #box { width: 100; }
    PickModal LineTable { height: 16; }
    """

    def __init__(self, title: str, picks: Sequence[Pick], chosen: Sequence[str] = (), *, many: bool = True) -> None:
        keys = "space in or out  enter accept  / find  esc back" if many else "enter choose  / find  esc back"
        super().__init__(title, keys)
        unknown = [Pick(name, "unknown") for name in chosen if name not in {pick.name for pick in picks}]
        self._picks = (*picks, *unknown)
        self._chosen = list(chosen)
        self._many = many

    def compose_box(self) -> ComposeResult:
        columns: tuple[Column[Pick], ...] = (
            Column("in", "", self._mark, width=3),
            Column("name", "name", lambda pick: pick.name, flexible=True),
            Column("note", "", lambda pick: pick.note, flexible=True, drop=1, role=_muted),
        )
        yield LineTable(
            columns,
            row_key=lambda pick: pick.name,
        )

    def _mark(self, pick: Pick) -> str:
        return ("[x]" if pick.name in self._chosen else "[ ]") if self._many else ""

    def on_mount(self) -> None:
        self.query_one(LineTable).set_rows(self._picks)

    def action_toggle_pick(self) -> None:
        """Take the row under the cursor in or out."""
        pick = self.query_one(LineTable).current
        if self._many and isinstance(pick, Pick):
            if pick.name in self._chosen:
                self._chosen.remove(pick.name)
            else:
                self._chosen.append(pick.name)
            self.query_one(LineTable).set_rows(self._picks)

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.dismiss(tuple(self._chosen) if self._many else (message.row.name,))
