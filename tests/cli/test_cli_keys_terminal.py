"""`passivtui keys` at a terminal: secrets are asked for one by one and not one sign of them is echoed."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from passivtui.vault import Secret, Vault

Talk = Callable[..., tuple[int, str]]
PASSPHRASE = "MARKER four words"


@pytest.fixture
def talk(command: Callable[..., list[str]], environment: dict[str, str]) -> Talk:
    """Run a command on a terminal of its own: whenever a prompt shows, its answer is typed."""

    def run(*arguments: object, answers: list[tuple[str, str]]) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        ends = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        child = subprocess.Popen(command(*arguments), env=environment, start_new_session=True, **ends)  # type: ignore[call-overload]
        os.close(theirs)
        said, seen, waiting, until = "", 0, list(answers), time.monotonic() + 60
        try:
            while time.monotonic() < until:
                if not select.select([ours], [], [], 1.0)[0]:
                    continue
                try:
                    said += os.read(ours, 4096).decode()
                except OSError:  # the other end is closed: it is over
                    break
                if waiting and waiting[0][0] in said[seen:]:
                    prompt, answer = waiting.pop(0)
                    seen = said.index(prompt, seen) + len(prompt)
                    os.write(ours, answer.encode())
            assert not waiting, f"never asked {waiting[0][0]!r}: {said}"
            return child.wait(timeout=30), said
        finally:
            child.kill()
            child.wait()
            os.close(ours)

    return run


def test_the_first_keys_are_typed_unseen(talk: Talk, environment: dict[str, str]) -> None:
    home = Path(environment["PASSIVTUI_HOME"])
    answers = [
        ("New passphrase: ", f"{PASSPHRASE}\n"),
        ("again: ", f"{PASSPHRASE}\n"),
        ("API key: ", "MARKERkey0123456789\n"),
        ("secret: ", "MARKERsecret\n"),
        ("API passphrase: ", "MARKERphrase\n"),
    ]
    status, said = talk("keys", "add", "okx_01", "--exchange", "okx", answers=answers)
    assert status == 0, said
    assert "no way to get a lost passphrase back" in said and "okx_01: added" in said
    assert "MARKER" not in said
    account = Vault(home / "keys.vault").unlock(Secret(PASSPHRASE)).account("okx_01")
    assert [secret.reveal() for secret in account.fields.values()] == [
        "MARKERkey0123456789",
        "MARKERsecret",
        "MARKERphrase",
    ]
    status, said = talk("keys", "rename", "okx_01", "main", answers=[("Passphrase: ", "MARKER wrong\n")])
    assert status == 1 and "the passphrase is wrong" in said and "MARKER" not in said
    status, said = talk("keys", "remove", "okx_01", answers=[("[y/N]", "\n")])
    assert status == 130 and "nothing was removed" in said
    status, said = talk("keys", "remove", "okx_01", answers=[("[y/N]", "y\n")])
    assert status == 0 and "okx_01: removed" in said


def test_leaving_in_the_middle_makes_nothing(talk: Talk, environment: dict[str, str]) -> None:
    home = Path(environment["PASSIVTUI_HOME"])
    add = ("keys", "add", "a", "--exchange", "bybit")
    status, said = talk(*add, answers=[("New passphrase: ", "\x04")])
    assert status == 130 and "cancelled" in said
    status, said = talk(*add, answers=[("New passphrase: ", "MARKERone two\n"), ("again: ", "MARKERother\n")])
    assert status == 2 and "differ" in said and "MARKER" not in said
    assert not (home / "keys.vault").exists()
