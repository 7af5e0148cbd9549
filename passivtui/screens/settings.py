"""Settings: looks, the market to begin with, confirmations, the log, the coin lists. Each change holds at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from passivtui.backtest.markets import exchanges_entry
from passivtui.commands import Command
from passivtui.market import list_datasets
from passivtui.messages import DataChanged
from passivtui.screens.base import AppScreen
from passivtui.screens.coin_lists import newest_list_day, start_update
from passivtui.screens.dialogs import Choice, ChoiceModal, TextModal
from passivtui.screens.settings_file import ALLOWED
from passivtui.screens.theme import PAIR_NOTES, THEME_NOTES
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.line_table import Column, LineTable

_NOTES: Final[Mapping[str, Mapping[str, str]]] = {
    "theme": THEME_NOTES,
    "colours": PAIR_NOTES,
    "glyphs": {
        "unicode": "braille curves, arrows and blocks",
        "ascii": "plain signs, for fonts without braille and for wide East Asian fonts",
    },
    "confirmations": {
        "always": "asks before anything is deleted",
        "final": "asks only before what can't be taken back; a config goes to the trash at once",
    },
    "log_level": {
        "warning": "only what went wrong",
        "info": "what was done, too",
        "debug": "everything; grows fast, for reports of faults",
    },
}
_TITLES: Final = {
    "theme": "Theme",
    "colours": "Gain and loss",
    "glyphs": "Signs",
    "confirmations": "Confirmations",
    "log_level": "Log",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: its name, what it is called, the value in force, and what that means."""

    name: str
    title: str
    value: str
    note: str


class ChangeSetting(Command):
    """Choose another value for the setting under the cursor."""

    KEYS = "enter"
    FOOTER = "change"


class NextValue(Command):
    """Take the next value."""

    KEYS = "space,plus"
    FOOTER = "next value"
    SHOWN = "space"
    IN_PALETTE = False


class UpdateCoinLists(Command):
    """Download which coins are the largest by market value, into lists that configs can name."""

    KEYS = "u"
    FOOTER = "coin lists"


_COLUMNS: tuple[Column[Setting], ...] = (
    Column("title", "setting", lambda setting: setting.title),
    Column("value", "value", lambda setting: setting.value, role=lambda _: "heading", flexible=True),
    Column("note", "meaning", lambda setting: setting.note, flexible=True, role=lambda _: "muted"),
)


class SettingsScreen(AppScreen[None]):
    """A short list; enter offers the values, space takes the next one."""

    CRUMB = "Settings"
    PURPOSE = "Choose how passivtui looks and behaves; kept in settings.toml."
    COMMAND_CLASSES = (ChangeSetting, NextValue, UpdateCoinLists)

    DEFAULT_CSS = """
    SettingsScreen LineTable { height: 11; margin: 1 2 0 2; }
    SettingsScreen #sample, SettingsScreen #where { margin: 1 2 0 2; height: auto; }
    """

    def compose_body(self) -> ComposeResult:
        yield LineTable(_COLUMNS, row_key=lambda setting: setting.name)
        yield Static("", id="sample", markup=False)
        yield Static(
            Content(f"Kept in {self.services.home_text()}/settings.toml; keys can be changed there, table [keys]."),
            id="where",
            markup=False,
        )

    def on_mount(self) -> None:
        self.show_settings()

    def data_changed(self) -> None:
        """The coin lists may be newer."""
        self.show_settings()

    def show_settings(self) -> None:
        """Draw the settings in force and a sample of what they look like."""
        settings, home = self.services.settings, self.services.home
        rows = [
            Setting(name, title, getattr(settings, name), _NOTES[name].get(getattr(settings, name), ""))
            for name, title in _TITLES.items()
        ]
        rows.append(Setting("market", "Market", settings.market, "what a backtest and the preview begin with"))
        rows.append(Setting("home", "Home", self.services.home_text(), "where all data lies"))
        lists = newest_list_day(home) or "as shipped"
        rows.append(Setting("coin_lists", "Coin lists", lists, "the largest coins; u or enter updates them"))
        self.query_one(LineTable).set_rows(rows)
        glyphs = glyphs_of(self)
        self.query_one("#sample", Static).update(
            Content.assemble(
                "Sample:  ",
                (f"{glyphs.gain} +38.20 %", "$profit"),
                "   ",
                (f"{glyphs.loss} -11.40 %", "$loss"),
                "   ",
                (glyphs.spark, "$equity"),
                "   ",
                ("paper", "$paper"),
                "   ",
                ("synthetic", "$synthetic"),
            )
        )

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.action_change_setting()

    @property
    def _current(self) -> Setting | None:
        row = self.query_one(LineTable).current
        return row if isinstance(row, Setting) else None

    def action_change_setting(self) -> None:
        """Offer the values of the setting under the cursor."""
        if (setting := self._current) is None:
            return
        if setting.name == "home":
            words = (
                f"{self.services.home.root}\n\nAnother one is chosen when passivtui is started: passivtui --home "
                "FOLDER, or the environment variable PASSIVTUI_HOME. Everything is in it; moving the folder moves "
                "everything."
            )
            self.app.push_screen(TextModal("Home", words))
        elif setting.name == "coin_lists":
            self.action_update_coin_lists()
        else:
            self._offer(setting)

    def _offer(self, setting: Setting) -> None:
        if setting.name == "market":
            entries = [*list_datasets(self.services.home), exchanges_entry()]
            choices = [Choice(entry.name, entry.name, entry.title) for entry in entries]
        else:
            notes = _NOTES[setting.name]
            choices = [Choice(value, value, notes.get(value, "")) for value in ALLOWED[setting.name]]

        def chosen(value: str | None) -> None:
            if value is not None:
                self._change(setting.name, value)

        self.app.push_screen(ChoiceModal(setting.title, choices, current=setting.value), chosen)

    def action_next_value(self) -> None:
        """Take the next value of the setting under the cursor."""
        setting = self._current
        if setting is None:
            return
        if setting.name in ALLOWED:
            values = ALLOWED[setting.name]
            self._change(setting.name, values[(values.index(setting.value) + 1) % len(values)])
        else:
            self.action_change_setting()

    def action_update_coin_lists(self) -> None:
        """In the background."""
        app = self.app

        def told() -> None:
            app.post_message(DataChanged())

        start_update(self.services, told)

    def _change(self, name: str, value: str) -> None:
        self.services.change_setting(name, value)
        self.show_settings()
