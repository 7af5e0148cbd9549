"""The configs: one's own and those that ship; edit, copy, compare, import, export, throw away and take back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

from textual.app import App, ComposeResult
from textual.content import Content
from textual.events import ScreenResume
from textual.worker import Worker, WorkerState

from passivtui.backtest.markets import EXCHANGES
from passivtui.clock import iso_minute
from passivtui.commands import Command
from passivtui.config import ConfigEntry, list_configs, load_config
from passivtui.config.shelf import Shelf, Trashed
from passivtui.config.tags import write_tags
from passivtui.errors import PassivTuiError
from passivtui.screens.backtest import BacktestScreen
from passivtui.screens.base import AppScreen
from passivtui.screens.bot_launch import start_bot
from passivtui.screens.cliffs import start_cliffs
from passivtui.screens.config_diff import ConfigDiffScreen
from passivtui.screens.configs_list import COLUMNS, ListedConfig, list_rows, newest_reports
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.screens.editor import EditorScreen
from passivtui.screens.editor_dialogs import Pick, PickModal
from passivtui.screens.passivx_import import open_import
from passivtui.storage import ReportRow
from passivtui.widgets.line_table import LineTable

Result = TypeVar("Result")


class EditConfig(Command):
    """Edit the config under the cursor; one that ships is saved under a name of your own."""

    KEYS = "e"
    FOOTER = "edit"


class NewConfig(Command):
    """Make a config from the template or an example."""

    KEYS = "n"
    FOOTER = "new"


class DuplicateConfig(Command):
    """Copy the config under the cursor."""

    KEYS = "c"


class RenameConfig(Command):
    """Give the config another name."""

    KEYS = "r"


class DiffConfig(Command):
    """Compare the config with another one."""

    KEYS = "D"
    FOOTER = "diff"


class ImportConfig(Command):
    """Import a file: any release of Passivbot, results of an optimisation, Passiv-X live settings."""

    KEYS = "m"
    FOOTER = "import"


class ExportConfig(Command):
    """Write the config to a file of your choice, as TOML or as Passivbot's JSON."""

    KEYS = "x"


class BacktestThis(Command):
    """Choose the config for a backtest."""

    KEYS = "b"
    FOOTER = "backtest"


class TradeThis(Command):
    """Start a bot with the config, on paper or with real money."""

    KEYS = "p"
    FOOTER = "bot"


class FindCliffs(Command):
    """See where a small step aside in a setting of the config makes it far worse."""

    KEYS = "K"


class CheckConfig(Command):
    """Tell everything that is wrong or odd in the config."""

    KEYS = "v"


class ThrowAway(Command):
    """Move the config to the trash; asks first."""

    KEYS = "X"
    FOOTER = "delete"


class OpenTrash(Command):
    """Take configs back out of the trash."""

    KEYS = "u"


class TagConfig(Command):
    """Change the tags of the config under the cursor."""

    KEYS = "t"


class ListConfigsAgain(Command):
    """Read the folder again."""

    KEYS = "f5"


class ConfigsScreen(AppScreen[None]):
    """One list; enter edits."""

    CRUMB = "Configs"
    PURPOSE = "Your configs and the examples. Enter edits; an example is saved under a name of your own."
    COMMAND_CLASSES = (
        EditConfig,
        NewConfig,
        DuplicateConfig,
        RenameConfig,
        DiffConfig,
        ImportConfig,
        ExportConfig,
        BacktestThis,
        TradeThis,
        CheckConfig,
        FindCliffs,
        ThrowAway,
        OpenTrash,
        TagConfig,
        ListConfigsAgain,
    )

    DEFAULT_CSS = "ConfigsScreen LineTable { height: 1fr; padding: 0; }"

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, ReportRow] = {}

    def compose_body(self) -> ComposeResult:
        yield LineTable(COLUMNS, row_key=lambda row: row.entry.name, empty="No configs.", classes="pane")

    def on_mount(self) -> None:
        table = self.query_one(LineTable)
        table.border_title = Content("Configs")
        table.focus()
        self.action_list_configs_again()

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.action_list_configs_again()

    def action_list_configs_again(self) -> None:
        """List the files anew; it is a handful. What their last backtests came to follows from the database."""
        self._show_rows()
        home = self.services.home
        read = lambda: asyncio.run(newest_reports(home))  # noqa: E731
        self.run_worker(read, thread=True, exclusive=True, exit_on_error=False, group="reports")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "reports":
            return
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, dict):
            self._last = event.worker.result
            self._show_rows()
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self.services.show_error(event.worker.error, "reading the reports of the configs")

    def reports_changed(self) -> None:
        self.action_list_configs_again()

    def _show_rows(self) -> None:
        rows = self._try("listing the configs", lambda: list_rows(self.services.home, self._last))
        if rows is not None:
            self.query_one(LineTable).set_rows(rows)

    # ---- one config -----------------------------------------------------------------------------------------------

    @property
    def _entry(self) -> ConfigEntry | None:
        row = self.query_one(LineTable).current
        return row.entry if isinstance(row, ListedConfig) else None

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self.services.home.ensure(), self.services.clock)

    def _own(self) -> ConfigEntry | None:
        """The config under the cursor if it is the user's; else that is said."""
        entry = self._entry
        if entry is not None and entry.shipped:
            self.services.toast(f"{entry.name} ships with the program and stays as it is; c copies it.")
            return None
        return entry

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.action_edit_config()

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self.action_check_config()

    def action_edit_config(self) -> None:
        """Open the editor."""
        if (entry := self._entry) is not None:
            self.app.push_screen(EditorScreen(entry.path))

    def action_backtest_this(self) -> None:
        """To the backtest, with this config chosen."""
        if (entry := self._entry) is not None:
            self.app.push_screen(BacktestScreen(entry.name))

    def action_trade_this(self) -> None:
        """To the start of a bot, with this config chosen."""
        if (entry := self._entry) is not None:
            start_bot(self.services, config=entry.name)

    def action_check_config(self) -> None:
        """Load it and tell what there is to tell."""
        if (entry := self._entry) is None:
            return
        try:
            loaded = load_config(entry.path, home=self.services.home)
        except PassivTuiError as error:
            lines = error.details or (str(error),)
            self.app.push_screen(TextModal(f"{entry.name} can't be used", "\n".join(lines), role="failure"))
            return
        remarks = [str(note) for note in loaded.warnings]
        self.app.push_screen(TextModal(f"{entry.name} is valid", "\n".join(remarks) or f"No remarks.\n\n{entry.path}"))

    def action_find_cliffs(self) -> None:
        """On the market that the settings name, in the background."""
        if (entry := self._entry) is None:
            return
        loaded = self._try(f"loading {entry.name}", lambda: load_config(entry.path, home=self.services.home))
        if loaded is not None:
            market = self.services.settings.market
            dataset = None if market == EXCHANGES else market
            start_cliffs(self.services, cast("App[object]", self.app), loaded, dataset, market)

    def action_new_config(self) -> None:
        """From the template or an example."""
        entries = self._try("listing the configs", lambda: list_configs(self.services.home)) or []
        shipped = [entry for entry in entries if entry.shipped]
        choices = [Choice(entry, entry.name) for entry in shipped]

        def choose(entry: ConfigEntry | None) -> None:
            if entry is not None:
                self._copy(entry.path, f"New config from {entry.name}", self._shelf.free_name("my_config"))

        self.app.push_screen(ChoiceModal("New config from", choices), choose)

    def action_duplicate_config(self) -> None:
        """A copy under a name of its own."""
        if (entry := self._entry) is not None:
            stem = entry.path.stem
            self._copy(entry.path, f"Copy of {entry.name}", self._shelf.free_name(stem, entry.path.suffix.lower()))

    def _copy(self, source: Path, title: str, name: str) -> None:
        suffix = source.suffix.lower()

        def copy(shelf: Shelf, text: str) -> Path:
            return shelf.copy(source, text)

        self._ask_name(title, name, suffix, copy)

    def action_rename_config(self) -> None:
        """Another name."""
        if (entry := self._own()) is not None:
            path = entry.path
            self._ask_name(
                f"Rename {entry.name}", path.stem, path.suffix.lower(), lambda shelf, name: shelf.rename(path, name)
            )

    def _ask_name(self, title: str, name: str, suffix: str, act: Callable[[Shelf, str], Path]) -> None:
        """Ask for a name that is free, act, and put the cursor on what came of it."""
        shelf = self._shelf

        def done(text: str | None) -> None:
            if text is None:
                return
            path = self._try(title, lambda: act(shelf, text))
            if path is not None:
                self._moved_to(path)

        check = lambda text: shelf.fault_of(text, suffix)  # noqa: E731
        hint = f"It is kept in {self.services.home_text()}/configs as {suffix.lstrip('.').upper()}."
        self.app.push_screen(InputModal(title, value=name, hint=hint, check=check), done)

    def _moved_to(self, path: Path) -> None:
        self.action_list_configs_again()
        self.query_one(LineTable).move_to(path.stem)

    def action_tag_config(self) -> None:
        """Ask for the tags."""
        if (entry := self._own()) is None:
            return
        row = self.query_one(LineTable).current
        before = " ".join(row.tags) if isinstance(row, ListedConfig) else ""

        def tag(text: str | None) -> None:
            if (
                text is not None
                and self._try("keeping the tags", lambda: write_tags(self.services.home, entry.path.name, text.split()))
                is not None
            ):
                self._show_rows()

        hint = "Words with spaces between; / searches them."
        self.app.push_screen(InputModal(f"Tags of {entry.name}", value=before, hint=hint), tag)

    def action_throw_away(self) -> None:
        """To the trash."""
        if (entry := self._own()) is None:
            return

        def decide(agreed: bool | None) -> None:
            if agreed and self._try("deleting a config", lambda: self._shelf.throw_away(entry.path)) is not None:
                self.services.toast(f"{entry.name} is in the trash; u takes it back.")
                self.action_list_configs_again()

        if self.services.settings.confirmations == "final":
            decide(True)
            return
        text = f"{entry.path.name} goes to the trash, from where u takes it back. Reports keep their own copies."
        question = ConfirmModal(f"Delete {entry.name}?", text, do=f"Delete {entry.name}", keep="Keep it")
        self.app.push_screen(question, decide)

    def action_open_trash(self) -> None:
        """What can be taken back."""
        items: Sequence[Trashed] = self._try("reading the trash", lambda: self._shelf.trashed()) or ()
        if not items:
            self.services.toast("The trash is empty.")
            return
        choices = [Choice(item, item.name, iso_minute(item.when_ms)) for item in items]

        def restore(item: Trashed | None) -> None:
            if item is None:
                return
            path = self._try("restoring a config", lambda: self._shelf.restore(item))
            if path is not None:
                self._moved_to(path)

        self.app.push_screen(ChoiceModal("Take back", choices), restore)

    # ---- several --------------------------------------------------------------------------------------------------

    def action_diff_config(self) -> None:
        """Choose the other one, then show what differs."""
        if (entry := self._entry) is None:
            return
        others = [row for row in list_configs(self.services.home) if row.name != entry.name]
        paths = {row.name: row.path for row in others}
        picks = [Pick(row.name, "shipped" if row.shipped else "") for row in others]

        def compare(names: tuple[str, ...] | None) -> None:
            if not names:
                return
            home = self.services.home
            both = self._try(
                "comparing configs",
                lambda: [load_config(path, home=home).config for path in (entry.path, paths[names[0]])],
            )
            if both is not None:
                self.app.push_screen(ConfigDiffScreen(both[0], both[1], (entry.name, names[0])))

        self.app.push_screen(PickModal(f"Compare {entry.name} with", picks, many=False), compare)

    def action_import_config(self) -> None:
        """Ask for a file, or for a Passiv-X folder."""

        def fault(text: str) -> str | None:
            path = Path(text.strip()).expanduser()
            return None if text.strip() and (path.is_file() or path.is_dir()) else "there is no such file or folder"

        def bring_in(text: str | None) -> None:
            if text is None:
                return
            source = Path(text.strip()).expanduser().absolute()
            if source.is_dir():
                open_import(self, source)
                return
            done = self._try(f"importing {source.name}", lambda: self._shelf.import_file(source))
            if done is None:
                return
            path, notes = done
            self._moved_to(path)
            if notes:
                words = "\n".join(f"{note.severity}: {note}" for note in notes)
                self.app.push_screen(TextModal(f"{source.name} is {path.name} now", words))

        hint = (
            "A path. Configs of every Passivbot 7 release, of 6's multi-symbol form, and Passiv-X live settings; or a "
            "whole Passiv-X folder, whose settings, trades and results are taken over as they are."
        )
        self.app.push_screen(InputModal("Import a config", hint=hint, check=fault), bring_in)

    def action_export_config(self) -> None:
        """Ask for a path; its ending decides the form."""
        if (entry := self._entry) is None:
            return

        def fault(text: str) -> str | None:
            path = Path(text.strip()).expanduser()
            if path.suffix.lower() not in (".json", ".toml"):
                return "end the name in .json (Passivbot's form) or .toml"
            return f"{path} exists already" if path.exists() else None

        def write(text: str | None) -> None:
            if text is None:
                return
            target = Path(text.strip()).expanduser().absolute()
            if self._try(f"exporting {entry.name}", lambda: self._shelf.export(entry.path, target)) is not None:
                self.services.toast(f"Written to {target}.")

        hint = "A path; .json writes the form that Passivbot reads, .toml the commented one."
        self.app.push_screen(
            InputModal(f"Export {entry.name}", value=f"~/{entry.path.stem}.json", hint=hint, check=fault), write
        )

    def _try(self, doing: str, act: Callable[[], Result]) -> Result | None:
        """The result; None when it failed, which is then shown."""
        try:
            return act()
        except PassivTuiError as error:
            self.services.show_error(error, doing)
            return None
