"""One bot per account, whoever started it: a locked file per account and per name in the home."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from passivtui.errors import UsageError, storage_error
from passivtui.exchanges.login import Login
from passivtui.live.status import BotSpec
from passivtui.paths import Home


class BotLocks:
    """Held while a bot runs, and gone with its process however that ends."""

    def __init__(self, descriptors: Iterable[int]) -> None:
        self._descriptors = list(descriptors)

    def release(self) -> None:
        """Let others in. Releasing twice does no harm."""
        while self._descriptors:
            os.close(self._descriptors.pop())


def lock_bot(home: Home, spec: BotSpec, login: Login | None) -> BotLocks:
    """Lock name and account of a bot; two bots on one account would undo each other's orders, on any coin.

    Raises UsageError when another bot has one of them, StorageError when the home refuses.
    """
    wanted = [(f"bot-{spec.name}", f"a bot named {spec.name} runs already; stop it first, or choose another --name")]
    if login is not None:
        text = f"a bot trades on the account of {spec.user} already; stop it first, or use another account"
        wanted += [(f"user-{spec.user}", text), (f"account-{_fingerprint(login)}", text)]
    locks = BotLocks(())
    try:
        for name, refusal in wanted:
            locks._descriptors.append(_lock(home.live / "locks" / f"{_file_name(name)}.lock", refusal))
    except BaseException:
        locks.release()
        raise
    return locks


def is_running(home: Home, name: str) -> bool:
    """Whether a bot of that name holds its lock, in whatever process. Raises StorageError."""
    path = home.live / "locks" / f"{_file_name(f'bot-{name}')}.lock"
    if not path.exists():
        return False
    try:
        os.close(_lock(path, ""))
    except UsageError:
        return True
    return False


def _lock(path: Path, refusal: str) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_error("lock", path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UsageError(refusal) from None
    except OSError as error:
        os.close(descriptor)
        raise storage_error("lock", path, error) from error
    return descriptor


def _fingerprint(login: Login) -> str:
    """Tells accounts apart by their public key or address, which it doesn't give away."""
    public = "\0".join((login.venue, login.rest_url, login.key or login.wallet_address))
    return hashlib.sha256(public.encode()).hexdigest()[:20]


def _file_name(name: str) -> str:
    kept = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "_" for sign in name)
    return kept if kept == name else f"{kept}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
