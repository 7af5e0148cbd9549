"""What a run needs to go on after a stop or a kill: checkpoints, and two logs that they point into (§5).

`state/checkpoint.msgpack` is replaced as a whole. It holds the search's small state and the lengths of growing files:
`scores.bin` (digest and objectives of every genome so far), `front.bin` (every candidate that entered the front) and
`all_results.bin`. What lies behind those lengths belongs to a generation that is made again, and is cut off.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgpack

from passivtui.errors import ReportError, storage_error
from passivtui.files import write_atomically
from passivtui.optimize.append_log import AppendLog
from passivtui.optimize.front import Candidate
from passivtui.optimize.records import ALL_RESULTS, RecordWriter
from passivtui.optimize.run_folder import STATE_FOLDER

_CHECKPOINT, _SCORES, _FRONT = "checkpoint.msgpack", "scores.bin", "front.bin"
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A moment of a run. `search` is `Search.snapshot`; `done` of its fresh offspring have been evaluated."""

    search: dict[str, Any]
    done: int
    evaluations: int
    seconds: float  # of work so far
    lengths: dict[str, int]  # of the growing files


class RunState:
    """Writes the state of a run, and reads it back. Every writing method raises StorageError."""

    def __init__(self, folder: Path, n_objectives: int, *, all_results: bool, compress: bool) -> None:
        self._folder = folder / STATE_FOLDER
        self._pack = struct.Struct(f"<{_DIGEST_BYTES}s{n_objectives}d")
        self._paths = {"scores": self._folder / _SCORES, "front": self._folder / _FRONT}
        if all_results:
            self._paths["all_results"] = folder / ALL_RESULTS
        self._compress = compress
        self._logs: dict[str, AppendLog] = {}
        self._records: RecordWriter | None = None

    def open(self, lengths: dict[str, int]) -> Self:
        """Open the logs at these lengths (none: from the beginning)."""
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise storage_error("make the folder", self._folder, error) from error
        for name, path in self._paths.items():
            self._logs[name] = AppendLog(path, lengths.get(name, 0))
        if "all_results" in self._logs:
            self._records = RecordWriter(self._logs["all_results"], compress=self._compress)
        return self

    @property
    def wants_records(self) -> bool:
        """Whether every candidate is recorded."""
        return self._records is not None

    def score(self, key: bytes, objectives: tuple[float, ...]) -> None:
        """Log the objectives of a genome."""
        self._logs["scores"].append(self._pack.pack(key, *objectives))

    def entered_front(self, candidate: Candidate) -> None:
        """Log a candidate that entered the front."""
        entry = (candidate.genome, candidate.objectives, [dict(of_one) for of_one in candidate.measured])
        self._logs["front"].append(msgpack.packb(entry))

    def record(self, document: dict[str, Any]) -> None:
        """Append to `all_results.bin`."""
        if self._records is not None:
            self._records.write(document)

    def checkpoint(self, search: dict[str, Any], done: int, evaluations: int, seconds: float) -> None:
        """Make everything so far survive a kill or a power cut."""
        for log in self._logs.values():
            log.sync()
        content = {
            "search": search,
            "done": done,
            "evaluations": evaluations,
            "seconds": seconds,
            "lengths": {name: log.length for name, log in self._logs.items()},
        }
        write_atomically(self._folder / _CHECKPOINT, msgpack.packb(content))

    def close(self) -> None:
        for log in self._logs.values():
            log.close()

    def read(self) -> Checkpoint | None:
        """The last checkpoint; None when the run was killed before its first. Raises ReportError when damaged."""
        path = self._folder / _CHECKPOINT
        try:
            content = msgpack.unpackb(path.read_bytes())
            return Checkpoint(**content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ReportError(f"can't read {path}: {error.strerror or error}") from error
        except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
            raise self._damaged(path) from error

    def scores(self, lengths: dict[str, int]) -> dict[bytes, tuple[float, ...]]:
        """The scores that a checkpoint with these lengths knew."""
        data = self._prefix("scores", lengths)
        if len(data) % self._pack.size:
            raise self._damaged(self._paths["scores"])
        return {entry[0]: tuple(entry[1:]) for entry in self._pack.iter_unpack(data)}

    def front(self, lengths: dict[str, int]) -> list[Candidate]:
        """The candidates that had entered the front, in that order."""
        unpacker = msgpack.Unpacker()
        unpacker.feed(self._prefix("front", lengths))
        try:
            return [
                Candidate(tuple(genome), tuple(objectives), tuple(measured))
                for genome, objectives, measured in unpacker
            ]
        except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
            raise self._damaged(self._paths["front"]) from error

    def _prefix(self, name: str, lengths: dict[str, int]) -> bytes:
        path, length = self._paths[name], lengths.get(name, 0)
        try:
            with path.open("rb") as file:
                data = file.read(length)
        except OSError as error:
            raise ReportError(f"can't read {path}: {error.strerror or error}") from error
        if len(data) < length:
            raise self._damaged(path)
        return data

    def _damaged(self, path: Path) -> ReportError:
        start = self._folder.parent / "pareto"
        return ReportError(f"{path} is damaged, so the run can't go on; start a new one with --start {start}")
