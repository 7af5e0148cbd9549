"""Dialogs: to read, to confirm, to type one line, to choose. Opaque, and nothing moves below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize, ScreenResume
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from passivtui.commands import Command, CommandHost
from passivtui.screens.base import Services
from passivtui.screens.too_small import TooSmallNotice

Value = TypeVar("Value")
Result = TypeVar("Result")


class CloseDialog(Command):
    """Close this dialog and change nothing."""

    KEYS = "escape"
    SHOWN = "esc"
    IN_PALETTE = False


class CopyText(Command):
    """Copy the whole text."""

    KEYS = "c,y"
    IN_PALETTE = False


class CloseText(Command):
    """Close."""

    KEYS = "enter,q"
    ACTION = "close_dialog"
    IN_PALETTE = False


class SayYes(Command):
    """Do it."""

    KEYS = "y"
    IN_PALETTE = False


class SayNo(Command):
    """Leave everything as it is."""

    KEYS = "n"
    ACTION = "close_dialog"
    IN_PALETTE = False


class NextChoice(Command):
    """Move down."""

    KEYS = "j"
    IN_PALETTE = False


class PreviousChoice(Command):
    """Move up."""

    KEYS = "k"
    IN_PALETTE = False


class Dialog(CommandHost, ModalScreen[Result], Generic[Result]):
    """A framed box on an opaque ground. Being modal, it hides the keys of whatever lies below."""

    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = (CloseDialog,)

    DEFAULT_CSS = """
    Dialog {
        layers: default too-small; align: center middle; background: $background; color: $foreground;
        & > #box {
            width: 84; max-width: 94%; height: auto; max-height: 90%; padding: 0 1;
            border: round $frame-focus; border-title-color: $heading; border-title-style: bold; background: $background;
            border-subtitle-color: $muted;
        }
        &.-failure > #box { border: round $failure; border-title-color: $failure; }
        &.-caution > #box { border: round $caution; border-title-color: $caution; }
    }
    .-ascii Dialog > #box { border: ascii $frame-focus; }
    """

    def __init__(self, title: str, keys: str) -> None:
        super().__init__()
        self._title = title
        self._keys = keys

    @property
    def services(self) -> Services:
        """The app, as far as screens may know it."""
        return cast(Services, self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            # Titles are Content, so that a bracket in a name from outside is a bracket.
            box.border_title = Content(self._title)
            box.border_subtitle = Content(self._keys)
            yield from self.compose_box()
        yield TooSmallNotice()

    def compose_box(self) -> ComposeResult:
        """What is in the box."""
        yield from ()

    def on_resize(self, event: Resize) -> None:
        self.query_one(TooSmallNotice).fit(event.size.width, event.size.height)

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.query_one(TooSmallNotice).fit(self.app.size.width, self.app.size.height)

    def action_close_dialog(self) -> None:
        """Close without a result."""
        self.dismiss(None)


class TextModal(Dialog[None]):
    """Something to read: scrolls, `c` or `y` copies, esc, enter or q closes. Text is shown as it is, no markup."""

    COMMAND_CLASSES = (CopyText, CloseText)

    DEFAULT_CSS = """
    TextModal > #box > VerticalScroll { height: auto; max-height: 100%; }
    TextModal #text { height: auto; width: 100%; }
    """

    def __init__(self, title: str, text: str | Content, *, role: str = "") -> None:
        """`role`: "failure" or "caution" colours the frame; the title says it in words too."""
        super().__init__(title, "up/down scroll  c copy  esc close")
        self._text = Content(text) if isinstance(text, str) else text
        self.set_class(role == "failure", "-failure")
        self.set_class(role == "caution", "-caution")

    def compose_box(self) -> ComposeResult:
        with VerticalScroll(can_focus=True):
            yield Static(self._text, id="text", markup=False)

    def action_copy_text(self) -> None:
        """Copy the whole text."""
        self.services.copy(f"{self._title}\n{self._text.plain}", "the text")


class ChoiceList(OptionList):
    """The answers of a dialog: plain rows without a frame of their own."""

    DEFAULT_CSS = """
    ChoiceList, ChoiceList:focus { height: auto; max-height: 16; border: none; background: $background; padding: 0; }
    ChoiceList > .option-list--option-highlighted { background: $cursor-row; color: $foreground; text-style: bold; }
    ChoiceList:nocolor > .option-list--option-highlighted { text-style: bold reverse; }
    ChoiceList:ansi > .option-list--option-highlighted { text-style: bold reverse; }
    """


class ConfirmModal(Dialog[bool]):
    """One question with its consequence. The safe answer has the cursor; `y` or choosing the other answers True."""

    COMMAND_CLASSES = (SayYes, SayNo, NextChoice, PreviousChoice)

    DEFAULT_CSS = "ConfirmModal #consequence { height: auto; margin: 1 0; }"

    def __init__(self, title: str, consequence: str, *, do: str, keep: str = "Leave everything as it is") -> None:
        """`do` labels the answer that acts ("Delete 3 reports"), `keep` the safe one."""
        super().__init__(title, "enter choose  y do it  esc back")
        self._consequence = consequence
        self._do = do
        self._keep = keep
        self.add_class("-caution")

    def compose_box(self) -> ComposeResult:
        yield Static(Content(self._consequence), id="consequence", markup=False)
        yield ChoiceList(Option(Content(f"n  {self._keep}"), id="keep"), Option(Content(f"y  {self._do}"), id="do"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id == "do")

    def action_say_yes(self) -> None:
        """Answer that it shall be done."""
        self.dismiss(True)

    def action_close_dialog(self) -> None:
        """The safe answer."""
        self.dismiss(False)

    def action_next_choice(self) -> None:
        """Move down."""
        self.query_one(ChoiceList).action_cursor_down()

    def action_previous_choice(self) -> None:
        """Move up."""
        self.query_one(ChoiceList).action_cursor_up()


class InputModal(Dialog["str | None"]):
    """One line of text: enter accepts it (when `check` finds no fault), esc gives None."""

    DEFAULT_CSS = """
    InputModal #hint { height: auto; margin-top: 1; color: $muted; }
    InputModal #fault { height: auto; min-height: 1; color: $failure; }
    InputModal Input { border: round $frame-focus; background: $background; }
    """

    def __init__(
        self,
        title: str,
        *,
        value: str = "",
        hint: str = "",
        check: Callable[[str], str | None] | None = None,
    ) -> None:
        """`check` returns None when the text is fine, else one sentence, shown below the field while one types."""
        super().__init__(title, "enter accept  esc back")
        self._value = value
        self._hint = hint
        self._check = check

    def compose_box(self) -> ComposeResult:
        yield Static(Content(self._hint), id="hint", markup=False)
        yield Input(self._value, select_on_focus=False)
        yield Static("", id="fault", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#fault", Static).update(Content(self._fault(event.value) or ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._fault(event.value) is None:
            self.dismiss(event.value)

    def _fault(self, text: str) -> str | None:
        return None if self._check is None else self._check(text)


@dataclass(frozen=True, slots=True)
class Choice(Generic[Value]):
    """One row of a ChoiceModal: what it returns, what it is called, one line about it."""

    value: Value
    label: str
    note: str = ""


class ChoiceModal(Dialog["Value | None"], Generic[Value]):
    """Pick one: digits 1-9 choose at once, arrows or j k and enter; esc gives None."""

    COMMAND_CLASSES = (NextChoice, PreviousChoice)

    def __init__(self, title: str, choices: Sequence[Choice[Value]], *, current: Value | None = None) -> None:
        """`current` has the cursor at first."""
        super().__init__(title, "1-9 or enter choose  esc back")
        self._choices = tuple(choices)
        self._current = next((i for i, choice in enumerate(choices) if choice.value == current), 0)

    def compose_box(self) -> ComposeResult:
        width = max((len(choice.label) for choice in self._choices), default=0)
        yield ChoiceList(*(Option(_row(number, choice, width)) for number, choice in enumerate(self._choices, 1)))

    def on_mount(self) -> None:
        self.query_one(ChoiceList).highlighted = self._current if self._choices else None

    def on_key(self, event: Key) -> None:
        if event.key.isdecimal() and 1 <= int(event.key) <= len(self._choices):
            event.stop()  # or it would also act on the screen that is shown then
            self.dismiss(self._choices[int(event.key) - 1].value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index].value)

    def action_next_choice(self) -> None:
        """Move down."""
        self.query_one(ChoiceList).action_cursor_down()

    def action_previous_choice(self) -> None:
        """Move up."""
        self.query_one(ChoiceList).action_cursor_up()


def _row(number: int, choice: Choice[Value], width: int) -> Content:
    """`1  blue-orange   told apart with any colour vision`, labels padded to `width`."""
    digit = f"{number}" if number <= 9 else " "
    return Content.assemble((digit, "$key bold"), f"  {choice.label:<{width}}", (f"   {choice.note}", "$muted"))
