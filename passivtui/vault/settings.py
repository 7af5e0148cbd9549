"""`[vault]` of settings.toml: when the keys lock by themselves, and whether the keyring is asked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from passivtui.errors import ConfigError, Problem, storage_error

MAX_MINUTES = 60 * 24 * 7


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """`lock_after_minutes`: without use, 0 means never; `keyring`: ask the desktop's keyring for the passphrase."""

    lock_after_minutes: float = 0.0
    keyring: bool = False

    @property
    def lock_after_s(self) -> float:
        """The same in seconds."""
        return 60.0 * self.lock_after_minutes


def load_vault_settings(path: Path) -> VaultSettings:
    """`[vault]` of the file at `path`; defaults without it. Raises ConfigError: a lock must not be lost by a typo."""
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("vault", {})
    except FileNotFoundError:
        return VaultSettings()
    except OSError as error:
        raise storage_error("read", path, error) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is no valid TOML ({error}); repair or delete it") from error
    problems = _problems(table, str(path))
    if problems:
        raise ConfigError(str(problems[0]), problems)
    return VaultSettings(float(table.get("lock_after_minutes", 0)), table.get("keyring", False))


def _problems(table: object, file: str) -> list[Problem]:
    if not isinstance(table, dict):
        return [Problem("vault", "", "must be a table, [vault]", file)]
    found = []
    minutes = table.get("lock_after_minutes", 0)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes <= MAX_MINUTES:
        found.append(
            Problem("vault.lock_after_minutes", str(minutes)[:40], f"must be a number from 0 to {MAX_MINUTES}", file)
        )
    if not isinstance(table.get("keyring", False), bool):
        found.append(Problem("vault.keyring", str(table["keyring"])[:40], "must be true or false", file))
    unknown = sorted(set(table) - {"lock_after_minutes", "keyring"})
    found += [Problem(f"vault.{name}", "", "is not known; use lock_after_minutes or keyring", file) for name in unknown]
    return found
