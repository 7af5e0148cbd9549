"""The commands of the keys screen."""

from __future__ import annotations

from passivtui.commands import Command


class UnlockKeys(Command):
    """Unlock the keys with the passphrase, or make the vault when there is none."""

    KEYS = "u"
    FOOTER = "unlock"


class AddKeys(Command):
    """Add a user: choose the exchange, then enter its keys."""

    KEYS = "a"
    FOOTER = "add"


class EditKeys(Command):
    """Change the keys of the user under the cursor, or where its requests go."""

    KEYS = "e"
    FOOTER = "edit"


class TestKeys(Command):
    """Ask the exchange about the keys of the user under the cursor; changes nothing there."""

    KEYS = "t"
    FOOTER = "test"


class RenameUser(Command):
    """Give the user under the cursor another name."""

    KEYS = "r"
    FOOTER = "rename"


class RemoveKeys(Command):
    """Remove the user under the cursor and its keys; asks first."""

    KEYS = "X"
    FOOTER = "remove"


class ImportKeys(Command):
    """Import api-keys.json of Passivbot, or key files of Passiv-X."""

    KEYS = "m"
    FOOTER = "import"


class ChangePassphrase(Command):
    """Change the passphrase of the vault."""

    KEYS = "p"


class LockKeys(Command):
    """Lock the keys now."""

    KEYS = "L"
    FOOTER = "lock"


class ReadKeysAgain(Command):
    """Read the vault again."""

    KEYS = "f5"


KEYS_COMMANDS = (
    UnlockKeys,
    AddKeys,
    EditKeys,
    TestKeys,
    RenameUser,
    RemoveKeys,
    ImportKeys,
    LockKeys,
    ChangePassphrase,
    ReadKeysAgain,
)
