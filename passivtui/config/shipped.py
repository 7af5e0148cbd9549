"""Where the configs that come with the program are: a real folder, installed or in a source checkout."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def shipped_configs() -> Path:
    """The folder of the shipped configs: `passivtui.shipped_configs`, or `configs/` of a source checkout."""
    spec = find_spec("passivtui.shipped_configs")
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(__file__).resolve().parents[2] / "configs"
