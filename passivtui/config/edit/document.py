"""A config while it is edited: its document, what that means, what changed, undo and redo, and the file it is saved to.

Values that aren't allowed stay as they were typed and block nothing but saving and backtests. The working document is
plain tables; tomlkit sees the file's text only when it is saved, so that undoing everything gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from passivtui.config.coins import normalise_coin
from passivtui.config.document import Document
from passivtui.config.edit.config_file import (
    ChangedOnDisk,
    ConfigFile,
    form_of,
    given,
    read_config_file,
    write_config_file,
)
from passivtui.config.edit.evaluation import Evaluator
from passivtui.config.edit.fields import Field, Role, Section, coin_fields, limits_param, sections_of
from passivtui.config.edit.history import Change, History
from passivtui.config.edit.issue import Issue, issues_for
from passivtui.config.edit.plain_tables import ABSENT, leaves, same, value_at, with_value, without
from passivtui.config.edit.stepping import stepped
from passivtui.config.findings import config_error
from passivtui.config.model import Config
from passivtui.config.parameter import Kind, Param
from passivtui.config.parameters import SIDES
from passivtui.config.save import to_json, to_toml
from passivtui.config.shipped import shipped_configs
from passivtui.errors import ConfigError
from passivtui.paths import Home

End = Literal["low", "high"]


class ConfigDocument:
    """One open config. Keys are dotted; `field(key)` says what a key is."""

    def __init__(self, file: ConfigFile, home: Home | None) -> None:
        self.home = home
        self._history = History()
        self._adopt(file)

    @classmethod
    def open(cls, path: Path, home: Home | None) -> ConfigDocument:
        """Open a TOML, JSON or HJSON file, also one with values that aren't allowed, and one of an older release
        (brought up to date; `notices` says how). Raises ConfigError when it can't be read as a config at all."""
        return cls(read_config_file(path), home)

    def _adopt(self, file: ConfigFile) -> None:
        self._file = file
        self._evaluator = Evaluator(file.path, self.home)
        self._table = self._saved = file.table
        self._saved_evaluation = self._evaluation = self._evaluator.evaluate(file.table)
        self._sections: tuple[Section, ...] = ()
        self._fields: dict[str, Field] = {}
        self._index()

    def _index(self) -> None:
        self._sections = sections_of(self._table)
        self._fields = {field.key: field for section in self._sections for field in section.fields}

    # -- what there is ----------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The file it is saved to."""
        return self._file.path

    @property
    def notices(self) -> tuple[str, ...]:
        """What was done to an older file when it was opened."""
        return self._file.notices

    @property
    def converts(self) -> bool:
        """Whether saving writes another form than the file has: that of Passivbot 7.3, or JSON instead of HJSON."""
        return self._file.converts

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the program: such a file is not to be changed, but saved under another name."""
        return self.path.resolve().is_relative_to(shipped_configs().resolve())

    @property
    def table(self) -> Document:
        """The whole document as plain tables; not to be changed."""
        return self._table

    @property
    def sections(self) -> tuple[Section, ...]:
        """The tree, top down."""
        return self._sections

    def field(self, key: str) -> Field | None:
        """What a key of the form is; None for a key that the form doesn't show."""
        return self._fields.get(key)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys of the form, in its order."""
        return tuple(self._fields)

    def section_of(self, key: str) -> Section | None:
        """The section whose field it is, else the deepest one that its prefix names."""
        fitting = [
            section
            for section in self._sections
            if any(field.key == key for field in section.fields)
            or (
                section.prefix
                and (key == section.prefix or key.startswith((f"{section.prefix}.", f"{section.prefix}_")))
            )
        ]
        own = [section for section in fitting if any(field.key == key for field in section.fields)]
        return own[0] if own else max(fitting, key=lambda section: len(section.prefix), default=None)

    def value(self, key: str) -> Any:
        """The plain value in the form: the given one, else what holds instead of it (the template's or the side's)."""
        return self._value(self._table, key)

    def _value(self, table: Document, key: str) -> Any:
        value = given(table, key)
        field = self._fields.get(key)
        if value is not ABSENT or field is None:
            return value
        if field.role is Role.LIMIT:
            limits = limits_param().template
            return (
                limits.get(key.rpartition(".")[2], ABSENT) if given(table, limits_param().key()) is ABSENT else ABSENT
            )
        return self._value(table, field.follows) if field.follows else field.template()

    def text(self, key: str) -> str:
        """The value as text, to be shown and edited."""
        field = self._fields[key]
        return field.show(self.value(key))

    def is_given(self, key: str) -> bool:
        """Whether the document holds the key itself."""
        return given(self._table, key) is not ABSENT

    # -- what it means ----------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config | None:
        """The typed config; None while something is not allowed."""
        return self._evaluation.config

    @property
    def saved_config(self) -> Config | None:
        """The config as it was opened or saved last; None when that isn't valid."""
        return self._saved_evaluation.config

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that is to be said about the values: errors first, then warnings."""
        return self._evaluation.issues

    def issues_for(self, key: str) -> tuple[Issue, ...]:
        """The issues of one key and of what is below it."""
        return tuple(issues_for(key, self._evaluation.issues))

    # -- what changed -----------------------------------------------------------------------------------------------

    @property
    def is_dirty(self) -> bool:
        """Whether there are changes that aren't saved."""
        return self._table is not self._saved and not same(self._table, self._saved)

    @property
    def differences_to_saved(self) -> tuple[tuple[str, Any, Any], ...]:
        """Every key that is not as it was saved: (dotted key, plain value before, now); ABSENT where it isn't given."""
        before, now = dict(leaves(self._saved)), dict(leaves(self._table))
        return tuple(
            (key, before.get(key, ABSENT), now.get(key, ABSENT))
            for key in dict.fromkeys([*before, *now])
            if not same(before.get(key, ABSENT), now.get(key, ABSENT)) and self.is_changed(key)
        )

    def is_changed(self, key: str) -> bool:
        """Whether the key's value is not the saved one; giving a key the value that it takes anyway is no change."""
        return not same(self._own_value(self._saved, key), self._own_value(self._table, key))

    def _own_value(self, table: Document, key: str) -> Any:
        """As `_value`, but ABSENT for a coin's setting that follows the side's."""
        field = self._fields.get(key)
        return given(table, key) if field is None or field.follows else self._value(table, key)

    def saved_text(self, key: str) -> str:
        """The saved value as text; empty when it wasn't given."""
        field = self._fields.get(key)
        return field.show(self._value(self._saved, key)) if field is not None else ""

    def template_text(self, key: str) -> str:
        """What the form compares with: the template's value, or for one coin the side's."""
        field = self._fields[key]
        return field.show(self._value(self._table, field.follows) if field.follows else field.template())

    # -- commands ---------------------------------------------------------------------------------------------------

    @property
    def undo_count(self) -> int:
        """How many commands can be undone."""
        return self._history.undo_count

    @property
    def redo_count(self) -> int:
        """How many undone commands can be done again."""
        return self._history.redo_count

    def trial(self, key: str, text: str) -> tuple[Issue, ...]:
        """What `set` would say of a text, without setting it."""
        table = self._with(key, self._fields[key].read(text, self.value(key)))
        return tuple(issues_for(key, self._evaluator.evaluate(table).issues))

    def set(self, key: str, text: str) -> tuple[Issue, ...]:
        """Give a field what was typed, and tell what is to be said about it."""
        return self.put(key, self._fields[key].read(text, self.value(key)))

    def put(self, key: str, value: Any, words: str = "set") -> tuple[Issue, ...]:
        """Give a key a plain value; a value that it has already changes nothing."""
        if same(self._own_value(self._table, key), value):
            return self.issues_for(key)
        self._do(words, key, self._with(key, value))
        return self.issues_for(key)

    def _with(self, key: str, value: Any) -> Document:
        """The document with a value; a list of limits or coins that wasn't given, or was one for both sides, is
        written out, so that the rest of it stays as it was."""
        return with_value(self._written_out(key), key, value)

    def _written_out(self, key: str) -> Document:
        table = self._table
        field = self._fields.get(key)
        if key.startswith("optimize.limits.") and not isinstance(given(table, "optimize.limits"), Mapping):
            return with_value(table, "optimize.limits", dict(limits_param().template))
        if field is not None and field.role is Role.COINS and field.side:
            whole = key.removesuffix(f".{field.side}")
            if not isinstance(given(table, whole), Mapping):
                return with_value(table, whole, {side: self.value(f"{whole}.{side}") for side in SIDES})
        return table

    def remove(self, key: str) -> None:
        """Take a key out: an override, a limit, a coin, or a setting that then takes the template's value."""
        table = self._written_out(key)
        if value_at(table, key) is not ABSENT:
            self._do("remove", key, without(table, key))

    def reset(self, key: str, to: Literal["saved", "template"]) -> bool:
        """Put back the saved value, or the template's; False when it is that already."""
        before = self._table
        saved = value_at(self._saved, key)
        if (field := self._fields.get(key)) is not None and field.role is Role.LIMIT:
            saved = self._value(self._saved, key)
        if to == "saved" and saved is ABSENT:
            self.remove(key)
        elif to == "saved":
            self.put(key, saved, "reset")
        elif field is None or field.template() is ABSENT:
            self.remove(key)
        else:
            self.put(key, field.template(), "reset")
        return self._table is not before

    def step(self, key: str, count: int, end: End = "high") -> bool:
        """`count` steps up (below zero: down); of bounds, one end. False where there is nothing to step."""
        field, value = self._fields[key], self.value(key)
        if field.role is Role.BOUNDS and field.param is not None and isinstance(value, list):
            moved: Any = _stepped_bounds(field.param, value, count, end)
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or not field.can_step:
            return False
        else:
            moved = stepped(field.param or _LIMIT_PARAM, value, count)
        if moved is None or same(moved, value):
            return False
        self.put(key, moved, "step")
        return True

    def next_choice(self, key: str) -> bool:
        """The next of a few values: true and false, modes, choices. False for other fields."""
        field = self._fields[key]
        choices = choices_of(field.param) if field.param is not None else ()
        if not choices:
            return False
        value = self.value(key)
        place = choices.index(value) + 1 if value in choices else 0
        self.put(key, choices[place % len(choices)])
        return True

    def undo(self) -> str | None:
        """Take the newest command back; the key it was about, None when there was none."""
        change = self._history.undo()
        if change is None:
            return None
        self._show(change.before)
        return change.key

    def redo(self) -> str | None:
        """Do what was undone last again; the key it was about, None when there was none."""
        change = self._history.redo()
        if change is None:
            return None
        self._show(change.after)
        return change.key

    def _do(self, words: str, key: str, table: Document) -> None:
        self._history.did(Change(words, key, self._table, table))
        self._show(table)

    def _show(self, table: Document) -> None:
        self._table = table
        self._evaluation = self._evaluator.evaluate(table)
        self._index()

    # -- coins ------------------------------------------------------------------------------------------------------

    def add_coin(self, name: str) -> str:
        """Make a place for a coin's overrides; the key of its section. Raises ConfigError for what is no coin name."""
        coin = normalise_coin(name)
        if not coin.isalnum():
            raise ConfigError(f"{name.strip() or 'nothing'} is no coin name; write it like BTC or 1000PEPE")
        overrides = given(self._table, "coin_overrides")
        for known in overrides if isinstance(overrides, Mapping) else ():
            if normalise_coin(known) == coin:
                return f"coin_overrides.{known}"
        self._do("add", f"coin_overrides.{coin}", with_value(self._table, f"coin_overrides.{coin}", {}))
        return f"coin_overrides.{coin}"

    def add_override(self, coin_key: str, name: str) -> str:
        """Give a coin a setting of its own, at first with the value it follows; its key."""
        field = next(field for field in coin_fields(coin_key.partition(".")[2]) if field.name == name)
        if not self.is_given(field.key):
            start: Any = self.value(field.follows) if field.follows else 0.0
            self.put(field.key, start, "add")
        return field.key

    # -- the file ---------------------------------------------------------------------------------------------------

    def changed_on_disk(self) -> bool:
        """Whether something else wrote or removed the file since it was opened or saved here."""
        return self._file.has_changed()

    def reload(self) -> None:
        """Forget all changes and read the file again. Raises ConfigError, and then changes nothing."""
        file = read_config_file(self.path)
        self._history.clear()
        self._adopt(file)

    def save(self, *, overwrite: bool = False) -> bool:
        """Write the changes, and nothing but them, to the file; its last content stays beside it as `.bak`.

        False when there is nothing to write. Raises ConfigError with all problems; ChangedOnDisk when the file isn't
        what it was, unless `overwrite`; StorageError.
        """
        config = self._valid()
        if self.is_shipped:
            raise ConfigError(f"{self.path.name} came with the program; save it under another name")
        if not overwrite and self.changed_on_disk():
            raise ChangedOnDisk(f"{self.path} was changed by something else since it was opened; nothing was saved")
        if not self.is_dirty and not self.converts and not overwrite:
            return False
        text = self._file.text_for(self._table)
        if text is None:
            text = to_toml(config)  # its own comments don't fit any more
        self._write(self.path, text)
        return True

    def save_as(self, path: Path, *, overwrite: bool = False) -> None:
        """Write it to another file and go on there; `.json` writes Passivbot's JSON, other suffixes TOML.

        In the form that the document has its text is kept, else every setting is written out. Raises ConfigError, also
        when the file is there already and not to be replaced; StorageError.
        """
        config = self._valid()
        if not overwrite and os.path.lexists(path):
            raise ConfigError(f"{path} is there already; choose another name")
        form = form_of(path)
        text = self._file.text_for(self._table) if form == self._file.form else None
        if text is not None and Evaluator(path, self.home).evaluate(self._table).config != config:
            text = None  # a path in it means another file there, or none
        if text is None:
            text = to_toml(config) if form == "toml" else to_json(config)
        self._write(path, text)

    def _valid(self) -> Config:
        if self.config is None:
            raise config_error(self._evaluation.problems)
        return self.config

    def _write(self, path: Path, text: str) -> None:
        """Write, and make what was written the saved state; undo still reaches behind it."""
        as_it_was = self._file.text_for(self._table) == text
        stamp = write_config_file(path, self._file.encoded(text))
        if as_it_was:
            self._file = replace(self._file, path=path, notices=(), converts=False, stamp=stamp)
        else:  # written anew as a whole: from now on this is the text that changes are made in
            self._file = read_config_file(path)
            self._table = self._file.table
        self._evaluator = Evaluator(path, self.home)
        self._saved = self._table
        self._saved_evaluation = self._evaluation = self._evaluator.evaluate(self._table)
        self._index()


_LIMIT_PARAM = Param("optimize", "limit", Kind.NUMBER, 0.0, help="", step=0.01)


def choices_of(param: Param) -> tuple[Any, ...]:
    """The values that a switch, a mode or a choice goes through; empty for other kinds."""
    if param.kind is Kind.SWITCH:
        return (False, True)
    if param.kind is Kind.MODE:
        from passivtui.config.modes import MODES

        return tuple(MODES)
    return param.choices if param.kind is Kind.CHOICE else ()


def _stepped_bounds(param: Param, value: list[Any], count: int, end: End) -> list[Any] | None:
    """Bounds with one end moved, never past the other; None for what are no bounds."""
    if len(value) not in (1, 2) or any(isinstance(item, bool) or not isinstance(item, (int, float)) for item in value):
        return None
    low, high = min(value), max(value)
    if end == "low":
        return [min(stepped(param, low, count), high), high]
    return [low, max(stepped(param, high, count), low)]
