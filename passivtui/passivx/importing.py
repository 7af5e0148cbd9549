"""A Passiv-X folder taken over into the home: settings, downloaded trades and results. Keys are never touched.

Nothing is changed in the folder, and nothing of the home is overwritten: what is there already stays, and what has its
name but another content gets the next free one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from passivtui.errors import PassivTuiError, storage_error
from passivtui.files import folder_written_whole, write_atomically
from passivtui.passivx.folder import FoundFile, PassivXFolder
from passivtui.passivx.shelf import RESULTS_FOLDER, SUFFIXES, Shelf
from passivtui.passivx.tick_csv import csv_files, read_trade_csvs
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

Fate = Literal["taken", "there already", "for the vault", "left"]

_RESULT_FILES: Final = ("results.txt", "best_result.json", "live_config.json", "market_specific_settings.json")
_TRADES: Final = "backtest_trades"


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of a file. `place` is where it is now, None if it was not taken; `words` say more, or why not."""

    found: FoundFile
    fate: Fate
    words: str
    place: Path | None = None


def import_folder(
    folder: PassivXFolder,
    home: Home,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
) -> tuple[ImportedFile, ...]:
    """Take over what can be used, in the folder's order; keys are only pointed to.

    A file that fails is told and the others go on. Raises Cancelled between two files.
    """
    token, shelf = cancel or CancelToken(), Shelf(home)
    done: list[ImportedFile] = []
    for number, found in enumerate(folder.files):
        token.raise_if_cancelled()
        progress(Progress(f"import {found.name}", number, len(folder.files), "files"))
        try:
            done.append(_one(found, shelf))
        except PassivTuiError as error:
            done.append(ImportedFile(found, "left", str(error)))
        except OSError as error:
            done.append(ImportedFile(found, "left", str(storage_error("copy", found.path, error))))
    progress(Progress("imported", len(folder.files), len(folder.files), "files"))
    return tuple(done)


def _one(found: FoundFile, shelf: Shelf) -> ImportedFile:
    if not found.is_usable:
        return ImportedFile(found, "left", found.problem)
    if found.kind == "keys":
        words = f"not copied; passivtui keys import {found.path} --exchange {found.exchange} puts them into the vault"
        return ImportedFile(found, "for the vault", words)
    if found.kind == "live settings":
        return _settings(found, shelf.live_folder(found.exchange), shelf)
    if found.kind == "backtest settings":
        return _settings(found, shelf.sessions_folder, shelf)
    if found.kind == "trades":
        return _trades(found, shelf)
    return _results(found, shelf)


def _settings(found: FoundFile, folder: Path, shelf: Shelf) -> ImportedFile:
    """A copy, comments and all."""
    content = found.path.read_bytes()
    for suffix in SUFFIXES:
        there = folder / f"{found.name}{suffix}"
        if there.exists() and there.read_bytes() == content:
            return ImportedFile(found, "there already", found.facts, there)
    name = shelf.free_name(found.name, folder)
    target = folder / f"{name}{found.path.suffix.lower()}"
    write_atomically(target, content)
    renamed = "" if name == found.name else f"; as {name}, for {found.name} is taken"
    return ImportedFile(found, "taken", found.facts + renamed, target)


def _trades(found: FoundFile, shelf: Shelf) -> ImportedFile:
    """All downloads of a symbol as one .npz file, whose folder is a place of ticks."""
    target = shelf.trades_folder(found.exchange) / f"{found.name.upper()}.npz"
    if target.exists():
        return ImportedFile(found, "there already", "delete it there to have it made again", target)
    arrays = read_trade_csvs(csv_files(found.path))
    unfinished = target.with_name(f".{target.name}.unfinished")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    words = f"{len(arrays['price']):,} trades; run them by --ticks {target.parent}"
    return ImportedFile(found, "taken", words, target)


def _results(found: FoundFile, shelf: Shelf) -> ImportedFile:
    """A session's results, its best settings and trades; not its caches."""
    target = shelf.root / RESULTS_FOLDER / found.exchange / found.path.parent.name / found.name
    if target.exists():
        return ImportedFile(found, "there already", found.facts, target)
    with folder_written_whole(target) as unfinished:
        for name in _RESULT_FILES:
            if (found.path / name).is_file():
                shutil.copyfile(found.path / name, unfinished / name)
        trades = sorted((found.path / _TRADES).glob("*.csv"))
        if trades:
            (unfinished / _TRADES).mkdir()
        for path in trades:
            shutil.copyfile(path, unfinished / _TRADES / path.name)
    return ImportedFile(found, "taken", found.facts, target)
