"""The folder of a run: its name, the lock that keeps a second run out, and `run.json`, which tells of it (§4, §5)."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from passivtui.errors import ReportError, StorageError, storage_error
from passivtui.files import write_atomically
from passivtui.optimize.algorithm import NSGA2

RUN_FILE, CONFIG_FILE, STATE_FOLDER = "run.json", "config.json", "state"
FORMAT = 1  # raised when an older program could not go on with a run

_LOCK = ".lock"
_MOST_COINS_NAMED = 6


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What must be known to go on with a run, besides its config and state."""

    config_name: str
    dataset: str | None  # as asked for
    start: str | None
    end: str | None
    seed: int
    starts: tuple[tuple[float, ...], ...]  # genomes of the starting members
    holdout_days: float
    data_keys: tuple[str, ...]  # what identifies the candles
    place: str  # the dataset in words
    coins: tuple[str, ...]
    synthetic: bool
    first_ms: int
    last_ms: int
    created_ms: int
    version: str
    algorithm: str = NSGA2
    batch: int = 1  # candidates that Jackrabbit tries at a time
    decides: str | None = None  # the metric that makes its best


def run_name(created_ms: int, exchanges: Sequence[str], days: float, coins: Sequence[str]) -> str:
    """`2025-01-31T07_05_00_combined_365days_BTC_ETH_0f1e2d3c`; one exchange name or several stand for "combined"."""
    moment = datetime.fromtimestamp(created_ms / 1000, UTC).strftime("%Y-%m-%dT%H_%M_%S")
    named = "_".join(coins) if len(coins) <= _MOST_COINS_NAMED else f"{len(coins)}_coins"
    return f"{moment}_{'_'.join(exchanges)}_{round(days)}days_{named}_{secrets.token_hex(4)}".replace("/", "-")


@contextmanager
def locked(folder: Path, *, create: bool) -> Iterator[None]:
    """Hold the folder for one run. Raises StorageError while another run, in any process, holds it.

    The kernel frees the lock of a process that dies.
    """
    descriptor = -1
    try:
        try:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(
                f"another run is writing to {folder}; wait for its end or choose another folder"
            ) from None
        except OSError as error:
            raise storage_error("use the folder", folder, error) from error
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def is_running(folder: Path) -> bool:
    """Whether a run, in any process, holds the folder."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # no lock file: nothing ever ran here
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def check_new(folder: Path) -> None:
    """Raise StorageError unless the folder, which is locked, is new or empty."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name != _LOCK)
    except OSError as error:
        raise storage_error("use the folder", folder, error) from error
    if RUN_FILE in names:
        raise StorageError(
            f"{folder} holds a run already; go on with it by --resume {folder}, or choose another folder"
        )
    if names:
        raise StorageError(f"{folder} holds other files ({names[0]}); choose a new or empty folder")


def write_facts(folder: Path, facts: RunFacts) -> None:
    """Write `run.json`, last of what a run begins with: where it is, a run can be resumed. Raises StorageError."""
    write_atomically(folder / RUN_FILE, json.dumps({"format": FORMAT, **asdict(facts)}, indent=1) + "\n")


def read_facts(folder: Path) -> RunFacts:
    """What `write_facts` wrote. Raises ReportError when it is missing, damaged or of a newer program."""
    path = folder / RUN_FILE
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if "kind" in content:
            raise ReportError(
                f"{folder} holds a search over ticks, which has no front; go on with it by optimize --resume {folder}"
            )
        version = content.pop("format")
        if version > FORMAT:
            raise ReportError(f"the run in {folder} was made by a newer passivtui; update passivtui to go on with it")
        for name in ("data_keys", "coins"):
            content[name] = tuple(content[name])
        content["starts"] = tuple(tuple(float(value) for value in genome) for genome in content["starts"])
        return RunFacts(**content)
    except (FileNotFoundError, NotADirectoryError):
        raise ReportError(f"{folder} holds no optimizer run: there is no {RUN_FILE}") from None
    except OSError as error:
        raise ReportError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReportError(f"{path} is damaged; start a new run with --start {folder / 'pareto'}") from error
