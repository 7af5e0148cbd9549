"""A vault that was cut, changed or made to do harm: one sentence, nothing lost, and the whole records stay readable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.errors import StorageError, VaultError
from passivtui.vault import Account, Secret, UnlockedVault, Vault
from passivtui.vault.sealing import MAX_MEMORY, ScryptCost
from passivtui.vault.vault_file import MAX_BYTES, MAX_RECORDS

Change = Callable[[dict[str, Any]], None]


def changed(vault: Vault, change: Change) -> None:
    """Rewrite the file with something in it changed."""
    document = json.loads(vault.path.read_bytes())
    change(document)
    vault.path.write_text(json.dumps(document))


def sound(vault: Vault, passphrase: Secret, expected: dict[str, Account]) -> bool:
    """Whether all that opens is what was sealed. True also if the whole vault is refused; no other error may come."""
    try:
        found = vault.unlock(passphrase).accounts()
    except VaultError as error:
        assert "s3cr3t" not in str(error)
        return True
    return all(isinstance(account, VaultError) or account == expected.get(entry.user) for entry, account in found)


@pytest.fixture
def expected(filled: UnlockedVault, bybit: Account, okx: Account) -> dict[str, Account]:
    return {account.user: account for account in (bybit, okx)}


def test_cut_short_at_every_length(vault: Vault, passphrase: Secret, expected: dict[str, Account]) -> None:
    whole = vault.path.read_bytes()
    for length in range(len(whole) - 2):
        vault.path.write_bytes(whole[:length])
        with pytest.raises(VaultError, match="damaged"):
            vault.unlock(passphrase)
        with pytest.raises(VaultError, match="damaged"):
            vault.entries()


def test_every_byte_changed(vault: Vault, passphrase: Secret, expected: dict[str, Account]) -> None:
    whole = vault.path.read_bytes()
    for place in range(len(whole)):
        for flip in (0x01, 0x20, 0x80):
            vault.path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            assert sound(vault, passphrase, expected), f"byte {place} changed by {flip:#x} was believed"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_few_bytes_changed(
    vault: Vault, passphrase: Secret, expected: dict[str, Account], data: st.DataObject
) -> None:
    content = bytearray(vault.path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    altered = vault.path.with_name("altered.vault")
    altered.write_bytes(content)
    assert sound(Vault(altered), passphrase, expected)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = (
    ("format",),
    ("version",),
    ("id",),
    ("kdf",),
    ("kdf", "name"),
    ("kdf", "n"),
    ("kdf", "r"),
    ("kdf", "p"),
    ("kdf", "salt"),
    ("data_key",),
    ("data_key", "nonce"),
    ("data_key", "sealed"),
    ("checksum",),
    ("records",),
    ("records", 0),
    ("records", 0, "user"),
    ("records", 1, "exchange"),
    ("records", 1, "nonce"),
    ("records", 0, "sealed"),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=JSON_VALUES)
def test_any_value_of_any_type_in_any_place(
    vault: Vault, passphrase: Secret, expected: dict[str, Account], place: tuple[Any, ...], value: Any
) -> None:
    document = json.loads(vault.path.read_bytes())
    inner = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    altered = vault.path.with_name("altered.vault")
    altered.write_text(json.dumps(document))
    assert sound(Vault(altered), passphrase, expected)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 500, b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 100_000, b'{"format":"passivtui keys"}', b"\x80PNG"],
)
def test_something_else_in_its_place(vault: Vault, passphrase: Secret, content: bytes) -> None:
    vault.path.write_bytes(content)
    with pytest.raises(VaultError, match="damaged"):
        vault.unlock(passphrase)
    assert vault.path.read_bytes() == content


def test_a_newer_version_is_left_alone(filled: UnlockedVault, vault: Vault, passphrase: Secret, bybit: Account) -> None:
    changed(vault, lambda document: document.update(version=2, records="in another form"))
    before = vault.path.read_bytes()
    for act in (lambda: vault.unlock(passphrase), lambda: filled.put(bybit), lambda: vault.remove("bybit_01")):
        with pytest.raises(VaultError, match=r"newer passivtui \(version 2"):
            act()
    assert vault.path.read_bytes() == before


@pytest.mark.parametrize(
    "costs",
    [
        {"n": 2**40},
        {"n": 2**63, "r": 2**20},
        {"n": 2**20, "r": 2**30},
        {"p": 2**31},
        {"p": 0},
        {"n": 0},
        {"n": -16},
        {"n": 1},
        {"n": 17},
        {"r": 0},
        {"r": -1},
        {"n": 16.0},
        {"n": True},
        {"n": 10**400},
    ],
)
def test_costs_that_would_take_the_machine_are_refused_before_they_are_tried(
    filled: UnlockedVault, vault: Vault, passphrase: Secret, costs: dict[str, Any]
) -> None:
    changed(vault, lambda document: document["kdf"].update(costs))
    with pytest.raises(VaultError, match=r"damaged: (the costs|a number)"):
        vault.unlock(passphrase)


def test_the_bound_lets_stronger_costs_pass_than_today() -> None:
    assert ScryptCost(2**18, 8, 2).fault() == ""
    assert MAX_MEMORY > 128 * 2**17 * 8


def test_a_huge_file_is_not_read_to_its_end(vault: Vault, passphrase: Secret) -> None:
    with vault.path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(VaultError, match="bigger than 2 MiB"):
        vault.unlock(passphrase)


def test_a_pipe_in_its_place_makes_nobody_wait(vault: Vault, passphrase: Secret) -> None:
    os.mkfifo(vault.path)
    with pytest.raises(VaultError, match="no file that holds keys"):
        vault.unlock(passphrase)


def test_a_folder_in_its_place(vault: Vault, passphrase: Secret) -> None:
    vault.path.mkdir()
    with pytest.raises((VaultError, StorageError), match=r"folder|no file"):
        vault.unlock(passphrase)


def test_a_damaged_header_is_told_from_a_wrong_passphrase(
    filled: UnlockedVault, vault: Vault, passphrase: Secret
) -> None:
    other = "A" * 22 + "=="
    for change in (
        lambda document: document["kdf"].update(salt=other),
        lambda document: document.update(id=other),
        lambda document: document["kdf"].update(n=32),
        lambda document: document["data_key"].update(nonce="A" * 16),
    ):
        whole = vault.path.read_bytes()
        changed(vault, change)
        with pytest.raises(VaultError, match="wrong or the head of the vault is damaged"):
            vault.unlock(passphrase)
        vault.path.write_bytes(whole)


def test_a_damaged_checksum_alone_keeps_nobody_out(
    filled: UnlockedVault, vault: Vault, passphrase: Secret, bybit: Account
) -> None:
    changed(vault, lambda document: document.update(checksum="0" * 16))
    assert vault.unlock(passphrase).account("bybit_01") == bybit


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(exchange="binance"),
        lambda record: record.update(user="someone"),
        lambda record: record.update(nonce="A" * 16),
        lambda record: record.update(sealed="!!!"),
        lambda record: record.update(sealed=record["sealed"][:-8] + "AAAAAAA="),
    ],
)
def test_a_damaged_record_is_named_and_the_others_are_fine(
    filled: UnlockedVault, vault: Vault, passphrase: Secret, okx: Account, change: Change
) -> None:
    changed(vault, lambda document: change(document["records"][0]))
    opened = vault.unlock(passphrase)
    ((entry, problem),) = [pair for pair in opened.accounts() if isinstance(pair[1], VaultError)]
    assert f"the keys of {entry.user} are damaged" in str(problem)
    assert opened.account("okx_main") == okx
    with pytest.raises(VaultError, match="are damaged"):
        opened.account(entry.user)
    opened.rename("okx_main", "okx_02")
    assert {user.user for user, _ in opened.accounts()} == {entry.user, "okx_02"}, "a change keeps what is damaged"
    opened.remove(entry.user)
    assert [user.user for user, _ in opened.accounts()] == ["okx_02"]


def test_sealed_parts_can_not_be_swapped(filled: UnlockedVault, vault: Vault, passphrase: Secret) -> None:
    def swap(document: dict[str, Any]) -> None:
        one, other = document["records"]
        for part in ("nonce", "sealed"):
            one[part], other[part] = other[part], one[part]

    changed(vault, swap)
    assert all(isinstance(account, VaultError) for _, account in vault.unlock(passphrase).accounts())


def test_users_twice_or_too_many(filled: UnlockedVault, vault: Vault, passphrase: Secret) -> None:
    changed(vault, lambda document: document["records"].append(document["records"][0]))
    with pytest.raises(VaultError, match="twice"):
        vault.unlock(passphrase)
    changed(vault, lambda document: document.update(records=[{}] * (MAX_RECORDS + 1)))
    with pytest.raises(VaultError, match="list of accounts"):
        vault.unlock(passphrase)


def test_a_link_is_followed_and_stays_one(tmp_path: Path, passphrase: Secret, bybit: Account) -> None:
    real = tmp_path / "elsewhere.vault"
    (tmp_path / "keys.vault").symlink_to(real)
    opened = Vault(tmp_path / "keys.vault", cost=ScryptCost(16, 1, 1)).create(passphrase)
    opened.put(bybit)
    assert (tmp_path / "keys.vault").is_symlink() and b"bybit_01" in real.read_bytes()
