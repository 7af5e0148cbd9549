"""The key vault: exchange accounts, sealed in one file of the home. `docs/keys.md` says what it protects from."""

from passivtui.vault.account import Account, Endpoint, make_account
from passivtui.vault.passphrase import passphrase_from_descriptor, passphrase_from_environment, passphrase_from_keyring
from passivtui.vault.secret import Secret
from passivtui.vault.vault import Entry, UnlockedVault, Vault

__all__ = [
    "Account",
    "Endpoint",
    "Entry",
    "Secret",
    "UnlockedVault",
    "Vault",
    "make_account",
    "passphrase_from_descriptor",
    "passphrase_from_environment",
    "passphrase_from_keyring",
]
