"""Ways to a passphrase besides typing it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from passivtui.errors import ConfigError, UsageError, VaultError
from passivtui.vault import passphrase_from_descriptor, passphrase_from_environment, passphrase_from_keyring
from passivtui.vault.passphrase import PASSPHRASE_VARIABLE, advice, forget_in_keyring, keep_in_keyring
from passivtui.vault.secret import Secret
from passivtui.vault.settings import VaultSettings, load_vault_settings


def test_the_variable_is_gone_once_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "from the environment")
    assert passphrase_from_environment() == Secret("from the environment")
    assert PASSPHRASE_VARIABLE not in os.environ
    listed = subprocess.run(
        [sys.executable, "-P", "-c", "import os; print(dict(os.environ))"], capture_output=True, text=True
    )
    assert "from the environment" not in listed.stdout and listed.returncode == 0
    assert passphrase_from_environment() is None


@pytest.mark.parametrize("content", [b"a secret line\n", b"a secret line", b"a secret line\r\nand more\n"])
def test_the_first_line_of_a_descriptor(content: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    assert passphrase_from_descriptor(reading) == Secret("a secret line")
    with pytest.raises(OSError):
        os.fstat(reading)


def test_a_line_is_enough_while_the_other_end_stays_open() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a secret line\n")
    assert passphrase_from_descriptor(reading) == Secret("a secret line")
    os.close(writing)


@pytest.mark.parametrize("number", [-1, 1, 2, 9999])
def test_a_descriptor_that_is_none(number: int) -> None:
    with pytest.raises(UsageError, match=f"descriptor {number}"):
        passphrase_from_descriptor(number)


def test_an_empty_descriptor() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with pytest.raises(UsageError, match="there is no passphrase"):
        passphrase_from_descriptor(reading)


class InMemory(KeyringBackend):
    """A keyring as a desktop has one, without the desktop."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("something secret")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def backend() -> Iterator[InMemory]:
    before, backend = keyring.get_keyring(), InMemory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_the_keyring_keeps_one_per_vault(backend: InMemory, tmp_path: Path) -> None:
    assert passphrase_from_keyring(tmp_path / "a") is None
    keep_in_keyring(tmp_path / "a", Secret("one"))
    keep_in_keyring(tmp_path / "b", Secret("two"))
    assert passphrase_from_keyring(tmp_path / "a") == Secret("one")
    assert forget_in_keyring(tmp_path / "a") and not forget_in_keyring(tmp_path / "a")
    assert passphrase_from_keyring(tmp_path / "a") is None


def test_a_keyring_that_refuses_is_told_without_its_words(backend: InMemory, tmp_path: Path) -> None:
    backend.locked = True
    with pytest.raises(VaultError, match=r"the keyring refuses \(KeyringLocked\)"):
        passphrase_from_keyring(tmp_path)


def test_no_keyring_at_all(backend: InMemory, tmp_path: Path) -> None:
    keyring.set_keyring(NoKeyring())
    for act in (
        lambda: passphrase_from_keyring(tmp_path),
        lambda: keep_in_keyring(tmp_path, Secret("x")),
        lambda: forget_in_keyring(tmp_path),
    ):
        with pytest.raises(VaultError, match="no keyring to ask"):
            act()


def test_without_the_extra_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(VaultError, match=r"pip install 'passivtui\[keyring\]'"):
        passphrase_from_keyring(tmp_path)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", ""),
        ("abc", "too short"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaa", "weak"),
        ("19991224", "weak"),
        ("password1", "weak"),
        ("orange battery", "fair"),
        ("orange battery stapler canoe", "strong"),
        ("kX9$vv0-pQ!m2Lz7/Wd3", "strong"),
    ],
)
def test_advice_on_a_new_passphrase(text: str, word: str) -> None:
    assert advice(text).startswith(word) and bool(advice(text)) == bool(word)


# ---- settings -------------------------------------------------------------------------------------------------------


def test_settings_of_the_vault(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert load_vault_settings(path) == VaultSettings(0.0, False)
    path.write_text('theme = "x"\n')
    assert load_vault_settings(path).lock_after_s == 0.0
    path.write_text("[vault]\nlock_after_minutes = 2.5\nkeyring = true\n")
    assert load_vault_settings(path) == VaultSettings(2.5, True)
    assert load_vault_settings(path).lock_after_s == 150.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vault = 3", "must be a table"),
        ("[vault]\nlock_after_minutes = -1", "lock_after_minutes"),
        ("[vault]\nlock_after_minutes = true", "lock_after_minutes"),
        ("[vault]\nlock_after_minutes = nan", "lock_after_minutes"),
        ('[vault]\nlock_after_minutes = "5"', "lock_after_minutes"),
        ("[vault]\nkeyring = 1", "true or false"),
        ("[vault]\nlock_after_minute = 5", "is not known"),
        ("[vault", "no valid TOML"),
    ],
)
def test_settings_that_make_no_sense_are_not_taken_for_never(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_vault_settings(path)
