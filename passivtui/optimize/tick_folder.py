"""The folder of a search over ticks: `run.json` and the settings that it began with, beside Jackrabbit's own files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np

from passivtui.errors import ReportError
from passivtui.files import write_atomically
from passivtui.optimize.run_folder import FORMAT, RUN_FILE
from passivtui.passivx.jackrabbit_search import Search
from passivtui.passivx.save import to_document
from passivtui.passivx.tick_files import Ticks

SETTINGS_FILE, START_FILE = "settings.json", "start.json"
_KIND: Final = "ticks"


@dataclass(frozen=True, slots=True)
class TickRunFacts:
    """What must be known to go on with a run, besides its settings and results."""

    config_name: str
    symbol: str
    place: str  # of the ticks, meaning the same wherever the run is resumed
    seed: int
    batch: int
    ticks_digest: str
    n_ticks: int
    synthetic: bool
    first_ms: int
    last_ms: int
    created_ms: int
    version: str


def is_tick_run(folder: Path) -> bool:
    """Whether a folder holds a search over ticks. Reads nothing but `run.json`, and never raises."""
    try:
        content = json.loads((folder / RUN_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("kind") == _KIND


def write_tick_run(folder: Path, facts: TickRunFacts, search: Search) -> None:
    """Write the settings, and `run.json` last: where it is, a run can be resumed. Raises StorageError."""
    market = {field.name: getattr(search.market, field.name) for field in fields(search.market)}
    settings = {**to_document(search.session), **market, "accounting": search.accounting}
    settings["starting_candidate_filepath"] = ""
    if search.start is not None:
        settings["starting_candidate_filepath"] = START_FILE
        write_atomically(folder / START_FILE, _json(to_document(search.start)))
    write_atomically(folder / SETTINGS_FILE, _json(settings))
    write_atomically(folder / RUN_FILE, _json({"format": FORMAT, "kind": _KIND, **asdict(facts)}))


def read_tick_facts(folder: Path) -> TickRunFacts:
    """What `write_tick_run` wrote of the run. Raises ReportError when it is missing, damaged or of a newer program."""
    path = folder / RUN_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if content.pop("format") > FORMAT:
            raise ReportError(f"the run in {folder} was made by a newer passivtui; update passivtui to go on with it")
        del content["kind"]
        return TickRunFacts(**content)
    except OSError as error:
        raise ReportError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReportError(f"{path} is damaged; start a new run") from error


def digest_of(ticks: Ticks) -> str:
    """What tells these ticks from all others."""
    hasher = hashlib.blake2b(digest_size=16)
    for column in (ticks.data.timestamp_ms, ticks.data.price, ticks.data.buyer_is_maker):
        hasher.update(np.ascontiguousarray(column).data)
    return hasher.hexdigest()


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
