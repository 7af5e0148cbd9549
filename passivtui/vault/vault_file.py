"""The file `keys.vault`: JSON whose every part is bounded and checked before anything is done with it.

    {"format": "passivtui keys", "version": 1, "id": …,
     "kdf": {"name": "scrypt", "n": 131072, "r": 8, "p": 1, "salt": …},
     "data_key": {"nonce": …, "sealed": …}, "checksum": …,
     "records": [{"user": "bybit_01", "exchange": "bybit", "nonce": …, "sealed": …}, …]}

Bytes are base64. `id` and `kdf` are bound to the wrapped data key, user, exchange and version to each record: to change
one is to break its seal. The checksum over the header protects from nothing; it tells a damaged header from a wrong
passphrase.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from passivtui.errors import VaultError, storage_error
from passivtui.vault.sealing import KEY_BYTES, NONCE_BYTES, SALT_BYTES, TAG_BYTES, ScryptCost

FORMAT: Final = "passivtui keys"
VERSION: Final = 1
MAX_BYTES: Final = 2 * 2**20
MAX_RECORDS: Final = 1000
MAX_SEALED: Final = 2**17
_MAX_NAME: Final = 256
_COPY: Final = "put back a copy, or move it away and enter the keys again"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A nonce and what was sealed with it."""

    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """How the passphrase opens the data key. `checksum_fits` is False when these bytes are not the ones written."""

    vault_id: bytes
    cost: ScryptCost
    salt: bytes
    data_key: Sealed
    checksum_fits: bool = field(default=True, compare=False)

    def bound(self) -> bytes:
        """What the wrapped data key is bound to."""
        return bound_header(self.vault_id, self.cost, self.salt)


@dataclass(frozen=True, slots=True)
class Record:
    """One account, sealed; user and exchange can be read by anyone."""

    user: str
    exchange: str
    content: Sealed

    def bound(self) -> bytes:
        """What the content is bound to."""
        return bound_record(self.user, self.exchange)


@dataclass(frozen=True, slots=True)
class VaultFile:
    """All that is in the file."""

    header: Header
    records: tuple[Record, ...] = ()

    def find(self, user: str) -> Record | None:
        """The record of that user."""
        return next((record for record in self.records if record.user == user), None)


def bound_header(vault_id: bytes, cost: ScryptCost, salt: bytes) -> bytes:
    return _canonical([FORMAT, VERSION, _text(vault_id), "scrypt", cost.n, cost.r, cost.p, _text(salt)])


def bound_record(user: str, exchange: str) -> bytes:
    return _canonical([FORMAT, VERSION, user, exchange])


# ---- reading --------------------------------------------------------------------------------------------------------


def read_vault_file(path: Path) -> VaultFile | None:
    """What is in the file, None if there is none. Raises VaultError for what can't be used, StorageError."""
    content = read_bounded(path)
    return None if content is None else parse(content, path)


def read_bounded(path: Path) -> bytes | None:
    """The file's bytes, None if there is none. Raises VaultError if it is too big or no file, StorageError."""
    try:
        # A pipe put in its place must not make the program wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise VaultError(f"{path} is no file that holds keys; choose another, or move it away")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error("read", path, error) from error
    if len(content) > MAX_BYTES:
        raise VaultError(f"{path} is bigger than {MAX_BYTES // 2**20} MiB; no file of keys is")
    return content


def parse(content: bytes, path: Path) -> VaultFile:
    """The parts of a file's bytes. Raises VaultError."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise VaultError(f"{path} is damaged: it is cut short or no vault; {_COPY}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise VaultError(f"{path} is no vault of passivtui, or is damaged; {_COPY}")
    version = document.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise VaultError(f"{path} was written by a newer passivtui (version {version} of the file); use that one")
    if version != VERSION:
        raise VaultError(f"{path} is damaged: its version can't be read; {_COPY}")
    try:
        return VaultFile(_header(document), _records(document))
    except _Malformed as error:
        raise VaultError(f"{path} is damaged: {error}; {_COPY}") from None


class _Malformed(Exception):
    """A part of the file is not what it must be."""


def _header(document: Mapping[str, Any]) -> Header:
    kdf, wrapped = _table(document, "kdf"), _table(document, "data_key")
    if kdf.get("name") != "scrypt":
        raise _Malformed("the way its key is derived is not known")
    cost = ScryptCost(_number(kdf, "n"), _number(kdf, "r"), _number(kdf, "p"))
    if fault := cost.fault():
        raise _Malformed(f"the costs of its key can't be right, {fault}")
    header = Header(
        _bytes(document, "id", SALT_BYTES),
        cost,
        _bytes(kdf, "salt", SALT_BYTES),
        Sealed(_bytes(wrapped, "nonce", NONCE_BYTES), _bytes(wrapped, "sealed", KEY_BYTES + TAG_BYTES)),
    )
    fits = document.get("checksum") == _checksum(header)
    return Header(header.vault_id, cost, header.salt, header.data_key, checksum_fits=fits)


def _records(document: Mapping[str, Any]) -> tuple[Record, ...]:
    listed = document.get("records")
    if not isinstance(listed, list) or len(listed) > MAX_RECORDS:
        raise _Malformed("its list of accounts can't be read")
    records: dict[str, Record] = {}
    for entry in listed:
        if not isinstance(entry, dict):
            raise _Malformed("one of its accounts can't be read")
        record = Record(_name(entry, "user"), _name(entry, "exchange"), _content(entry))
        if record.user in records:
            raise _Malformed("a user is in it twice")
        records[record.user] = record
    return tuple(records.values())


def _content(entry: Mapping[str, Any]) -> Sealed:
    """The sealed part; empty when it is unreadable, which then counts as damaged and leaves the others alone."""
    try:
        return Sealed(_bytes(entry, "nonce", NONCE_BYTES), _bytes(entry, "sealed"))
    except _Malformed:
        return Sealed(bytes(NONCE_BYTES), b"")


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise _Malformed("a part of its header is missing")
    return value


def _number(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Malformed("a number of its header can't be read")
    return value


def _name(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAME or not value.isprintable():
        raise _Malformed("the name of one of its accounts can't be read")
    return value


def _bytes(table: Mapping[str, Any], name: str, length: int | None = None) -> bytes:
    value = table.get(name)
    try:
        decoded = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        decoded = b""
    fits = len(decoded) == length if length is not None else TAG_BYTES < len(decoded) <= MAX_SEALED
    if not fits:
        raise _Malformed("a part of it can't be decoded")
    return decoded


# ---- writing --------------------------------------------------------------------------------------------------------


def encode(file: VaultFile) -> bytes:
    """The file's bytes."""
    header = file.header
    document = {
        "format": FORMAT,
        "version": VERSION,
        "id": _text(header.vault_id),
        "kdf": {
            "name": "scrypt",
            "n": header.cost.n,
            "r": header.cost.r,
            "p": header.cost.p,
            "salt": _text(header.salt),
        },
        "data_key": _sealed_table(header.data_key),
        "checksum": _checksum(header),
        "records": [
            {"user": record.user, "exchange": record.exchange, **_sealed_table(record.content)}
            for record in file.records
        ],
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def _sealed_table(sealed: Sealed) -> dict[str, str]:
    return {"nonce": _text(sealed.nonce), "sealed": _text(sealed.sealed)}


def _checksum(header: Header) -> str:
    whole = header.bound() + header.data_key.nonce + header.data_key.sealed
    return hashlib.sha256(whole).hexdigest()[:16]


def _canonical(parts: list[str | int]) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
