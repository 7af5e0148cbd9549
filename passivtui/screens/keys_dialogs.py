"""A form in which secrets are typed: dots, no clipboard, work done in a thread while it stays open.

What is typed leaves the form as `Secret` only, and its fields are emptied when it closes. The forms: `keys_forms.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from passivtui.commands import Command, CommandHost
from passivtui.errors import PassivTuiError, VaultError
from passivtui.screens.dialogs import Dialog

Done = TypeVar("Done")


class NextField(Command):
    """Go to the next field."""

    KEYS = "down"
    IN_PALETTE = False
    ACTION = "app.focus_next"


class PreviousField(Command):
    """Go to the previous field."""

    KEYS = "up"
    IN_PALETTE = False
    ACTION = "app.focus_previous"


class Toggle(Command):
    """Change yes to no and no to yes."""

    KEYS = "space"
    ACTION = "flip"
    IN_PALETTE = False


class Accept(Command):
    """Accept what is in the form."""

    KEYS = "enter"
    ACTION = "screen.accept"
    IN_PALETTE = False


class SecretInput(Input):
    """A field that shows dots; what is in it goes to no clipboard."""

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(password=True, compact=True, select_on_focus=False, placeholder=placeholder, id=id)

    def action_copy(self) -> None:
        """Nothing: a clipboard is read by every program."""

    def action_cut(self) -> None:
        """Delete what is selected, without a copy of it."""
        self.delete_selection()


class YesNo(CommandHost, Static, can_focus=True):
    """A field of yes or no."""

    COMMAND_CLASSES = (Toggle, Accept)

    def __init__(self, yes: bool, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.yes = yes

    def on_mount(self) -> None:
        self._show()

    def action_flip(self) -> None:
        """The other one."""
        self.yes = not self.yes
        self._show()

    def _show(self) -> None:
        self.update(Content("yes" if self.yes else "no"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a form: its label, its field, and what is said of it while it has the cursor."""

    label: str
    field: Widget
    help: str = ""


class SecretsModal(Dialog["Done | None"], Generic[Done]):
    """The form. Enter does what it is for; what goes wrong shows below the fields, which keep what is in them."""

    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (NextField, PreviousField)

    DEFAULT_CSS = """
    SecretsModal #words, SecretsModal #hint { height: auto; }
    SecretsModal #hint { color: $muted; min-height: 1; }
    SecretsModal #fault { height: auto; min-height: 1; color: $failure; }
    SecretsModal #form { height: auto; max-height: 38vh; margin: 1 0; scrollbar-size-vertical: 1; }
    SecretsModal .row { height: 1; }
    SecretsModal .label { width: 18; color: $muted; }
    SecretsModal .row > Input, SecretsModal .row > YesNo { width: 1fr; height: 1; background: $panel; padding: 0; }
    SecretsModal .row > Input:focus, SecretsModal .row > YesNo:focus { background: $cursor-row; }
    """

    def __init__(
        self,
        title: str,
        words: str,
        rows: Sequence[Row],
        read: Callable[[SecretsModal[Done]], Callable[[], Done]],
        *,
        remark: Callable[[SecretsModal[Done]], str] | None = None,
    ) -> None:
        """`read` makes work of what is in the fields and raises VaultError for what can't be right.

        The work is done in a thread, and the form closes with its result. `remark` is said while one types.
        """
        super().__init__(title, "tab next field  enter accept  esc back")
        self._words = words
        self._rows = tuple(rows)
        self._read = read
        self._remark = remark

    def compose_box(self) -> ComposeResult:
        yield Static(Content(self._words), id="words", markup=False)
        with VerticalScroll(id="form", can_focus=False):
            for row in self._rows:
                with Horizontal(classes="row"):
                    yield Static(Content(row.label), classes="label", markup=False)
                    yield row.field
        yield Static("", id="fault", markup=False)
        yield Static("", id="hint", markup=False)

    def on_mount(self) -> None:
        self._rows[0].field.focus()

    def text_of(self, name: str) -> str:
        """What is in a field of text."""
        return self.query_one(f"#{name}", Input).value

    def yes_of(self, name: str) -> bool:
        """What a field of yes or no says."""
        return self.query_one(f"#{name}", YesNo).yes

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        helps = [row.help for row in self._rows if row.field is event.widget]
        if helps and any(row.help for row in self._rows):
            self.query_one("#hint", Static).update(Content(helps[0]))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._remark is not None:
            self.query_one("#hint", Static).update(Content(self._remark(self)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_accept()

    def action_accept(self) -> None:
        """Check what is in the fields, then do the work."""
        if self._working:
            return
        try:
            work = self._read(self)
        except VaultError as error:
            self._say(f"{error}")
            return
        self._say("one moment …")
        self.run_worker(work, thread=True, exit_on_error=False, group="secrets")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        event.stop()
        error = event.worker.error
        if event.state is WorkerState.SUCCESS:
            self._leave(event.worker.result)
        elif event.state is WorkerState.ERROR and isinstance(error, PassivTuiError):
            self._say(f"{error}")
            if len(self._rows) == 1:  # one types it anew rather than look for the slip among dots
                self._empty()
        elif event.state is WorkerState.ERROR and error is not None:
            self._leave(None)
            self.services.show_error(error, self._title.lower())

    def action_close_dialog(self) -> None:
        """Close; what was typed is forgotten."""
        self._leave(None)

    @property
    def _working(self) -> bool:
        return any(worker.group == "secrets" and not worker.is_finished for worker in self.workers)

    def _say(self, words: str) -> None:
        fault = self.query_one("#fault", Static)
        fault.update(Content(words[:1].upper() + words[1:]))

    def _leave(self, result: Done | None) -> None:
        self._empty()
        self.dismiss(result)

    def _empty(self) -> None:
        for field in self.query(Input):
            field.value = ""
