"""The vault, as far as it can be seen closed: no passphrase is asked for."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Final

from passivtui.doctor.finding import Finding, Verdict
from passivtui.errors import ConfigError, StorageError, VaultError
from passivtui.paths import Home
from passivtui.vault.sealing import ScryptCost
from passivtui.vault.settings import load_vault_settings
from passivtui.vault.vault import MODE
from passivtui.vault.vault_file import VaultFile, read_vault_file

_AREA: Final = "keys"


def vault_findings(home: Home) -> Iterator[Finding]:
    """Whether there is a vault, who may read its file, and what a guess of its passphrase costs."""
    try:
        file = read_vault_file(home.vault)
    except (VaultError, StorageError) as error:
        yield Finding(_AREA, "vault", Verdict.BAD, str(error))
        return
    if file is None:
        yield Finding(_AREA, "vault", Verdict.GOOD, "there is none; keys are needed for live bots only")
        return
    yield _content(file)
    yield _mode(home)
    yield _cost(file.header.cost)
    yield _lock(home)


def _content(file: VaultFile) -> Finding:
    if not file.header.checksum_fits:
        advice = "if the right passphrase is refused, put back a copy of keys.vault"
        return Finding(_AREA, "vault", Verdict.WARNING, "its header is not as it was written", advice)
    count = len(file.records)
    return Finding(_AREA, "vault", Verdict.GOOD, f"{count} account{'' if count == 1 else 's'}, sealed")


def _mode(home: Home) -> Finding:
    try:
        mode = stat.S_IMODE(home.vault.stat().st_mode)
    except OSError as error:
        return Finding(_AREA, "permissions", Verdict.UNKNOWN, f"can't be read: {error.strerror}")
    if mode & 0o077:
        text = f"mode {mode:04o}: others on this computer may copy or change it"
        return Finding(_AREA, "permissions", Verdict.WARNING, text, f"chmod {MODE:o} {home.vault}")
    return Finding(_AREA, "permissions", Verdict.GOOD, f"mode {mode:04o}")


def _cost(cost: ScryptCost) -> Finding:
    memory = 128 * cost.n * cost.r // 2**20
    text = f"scrypt n {cost.n}, r {cost.r}, p {cost.p} ({memory} MiB a guess), AES-256-GCM"
    usual = ScryptCost()
    if cost.n * cost.r * cost.p < usual.n * usual.r * usual.p:
        advice = "change the passphrase (API keys) to seal it at the present cost"
        return Finding(_AREA, "parameters", Verdict.WARNING, f"{text}; cheaper to guess than new vaults", advice)
    return Finding(_AREA, "parameters", Verdict.GOOD, text)


def _lock(home: Home) -> Finding:
    try:
        settings = load_vault_settings(home.settings)
    except (ConfigError, StorageError) as error:
        return Finding(_AREA, "locking", Verdict.BAD, str(error))
    if not settings.lock_after_minutes:
        return Finding(_AREA, "locking", Verdict.GOOD, "unlocked keys stay so until passivtui ends or they are locked")
    return Finding(_AREA, "locking", Verdict.GOOD, f"by itself after {settings.lock_after_minutes:g} minutes unused")
