"""Small configs on disk for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from passivtui.config import LoadedConfig, load_config
from passivtui.errors import ConfigError
from passivtui.paths import Home

Write = Callable[..., Path]
Load = Callable[..., LoadedConfig]
Refusal = Callable[..., ConfigError]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the test's folder and give its path; tables are written as JSON."""

    def write_file(content: str | bytes | dict[str, Any], name: str = "config.json") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def load(write: Write, home: Home) -> Load:
    """Load a config from its content."""

    def load_content(
        content: str | dict[str, Any], name: str = "config.json", sets: Sequence[str] = ()
    ) -> LoadedConfig:
        return load_config(write(content, name), sets=sets, home=home)

    return load_content


@pytest.fixture
def refusal(load: Load) -> Refusal:
    """The error of a config that must not load."""

    def refused(content: str | dict[str, Any], name: str = "config.json", sets: Sequence[str] = ()) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load(content, name, sets)
        return caught.value

    return refused
