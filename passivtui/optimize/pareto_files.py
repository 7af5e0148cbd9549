"""`pareto/`: one config per member of the front, named by its distance and hash; the folder mirrors the front (§4)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from passivtui.errors import ReportError, storage_error
from passivtui.files import sync_folder, write_atomically
from passivtui.optimize.documents import Documents, as_json, hash_of
from passivtui.optimize.front import Candidate, Front, distances

PARETO = "pareto"

_MEMBER = re.compile(r"[0-9.]+_[0-9a-f]{64}\.json")
_HALF_WRITTEN = re.compile(r"\.[0-9.]+_[0-9a-f]{64}\.json\..*")


@dataclass(frozen=True, slots=True)
class MemberFile:
    """One member as it is on disk. `document` is the config with its analyses."""

    path: Path
    hash: str
    distance: float
    document: dict[str, Any]

    @property
    def objectives(self) -> tuple[float, ...]:
        """`w_0`, `w_1`, … in their numbers' order; all minimised."""
        combined = self.document.get("analyses_combined", {})
        numbers = sorted(int(key[2:]) for key in combined if re.fullmatch(r"w_\d+", key))
        return tuple(float(combined[f"w_{number}"]) for number in numbers)


class ParetoFolder:
    """Keeps a folder like a front. A member whose distance changed is renamed, not written again."""

    def __init__(self, folder: Path, documents: Documents) -> None:
        self.folder = folder
        self._documents = documents
        self._hashes: dict[int, tuple[Candidate, str]] = {}  # by the candidate's identity, which is kept alive here
        self._names: dict[str, str] = {}  # hash → name of the file on disk

    def mirror(self, front: Front) -> None:
        """Write new members, rename those that moved, delete those that are gone. Raises StorageError."""
        members = front.members
        if not members:
            return
        known = {id(member): self._known(member) for member in members}
        self._hashes = known
        wanted = {
            known[id(member)][1]: (member, f"{distance:08.4f}_{known[id(member)][1]}.json")
            for member, distance in zip(members, distances(front.vectors).tolist(), strict=True)
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for hash_, (member, name) in wanted.items():
                self._place(hash_, member, name)
            for path in self._others({name for _, name in wanted.values()}):
                path.unlink(missing_ok=True)
            self._names = {hash_: name for hash_, (_, name) in wanted.items()}
            sync_folder(self.folder)
        except OSError as error:
            raise storage_error("write the front to", self.folder, error) from error

    def path_of(self, member: Candidate) -> Path:
        """The file of a member of the front that was mirrored last."""
        return self.folder / self._names[self._hashes[id(member)][1]]

    def _known(self, member: Candidate) -> tuple[Candidate, str]:
        return self._hashes.get(id(member)) or (member, hash_of(self._documents.rounded(member)))

    def _place(self, hash_: str, member: Candidate, name: str) -> None:
        present = self._names.get(hash_)
        if present is None or not (self.folder / present).exists():  # new, or somebody deleted it
            write_atomically(self.folder / name, as_json(self._documents.rounded(member)))
        elif present != name:
            os.replace(self.folder / present, self.folder / name)

    def _others(self, wanted: set[str]) -> Iterator[Path]:
        """Files of members that are gone, and what a killed run left half-written. Nothing else is touched."""
        for path in self.folder.iterdir():
            if path.name not in wanted and (_MEMBER.fullmatch(path.name) or _HALF_WRITTEN.fullmatch(path.name)):
                yield path


def read_front(folder: Path) -> list[MemberFile]:
    """The members in a run's `pareto` folder, or in the run's folder itself; nearest first. Passivbot's are read too.

    Raises ReportError for a folder without any, and for a damaged file.
    """
    place = folder / PARETO if (folder / PARETO).is_dir() else folder
    try:
        paths = sorted(path for path in place.iterdir() if _MEMBER.fullmatch(path.name))
    except OSError as error:
        raise ReportError(f"can't read {place}: {error.strerror or error}") from error
    if not paths:
        raise ReportError(f"{place} holds no member of a front; name the folder of an optimizer run")
    return [_read_member(path) for path in paths]


def _read_member(path: Path) -> MemberFile:
    distance, _, rest = path.name.partition("_")
    try:
        document = json.loads(path.read_bytes())
        member = MemberFile(path, rest.removesuffix(".json"), float(distance), document)
        if not member.objectives:
            raise ValueError("no objectives")
    except OSError as error:
        raise ReportError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ReportError(f"{path} is damaged: it holds no member of a front") from error
    return member
