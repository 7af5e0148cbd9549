"""The folder of a Jackrabbit search over ticks: every result, the best, and live settings of the best.

`results.txt` has one JSON object a line and iteration, `best_result.json` the best of them, `live_config.json` live
settings to trade the best with, `backtest_trades/HASH.csv` the trades of each best.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from passivtui.errors import DataError, storage_error
from passivtui.files import write_atomically
from passivtui.passivx.artefacts import trades_csv
from passivtui.passivx.jackrabbit_search import Search, Step, live_settings_of
from passivtui.passivx.results import TickOutcome
from passivtui.passivx.save import to_json

RESULTS_FILE, BEST_FILE, LIVE_FILE, TRADES_FOLDER = (
    *("results.txt", "best_result.json", "live_config.json", "backtest_trades"),
)
_INDENT: Final = 4  # as Passiv-X writes its best


def read_steps(folder: Path, search: Search) -> list[Step]:
    """The iterations that `results.txt` holds, in order; a last line that was cut short is dropped from the file.

    Raises DataError when it is not of this search.
    """
    path = folder / RESULTS_FILE
    try:
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            write_atomically(path, whole)
    except OSError as error:
        raise storage_error("read", path, error) from error
    steps = [_step(line, number, path) for number, line in enumerate(whole.splitlines(), start=1)]
    for before, step in zip([None, *steps], steps, strict=False):
        wanted = search.session.starting_k if before is None else before.k + 1
        if step.k != wanted or step.candidate.keys() != search.session.ranges.keys():
            raise DataError(f"{path} holds another search; name a new folder")
    return steps


def _step(line: bytes, number: int, path: Path) -> Step:
    try:
        row = json.loads(line)
        candidate = {name: float(value) for name, value in row["candidate"].items()}
        step = Step(int(row["index"]), float(row["m"]), str(row["key"]), candidate, row["results"], str(row["note"]))
        if step.results is not None:
            float(step.results["gain"])
        return step
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}, line {number}: no result can be read there; name a new folder") from error


def append_step(folder: Path, step: Step) -> None:
    """Add a line to `results.txt`, for good. Raises StorageError."""
    path = folder / RESULTS_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_row(step), allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error("write", path, error) from error


def _row(step: Step) -> dict[str, Any]:
    return {
        "index": step.k,
        "m": step.m,
        "key": step.key,
        "candidate": step.candidate,
        "results": step.results,
        "note": step.note,
    }


def write_best(search: Search, step: Step, outcome: TickOutcome, folder: Path) -> None:
    """Write the trades, live settings and result of a new best, the result last. Raises StorageError."""
    write_atomically(_trades_file(folder, step), trades_csv(outcome))
    write_atomically(folder / LIVE_FILE, to_json(live_settings_of(search, step)))
    write_atomically(folder / BEST_FILE, _best_text(step))


def has_best(step: Step, folder: Path) -> bool:
    """Whether the folder holds this best whole: a killed search may have appended its line and no more."""
    try:
        written = (folder / BEST_FILE).read_bytes()
        return written == _best_text(step).encode() and _trades_file(folder, step).exists()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise storage_error("read", folder / BEST_FILE, error) from error


def _trades_file(folder: Path, step: Step) -> Path:
    return folder / TRADES_FOLDER / f"{step.key}.csv"


def _best_text(step: Step) -> str:
    return json.dumps(_row(step), indent=_INDENT, allow_nan=False) + "\n"
