"""The cache of derived datasets in the home: one writer at a time, and a bound on what it holds.

Readers need no lock: a folder appears by one rename, complete, and what is deleted stays readable for whoever has it
open (POSIX). Whoever makes, replaces or deletes a folder holds the lock, so a temporary folder found under the lock was
left by a process that died, and is removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from passivtui.errors import storage_error
from passivtui.market.seal import SEAL_FILE
from passivtui.progress import CancelToken, Progress, ProgressSink

LOCK_FILE = ".lock"
POLL_SECONDS = 0.05


@contextmanager
def writing(folder: Path, progress: ProgressSink, cancel: CancelToken) -> Iterator[None]:
    """Hold the write lock of the cache `folder`, which is made if missing. Raises StorageError, or Cancelled meanwhile.

    The kernel frees the lock of a process that dies.
    """
    descriptor = -1
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            _wait_for(descriptor, progress, cancel)
            _remove_leftovers(folder)
        except OSError as error:
            raise storage_error("use the dataset cache", folder, error) from error
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _wait_for(descriptor: int, progress: ProgressSink, cancel: CancelToken) -> None:
    pause = threading.Event()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            progress(Progress("waiting for another process that prepares data", 0, 0))
            pause.wait(POLL_SECONDS)
            cancel.raise_if_cancelled()


def _remove_leftovers(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name.startswith(".") and path.is_dir():
            shutil.rmtree(path)


def remove_entry(folder: Path) -> None:
    """Remove a derived folder, if it is there (under the lock). Raises StorageError."""
    try:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error("remove the damaged", folder, error) from error


def mark_used(folder: Path) -> None:
    """Note that `folder` was used now. A home that can't be written may still be read, so a refusal is no failure."""
    with suppress(OSError):
        os.utime(folder / SEAL_FILE)


def trim(folder: Path, limit_bytes: int, keep: Path) -> None:
    """Delete the least recently used folders in `folder` until the rest take `limit_bytes` at most; never `keep`.

    To be called under the lock. One that can't be deleted stays: the cache is then larger, nothing worse.
    """
    entries = sorted(_entries(folder), key=lambda entry: (entry[0] == keep, entry[1]), reverse=True)
    total = 0
    for path, _, size in entries:
        total += size
        if total > limit_bytes and path != keep:
            shutil.rmtree(path, ignore_errors=True)


def _entries(folder: Path) -> Iterator[tuple[Path, float, int]]:
    """Each derived folder with its time of last use and its size in bytes."""
    for path in folder.iterdir():
        if path.name.startswith(".") or not path.is_dir():
            continue
        with suppress(OSError):  # what can't be measured is left alone
            size = sum(file.stat().st_size for file in path.iterdir())
            yield path, (path / SEAL_FILE).stat().st_mtime, size
