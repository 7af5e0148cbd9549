"""What a document means: its config when it is valid, and everything that is to be said about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from passivtui.config.coins import CoinFolders
from passivtui.config.document import Document, read_document
from passivtui.config.edit.issue import Issue, issues_of
from passivtui.config.findings import Findings
from passivtui.config.load import load_config
from passivtui.config.model import Config
from passivtui.config.recognise import recognise
from passivtui.config.validate import validate
from passivtui.errors import ConfigError, Problem
from passivtui.paths import Home

_Stamped = tuple[str, int, int]  # path, mtime, size


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`config` is None while there are problems."""

    config: Config | None
    problems: tuple[Problem, ...]
    issues: tuple[Issue, ...]


class Evaluator:
    """Validates documents that stand in one place; files that `override_config_path` names are read once."""

    def __init__(self, path: Path, home: Home | None) -> None:
        self._path = path
        self._home = home
        self._folders = CoinFolders(path.parent, home)
        self._opened: dict[_Stamped, Document] = {}

    def evaluate(self, table: Document) -> Evaluation:
        """Validate as `load_config` does; some 0.5 ms for a whole config."""
        findings = Findings(self._path.name)
        try:
            config: Config | None = validate(table, self._folders, self._open_override, findings)
        except ConfigError:
            config = None  # findings hold every problem
        return Evaluation(config, tuple(findings.problems), issues_of(findings, config))

    def _open_override(self, name: str) -> tuple[Path, Document]:
        path = self._path.parent / Path(name).expanduser()
        if os.path.realpath(path) == os.path.realpath(self._path):
            raise ConfigError("leads back to this config; name another file")
        try:
            status = path.stat()
        except (OSError, ValueError):
            raise ConfigError(f"there is no such file in {self._path.parent}") from None
        stamped = (os.path.realpath(path), status.st_mtime_ns, status.st_size)
        if stamped not in self._opened:
            load_config(path, home=self._home)  # raises with all that is wrong in it
            ignored = Findings(path.name)
            self._opened[stamped] = recognise(path, read_document(path, ignored), ignored)
        return path, self._opened[stamped]
