"""A form that can be typed into: the line that edits lies over the value, what there is to say of it below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Key
from textual.message import Message
from textual.widgets import Input

from passivtui.config.edit import Issue
from passivtui.widgets.form_table import FormTable

Trial = Callable[[str], tuple[Issue, ...]]


class FormPane(Vertical):
    """A FormTable and, while a value is edited, an Input over it."""

    DEFAULT_CSS = """
    FormPane { layers: default edit; }
    FormPane #field-input {
        layer: edit; position: absolute; display: none; height: 1; border: none; padding: 0;
        background: $panel; color: $foreground;
    }
    """

    @dataclass(eq=False)
    class Accepted(Message):
        """Enter after typing: the field's key and the new text."""

        key: str
        text: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._key: str | None = None
        self._trial: Trial = lambda _: ()
        self._allowed = ""

    def compose(self) -> ComposeResult:
        yield FormTable(id="form")
        yield Input(id="field-input", compact=True, select_on_focus=False)

    @property
    def table(self) -> FormTable:
        """The fields."""
        return self.query_one(FormTable)

    @property
    def is_editing(self) -> bool:
        """Whether a value is typed right now."""
        return self._key is not None

    def edit(self, key: str, text: str, trial: Trial, allowed: str) -> None:
        """Let the value of the field under the cursor be typed. `trial` says what there is to say of a text."""
        self._key, self._trial, self._allowed = key, trial, allowed
        field = self.query_one("#field-input", Input)
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        self._say()
        self._place()
        field.display = True
        field.focus()

    def accept(self) -> None:
        """End editing and tell the text; nothing when no value is edited."""
        if self._key is not None:
            key, text = self._key, self.query_one("#field-input", Input).value
            self.cancel()
            self.post_message(self.Accepted(key, text))

    def cancel(self) -> None:
        """End editing; the value stays what it was."""
        self._key = None
        self.table.show_trial(None)
        self.table.focus()
        self.query_one("#field-input", Input).display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._key is not None:
            self._say()
            self._place()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.accept()

    def on_key(self, event: Key) -> None:
        if self._key is not None and event.key in ("escape", "tab", "shift+tab", "up", "down"):
            event.stop()
            event.prevent_default()
            if event.key == "escape":
                self.cancel()
            else:
                self.accept()

    def on_resize(self) -> None:
        if self._key is not None:
            self.call_after_refresh(self._place)

    def _say(self) -> None:
        text = self.query_one("#field-input", Input).value
        self.table.show_trial(self._trial(text), self._allowed)

    def _place(self) -> None:
        region = self.table.value_region()
        field = self.query_one("#field-input", Input)
        field.styles.offset = (region.x, region.y)
        field.styles.width = region.width
