"""The vault: a file in which accounts are sealed. `Vault` is the closed file, `UnlockedVault` the open one.

Every change takes the vault's lock, reads the file again and replaces it whole, so that two processes lose nothing of
each other's and a power cut leaves the old file or the new one. No earlier content is kept beside it: a copy would
still open with an old passphrase and hold keys that were removed.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from passivtui.clock import monotonic
from passivtui.errors import VaultError, storage_error
from passivtui.files import write_atomically
from passivtui.vault.account import Account, Endpoint, check_user, make_account
from passivtui.vault.sealing import KEY_BYTES, SALT_BYTES, ScryptCost, SealBroken, derive_key, seal, unseal
from passivtui.vault.secret import Secret
from passivtui.vault.vault_file import (
    MAX_RECORDS,
    Header,
    Record,
    Sealed,
    VaultFile,
    bound_header,
    bound_record,
    encode,
    read_vault_file,
)

MIN_PASSPHRASE: Final = 8
MAX_PASSPHRASE: Final = 1024
MODE: Final = 0o600
LOCK_WAIT_S: Final = 15.0
_LOCK_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be told of an account without the passphrase."""

    user: str
    exchange: str


class Vault:
    """The file at `path`, closed. `cost` is that of vaults and passphrases made from now on."""

    def __init__(self, path: Path, *, cost: ScryptCost | None = None, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self.path = Path(os.path.realpath(path))  # a link stays one when the file is replaced
        self.cost = cost or ScryptCost()
        self._lock_wait_s = lock_wait_s

    def exists(self) -> bool:
        """Whether there is a file, good or not."""
        return os.path.lexists(self.path)

    def entries(self) -> tuple[Entry, ...]:
        """Users and exchanges, by name; needs no passphrase. Empty without a vault. Raises VaultError, StorageError."""
        file = read_vault_file(self.path)
        records = file.records if file is not None else ()
        return tuple(
            sorted((Entry(record.user, record.exchange) for record in records), key=lambda e: e.user.casefold())
        )

    def warning(self) -> str:
        """A sentence when others on this machine may read or change the file, else ""; the next change mends it."""
        try:
            mode = stat.S_IMODE(os.stat(self.path).st_mode)
        except OSError:
            return ""  # whoever reads the file is told why it can't be read
        if not mode & 0o077:
            return ""
        return f"{self.path} may be used by others (mode {mode:04o}); the next change makes it yours alone (0600)"

    def create(self, passphrase: Secret) -> UnlockedVault:
        """Make an empty vault. Raises VaultError if there is one already or the passphrase is too short."""
        check_passphrase(passphrase)
        data_key = os.urandom(KEY_BYTES)
        header = _wrap(data_key, passphrase, self.cost, os.urandom(SALT_BYTES))
        with self.locked():
            if self.exists():
                raise VaultError(f"there is a vault already at {self.path}; unlock that one")
            self.write(VaultFile(header))
        return UnlockedVault(self, header.vault_id, data_key)

    def unlock(self, passphrase: Secret) -> UnlockedVault:
        """Open the vault. Takes a third of a second on purpose: run it in a thread. Raises VaultError, StorageError."""
        file = self.read()
        return UnlockedVault(self, file.header.vault_id, _unwrap(file.header, passphrase))

    def remove(self, user: str) -> None:
        """Take an account out; needs no passphrase, and works for a damaged one. Raises VaultError, StorageError."""
        with self.locked():
            file = self.read()
            record = required(file, user)
            self.write(replace(file, records=tuple(other for other in file.records if other is not record)))

    # ---- the file, for this package ---------------------------------------------------------------------------------

    def read(self) -> VaultFile:
        """What is in the file now. Raises VaultError if there is none or it can't be used, StorageError."""
        file = read_vault_file(self.path)
        if file is None:
            raise VaultError("there is no vault yet; adding the first keys makes one")
        return file

    def write(self, file: VaultFile) -> None:
        """Replace the file, under the lock. Raises StorageError."""
        self._remove_unfinished()
        write_atomically(self.path, encode(file), mode=MODE)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other writers out, in this process and others. Raises VaultError after waiting in vain, StorageError."""
        path = self.path.with_name(self.path.name + ".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        except OSError as error:
            raise storage_error("lock the keys with", path, error) from error
        try:
            _wait_for_lock(descriptor, self._lock_wait_s)
            yield
        finally:
            os.close(descriptor)  # the kernel frees the lock, also when the process dies

    def _remove_unfinished(self) -> None:
        """Files that a killed process left behind; under the lock nobody else is writing one."""
        try:
            for leftover in self.path.parent.glob(f".{self.path.name}.*"):
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error("tidy up beside", self.path, error) from error


class UnlockedVault:
    """An open vault: it holds the data key in memory and nothing else; accounts are read from the file when asked for.

    After `lock_after_s` seconds without use it locks itself (0: never), by `clock`, seconds that never go back; whoever
    shows it calls `lock_if_due` now and then so that the key doesn't stay in memory. All methods may be called from any
    thread and raise VaultError when it is locked.
    """

    def __init__(self, vault: Vault, vault_id: bytes, data_key: bytes) -> None:
        self.vault = vault
        self._id = vault_id
        self._data_key: bytearray | None = bytearray(data_key)
        self._lock_after_s = 0.0
        self._clock: Callable[[], float] = monotonic
        self._used_at = 0.0
        self._guard = threading.Lock()  # the key must not be overwritten while it is being copied

    def __repr__(self) -> str:
        return f"UnlockedVault({self.vault.path}, {'locked' if self._data_key is None else 'open'})"

    # ---- locking ----------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Overwrite the data key and forget it."""
        with self._guard:
            if self._data_key is not None:
                self._data_key[:] = bytes(KEY_BYTES)
                self._data_key = None

    def lock_after(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        """Lock by itself after so many seconds without use; 0 means never."""
        self._lock_after_s, self._clock, self._used_at = seconds, clock, clock()

    def touch(self) -> None:
        """Count as used now."""
        self._used_at = self._clock()

    def seconds_left(self) -> float | None:
        """Until it locks itself; None when it doesn't, or is locked."""
        if self._data_key is None or not self._lock_after_s:
            return None
        return max(0.0, self._used_at + self._lock_after_s - self._clock())

    def lock_if_due(self) -> bool:
        """Lock when the time is over. Returns whether it is locked."""
        if self.seconds_left() == 0.0:
            self.lock()
        return self._data_key is None

    # ---- reading ----------------------------------------------------------------------------------------------------

    def account(self, user: str) -> Account:
        """The account of that user. Raises VaultError if there is none, it is damaged, or the vault is locked."""
        key, file = self._key(), self._read()
        return _open(key, required(file, user))

    def accounts(self) -> tuple[tuple[Entry, Account | VaultError], ...]:
        """All users by name, each with its account or with what is wrong with it."""
        key, file = self._key(), self._read()
        found: list[tuple[Entry, Account | VaultError]] = []
        for record in sorted(file.records, key=lambda record: record.user.casefold()):
            entry = Entry(record.user, record.exchange)
            try:
                found.append((entry, _open(key, record)))
            except VaultError as error:
                found.append((entry, error))
        return tuple(found)

    # ---- changing ---------------------------------------------------------------------------------------------------

    def put(self, account: Account, *, replacing: str | None = None) -> None:
        """Add an account; or, with `replacing`, put it in the place of that user's, also under another name or venue.

        Raises VaultError if its name is taken, or `replacing` isn't there; StorageError.
        """
        key = self._key()
        with self.vault.locked():
            file = self._read()
            old = required(file, replacing) if replacing is not None else None
            others = [record for record in file.records if record is not old]
            if any(record.user.casefold() == account.user.casefold() for record in others):
                raise VaultError(f"there is a user {account.user} already; choose another name, or edit that one")
            if len(others) >= MAX_RECORDS:
                raise VaultError(f"the vault holds {MAX_RECORDS} users, which is all it takes; remove some")
            new = _seal(key, account)
            records = [new if record is old else record for record in file.records]
            self.vault.write(replace(file, records=tuple(records if old is not None else [*records, new])))

    def rename(self, user: str, name: str) -> None:
        """Give a user another name. Raises VaultError if it is taken or can't be one; StorageError."""
        self.put(replace(self.account(user), user=check_user(name)), replacing=user)

    def remove(self, user: str) -> None:
        """Take an account out. Raises VaultError, StorageError."""
        self._key()
        self.vault.remove(user)

    def change_passphrase(self, old: Secret, new: Secret) -> None:
        """Wrap the data key anew; the records stay as they are. Raises VaultError if `old` is wrong; StorageError."""
        self._key()
        check_passphrase(new)
        with self.vault.locked():
            file = self._read()
            data_key = _unwrap(file.header, old)
            header = _wrap(data_key, new, self.vault.cost, file.header.vault_id)
            self.vault.write(replace(file, header=header))

    # ---- within -----------------------------------------------------------------------------------------------------

    def _key(self) -> bytes:
        self.lock_if_due()
        with self._guard:
            if self._data_key is None:
                raise VaultError("the keys are locked; unlock them first")
            self.touch()
            return bytes(self._data_key)

    def _read(self) -> VaultFile:
        """The file as it is now; another vault in its place is not opened with this one's key."""
        file = self.vault.read()
        if file.header.vault_id != self._id:
            raise VaultError("another vault was put in this one's place; lock and unlock again")
        return file


def check_passphrase(passphrase: Secret) -> None:
    """Raises VaultError if it can't be a new passphrase."""
    length = len(passphrase.reveal())
    if length < MIN_PASSPHRASE:
        raise VaultError(f"the passphrase needs {MIN_PASSPHRASE} characters at least; several words are best")
    if length > MAX_PASSPHRASE:
        raise VaultError(f"the passphrase is longer than {MAX_PASSPHRASE} characters; choose a shorter one")


def required(file: VaultFile, user: str) -> Record:
    """The record of that user. Raises VaultError if there is none."""
    record = file.find(user)
    if record is None:
        names = ", ".join(sorted(other.user for other in file.records)[:10])
        raise VaultError(
            f"there is no user {user[:64]!r} in the vault; " + (f"there are {names}" if names else "it is empty")
        )
    return record


def _wait_for_lock(descriptor: int, seconds: float) -> None:
    until = monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if monotonic() >= until:
                raise VaultError(
                    "another passivtui is changing the keys and doesn't end; look for it, then try again"
                ) from None
            time.sleep(_LOCK_LOOK_S)


def _wrap(data_key: bytes, passphrase: Secret, cost: ScryptCost, vault_id: bytes) -> Header:
    salt = os.urandom(SALT_BYTES)
    key = derive_key(passphrase, salt, cost)
    return Header(vault_id, cost, salt, Sealed(*seal(key, data_key, bound_header(vault_id, cost, salt))))


def _unwrap(header: Header, passphrase: Secret) -> bytes:
    key = derive_key(passphrase, header.salt, header.cost)
    try:
        return unseal(key, header.data_key.nonce, header.data_key.sealed, header.bound())
    except SealBroken:
        if header.checksum_fits:
            raise VaultError("the passphrase is wrong; nothing was changed, try again") from None
        raise VaultError(
            "the passphrase is wrong or the head of the vault is damaged; try again, or put back a copy of the file"
        ) from None


def _seal(key: bytes, account: Account) -> Record:
    content = {
        "fields": {name: secret.reveal() for name, secret in account.fields.items()},
        "endpoint": {
            "testnet": account.endpoint.testnet,
            "rest_url": account.endpoint.rest_url,
            "ws_url": account.endpoint.ws_url,
        },
    }
    bound = bound_record(account.user, account.exchange)
    return Record(account.user, account.exchange, Sealed(*seal(key, json.dumps(content).encode(), bound)))


def _open(key: bytes, record: Record) -> Account:
    damaged = VaultError(f"the keys of {record.user} are damaged; remove them and add them again (the others are fine)")
    try:
        content = json.loads(unseal(key, record.content.nonce, record.content.sealed, record.bound()))
        fields: Mapping[str, str] = content["fields"]
        endpoint = Endpoint(**content["endpoint"])
    except (SealBroken, ValueError, KeyError, TypeError):
        raise damaged from None
    return make_account(record.user, record.exchange, fields, endpoint)
