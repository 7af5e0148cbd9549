"""What the editor does with files: save, save as, another writer's changes, comparing, leaving. Each asks before it
loses anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from passivtui.config import Config, list_configs, load_config
from passivtui.config.edit import ChangedOnDisk, ConfigDocument
from passivtui.config.edit.plain_tables import ABSENT
from passivtui.config.edit.value_text import show_value
from passivtui.errors import PassivTuiError
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, InputModal, TextModal
from passivtui.screens.editor_dialogs import Pick, PickModal

_SUFFIXES: Final = (".toml", ".json", ".hjson")


class FileFlow:
    """The dialogs around one document's file. `changed` is called when what the editor shows is to be drawn anew."""

    def __init__(self, screen: AppScreen[None], document: ConfigDocument, changed: Callable[[], None]) -> None:
        self._screen = screen
        self._document = document
        self._changed = changed

    # -- saving -----------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save to the file, asking first where that changes its form; `then` is called when it is saved."""
        document, services = self._document, self._screen.services
        if document.config is None:
            errors = sum(issue.severity == "error" for issue in document.issues)
            noun = "value is" if errors == 1 else "values are"
            services.toast(f"Not saved: {errors} {noun} not allowed; v lists them.", severity="warning")
        elif document.is_shipped:
            services.toast(f"{document.path.name} came with the program: choose a name for your own copy.")
            self.save_as(then)
        elif document.converts:
            self._ask_conversion(then)
        else:
            self._write(then)

    def _ask_conversion(self, then: Callable[[], object] | None) -> None:
        name = self._document.path.name
        notices = "".join(f"\n  {notice}" for notice in self._document.notices)
        question = ConfirmModal(
            f"Write {name} in the present form?",
            "The file is of an older release, or has comments that JSON can't hold. Saving writes it in the form of "
            f"Passivbot 7.3; its present content stays beside it as {name}.bak.{notices}",
            do="Save it in the present form",
            keep="Don't save",
        )

        def decide(agreed: bool | None) -> None:
            if agreed:
                self._write(then)

        self._screen.app.push_screen(question, decide)

    def _write(self, then: Callable[[], object] | None, *, overwrite: bool = False) -> None:
        services = self._screen.services
        try:
            wrote = self._document.save(overwrite=overwrite)
        except ChangedOnDisk:
            self._ask_conflict(then)
            return
        except PassivTuiError as error:
            services.show_error(error, "saving the config")
            return
        services.toast(f"saved {self._document.path.name}" if wrote else "nothing to save")
        self._changed()
        if then is not None:
            then()

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask for a name and go on in that file."""
        document = self._document
        if document.config is None:
            self.save()  # says why not
            return
        suggestion = document.path.name if document.is_shipped else f"{document.path.stem}_2{document.path.suffix}"
        hint = (
            f"A name goes to {self._screen.services.home_text()}/configs; a path is taken as it is. .toml keeps "
            "comments; .json is what Passivbot reads."
        )

        def decide(text: str | None) -> None:
            if text is not None:
                self._save_to(self._target(text), then)

        self._screen.app.push_screen(InputModal("Save as", value=suggestion, hint=hint, check=_fault), decide)

    def _target(self, text: str) -> Path:
        path = Path(text.strip()).expanduser()
        path = path if path.suffix else path.with_suffix(".toml")
        return path if len(path.parts) > 1 else self._screen.services.home.configs / path

    def _save_to(self, path: Path, then: Callable[[], object] | None, *, overwrite: bool = False) -> None:
        if path.exists() and not overwrite:
            question = ConfirmModal(
                f"Replace {path.name}?",
                f"{path} is there already; its present content stays beside it as {path.name}.bak.",
                do=f"Replace {path.name}",
            )
            self._screen.app.push_screen(
                question, lambda agreed: self._save_to(path, then, overwrite=True) if agreed else None
            )
            return
        try:
            self._document.save_as(path, overwrite=overwrite)
        except PassivTuiError as error:
            self._screen.services.show_error(error, "saving the config")
            return
        self._screen.services.toast(f"saved {path.name}")
        self._changed()
        if then is not None:
            then()

    # -- another writer ---------------------------------------------------------------------------------------------

    def _ask_conflict(self, then: Callable[[], object] | None) -> None:
        """The file isn't what was opened: nothing is lost without being asked for."""
        name, count = self._document.path.name, len(self._document.differences_to_saved)
        choices = [
            Choice("stay", "Keep editing", "nothing is saved yet"),
            Choice("diff", "Show the differences", "the file now, and what is here"),
            Choice("reload", "Read the file again", f"your {_changes(count)} are lost"),
            Choice("overwrite", "Write over it", f"what it holds now stays as {name}.bak"),
            Choice("as", "Save under another name"),
        ]

        def decide(choice: str | None) -> None:
            if choice == "diff":
                self.diff_to_file()
            elif choice == "reload":
                self.reload()
            elif choice == "overwrite":
                self._write(then, overwrite=True)
            elif choice == "as":
                self.save_as(then)

        self._screen.app.push_screen(ChoiceModal(f"{name} was changed by something else", choices), decide)

    def reload(self) -> None:
        """Read the file again; what was changed here is forgotten."""
        try:
            self._document.reload()
        except PassivTuiError as error:
            self._screen.services.show_error(error, "reading the config again")
            return
        self._screen.services.toast(f"read {self._document.path.name} again")
        self._changed()

    # -- leaving ----------------------------------------------------------------------------------------------------

    def leave(self, go: Callable[[], object]) -> None:
        """Call `go` at once, or after asking what shall become of unsaved changes."""
        if not self._document.is_dirty:
            go()
            return
        choices = [
            Choice("save", "Save and leave"),
            Choice("discard", "Leave without saving", "the changes are lost"),
            Choice("stay", "Stay here"),
        ]

        def decide(choice: str | None) -> None:
            if choice == "save":
                self.save(go)
            elif choice == "discard":
                go()

        count = len(self._document.differences_to_saved)
        title = f"{self._document.path.name} has {_changes(count)} that are not saved"
        self._screen.app.push_screen(ChoiceModal(title, choices, current="stay"), decide)

    # -- comparing --------------------------------------------------------------------------------------------------

    def diff_to_saved(self) -> None:
        """What was saved last beside what is here."""
        self._diff(self._document.saved_config, "saved", self._document.config)

    def diff_to_file(self) -> None:
        """What the file holds now beside what is here."""
        self._diff_to(self._document.path, "the file now")

    def diff_to_other(self) -> None:
        """Choose another config to compare with."""
        try:
            entries = list_configs(self._screen.services.home)
        except PassivTuiError as error:
            self._screen.services.show_error(error, "listing the configs")
            return
        paths = {entry.name: entry.path for entry in entries}
        picks = [Pick(entry.name, "shipped" if entry.shipped else "") for entry in entries]

        def decide(names: tuple[str, ...] | None) -> None:
            if names:
                self._diff_to(paths[names[0]], names[0])

        self._screen.app.push_screen(PickModal("Compare with", picks, many=False), decide)

    def _diff_to(self, path: Path, title: str) -> None:
        try:
            other = load_config(path, home=self._screen.services.home).config
        except PassivTuiError as error:
            self._screen.services.show_error(error, "reading the config to compare with")
            return
        self._diff(other, title, self._document.config)

    def _diff(self, before: Config | None, title: str, after: Config | None) -> None:
        if before is None or after is None:
            self._screen.app.push_screen(TextModal("Changes, some not allowed yet", self._raw_changes()))
            return
        from passivtui.screens.config_diff import ConfigDiffScreen

        self._screen.app.push_screen(ConfigDiffScreen(before, after, (title, "here")))

    def _raw_changes(self) -> str:
        """Every changed key with both texts, for documents that mean no config."""
        lines = [
            f"{key}: {_text(before)} -> {_text(after)}" for key, before, after in self._document.differences_to_saved
        ]
        return "\n".join(lines) or "Nothing was changed here; v lists what is not allowed."


def _text(value: Any) -> str:
    return "not given" if value is ABSENT else show_value(value) or '""'


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count} changes"


def _fault(text: str) -> str | None:
    name = text.strip()
    if not name or name.endswith("/"):
        return "Type a name."
    suffix = Path(name).suffix.lower()
    return None if suffix in ("", *_SUFFIXES) else f"A config's name ends in {', '.join(_SUFFIXES)}."
