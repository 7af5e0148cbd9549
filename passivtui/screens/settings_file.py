"""What the user likes, kept in `settings.toml`: read when the app starts, changed in place so that comments survive."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from passivtui.errors import StorageError, storage_error
from passivtui.files import write_atomically
from passivtui.logs import DEFAULT_LOG_LEVEL, LOG_LEVELS
from passivtui.screens.theme import DEFAULT_PAIR, DEFAULT_THEME, PAIR_NOTES, THEME_NOTES
from passivtui.widgets.glyphs import GLYPH_SETS, UNICODE

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "theme": tuple(THEME_NOTES),
    "colours": tuple(PAIR_NOTES),
    "glyphs": tuple(GLYPH_SETS),
    "confirmations": ("always", "final"),
    "log_level": LOG_LEVELS,
}
"""Every setting with a fixed choice, and its choices."""

TEXTS: tuple[str, ...] = ("market",)
"""Settings that hold a name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force.

    Attributes:
        confirmations: "always", or "final": only before what can't be taken back.
        log_level: from which level on records reach the log file.
        market: the market that a backtest and the preview begin with: "demo", a dataset's name, or "exchanges".
        keys: remapped commands: their id -> Textual key names, comma separated.
    """

    theme: str = DEFAULT_THEME
    colours: str = DEFAULT_PAIR
    glyphs: str = UNICODE.name
    confirmations: str = "always"
    log_level: str = DEFAULT_LOG_LEVEL
    market: str = "demo"
    keys: Mapping[str, str] = field(default_factory=dict)

    def changed(self, name: str, value: str) -> Settings:
        """These settings with one of `ALLOWED` or `TEXTS` changed."""
        if name not in ALLOWED and name not in TEXTS:
            raise KeyError(name)
        changes: dict[str, Any] = {name: value}
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings as read, and one sentence for everything that could not be used (the default holds there)."""

    settings: Settings
    problems: tuple[str, ...] = ()


def load_settings(path: Path) -> LoadedSettings:
    """Read `path`. A missing file means defaults; what is wrong is told, never fatal."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return LoadedSettings(Settings())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return LoadedSettings(Settings(), (f"{path} can't be read ({error}); the defaults are used",))
    problems: list[str] = []
    chosen: dict[str, str] = {}
    for name, allowed in ALLOWED.items():
        value = document.get(name)
        if value is None:
            continue
        if value in allowed:
            chosen[name] = value
        else:
            problems.append(f"settings.toml: {name} = {value!r} is not known; use one of {', '.join(allowed)}")
    for name in TEXTS:
        value = document.get(name)
        if isinstance(value, str) and value.strip():
            chosen[name] = value.strip()
        elif value is not None:
            problems.append(f"settings.toml: {name} = {value!r} must be a name in quotes")
    return LoadedSettings(Settings(**chosen, keys=_read_keys(document.get("keys", {}), problems)), tuple(problems))


def _read_keys(table: object, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict):
        problems.append('settings.toml: keys must be a table of command = "key"')
        return {}
    keys: dict[str, str] = {}
    for command, key in table.items():
        if isinstance(key, str) and key:
            keys[command] = key
        else:
            problems.append(f'settings.toml: keys.{command} must be the name of a key, for example "f5"')
    return keys


def save_setting(path: Path, name: str, value: str) -> None:
    """Write one setting into `path`, leaving everything else (comments too) as it is. Raises StorageError."""
    import tomlkit  # 20 ms, only needed when something is changed
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except OSError as error:
        raise storage_error("read", path, error) from error
    except (UnicodeDecodeError, TOMLKitError) as error:
        raise StorageError(f"can't change {path}: it is not valid TOML ({error}); repair or delete it") from error
    document[name] = value
    write_atomically(path, tomlkit.dumps(document))
