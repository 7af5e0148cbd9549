"""One command, one class: its key, footer text, palette entry, help sentence, action, and the id that remaps it.

A screen or widget lists its commands once (`COMMAND_CLASSES`); bindings, footer, `?` and palette follow from that:

    class RunBacktest(Command):
        \"\"\"Run the backtest with what is chosen here.\"\"\"

        KEYS = "r"
        FOOTER = "run"

    class BacktestScreen(AppScreen):
        COMMAND_CLASSES = (RunBacktest,)

        def action_run_backtest(self) -> None: ...
"""

from __future__ import annotations

import inspect
import re
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Command:
    """Something a person can ask for. The first line of a subclass's docstring is its help sentence.

    Attributes:
        KEYS: Textual key names, comma separated ("j,down"). The first is the one shown.
        FOOTER: the word(s) beside the key in the footer; empty keeps the command out of the footer.
        SHOWN: how the key is written, when Textual's own way of writing it is not short enough ("1-9").
        NAME: the palette entry; by default the class name in words ("Run backtest").
        ACTION: what is run, on the host that lists the command; by default the class name in snake_case.
        ID: the name under which `settings.toml` remaps the key; by default the class name in kebab-case.
        IN_PALETTE: whether the palette offers it. Moves of a cursor and the like don't belong there.
        PRIORITY: whether the key works even while a field is edited (never for letters and digits).
    """

    KEYS: ClassVar[str]
    FOOTER: ClassVar[str] = ""
    SHOWN: ClassVar[str] = ""
    NAME: ClassVar[str] = ""
    ACTION: ClassVar[str] = ""
    ID: ClassVar[str] = ""
    IN_PALETTE: ClassVar[bool] = True
    PRIORITY: ClassVar[bool] = False

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        words = _HUMP.sub(" ", cls.__name__).lower()
        own = cls.__dict__
        cls.NAME = own.get("NAME") or words.capitalize()
        cls.ACTION = own.get("ACTION") or words.replace(" ", "_")
        cls.ID = own.get("ID") or words.replace(" ", "-")

    @classmethod
    def sentence(cls) -> str:
        """The help sentence: the first line of the docstring."""
        return inspect.getdoc(cls).partition("\n")[0] if cls.__doc__ else cls.NAME  # type: ignore[union-attr]

    @classmethod
    def binding(cls) -> Binding:
        """The Textual binding of this command; its tooltip is the help sentence."""
        return Binding(
            cls.KEYS,
            cls.ACTION,
            cls.FOOTER or cls.NAME,
            show=bool(cls.FOOTER),
            key_display=cls.SHOWN or None,
            priority=cls.PRIORITY,
            tooltip=cls.sentence(),
            id=cls.ID,
        )


class CommandHost:
    """Mix-in, first among the bases: turns `COMMAND_CLASSES` into bindings, and says what the widget is for."""

    COMMAND_CLASSES: ClassVar[tuple[type[Command], ...]] = ()
    PURPOSE: ClassVar[str] = ""
    """One sentence for `?`: what this screen or pane is for."""
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init_subclass__(cls, **arguments: Any) -> None:
        # Textual's own COMMANDS are palette providers; a Command class there would be called as one.
        if any(isinstance(entry, type) and issubclass(entry, Command) for entry in cls.__dict__.get("COMMANDS", ())):
            raise TypeError(f"{cls.__name__}: list Command classes in COMMAND_CLASSES, not in COMMANDS")
        # Before Textual's own __init_subclass__, which reads BINDINGS of the class alone and merges along the bases.
        if "COMMAND_CLASSES" in cls.__dict__:
            cls.BINDINGS = [command.binding() for command in cls.__dict__["COMMAND_CLASSES"]]
        super().__init_subclass__(**arguments)

    @classmethod
    def all_commands(cls) -> tuple[type[Command], ...]:
        """The commands of this class and its bases, own ones first."""
        found: dict[type[Command], None] = {}
        for base in cls.__mro__:
            found.update(dict.fromkeys(base.__dict__.get("COMMAND_CLASSES", ())))
        return tuple(found)
