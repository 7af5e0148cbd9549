"""Loading: a file, recognised, changed by `--set`, validated, into one frozen `LoadedConfig`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import lexists, realpath  # unlike Path's, these never raise
from pathlib import Path

from passivtui.config.coins import CoinFolders
from passivtui.config.document import Document, read_document
from passivtui.config.findings import Findings
from passivtui.config.from_passivx import convert_passivx
from passivtui.config.model import Config, LoadedConfig
from passivtui.config.overrides import OpenOverride
from passivtui.config.recognise import recognise
from passivtui.config.sets import apply_sets
from passivtui.config.validate import validate
from passivtui.errors import ConfigError
from passivtui.paths import Home


@dataclass(frozen=True, slots=True)
class _Source:
    """A config file to be read; `chain` is the files that led to it by `override_config_path`, itself last."""

    path: Path
    home: Home | None
    chain: tuple[str, ...]


def load_config(path: Path, *, sets: Sequence[str] = (), home: Home | None = None) -> LoadedConfig:
    """Read, check and complete one config (`spec/config.md` §1–§6).

    It may be TOML, JSON or HJSON, of any release of Passivbot 7 or in the multi-symbol form of 6.

    `sets` are `KEY=VALUE` texts with dotted keys, applied before checking. `home` is where relative paths of coin lists
    are looked for besides the config's folder and the shipped configs. Raises ConfigError, with all problems of the
    file together; notes tell what was filled in, left out or unknown.
    """
    source = _Source(path, home, (realpath(path),))
    config, _, findings = _load(source, sets)
    return LoadedConfig(config, path, path.stem, tuple(findings.notes), tuple(findings.files))


def load_passivx(path: Path, *, sets: Sequence[str] = (), home: Home | None = None) -> LoadedConfig:
    """Passiv-X live settings as a config (`from_passivx`); the notes tell what was mapped. Raises ConfigError."""
    findings = Findings(path.name)
    document, mapped = convert_passivx(read_document(path, findings), path.name)
    document = apply_sets(document, sets, findings)
    config = validate(document, CoinFolders(path.parent, home), _no_override, findings)
    return LoadedConfig(config, path, path.stem, (*mapped, *findings.notes), tuple(findings.files))


def config_from_document(document: Document, *, name: str = "config", home: Home | None = None) -> LoadedConfig:
    """As `load_config`, for a document in memory; relative paths are looked for in the home. Raises ConfigError."""
    findings = Findings(name)
    config = validate(document, CoinFolders(None, home), _no_override, findings)
    return LoadedConfig(config, None, name, tuple(findings.notes), tuple(findings.files))


def template_config() -> Config:
    """The config in which every value is the template's."""
    return config_from_document({}, name="template").config


def _load(source: _Source, sets: Sequence[str]) -> tuple[Config, Document, Findings]:
    findings = Findings(source.path.name)
    document = recognise(source.path, read_document(source.path, findings), findings)
    document = apply_sets(document, sets, findings)
    folders = CoinFolders(source.path.parent, source.home)
    config = validate(document, folders, _override_opener(source), findings)
    return config, document, findings


def _override_opener(source: _Source) -> OpenOverride:
    """What opens the files that `override_config_path` names in this config."""

    def open_override(name: str) -> tuple[Path, Document]:
        path = source.path.parent / Path(name).expanduser()
        resolved = realpath(path)
        if resolved in source.chain:
            raise ConfigError("leads back to a config that is being read; name another file")
        if not lexists(path):
            raise ConfigError(f"there is no such file in {source.path.parent}")
        _, document, _ = _load(_Source(path, source.home, (*source.chain, resolved)), ())
        return path, document

    return open_override


def _no_override(name: str) -> tuple[Path, Document]:
    raise ConfigError(f"{name} can't be opened: the config is not in a file")
