"""Finding configs by path or name: the home's own, then those that ship."""

from __future__ import annotations

from dataclasses import dataclass
from os.path import isdir, isfile  # unlike Path's, these never raise
from pathlib import Path

from passivtui.config.parameters import nearest
from passivtui.config.shipped import shipped_configs
from passivtui.errors import ConfigError, storage_error
from passivtui.paths import Home

_SUFFIXES = (".toml", ".json", ".hjson")
_HEAD = 256  # bytes that tell a coin list from a config


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One config that can be opened by name."""

    name: str
    path: Path
    shipped: bool


def list_configs(home: Home) -> list[ConfigEntry]:
    """The home's configs, then the shipped ones that no config of the home replaces; each group sorted by name.

    A name is the file's without its suffix, or with it where two files of a folder differ in the suffix only.
    """
    own = _entries(home.configs, shipped=False)
    taken = {entry.name for entry in own}
    return own + [entry for entry in _entries(shipped_configs(), shipped=True) if entry.name not in taken]


def find_config(name_or_path: str, home: Home) -> Path:
    """The file of a config: an existing path, or the name of one in the home's configs, or of one that ships.

    Raises ConfigError that names the nearest configs.
    """
    path = Path(name_or_path).expanduser()
    if isfile(path):
        return path
    if isdir(path) and path.name != name_or_path:
        raise ConfigError(f"{path} is a folder; name the config file in it")
    entries = list_configs(home)
    for entry in entries:
        if name_or_path in (entry.name, entry.path.name):
            return entry.path
    raise ConfigError(f"there is no config {name_or_path}{_hint(path, entries)}")


def _hint(path: Path, entries: list[ConfigEntry]) -> str:
    match = nearest(path.stem, [entry.name for entry in entries])
    if match:
        return f"; did you mean {match}?"
    return "; there are " + ", ".join(entry.name for entry in entries) if entries else ""


def _entries(folder: Path, *, shipped: bool) -> list[ConfigEntry]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES and isfile(file))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(str(storage_error("list the configs in", folder, error))) from error
    configs = [file for file in files if not _is_coin_list(file)]
    stems = [file.stem for file in configs]
    return [
        ConfigEntry(file.name if stems.count(file.stem) > 1 else file.stem, file, shipped)
        for file in configs
        if not file.name.startswith(".")
    ]


def _is_coin_list(file: Path) -> bool:
    """JSON and HJSON files that begin with a bracket are lists of coins, not configs."""
    if file.suffix.lower() == ".toml":
        return False
    try:
        with file.open("rb") as stream:
            return stream.read(_HEAD).lstrip().startswith(b"[")
    except OSError:
        return False  # still listed: opening it tells what is wrong
