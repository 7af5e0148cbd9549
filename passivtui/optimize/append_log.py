"""A file that only grows, and can be cut back to where a checkpoint knew it."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from passivtui.errors import storage_error

_FLUSH_BYTES = 1 << 20


class AppendLog:
    """Appends bytes to `path`; what was not flushed is lost with the process. Raises StorageError."""

    def __init__(self, path: Path, length: int = 0) -> None:
        """Open the file, made if missing, and cut off what lies behind `length`, which a killed run may have left."""
        self.path = path
        self._buffer = bytearray()
        self._written = length
        self._unsynced = False
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                if os.fstat(self._descriptor).st_size != length:
                    os.ftruncate(self._descriptor, length)
                os.lseek(self._descriptor, length, os.SEEK_SET)
            except OSError:
                os.close(self._descriptor)
                raise
        except OSError as error:
            raise storage_error("write", path, error) from error

    @property
    def length(self) -> int:
        """Bytes appended so far."""
        return self._written + len(self._buffer)

    def append(self, data: bytes) -> None:
        """Append; written once enough has gathered."""
        self._buffer += data
        if len(self._buffer) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the operating system."""
        try:
            while self._buffer:
                n = os.write(self._descriptor, self._buffer)
                del self._buffer[:n]
                self._written += n
                self._unsynced = True
        except OSError as error:
            raise storage_error("write", self.path, error) from error

    def sync(self) -> None:
        """Make everything survive a power cut."""
        self.flush()
        if not self._unsynced:
            return
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise storage_error("write", self.path, error) from error
        self._unsynced = False

    def close(self) -> None:
        """Close the file; what was not flushed is dropped. Closing twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
