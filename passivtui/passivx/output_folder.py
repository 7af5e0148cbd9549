"""Folders that hold the output of one run: never mixed with other files, and whole when their last file is there.

An output that is replaced loses its last file first and gets it last, so the presence of that file says that the folder
is whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passivtui.errors import StorageError, storage_error
from passivtui.files import folder_written_whole, sync_folder

_INCOMING: Final = ".incoming"


@dataclass(frozen=True, slots=True)
class OutputForm:
    """What an output consists of: its files in the order in which they are put into place."""

    files: tuple[str, ...]

    def check(self, folder: Path) -> None:
        """Raise StorageError unless `folder` can be made, is empty, or holds an earlier output and nothing else."""
        try:
            existing = next(path for path in (folder, *folder.parents) if path.exists())
            if not existing.is_dir():
                raise StorageError(f"can't write to {folder}: {existing} is a file; name another folder")
            if not os.access(existing, os.W_OK | os.X_OK):
                raise StorageError(f"can't write to {folder}: {existing} can't be written; name another folder")
            names = {entry.name for entry in folder.iterdir()} if existing == folder else set()
        except OSError as error:
            raise storage_error("write to", folder, error) from error
        names -= {path.name for path in _leftovers(folder)}
        if foreign := names - set(self.files):
            raise StorageError(
                f"{folder} holds other files ({min(foreign)}); name a new, an empty or an earlier output folder"
            )

    @contextmanager
    def writing(self, folder: Path) -> Iterator[Path]:
        """Give a folder to write all files to; when the block ends well they replace those of `folder`.

        Raises StorageError. When the block fails, `folder` stays as it was.
        """
        folder = folder.absolute()
        self.check(folder)
        if not folder.exists():
            with folder_written_whole(folder) as unfinished:
                yield unfinished
            return
        # The folder itself stays (it may be a mount, or somebody's working directory): its files are replaced.
        try:
            for leftover in _leftovers(folder):
                shutil.rmtree(leftover)
            with folder_written_whole(folder / _INCOMING) as unfinished:
                yield unfinished
            self._put_in_place(folder)
        except OSError as error:
            raise storage_error("write", folder, error) from error

    def _put_in_place(self, folder: Path) -> None:
        (folder / self.files[-1]).unlink(missing_ok=True)
        for name in self.files:
            os.replace(folder / _INCOMING / name, folder / name)
        (folder / _INCOMING).rmdir()
        sync_folder(folder)


def _leftovers(folder: Path) -> list[Path]:
    """What an interrupted `writing` may have left."""
    return [*folder.glob(_INCOMING), *folder.glob(f".{_INCOMING}.*")]
