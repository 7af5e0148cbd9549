"""`all_results.bin`: every candidate of a run, as a stream of MessagePack maps (§4, record §10).

Every hundredth record is whole, those between hold what changed since the one before (nested maps; lists as one value).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack

from passivtui.errors import ReportError
from passivtui.optimize.append_log import AppendLog

WHOLE_EVERY = 100
ALL_RESULTS = "all_results.bin"


class RecordWriter:
    """Appends records to a log; with `compress` as differences. The first one after opening is always whole."""

    def __init__(self, log: AppendLog, *, compress: bool) -> None:
        self._log = log
        self._compress = compress
        self._before: Mapping[str, Any] | None = None
        self._since_whole = 0

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record. Raises StorageError."""
        if self._before is None or not self._compress or self._since_whole + 1 >= WHOLE_EVERY:
            entry, self._since_whole = record, 0
        else:
            entry, self._since_whole = difference(self._before, record), self._since_whole + 1
        self._log.append(msgpack.packb(entry))
        self._before = record


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Every record of an `all_results.bin`, whole: ours and Passivbot's, compressed or not.

    A last record that was cut off by a crash is left out. Raises ReportError for a missing or damaged file.
    """
    try:
        with path.open("rb") as file:
            current: dict[str, Any] = {}
            for number, entry in enumerate(msgpack.Unpacker(file, strict_map_key=False)):
                if not isinstance(entry, dict):
                    raise ReportError(f"{path} is damaged: record {number} is no map")
                current = merged(current, entry)
                yield current
    except OSError as error:
        raise ReportError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        raise ReportError(f"{path} is damaged and can't be read further; the records before are usable") from error


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What `after` changes and adds. Keys that it lacks are not told, as in Passivbot's files."""
    changes: dict[str, Any] = {}
    for key, value in after.items():
        if key not in before:
            changes[key] = value
            continue
        old = before[key]
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            inner = difference(old, value)
            if inner:
                changes[key] = inner
        elif value != old:
            changes[key] = value
    return changes


def merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`before` with `changes` laid over it; neither is altered."""
    result = dict(before)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return result
