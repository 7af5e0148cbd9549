"""Several processes on one vault, and one that is killed while it writes: nothing is lost, nothing half there."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import passivtui
from passivtui.errors import VaultError
from passivtui.vault import Secret, UnlockedVault, Vault, make_account
from passivtui.vault.sealing import ScryptCost

WRITER = """
import sys
from pathlib import Path
from passivtui.vault import Secret, Vault, make_account
from passivtui.vault.sealing import ScryptCost

path, name, count, passphrase = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.stdin.readline().rstrip("\\n")
vault = Vault(path, cost=ScryptCost(16, 1, 1))
opened = vault.unlock(Secret(passphrase))
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    opened.put(make_account(f"{name}_{number}", "bybit", {"key": f"{name}{number}" * 9, "secret": "s" * 20}))
    print(number, flush=True)
"""


STEPPER = """
import os, signal, sys
from pathlib import Path
from passivtui.vault import Secret, Vault, make_account

opened = Vault(Path(sys.argv[1])).unlock(Secret(sys.stdin.readline().rstrip("\\n")))
account = make_account("new", "bybit", {"key": "k" * 20, "secret": "s" * 9})
print("ready", flush=True)

def dying_at(step):
    left = [step]
    def dying(call):
        def dies(*arguments, **named):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return call(*arguments, **named)
        return dies
    for name in ("open", "fsync", "chmod", "replace", "close"):
        setattr(os, name, dying(getattr(os, name)))

for step, _ in enumerate(sys.stdin):
    child = os.fork()
    if child == 0:
        dying_at(step)
        opened.put(account)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("through" if status == 0 else "died", flush=True)
"""


def start_python(script: str, *arguments: str) -> subprocess.Popen[str]:
    package = str(Path(passivtui.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def release(writer: subprocess.Popen[str], passphrase: Secret) -> None:
    assert writer.stdin is not None and writer.stdout is not None
    writer.stdin.write(passphrase.reveal() + "\n")
    writer.stdin.flush()
    assert writer.stdout.readline() == "ready\n"


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("\n")
    writer.stdin.flush()


def test_three_processes_lose_nothing_of_each_others(opened: UnlockedVault, vault: Vault, passphrase: Secret) -> None:
    writers = [start_python(WRITER, str(vault.path), name, "12") for name in "abc"]
    try:
        for writer in writers:
            release(writer, passphrase)
        for writer in writers:
            go(writer)
        for writer in writers:
            writer.communicate(timeout=60)
            assert writer.returncode == 0
    finally:
        for writer in writers:
            writer.kill()
    accounts = vault.unlock(passphrase).accounts()
    assert {entry.user for entry, _ in accounts} == {f"{name}_{number}" for name in "abc" for number in range(12)}
    assert not any(isinstance(account, VaultError) for _, account in accounts)


@pytest.mark.parametrize("turn", range(4))
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(
    opened: UnlockedVault, vault: Vault, passphrase: Secret, turn: int
) -> None:
    """Killed as soon as so many writes are acknowledged: all of them are there, and at most one more."""
    writer = start_python(WRITER, str(vault.path), "a", "500")
    assert writer.stdout is not None
    try:
        release(writer, passphrase)
        go(writer)
        acknowledged = [int(writer.stdout.readline()) for _ in range(3 * turn + 1)]
    finally:
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
    acknowledged += [int(line) for line in rest.split()]
    accounts = vault.unlock(passphrase).accounts()
    assert not any(isinstance(account, VaultError) for _, account in accounts)
    assert len(accounts) - len(acknowledged) in (0, 1)
    opened.put(make_account("after", "bybit", {"key": "k" * 20, "secret": "s"}))
    names = {path.name for path in vault.path.parent.iterdir() if path.is_file()}
    assert names == {"keys.vault", "keys.vault.lock"}


def test_killed_between_any_two_steps_of_a_write(opened: UnlockedVault, vault: Vault, passphrase: Secret) -> None:
    """A process dies just before the n-th call of the system that writing needs, for every n until it gets through."""
    account = make_account("new", "bybit", {"key": "k" * 20, "secret": "s" * 9})
    stepper = start_python(STEPPER, str(vault.path))
    assert stepper.stdout is not None
    outcomes: list[bool] = []
    try:
        release(stepper, passphrase)
        for _ in range(40):
            go(stepper)
            ended_well = stepper.stdout.readline() == "through\n"
            found = vault.unlock(passphrase).accounts()
            assert [kept for _, kept in found] in ([], [account])
            outcomes.append(bool(found))
            if ended_well:
                break
            if found:
                vault.remove("new")
    finally:
        stepper.kill()
        stepper.communicate()
    assert ended_well and len(outcomes) > 5
    assert not outcomes[0] and outcomes[-1]


def test_a_lock_that_is_never_freed_is_not_waited_for_for_ever(opened: UnlockedVault, passphrase: Secret) -> None:
    path = opened.vault.path
    impatient = Vault(path, cost=ScryptCost(16, 1, 1), lock_wait_s=0.1)
    with path.with_name("keys.vault.lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(VaultError, match="another passivtui is changing the keys"):
            impatient.unlock(passphrase).put(make_account("a", "bybit", {"key": "k", "secret": "s"}))
    assert impatient.entries() == ()
