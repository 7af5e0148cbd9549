"""Coin names and coin lists in all their forms (`spec/config.md` §3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os.path import isfile  # unlike Path.is_file, never raises
from pathlib import Path
from typing import Any

from passivtui.config.document import parse_json, read_text
from passivtui.config.findings import Findings
from passivtui.config.model import CoinLists
from passivtui.config.parameters import SIDES
from passivtui.config.shipped import shipped_configs
from passivtui.errors import ConfigError
from passivtui.exchanges.coin_names import normalise_coin
from passivtui.paths import Home

_PAIR = re.compile(r"[A-Za-z0-9]+/[A-Za-z]+(?::[A-Za-z]+)?")
_FILE_SUFFIXES = (".json", ".hjson", ".txt", ".csv", ".list")

__all__ = ["CoinFolders", "normalise_coin", "read_coin_lists"]


@dataclass(frozen=True, slots=True)
class CoinFolders:
    """Where relative paths of coin lists are looked for, in this order."""

    config: Path | None
    home: Home | None

    def find(self, name: str) -> Path | None:
        """The file that a path in a config means; None when there is none."""
        path = Path(name).expanduser()
        if path.is_absolute():
            return path if isfile(path) else None
        below = Path(*path.parts[1:]) if len(path.parts) > 1 and path.parts[0] == "configs" else path
        candidates = [
            self.config and self.config / path,
            self.home and self.home.configs / path,
            self.home and self.home.configs / below,
            shipped_configs() / below,
        ]
        return next((candidate for candidate in candidates if candidate and isfile(candidate)), None)


def read_coin_lists(key: str, value: object, folders: CoinFolders, findings: Findings) -> CoinLists:
    """Both sides' coins of `live.approved_coins` or `live.ignored_coins`. Problems go to `findings`."""
    if isinstance(value, Mapping):
        _refuse_unknown_sides(key, value, findings)
        given = {side: _names(f"{key}.{side}", value.get(side), side, folders, findings) for side in SIDES}
    else:
        given = {side: _names(key, value, side, folders, findings) for side in SIDES}
        findings.problems[:] = dict.fromkeys(findings.problems)  # a list for both sides is read twice
    return CoinLists(**{side: _normalised(names) for side, names in given.items()})


def _refuse_unknown_sides(key: str, value: Mapping[str, Any], findings: Findings) -> None:
    for name in value:
        if name not in SIDES:
            findings.fault(f"{key}.{name}", "unknown key; only long and short are allowed here")


def _normalised(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(coin for name in names if (coin := normalise_coin(name))))


def _names(key: str, value: object, side: str, folders: CoinFolders, findings: Findings) -> list[str]:
    """The names that a list, a comma-separated text or a path stands for."""
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else [value]
    names: list[str] = []
    for item in items:
        if not isinstance(item, str):
            findings.problem(key, item, "must be a coin name, a path, or a list of these")
        elif _is_path(item):
            names += _names_in_file(key, item, side, folders, findings)
        else:
            names += _valid_names(key, item.split(","), findings)
    return names


def _is_path(text: str) -> bool:
    word = text.strip()
    if word.lower().endswith(_FILE_SUFFIXES) or word.startswith(("./", "../", "~", "/")):
        return True
    return "/" in word and not all(_PAIR.fullmatch(part.strip()) for part in word.split(",") if part.strip())


def _valid_names(key: str, words: Iterable[str], findings: Findings) -> list[str]:
    names = [word.strip() for word in words if word.strip()]
    for name in names:
        if re.search(r"[\s\"'\[\]{}\\]", name):
            findings.problem(key, name, "is no coin name")
    return names


def _names_in_file(key: str, name: str, side: str, folders: CoinFolders, findings: Findings) -> list[str]:
    path = folders.find(name.strip())
    if path is None:
        where = "beside the config, in the home's configs folder and among the configs that ship"
        findings.problem(key, name, f"there is no such file (looked {where})")
        return []
    if path not in findings.files:
        findings.files.append(path)
    try:
        content = _file_content(path, findings)
    except ConfigError as error:
        findings.problem(key, name, str(error))
        return []
    if isinstance(content, Mapping):
        if not set(content) <= set(SIDES):
            findings.problem(key, name, "the file must hold a list of coins, or {long, short}")
            return []
        content = content.get(side, [])
    if isinstance(content, str):
        content = content.split(",")
    if not isinstance(content, list) or not all(isinstance(item, str) for item in content):
        findings.problem(key, name, "the file must hold a list of coin names")
        return []
    return _valid_names(key, [word for item in content for word in item.split(",")], findings)


def _file_content(path: Path, findings: Findings) -> object:
    """A JSON or HJSON value, or the list of a text's words: split by commas, spaces and newlines, quotes dropped."""
    text = read_text(path, may_be_empty=True)
    if text.lstrip().startswith("{") or _is_json_list(text):
        return parse_json(path, text, findings)
    lines = (line.split("#", 1)[0] for line in text.strip().removeprefix("[").removesuffix("]").splitlines())
    return [word.strip("\"'") for line in lines for word in re.split(r"[\s,]+", line) if word.strip("\"'")]


def _is_json_list(text: str) -> bool:
    return bool(re.match(r"\s*\[\s*(?:[\"']|\])", text))
