"""The cryptography: scrypt makes a key of the passphrase, AES-256-GCM seals with it. No file is touched here.

The passphrase's key opens one thing only, the random data key; records are sealed with that one. So another passphrase
means wrapping 32 bytes anew, and each unlocking costs one derivation whatever the number of records.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from typing import Final

from passivtui.errors import VaultError
from passivtui.vault.secret import Secret

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
TAG_BYTES: Final = 16
MAX_MEMORY: Final = 2**29
"""Bytes that a derivation may ask for: a hostile file must not take the machine's memory."""
MAX_PARALLEL: Final = 16


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """What one guess of the passphrase costs: 128 * n * r bytes of memory, n * r * p steps."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    def fault(self) -> str:
        """Why these can't be used, "" if they can."""
        if self.n < 2 or self.n & (self.n - 1):
            return "n is no power of two"
        if self.r < 1 or not 1 <= self.p <= MAX_PARALLEL:
            return "r or p is out of range"
        return "they ask for more memory than any vault needs" if 128 * self.n * self.r > MAX_MEMORY else ""


class SealBroken(Exception):
    """The key is not the right one, or the sealed bytes or what they are bound to were changed."""


def derive_key(passphrase: Secret, salt: bytes, cost: ScryptCost) -> bytes:
    """The 32 bytes that the passphrase stands for; 0.3 s and 128 MiB at the usual cost.

    Other ways to type the same letters give the same key (Unicode NFC). Raises VaultError without enough memory.
    """
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    text = unicodedata.normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogateescape")
    try:
        return Scrypt(salt=salt, length=KEY_BYTES, n=cost.n, r=cost.r, p=cost.p).derive(text)
    except MemoryError:
        needed = 128 * cost.n * cost.r // 2**20
        raise VaultError(f"unlocking needs {needed} MiB of memory; close something and try again") from None


def seal(key: bytes | bytearray, plain: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
    """(nonce, sealed bytes) of `plain`, which opens only together with the same `bound_to`."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return nonce, AESGCM(bytes(key)).encrypt(nonce, plain, bound_to)


def unseal(key: bytes | bytearray, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What was sealed. Raises SealBroken."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(bytes(key)).decrypt(nonce, sealed, bound_to)
    except InvalidTag:
        raise SealBroken from None
