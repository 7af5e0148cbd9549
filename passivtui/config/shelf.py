"""Whole config files: copied, renamed, imported, exported, thrown away and taken back. Nothing is ever overwritten."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passivtui.clock import Clock, utc_ms
from passivtui.config.load import load_config, load_passivx
from passivtui.config.model import Config, Note
from passivtui.config.recognise import is_passivx_file
from passivtui.config.save import to_json, to_toml
from passivtui.config.tags import move_tags
from passivtui.errors import ConfigError, UsageError, storage_error
from passivtui.files import write_atomically
from passivtui.paths import Home

SUFFIXES: Final = (".toml", ".json", ".hjson")
_LONGEST_NAME: Final = 80
_NAME: Final = re.compile(r"[^\W_][\w .+-]*", re.UNICODE)
_TRASHED: Final = re.compile(r"(?P<stamp>\d{13})_(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Trashed:
    """A config in the trash: its file there, the name that it had, and when it was thrown away (ms UTC)."""

    path: Path
    name: str
    when_ms: int


class Shelf:
    """The config files of a home. Methods raise UsageError for a name that won't do, StorageError for the disk."""

    def __init__(self, home: Home, clock: Clock = utc_ms) -> None:
        self._home = home
        self._clock = clock

    def fault_of(self, name: str, suffix: str = ".toml") -> str | None:
        """Why a new config can't have this name; None when it can. A suffix in the name goes before `suffix`."""
        name = name.strip()
        stem, end = _split(name, suffix)
        if not name:
            return "type a name"
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(stem):
            return "use letters, digits, spaces and . _ + - only, and begin with a letter or digit"
        if (self._home.configs / f"{stem}{end}").exists():
            return f"{stem}{end} is taken; {self.free_name(stem, end)} is free"
        return None

    def free_name(self, stem: str, suffix: str = ".toml") -> str:
        """The stem, or the stem with the first number that makes it free."""
        number = 2
        free = stem
        while (self._home.configs / f"{free}{suffix}").exists():
            free, number = f"{stem}_{number}", number + 1
        return free

    def copy(self, source: Path, name: str) -> Path:
        """A copy of a config file, comments and all, under a new name in its own form."""
        target = self._target(name, source.suffix.lower() or ".toml")
        try:
            content = source.read_bytes()
        except OSError as error:
            raise storage_error("read", source, error) from error
        return _write_new(target, content)

    def rename(self, path: Path, name: str) -> Path:
        """Give a config of the home another name; its form stays."""
        target = self._target(name, path.suffix.lower())
        if target.suffix != path.suffix.lower():
            raise UsageError(f"renaming can't change the form; export it to make a {target.suffix} file")
        try:
            os.link(path, target)  # unlike a rename, this never replaces what came there meanwhile
            path.unlink()
        except FileExistsError:
            raise UsageError(f"{target.name} is taken; choose another name") from None
        except OSError as error:
            raise storage_error("rename", path, error) from error
        move_tags(self._home, path.name, target.name)
        return target

    def import_file(self, source: Path, name: str | None = None) -> tuple[Path, tuple[Note, ...]]:
        """A config of any release, the result of an optimisation, or Passiv-X live settings, as TOML in the home.

        The notes tell what was changed on the way. Raises ConfigError for what can't be understood.
        """
        loaded = (load_passivx if is_passivx_file(source) else load_config)(source, home=self._home)
        target = self._target(name or self.free_name(_tame(source.stem)), ".toml")
        return _write_new(target, to_toml(loaded.config).encode()), loaded.notes

    def keep(self, config: Config, name: str) -> Path:
        """A config of the program's making, as TOML in the home under a free name."""
        return _write_new(self._target(name, ".toml"), to_toml(config).encode())

    def export(self, path: Path, target: Path) -> Path:
        """Write the resolved config to a path of the user's, as JSON or TOML by its ending; nothing is replaced."""
        config = load_config(path, home=self._home).config
        text = to_json(config) if target.suffix.lower() == ".json" else to_toml(config)
        if target.exists():
            raise UsageError(f"{target} exists already; choose another name")
        return _write_new(target, text.encode())

    def throw_away(self, path: Path) -> Trashed:
        """Move a config of the home to the trash."""
        when = self._clock()
        target = self._home.trash / f"{when:013d}_{path.name}"
        try:
            self._home.trash.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        except OSError as error:
            raise storage_error("move to the trash", path, error) from error
        return Trashed(target, path.name, when)

    def trashed(self) -> tuple[Trashed, ...]:
        """What is in the trash, the last thrown away first."""
        try:
            names = [(entry, _TRASHED.fullmatch(entry.name)) for entry in self._home.trash.iterdir()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise storage_error("list", self._home.trash, error) from error
        found = [Trashed(path, match["name"], int(match["stamp"])) for path, match in names if match is not None]
        return tuple(sorted(found, key=lambda item: (-item.when_ms, item.name)))

    def restore(self, item: Trashed) -> Path:
        """Take a config back, under its name or the next free one."""
        stem, suffix = _split(item.name, "")
        target = self._home.configs / f"{self.free_name(stem, suffix)}{suffix}"
        try:
            os.link(item.path, target)
            item.path.unlink()
        except OSError as error:
            raise storage_error("restore", item.path, error) from error
        return target

    def empty_trash(self, items: Sequence[Trashed] | None = None) -> int:
        """Remove configs of the trash for good (None: all of them); returns how many."""
        chosen = self.trashed() if items is None else items
        for item in chosen:
            try:
                item.path.unlink(missing_ok=True)
            except OSError as error:
                raise storage_error("remove", item.path, error) from error
        return len(chosen)

    def _target(self, name: str, suffix: str) -> Path:
        if (fault := self.fault_of(name, suffix)) is not None:
            raise UsageError(f"{name.strip() or 'the name'}: {fault}")
        stem, end = _split(name.strip(), suffix)
        return self._home.configs / f"{stem}{end}"


def _split(name: str, suffix: str) -> tuple[str, str]:
    """Stem and suffix of a name; without one of a config's own, `suffix`."""
    for end in SUFFIXES:
        if name.lower().endswith(end):
            return name[: -len(end)], end
    return name, suffix


def _tame(stem: str) -> str:
    """A name that may be given, as near as possible to a file's."""
    tame = re.sub(r"[^\w .+-]+", "_", stem).strip("_ .-")[: _LONGEST_NAME - 10]
    return tame if _NAME.fullmatch(tame) else "imported"


def _write_new(target: Path, content: bytes) -> Path:
    if target.is_dir():
        raise ConfigError(f"{target} is a folder; choose another name")
    write_atomically(target, content)
    return target
