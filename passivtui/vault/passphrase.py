"""Where a passphrase comes from when nobody types it (never from argv), and what there is to say of a new one."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from passivtui.errors import UsageError, VaultError
from passivtui.vault.secret import Secret
from passivtui.vault.vault import MAX_PASSPHRASE

if TYPE_CHECKING:
    from types import ModuleType

PASSPHRASE_VARIABLE: Final = "PASSIVTUI_PASSPHRASE"
KEYRING_SERVICE: Final = "passivtui"
NO_WAY_BACK: Final = (
    "There is no way to get a lost passphrase back: without it the keys are gone and must be made anew."
)


def passphrase_from_environment(environment: MutableMapping[str, str] | None = None) -> Secret | None:
    """What PASSIVTUI_PASSPHRASE holds, taken out of the environment so that no child process gets it; None if unset."""
    text = (os.environ if environment is None else environment).pop(PASSPHRASE_VARIABLE, "")
    return Secret(text) if text else None


def passphrase_from_descriptor(number: int) -> Secret:
    """The first line that can be read from an open file descriptor, which is closed then. Raises UsageError."""
    if number < 0 or number in (1, 2):
        raise UsageError(f"descriptor {number} can't be read from; use 0 for stdin, or 3 and above")
    text = b""
    try:
        while b"\n" not in text and len(text) <= 4 * MAX_PASSPHRASE:
            if not (part := os.read(number, 4096)):
                break
            text += part
        os.close(number)
    except OSError as error:
        raise UsageError(f"the passphrase can't be read from descriptor {number}: {error.strerror}") from error
    line = text.partition(b"\n")[0].removesuffix(b"\r")
    if not line:
        raise UsageError(f"there is no passphrase on descriptor {number}")
    return Secret(line.decode("utf-8", "surrogateescape"))


def passphrase_from_keyring(vault: Path) -> Secret | None:
    """What the desktop's keyring keeps for this vault; None if nothing. Raises VaultError without a keyring."""
    keyring = _keyring()
    try:
        text = keyring.get_password(KEYRING_SERVICE, str(vault))
    except keyring.errors.KeyringError as error:
        raise _keyring_fault(error) from None
    return Secret(text) if text else None


def keep_in_keyring(vault: Path, passphrase: Secret) -> None:
    """Have the desktop's keyring keep the passphrase of this vault. Raises VaultError."""
    keyring = _keyring()
    try:
        keyring.set_password(KEYRING_SERVICE, str(vault), passphrase.reveal())
    except keyring.errors.KeyringError as error:
        raise _keyring_fault(error) from None


def forget_in_keyring(vault: Path) -> bool:
    """Have the keyring forget it. Returns whether there was anything. Raises VaultError."""
    keyring = _keyring()
    try:
        keyring.delete_password(KEYRING_SERVICE, str(vault))
    except keyring.errors.PasswordDeleteError:
        return False
    except keyring.errors.KeyringError as error:
        raise _keyring_fault(error) from None
    return True


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise VaultError("the keyring needs an extra package: pip install 'passivtui[keyring]'") from None
    module: ModuleType = keyring
    return module


def _keyring_fault(error: Any) -> VaultError:
    """Words without the error's own text, which a backend may have filled with anything."""
    if type(error).__name__ == "NoKeyringError":
        return VaultError(
            f"this machine has no keyring to ask; give the passphrase by {PASSPHRASE_VARIABLE} or --passphrase-fd"
        )
    return VaultError(f"the keyring refuses ({type(error).__name__}); unlock it, or type the passphrase")


def advice(passphrase: str) -> str:
    """One sentence on how long a new passphrase would hold, by its length and kinds of signs; "" for an empty one."""
    if not passphrase:
        return ""
    words = len(passphrase.split())
    kinds = sum(
        any(test(sign) for sign in passphrase)
        for test in (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    )
    variety = len(set(passphrase))
    if len(passphrase) < 8:
        return "too short: 8 characters at least"
    if variety < 5 or len(passphrase) < 10 or passphrase.isdigit():
        return "weak: whoever gets the file could guess it; take four random words or more"
    if len(passphrase) >= 20 and variety >= 8 and (words >= 4 or kinds >= 3):
        return "strong, if it is random and used nowhere else"
    return "fair: a few more random words would make it strong"
