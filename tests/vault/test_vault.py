"""The vault keeps what it is given, opens with its passphrase only, and locks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from passivtui.errors import StorageError, VaultError
from passivtui.vault import Account, Entry, Secret, UnlockedVault, Vault, make_account
from passivtui.vault.sealing import ScryptCost
from passivtui.vault.vault_file import read_vault_file


def test_what_is_put_in_comes_out(
    filled: UnlockedVault, vault: Vault, passphrase: Secret, bybit: Account, okx: Account
):
    again = Vault(vault.path).unlock(passphrase)
    assert again.account("bybit_01") == bybit
    assert again.account("okx_main") == okx
    assert [entry for entry, _ in again.accounts()] == [Entry("bybit_01", "bybit"), Entry("okx_main", "okx")]
    assert vault.entries() == (Entry("bybit_01", "bybit"), Entry("okx_main", "okx"))


def test_without_a_vault(vault: Vault, passphrase: Secret) -> None:
    assert not vault.exists() and vault.entries() == () and vault.warning() == ""
    for act in (lambda: vault.unlock(passphrase), lambda: vault.remove("a")):
        with pytest.raises(VaultError, match="no vault yet"):
            act()


def test_a_vault_is_not_made_over_another(filled: UnlockedVault, vault: Vault) -> None:
    with pytest.raises(VaultError, match="there is a vault already"):
        vault.create(Secret("another one"))
    assert len(vault.entries()) == 2


@pytest.mark.parametrize("text", ["", "short", "x" * 7, "x" * 1025])
def test_a_passphrase_has_bounds(vault: Vault, text: str) -> None:
    with pytest.raises(VaultError, match="passphrase"):
        vault.create(Secret(text))
    assert not vault.exists()


def test_a_wrong_passphrase_is_told(filled: UnlockedVault, vault: Vault) -> None:
    with pytest.raises(VaultError, match=r"^the passphrase is wrong; nothing was changed"):
        vault.unlock(Secret("four words to opeN"))


def test_the_same_letters_typed_otherwise_open_it(vault: Vault) -> None:
    vault.create(Secret("gru\u0308n und blau"))
    vault.unlock(Secret("gr\u00fcn und blau"))


def test_names_are_taken_once(filled: UnlockedVault, bybit: Account) -> None:
    for name in ("bybit_01", "BYBIT_01"):
        with pytest.raises(VaultError, match="already"):
            filled.put(replace(bybit, user=name))
    with pytest.raises(VaultError, match="already"):
        filled.rename("bybit_01", "okx_main")
    assert len(filled.accounts()) == 2


def test_renaming_keeps_the_place_and_the_keys(filled: UnlockedVault, vault: Vault, bybit: Account) -> None:
    filled.rename("bybit_01", "Bybit_01")
    filled.rename("Bybit_01", "first")
    assert filled.account("first") == replace(bybit, user="first")
    file = read_vault_file(vault.path)
    assert file is not None and [record.user for record in file.records] == ["first", "okx_main"]
    with pytest.raises(VaultError, match="no user 'bybit_01'"):
        filled.account("bybit_01")
    with pytest.raises(VaultError, match="begins with"):
        filled.rename("first", "a b")


def test_an_account_is_replaced(filled: UnlockedVault, okx: Account) -> None:
    new = make_account("okx_main", "gate", {"key": "n" * 20, "secret": "other"})
    filled.put(new, replacing="okx_main")
    assert filled.account("okx_main") == new
    with pytest.raises(VaultError, match="no user 'nobody'"):
        filled.put(okx, replacing="nobody")


def test_removing_needs_no_passphrase_but_a_name(filled: UnlockedVault, vault: Vault) -> None:
    vault.remove("bybit_01")
    assert vault.entries() == (Entry("okx_main", "okx"),)
    with pytest.raises(VaultError, match=r"no user 'bybit_01'.*there are okx_main"):
        vault.remove("bybit_01")
    filled.remove("okx_main")
    assert filled.accounts() == ()


def test_another_passphrase_wraps_the_key_anew_and_touches_no_record(
    filled: UnlockedVault, vault: Vault, passphrase: Secret, bybit: Account
) -> None:
    before = read_vault_file(vault.path)
    new = Secret("quite another one")
    with pytest.raises(VaultError, match="wrong"):
        filled.change_passphrase(Secret("not the old one"), new)
    with pytest.raises(VaultError, match="8 characters"):
        filled.change_passphrase(passphrase, Secret("short"))
    assert read_vault_file(vault.path) == before
    filled.change_passphrase(passphrase, new)
    after = read_vault_file(vault.path)
    assert before is not None and after is not None
    assert after.records == before.records
    assert after.header.salt != before.header.salt and after.header.data_key != before.header.data_key
    with pytest.raises(VaultError, match="wrong"):
        vault.unlock(passphrase)
    assert vault.unlock(new).account("bybit_01") == bybit
    assert filled.account("bybit_01") == bybit, "who had it open still has"


def test_no_copy_stays_that_an_old_passphrase_opens(filled: UnlockedVault, vault: Vault, passphrase: Secret) -> None:
    filled.change_passphrase(passphrase, Secret("quite another one"))
    files = [path for path in vault.path.parent.iterdir() if path.is_file()]
    assert {path.name for path in files} == {"keys.vault", "keys.vault.lock"}


def test_two_vaults_differ_in_everything(tmp_path: Path, passphrase: Secret, bybit: Account) -> None:
    contents = []
    for name in "ab":
        opened = Vault(tmp_path / name, cost=ScryptCost(16, 1, 1)).create(passphrase)
        opened.put(bybit)
        contents.append(read_vault_file(tmp_path / name))
    one, other = contents
    assert one is not None and other is not None
    assert one.header.salt != other.header.salt and one.header.vault_id != other.header.vault_id
    assert one.records[0].content != other.records[0].content


def test_the_usual_cost_is_high() -> None:
    assert Vault(Path("x")).cost == ScryptCost(2**17, 8, 1)


# ---- the file's mode ------------------------------------------------------------------------------------------------


def test_only_the_owner_may_use_the_file(filled: UnlockedVault, vault: Vault, bybit: Account) -> None:
    assert vault.path.stat().st_mode & 0o777 == 0o600
    assert vault.warning() == ""
    vault.path.chmod(0o644)
    assert "mode 0644" in vault.warning()
    filled.put(replace(bybit, user="third"))
    assert vault.path.stat().st_mode & 0o777 == 0o600
    assert vault.path.with_name("keys.vault.lock").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_writer_left_goes_with_the_next_change(filled: UnlockedVault, vault: Vault) -> None:
    leftover = vault.path.with_name(".keys.vault.abcd1234")
    leftover.write_bytes(b"half")
    filled.remove("okx_main")
    assert not leftover.exists()


def test_a_place_that_refuses_is_told(tmp_path: Path, passphrase: Secret) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"can't lock the keys with .*file"):
        Vault(tmp_path / "file" / "keys.vault", cost=ScryptCost(16, 1, 1)).create(passphrase)


# ---- locking --------------------------------------------------------------------------------------------------------


def test_locking_forgets_the_key(filled: UnlockedVault, bybit: Account) -> None:
    filled.lock()
    assert filled.lock_if_due()
    assert "locked" in repr(filled)
    for act in (
        lambda: filled.account("bybit_01"),
        lambda: filled.accounts(),
        lambda: filled.put(bybit),
        lambda: filled.remove("bybit_01"),
        lambda: filled.rename("bybit_01", "x"),
        lambda: filled.change_passphrase(Secret("a"), Secret("b")),
    ):
        with pytest.raises(VaultError, match="locked"):
            act()
    filled.lock()


def test_the_key_is_overwritten_where_it_stood(filled: UnlockedVault) -> None:
    key = filled._data_key
    assert key is not None and any(key)
    filled.lock()
    assert not any(key)


def test_it_locks_by_itself_after_the_time_without_use(filled: UnlockedVault) -> None:
    now = [100.0]
    assert filled.seconds_left() is None
    filled.lock_after(60.0, lambda: now[0])
    now[0] += 59.0
    assert filled.seconds_left() == 1.0 and not filled.lock_if_due()
    filled.account("bybit_01")
    assert filled.seconds_left() == 60.0
    now[0] += 60.0
    with pytest.raises(VaultError, match="locked"):
        filled.account("bybit_01")
    assert filled.seconds_left() is None and filled.lock_if_due()


def test_zero_means_never(filled: UnlockedVault) -> None:
    now = [0.0]
    filled.lock_after(0.0, lambda: now[0])
    now[0] = 1e9
    assert not filled.lock_if_due() and filled.seconds_left() is None


def test_another_vault_in_its_place_is_noticed(filled: UnlockedVault, vault: Vault, bybit: Account) -> None:
    vault.path.unlink()
    with pytest.raises(VaultError, match="no vault yet"):
        filled.put(bybit)
    vault.create(Secret("something else"))
    for act in (lambda: filled.put(bybit), lambda: filled.accounts()):
        with pytest.raises(VaultError, match="another vault"):
            act()
    assert vault.entries() == ()
