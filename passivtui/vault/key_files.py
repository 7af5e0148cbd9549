"""Plain key files of other programs: Passivbot's api-keys.json, and Passiv-X's `["KEY", "SECRET"]` (`spec/live.md` §7,
`spec/passivx.md` §1). What is said about them holds nothing of what is in them but the names of users.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from passivtui.errors import UsageError, VaultError, storage_error
from passivtui.vault.account import Account, check_user, make_account
from passivtui.vault.fields import FIELDS, Field, key_venue
from passivtui.vault.vault import UnlockedVault
from passivtui.vault.vault_file import read_bounded

MAX_FILES: Final = 500
_NO_USER: Final = "referrals"
_PLACEHOLDERS: Final = frozenset(
    {"key", "secret", "passphrase", "private_key", "wallet_address", "api_key", "api_secret"}
)


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was not taken: what it is called (a user, a file, or "entry 3") and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """What key files hold: accounts that can be kept, and the rest with its reasons."""

    accounts: tuple[Account, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it: the users that are in the vault now, and what was left with the reasons."""

    taken: tuple[str, ...]
    left: tuple[Left, ...]


def read_key_files(path: Path, exchange: str | None = None) -> Found:
    """Everything in a file, or in the `*.json` files of a folder. `exchange` is that of Passiv-X files.

    Raises UsageError (a Passiv-X file without `exchange`, nothing there), VaultError (a file that holds no keys; an
    exchange that is not known), StorageError.
    """
    venue = key_venue(exchange) if exchange else None
    if not path.is_dir():
        return _read_file(path, venue)
    accounts: list[Account] = []
    left: list[Left] = []
    for file in _files_in(path):
        try:
            found = _read_file(file, venue)
        except VaultError as error:
            left.append(Left(file.name, str(error)))
        else:
            accounts += found.accounts
            left += found.left
    return _told_apart(accounts, left)


def import_accounts(vault: UnlockedVault, found: Found, *, replacing: bool = False) -> Imported:
    """Put what was found into the vault; with `replacing` also in the place of users of the same name.

    Raises VaultError when the vault is locked, StorageError when it can't be written; what was put until then stays.
    """
    held = {entry.user: entry for entry in vault.vault.entries()}
    taken: list[str] = []
    left = list(found.left)
    for account in found.accounts:
        there = account.user in held
        if there and not replacing:
            left.append(Left(account.user, "there is a user of that name already; remove or replace it"))
            continue
        try:
            vault.put(account, replacing=account.user if there else None)
        except VaultError as error:
            if vault.lock_if_due():
                raise
            left.append(Left(account.user, str(error)))
        else:
            taken.append(account.user)
    return Imported(tuple(taken), tuple(left))


def _files_in(folder: Path) -> list[Path]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".json" and file.is_file())
    except OSError as error:
        raise storage_error("read", folder, error) from error
    if not files:
        raise UsageError(f"there is no .json file in {folder}; name the key file itself")
    if len(files) > MAX_FILES:
        raise UsageError(f"there are more than {MAX_FILES} .json files in {folder}; that is no folder of keys")
    return files


def _read_file(path: Path, venue: str | None) -> Found:
    content = read_bounded(path)
    if content is None:
        raise UsageError(f"there is no file or folder {path}")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise VaultError(f"{path.name} can't be read: it is no JSON") from None
    if isinstance(document, list) and len(document) == 2 and all(isinstance(part, str) for part in document):
        return _passivx(path, document, venue)
    if isinstance(document, dict):
        return _passivbot(document)
    raise VaultError(f"{path.name} holds no keys: neither api-keys.json of Passivbot nor a key file of Passiv-X")


def _passivx(path: Path, pair: list[str], venue: str | None) -> Found:
    if venue is None:
        raise UsageError(f"{path.name} is a key file of Passiv-X, which doesn't say of which exchange; name it")
    if venue not in ("binance", "bybit"):
        raise VaultError(f"{path.name} is a key file of Passiv-X, which knows binance and bybit only")
    try:
        return Found((make_account(path.stem, venue, dict(zip(("key", "secret"), pair, strict=True))),), ())
    except VaultError as error:
        return Found((), (Left(path.name, str(error)),))


def _passivbot(document: Mapping[str, Any]) -> Found:
    accounts: list[Account] = []
    left: list[Left] = []
    for number, (name, entry) in enumerate(document.items(), 1):
        if name == _NO_USER:
            continue
        called = f"entry {number}"
        try:
            if not isinstance(entry, dict):
                raise VaultError("it is no table of exchange and keys")
            called = check_user(name)
            accounts.append(_account(name, entry))
        except VaultError as error:
            left.append(Left(called, str(error)))
    return _told_apart(accounts, left)


def _account(name: str, entry: Mapping[str, Any]) -> Account:
    exchange = entry.get("exchange")
    if not isinstance(exchange, str) or not exchange.strip():
        raise VaultError("it doesn't say of which exchange it is")
    venue = key_venue(exchange)
    given = {wanted.name: _given(entry, wanted) for wanted in FIELDS[venue]}
    if any(text.strip().lower() in _PLACEHOLDERS for text in given.values()):
        raise VaultError("it holds the words of the example file instead of keys")
    return make_account(name, venue, given)


def _given(entry: Mapping[str, Any], wanted: Field) -> str:
    value = entry.get(wanted.name, entry.get(wanted.ccxt, "") if wanted.ccxt else "")
    if value is None:
        return ""
    if isinstance(value, bool) and wanted.flag:
        return str(value).lower()
    if isinstance(value, int) and not isinstance(value, bool) and wanted.name == "uid":
        return str(value)
    if not isinstance(value, str):
        raise VaultError(f"the {wanted.title} is not a text")
    return value


def _told_apart(accounts: Iterable[Account], left: Iterable[Left]) -> Found:
    """Of several accounts with one name the first is kept; names differ by more than capitals."""
    kept: dict[str, Account] = {}
    refused = list(left)
    for account in accounts:
        if account.user.casefold() in kept:
            refused.append(Left(account.user, "another entry has that name"))
        else:
            kept[account.user.casefold()] = account
    return Found(tuple(kept.values()), tuple(refused))
