"""The vault as the app has it: opened once, then there for every screen until it is locked."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from passivtui.clock import monotonic
from passivtui.paths import Home
from passivtui.screens.base import Services
from passivtui.vault import Secret, UnlockedVault, Vault, passphrase_from_environment, passphrase_from_keyring
from passivtui.vault.settings import load_vault_settings


class VaultSession:
    """The home's vault and, while it is open, its key. `clock` gives seconds and decides when it locks by itself."""

    def __init__(self, home: Home, *, clock: Callable[[], float] = monotonic) -> None:
        self.vault = Vault(home.vault)
        self._settings = home.settings
        self._clock = clock
        self._opened: UnlockedVault | None = None

    @property
    def opened(self) -> UnlockedVault | None:
        """The open vault; None while it is locked, also once the time without use is over."""
        if self._opened is not None and self._opened.lock_if_due():
            self._opened = None
        return self._opened

    def unlock(self, passphrase: Secret) -> UnlockedVault:
        """Derive the key, which takes a moment: for a thread. Hand the result to `use`. Raises PassivTuiError."""
        return self._timed(lambda: self.vault.unlock(passphrase))

    def create(self, passphrase: Secret) -> UnlockedVault:
        """Make the vault: for a thread. Hand the result to `use`. Raises PassivTuiError."""
        return self._timed(lambda: self.vault.create(passphrase))

    def unlock_unasked(self) -> UnlockedVault | None:
        """With the passphrase of the environment or, if the settings say so, the keyring; None if there is none."""
        passphrase = passphrase_from_environment()
        if passphrase is None and load_vault_settings(self._settings).keyring:
            passphrase = passphrase_from_keyring(self.vault.path)
        return self.unlock(passphrase) if passphrase is not None and self.vault.exists() else None

    def use(self, opened: UnlockedVault) -> None:
        """From now on this is the open vault; one that was open before is locked."""
        if self._opened is not None and self._opened is not opened:
            self._opened.lock()
        self._opened = opened

    def lock(self) -> None:
        """Forget the key."""
        if self._opened is not None:
            self._opened.lock()
            self._opened = None

    def _timed(self, open_: Callable[[], UnlockedVault]) -> UnlockedVault:
        after = load_vault_settings(self._settings).lock_after_s  # first: a setting that can't be read locks nothing
        opened = open_()
        opened.lock_after(after, self._clock)
        return opened


_SESSIONS: WeakKeyDictionary[object, VaultSession] = WeakKeyDictionary()


def vault_session(services: Services) -> VaultSession:
    """The one session of this app, made when it is first asked for."""
    if services not in _SESSIONS:
        _SESSIONS[services] = VaultSession(services.home)
    return _SESSIONS[services]
