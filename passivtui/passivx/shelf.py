"""Passiv-X's files in the home, in the folders that Passiv-X has for them: `passivx/live_settings/bybit/NAME.json` …

So a file of backtest settings finds the live settings that it starts from, and who knows Passiv-X finds everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os.path import isfile  # unlike Path's, it never raises
from pathlib import Path
from typing import Final, Literal

from passivtui.config import find_config
from passivtui.errors import ConfigError, UsageError, storage_error
from passivtui.files import write_atomically
from passivtui.passivx.folder import EXCHANGES
from passivtui.passivx.model import LiveSettings
from passivtui.passivx.save import to_json
from passivtui.passivx.settings import is_tick_settings
from passivtui.paths import Home

LIVE_FOLDER, SESSIONS_FOLDER, RESULTS_FOLDER, TRADES_FOLDER = (
    *("live_settings", "backtest_configs", "backtest_results", "historical_data"),
)
SUFFIXES: Final = (".json", ".hjson", ".toml")
_NAME: Final = re.compile(r"[^\W_][\w .+%-]*", re.UNICODE)
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class SettingsEntry:
    """A file of settings in the home. Backtest settings say their exchange themselves: `exchange` is "" then."""

    kind: Literal["live settings", "backtest settings"]
    name: str
    exchange: str
    path: Path

    @property
    def key(self) -> str:
        """Names it among all."""
        return f"{self.kind} {self.exchange} {self.path.name}"


class Shelf:
    """The Passiv-X files of a home. Nothing is ever overwritten."""

    def __init__(self, home: Home) -> None:
        self.root = home.root / "passivx"

    def live_folder(self, exchange: str) -> Path:
        """Where live settings of an exchange are."""
        return self.root / LIVE_FOLDER / exchange

    @property
    def sessions_folder(self) -> Path:
        """Where backtest settings are."""
        return self.root / SESSIONS_FOLDER

    def trades_folder(self, exchange: str) -> Path:
        """Where imported trades of an exchange are, an .npz file a symbol: a place of ticks."""
        return self.root / TRADES_FOLDER / exchange

    def entries(self) -> list[SettingsEntry]:
        """Every file of settings: backtest settings first, then live settings by exchange. Raises StorageError."""
        sessions = [SettingsEntry("backtest settings", path.stem, "", path) for path in _files(self.sessions_folder)]
        live = [
            SettingsEntry("live settings", path.stem, exchange, path)
            for exchange in EXCHANGES
            for path in _files(self.live_folder(exchange))
        ]
        return [*sessions, *live]

    def fault_of(self, name: str, folder: Path) -> str | None:
        """Why new settings can't have this name; None when they can."""
        name = name.strip()
        if not name:
            return "type a name"
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            return "use letters, digits, spaces and . _ + - only, and begin with a letter or digit"
        if any((folder / f"{name}{suffix}").exists() for suffix in SUFFIXES):
            return f"{name} is taken; {self.free_name(name, folder)} is free"
        return None

    def checker(self, exchange: str) -> Callable[[str], str | None]:
        """`fault_of` for live settings of an exchange."""
        return lambda name: self.fault_of(name, self.live_folder(exchange))

    def free_name(self, stem: str, folder: Path) -> str:
        """The stem, or the stem with the first number that makes it free."""
        number, free = 2, stem
        while any((folder / f"{free}{suffix}").exists() for suffix in SUFFIXES):
            free, number = f"{stem}_{number}", number + 1
        return free

    def keep_live(self, settings: LiveSettings, exchange: str, name: str) -> Path:
        """Live settings as Passiv-X's JSON under a new name. Raises UsageError for the name, StorageError."""
        folder = self.live_folder(exchange)
        if fault := self.fault_of(name, folder):
            raise UsageError(f"{name}: {fault}")
        path = folder / f"{name.strip()}.json"
        write_atomically(path, to_json(settings))
        return path


def find_settings(name_or_path: str, home: Home) -> Path:
    """The file of Passiv-X settings: an existing path, or the name of some in the home; else a config (`find_config`).

    A name that backtest and live settings share means the backtest settings. Raises ConfigError, StorageError.
    """
    path = Path(name_or_path).expanduser()
    if isfile(path):
        return path
    for entry in Shelf(home).entries():
        if name_or_path in (entry.name, entry.path.name):
            return entry.path
    return find_config(name_or_path, home)


def names_tick_settings(name_or_path: str, sets: Sequence[str], home: Home) -> bool:
    """Whether a name or path is that of settings which are run over ticks (`settings.is_tick_settings`)."""
    try:
        path = find_settings(name_or_path, home)
    except ConfigError:
        return False  # whoever loads it says that it isn't there
    return is_tick_settings(path, sets)


def _files(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    except FileNotFoundError:
        return
    except OSError as error:
        raise storage_error("list the settings in", folder, error) from error
    yield from (path for path in found if not path.name.startswith("."))
