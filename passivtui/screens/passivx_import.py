"""What is in a Passiv-X folder, and what became of it: looked at first, taken over on a key."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from passivtui.commands import Command
from passivtui.errors import PassivTuiError
from passivtui.passivx.folder import FoundFile, PassivXFolder, read_passivx_folder
from passivtui.passivx.importing import ImportedFile, import_folder
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.widgets.line_table import Column, LineTable


class TakeOver(Command):
    """Copy what can be used into the home; nothing there is overwritten, keys are not copied."""

    KEYS = "r"
    FOOTER = "take over"


class GoToKeys(Command):
    """Go to API keys, where m imports key files into the vault."""

    KEYS = "K"
    FOOTER = "API keys"


class CopyKeyPath(Command):
    """Copy what m in API keys asks for: the key file's path and exchange."""

    KEYS = "c"
    FOOTER = "copy key path"


@dataclass(frozen=True, slots=True)
class _Row:
    found: FoundFile
    fate: str
    words: str

    @property
    def key(self) -> str:
        return f"{self.found.kind} {self.found.path}"


_ROLES: Final = {"taken": "profit", "left": "caution", "can't": "caution", "for the vault": "key"}
_COLUMNS: Final[tuple[Column[_Row], ...]] = (
    Column("fate", "what", lambda row: row.fate, role=lambda row: _ROLES.get(row.fate, "")),
    Column("kind", "kind", lambda row: row.found.kind),
    Column("exchange", "exchange", lambda row: row.found.exchange, drop=1, role=lambda _: "muted"),
    Column("name", "name", lambda row: row.found.name),
    Column("words", "", lambda row: row.words, flexible=True),
)


def open_import(screen: AppScreen[Any], path: Path) -> None:
    """Look through a folder and show it; a dialog says when it is none of Passiv-X."""
    try:
        folder = read_passivx_folder(path)
    except PassivTuiError as error:
        screen.services.show_error(error, "looking into the folder")
        return
    screen.app.push_screen(PassivXImportScreen(folder))


class PassivXImportScreen(AppScreen[None]):
    """Every file with what can be done with it, then with what became of it."""

    CRUMB = "Passiv-X folder"
    PURPOSE = "What is in a Passiv-X folder. r takes over what can be used; the folder itself stays as it is."
    COMMAND_CLASSES = (TakeOver, GoToKeys, CopyKeyPath)

    DEFAULT_CSS = """
    PassivXImportScreen LineTable { height: 1fr; padding: 0; }
    PassivXImportScreen #import-words { height: auto; max-height: 3; padding: 0 1; }
    """

    def __init__(self, folder: PassivXFolder) -> None:
        super().__init__()
        self._folder = folder
        self._done = False

    def compose_body(self) -> ComposeResult:
        yield Static("", id="import-words", markup=False)
        empty = "There is nothing in it to take over."
        yield LineTable(_COLUMNS, row_key=lambda row: row.key, empty=empty, classes="pane")

    def on_mount(self) -> None:
        table = self.query_one(LineTable)
        table.border_title = Content(f"{self._folder.root}")
        rows = [_Row(found, *_outlook(found)) for found in self._folder.files]
        table.set_rows(rows)
        table.focus()
        usable = sum(found.is_usable and found.kind != "keys" for found in self._folder.files)
        keys = sum(found.is_usable for found in self._folder.of_kind("keys"))
        words = f"{usable} of {len(rows)} can be taken over: r does it, and changes nothing in the folder."
        if keys:
            words += f" {keys} key file{'s' if keys > 1 else ''}: not copied; m in API keys puts them into the vault."
        self.query_one("#import-words", Static).update(Content(words))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        if isinstance(row, _Row):
            text = f"{row.found.path}\n\n{row.fate}: {row.words or row.found.facts}"
            self.app.push_screen(TextModal(f"{row.found.kind.capitalize()} {row.found.name}", text))

    def action_take_over(self) -> None:
        """As a job; the table then says what became of everything."""
        if self._done:
            self.services.toast("This was done; b, p and Optimize (3) find the settings.")
            return
        self._done = True
        folder, home = self._folder, self.services.home

        def work(progress: ProgressSink, cancel: CancelToken) -> Sequence[ImportedFile]:
            return import_folder(folder, home.ensure(), progress, cancel)

        def done(files: Sequence[ImportedFile]) -> None:
            taken = sum(file.fate == "taken" for file in files)
            self.services.toast(f"{taken} taken over. p in Backtest (2) and in Optimize (3) finds the settings.")
            if self.is_attached:
                rows = [_Row(file.found, file.fate, file.words) for file in files]
                self.query_one(LineTable).set_rows(rows)

        self.services.start_job(f"Import {folder.root.name}", work, done=done)

    def action_go_to_keys(self) -> None:
        """The section with the vault."""
        self.services.go_to("keys")

    def action_copy_key_path(self) -> None:
        """Of the key file under the cursor."""
        row = self.query_one(LineTable).current
        if isinstance(row, _Row) and row.found.kind == "keys" and row.found.is_usable:
            line = f"{shlex.quote(str(row.found.path))} {row.found.exchange}"
            self.services.copy(line, "the key file's path and exchange")
        else:
            self.services.toast("Move to a key file first.")


def _outlook(found: FoundFile) -> tuple[str, str]:
    """What can be done with a file, before anything is done."""
    if not found.is_usable:
        return "can't", found.problem
    if found.kind == "keys":
        return "for the vault", found.facts
    return "can", found.facts
