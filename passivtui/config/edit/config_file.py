"""The file behind a document: read with what it takes to write it back, watched for other writers, replaced whole."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from passivtui.config.document import Document, read_document
from passivtui.config.edit.json_edit import edit_json
from passivtui.config.edit.plain_tables import ABSENT, same, value_at, with_value
from passivtui.config.edit.toml_edit import edit_toml
from passivtui.config.findings import Findings
from passivtui.config.recognise import recognise
from passivtui.errors import ConfigError, storage_error
from passivtui.files import write_atomically

Form = Literal["toml", "json"]

_BOM = b"\xef\xbb\xbf"
_READS = 3  # attempts at reading a file that is being written


class ChangedOnDisk(ConfigError):
    """Something else wrote the file since it was opened or saved here. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file's content was, and when: enough to notice that it is another one now."""

    mtime_ns: int
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A config file as it was read.

    Attributes:
        content: its bytes; `raw` is what they mean.
        table: `raw` in the form of Passivbot 7.3; another table when the file is of an older release.
        notices: what was done to bring it there.
        converts: whether saving writes another form than the file has: 7.3's, or JSON instead of HJSON.
        stamp: for `has_changed`; what its content was when it was read or written last.
    """

    path: Path
    form: Form
    content: bytes
    raw: Document
    table: Document
    notices: tuple[str, ...]
    converts: bool
    stamp: Stamp

    def has_changed(self) -> bool:
        """Whether the file holds something else than what was read or written last; also when it is gone.

        Raises StorageError when it can't be looked at.
        """
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return True
        except OSError as error:
            raise storage_error("look at", self.path, error) from error
        if (status.st_mtime_ns, status.st_size) == (self.stamp.mtime_ns, self.stamp.size):
            return False
        now = _stamp(self.path)
        return now is None or now[0].digest != self.stamp.digest

    def text_for(self, table: Document) -> str | None:
        """The file's text changed to mean `table`; None when its TOML can't be changed in place."""
        text = self.content.decode("utf-8-sig")
        if self.form == "toml":
            return edit_toml(text, self.raw, table)
        return edit_json(text, self.raw, table)

    def encoded(self, text: str) -> bytes:
        """Bytes to write: with the byte order mark that the file began with."""
        return (_BOM if self.content.startswith(_BOM) else b"") + text.encode()


def read_config_file(path: Path) -> ConfigFile:
    """Read a config for editing. Values that aren't allowed are kept to be shown. Raises ConfigError when it can't be
    read as a config at all."""
    for _ in range(_READS):
        before = _stamp(path)
        findings = Findings(path.name)
        raw = _with_texts_for_broken(read_document(path, findings), findings)
        if before is not None and (after := _stamp(path)) is not None and before[0].digest == after[0].digest:
            break
    else:
        raise ConfigError(f"{path} is being written by something else; open it again when that is done")
    findings.notes.clear()
    table = recognise(path, copy.deepcopy(raw), findings)
    notices = tuple(str(note) for note in findings.notes)
    form = _form(path, before[1])
    converts = not same(raw, table) or (form == "json" and not _is_json(before[1]))
    return ConfigFile(path, form, before[1], raw, table, notices, converts, before[0])


def write_config_file(path: Path, content: bytes) -> Stamp:
    """Replace the file that `path` (or the link at it) names, keeping its mode and its content as `.bak` beside it.

    Raises StorageError.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        before: bytes | None = target.read_bytes()
    except FileNotFoundError:
        mode, before = 0o644, None
    except OSError as error:
        raise storage_error("read", path, error) from error
    if before is not None and before != content:
        write_atomically(target.with_name(target.name + ".bak"), before, mode=mode)
    write_atomically(target, content, mode=mode)
    written = _stamp(path)
    if written is None:
        raise ConfigError(f"{path} vanished just after it was written; save again")
    return Stamp(written[0].mtime_ns, len(content), hashlib.sha256(content).hexdigest())


def form_of(path: Path) -> Form:
    """The form that a file of this name is written in: TOML unless the suffix says JSON."""
    return "json" if path.suffix.lower() in (".json", ".hjson") else "toml"


def _form(path: Path, content: bytes) -> Form:
    """As `document.read_document` decides: the suffix, else the first sign."""
    if path.suffix.lower() in (".toml", ".json", ".hjson"):
        return form_of(path)
    return "json" if content.removeprefix(_BOM).lstrip().startswith((b"{", b"[")) else "toml"


def _is_json(content: bytes) -> bool:
    """Whether it is JSON; else it is HJSON, whose comments JSON can't keep."""
    try:
        json.loads(content.removeprefix(_BOM))
    except ValueError:
        return False
    return True


def _stamp(path: Path) -> tuple[Stamp, bytes] | None:
    """The file's stamp and bytes; None when there is none. Raises StorageError."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            content = stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error("read", path, error) from error
    return Stamp(status.st_mtime_ns, len(content), hashlib.sha256(content).hexdigest()), content


def _with_texts_for_broken(table: Document, findings: Findings) -> Document:
    """Values that no config may hold, which reading left out, as texts: the form shows why they can't stay."""
    for problem in findings.problems:
        if value_at(table, problem.key) is None:
            table = with_value(table, problem.key, problem.value.strip('"'))
    return table


def given(table: Document, key: str) -> Any:
    """The value under the key; ABSENT also for a key that is given as nothing (JSON's null)."""
    value = value_at(table, key)
    return ABSENT if value is None else value
