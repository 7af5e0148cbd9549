"""Vaults whose passphrase costs next to nothing to try, and accounts for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from passivtui.paths import Home
from passivtui.vault import Account, Endpoint, Secret, UnlockedVault, Vault, make_account
from passivtui.vault.sealing import ScryptCost

CHEAP = ScryptCost(n=2**4, r=1, p=1)
PASSPHRASE = "four words to open"


@pytest.fixture
def passphrase() -> Secret:
    return Secret(PASSPHRASE)


@pytest.fixture
def vault(home: Home) -> Vault:
    """A place for a vault; there is none yet."""
    return Vault(home.vault, cost=CHEAP)


@pytest.fixture
def opened(vault: Vault, passphrase: Secret) -> UnlockedVault:
    """An empty vault, open."""
    return vault.create(passphrase)


@pytest.fixture
def bybit() -> Account:
    return make_account(
        "bybit_01", "bybit", {"key": "publicKEY0123456789", "secret": "s3cr3t-of-bybit"}, Endpoint(testnet=True)
    )


@pytest.fixture
def okx() -> Account:
    given = {"key": "okxPublicKey-9876543210", "secret": "s3cr3t-of-okx", "passphrase": " blanks around "}
    return make_account("okx_main", "okx", given, Endpoint(False, "https://rest.example/x", "wss://ws.example"))


@pytest.fixture
def filled(opened: UnlockedVault, bybit: Account, okx: Account) -> UnlockedVault:
    """A vault with two users, open."""
    opened.put(bybit)
    opened.put(okx)
    return opened


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file beside the home."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file
