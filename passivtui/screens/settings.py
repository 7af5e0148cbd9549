"""Settings: theme, the colours for gain and loss, the signs. Each change shows at once and is kept in settings.toml."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from passivtui.commands import Command
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import Choice, ChoiceModal
from passivtui.screens.settings_file import ALLOWED
from passivtui.screens.theme import PAIR_NOTES, THEME_NOTES
from passivtui.widgets.glyphs import glyphs_of
from passivtui.widgets.line_table import Column, LineTable

_NOTES = {
    "theme": THEME_NOTES,
    "colours": PAIR_NOTES,
    "glyphs": {
        "unicode": "braille curves, arrows and blocks",
        "ascii": "plain signs, for fonts without braille and for wide East Asian fonts",
    },
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row: the name in settings.toml, what it is called, the value in force."""

    name: str
    title: str
    value: str

    @property
    def note(self) -> str:
        """What the value means."""
        return _NOTES[self.name].get(self.value, "")


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


_COLUMNS: tuple[Column[Setting], ...] = (
    Column("title", "setting", lambda setting: setting.title),
    Column("value", "value", lambda setting: setting.value, role=lambda _: "heading"),
    Column("note", "meaning", lambda setting: setting.note, flexible=True, role=lambda _: "muted"),
)

_TITLES = {"theme": "Theme", "colours": "Gain and loss", "glyphs": "Signs"}


class SettingsScreen(AppScreen[None]):
    """A short list; enter offers the values, space takes the next one."""

    CRUMB = "Settings"
    PURPOSE = "Choose how passivtui looks. Changes hold at once and are kept in settings.toml."
    COMMAND_CLASSES = (ChangeSetting, NextValue)

    DEFAULT_CSS = """
    SettingsScreen LineTable { height: 6; margin: 1 2 0 2; }
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

    def show_settings(self) -> None:
        """Draw the settings in force and a sample of what they look like."""
        settings = self.services.settings
        self.query_one(LineTable).set_rows(
            [Setting(name, title, getattr(settings, name)) for name, title in _TITLES.items()]
        )
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

    def action_change_setting(self) -> None:
        """Offer the values of the setting under the cursor."""
        setting = self.query_one(LineTable).current
        if not isinstance(setting, Setting):
            return
        choices = [Choice(value, value, _NOTES[setting.name].get(value, "")) for value in ALLOWED[setting.name]]

        def chosen(value: str | None) -> None:
            if value is not None:
                self._change(setting.name, value)

        self.app.push_screen(ChoiceModal(setting.title, choices, current=setting.value), chosen)

    def action_next_value(self) -> None:
        """Take the next value of the setting under the cursor."""
        setting = self.query_one(LineTable).current
        if isinstance(setting, Setting):
            values = ALLOWED[setting.name]
            self._change(setting.name, values[(values.index(setting.value) + 1) % len(values)])

    def _change(self, name: str, value: str) -> None:
        self.services.change_setting(name, value)
        self.show_settings()
