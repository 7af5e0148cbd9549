"""Starting members: configs from a file or folder, each with a more careful twin (§2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from passivtui.config import Config, config_from_document, load_config
from passivtui.errors import ConfigError, storage_error
from passivtui.optimize.genome import GENES, Genome, GenomeSpace, digest, genome_of
from passivtui.optimize.pareto_files import PARETO
from passivtui.optimize.run_folder import RUN_FILE
from passivtui.paths import Home

_SUFFIXES = frozenset({".toml", ".json", ".hjson"})
_LINES = "_pareto.txt"  # Passivbot's older results: a config in JSON on every line
_CAREFUL = 0.75  # of the total wallet exposure limits


def load_starts(path: Path, home: Home) -> tuple[list[Config], list[str]]:
    """The configs in a file, or in a folder and those within; and one sentence for each file that was left out.

    Raises ConfigError when there is no such path or no config in it, StorageError when the folder can't be read.
    """
    if not path.exists():
        raise ConfigError(f"there is no starting config {path}; name a config or a folder with configs")
    configs: list[Config] = []
    problems: list[str] = []
    for file in _files(path):
        try:
            configs += _configs(file, home)
        except ConfigError as error:
            if path.is_file():
                raise
            problems.append(str(error))
    if not configs:
        details = f"; {problems[0]}" if problems else ""
        raise ConfigError(f"{path} holds no config to start from{details}", [])
    return configs, problems


def starting_members(configs: Iterable[Config], space: GenomeSpace, *, twins: bool = True) -> list[Genome]:
    """The genome of each config and, with `twins`, of one with 3/4 of its exposure; each genome once."""
    members: dict[bytes, Genome] = {}
    for config in configs:
        for one in (config, _careful_twin(config)) if twins else (config,):
            genome = space.encode(one)
            members.setdefault(digest(genome), genome)
    return list(members.values())


def outside(configs: Iterable[Config], space: GenomeSpace) -> tuple[str, ...]:
    """The bounds, as `optimize.bounds` names them, that a starting config lies outside of; it enters at their edge."""
    names: dict[str, None] = {}
    for config in configs:
        exact, entered = genome_of(config), space.encode(config)
        # Rounding moves a value by less than this; only clamping moves it farther.
        moved = np.abs(entered - exact) > 10.0 ** (1 - space.digits) * np.abs(exact)
        names |= dict.fromkeys("_".join(GENES[index]) for index in np.flatnonzero(moved & (space.low < space.high)))
    return tuple(names)


def _careful_twin(config: Config) -> Config:
    sides = {
        side: replace(
            config.bot.side(side),
            total_wallet_exposure_limit=config.bot.side(side).total_wallet_exposure_limit * _CAREFUL,
        )
        for side in ("long", "short")
    }
    return replace(config, bot=replace(config.bot, **sides))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    folder = path / PARETO if (path / RUN_FILE).is_file() else path  # of a run: its front
    try:
        inside = sorted(file for file in folder.rglob("*") if file.is_file())
    except OSError as error:
        raise storage_error("read", path, error) from error
    for file in inside:
        if not file.name.startswith(".") and (file.suffix.lower() in _SUFFIXES or file.name.endswith(_LINES)):
            yield file


def _configs(file: Path, home: Home) -> Iterator[Config]:
    if not file.name.endswith(_LINES):
        yield load_config(file, home=home).config
        return
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} can't be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                document = json.loads(line)
            except ValueError as error:
                raise ConfigError(f"{file}, line {number} is no JSON") from error
            if not isinstance(document, dict):
                raise ConfigError(f"{file}, line {number} holds no config")
            yield config_from_document(document, name=file.name, home=home).config
