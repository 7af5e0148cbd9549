"""A seal on a folder of derived files: says cheaply, on every opening, whether they are still what was written.

The seal holds each file's size, time of change and SHA-256. A file that was not touched since is believed by its size
and time, which takes microseconds; one that was touched (or copied) is read and hashed. Anything that does not fit
breaks the seal, and the owner makes the folder again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from passivtui.files import write_atomically

SEAL_FILE = "seal.json"


def seal(folder: Path, names: Iterable[str], content: str) -> None:
    """Seal `folder`'s files `names`; `content` says what they hold (a hash of their origin). Raises StorageError."""
    files = {name: _stamp(folder / name) | {"sha256": _digest(folder / name)} for name in names}
    write_atomically(folder / SEAL_FILE, json.dumps({"content": content, "files": files}, indent=1))


def is_intact(folder: Path, content: str) -> bool:
    """Whether `folder` is sealed as `content` and every sealed file is as it was. A missing folder is not intact."""
    try:
        sealed = json.loads((folder / SEAL_FILE).read_bytes())
        return sealed["content"] == content and all(
            _is_unchanged(folder / name, entry) for name, entry in sealed["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False  # no seal, an unreadable one, or a file that is gone: broken, whatever the reason


def _is_unchanged(path: Path, entry: dict[str, object]) -> bool:
    stamp = _stamp(path)
    if stamp["size"] != entry["size"]:
        return False
    return stamp["mtime_ns"] == entry["mtime_ns"] or _digest(path) == entry["sha256"]


def _stamp(path: Path) -> dict[str, int | str]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
