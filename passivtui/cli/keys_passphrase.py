"""How `passivtui keys` gets secrets: from a descriptor, the environment, the keyring, or typed unseen; never argv."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from passivtui.cli.output import say
from passivtui.errors import Cancelled, UsageError

if TYPE_CHECKING:
    from passivtui.paths import Home
    from passivtui.vault import Secret, UnlockedVault, Vault


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options that tell where the passphrase comes from."""
    parser.add_argument(
        "--passphrase-fd",
        metavar="N",
        type=int,
        help="read the passphrase from this open file descriptor (default: $PASSIVTUI_PASSPHRASE, else asked)",
    )
    parser.add_argument("--keyring", action="store_true", help="take the passphrase from the desktop's keyring")


def has_terminal() -> bool:
    """Whether there is somebody who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_unseen(prompt: str) -> str:
    """What is typed, without showing it. Raises UsageError without a terminal, Cancelled at its end."""
    if not has_terminal():
        raise UsageError("there is no terminal to type a secret on; see passivtui keys --help for the other ways")
    try:
        return getpass.getpass(prompt, stream=sys.stderr)
    except EOFError:
        raise Cancelled from None


def unlocked(chosen: argparse.Namespace, home: Home) -> UnlockedVault:
    """The vault, opened with the passphrase from wherever it comes. Raises VaultError, UsageError, StorageError."""
    vault = the_vault(home)
    vault.read()  # what is wrong with the file is said before anybody types
    warn_of(vault)
    return vault.unlock(given_passphrase(chosen, home) or typed("Passphrase: "))


def unlocked_or_new(chosen: argparse.Namespace, home: Home) -> UnlockedVault:
    """The same; without a vault one is made, with a passphrase that is typed twice or given. Raises as `unlocked`."""
    from passivtui.vault.passphrase import NO_WAY_BACK

    vault = the_vault(home)
    if vault.exists():
        return unlocked(chosen, home)
    passphrase = given_passphrase(chosen, home)
    if passphrase is None:
        say(f"There is no vault yet; one is made at {vault.path}. {NO_WAY_BACK}")
        passphrase = new_passphrase("New passphrase: ")
    opened = vault.create(passphrase)
    say(f"made the vault {vault.path}")
    return opened


def the_vault(home: Home) -> Vault:
    """The home's vault, closed."""
    from passivtui.vault import Vault

    return Vault(home.vault)


def warn_of(vault: Vault) -> None:
    """Say when others may read the file."""
    if warning := vault.warning():
        say(f"warning: {warning}")


def given_passphrase(chosen: argparse.Namespace, home: Home) -> Secret | None:
    """The passphrase that nobody has to type: descriptor, environment, keyring; None if there is none of these."""
    from passivtui.vault import passphrase_from_descriptor, passphrase_from_environment, passphrase_from_keyring
    from passivtui.vault.settings import load_vault_settings

    in_environment = passphrase_from_environment()
    if chosen.passphrase_fd is not None:
        return passphrase_from_descriptor(chosen.passphrase_fd)
    if in_environment is not None:
        return in_environment
    if chosen.keyring:
        found = passphrase_from_keyring(home.vault)
        if found is None:
            raise UsageError(
                "the keyring has no passphrase for this vault; passivtui keys passphrase --remember puts it there"
            )
        return found
    return passphrase_from_keyring(home.vault) if load_vault_settings(home.settings).keyring else None


def new_passphrase(prompt: str) -> Secret:
    """A new passphrase, typed twice. Raises UsageError if the two differ, VaultError if it is too short."""
    from passivtui.vault.passphrase import advice
    from passivtui.vault.vault import check_passphrase

    first = typed(prompt)
    check_passphrase(first)
    if typed("The same again: ") != first:
        raise UsageError("the two passphrases differ; nothing was changed, try again")
    say(f"passphrase: {advice(first.reveal())}")
    return first


def typed(prompt: str) -> Secret:
    """A passphrase, typed unseen. Raises as `ask_unseen`."""
    from passivtui.vault import Secret

    return Secret(ask_unseen(prompt))
