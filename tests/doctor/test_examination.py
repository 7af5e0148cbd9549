"""What the examination finds, and that it finds what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest

from passivtui.doctor import Finding, Terminal, Verdict, examine, in_words, worst
from passivtui.doctor.contracts import TESTED_CCXT, WHOLLY_TESTED, ccxt_findings
from passivtui.doctor.database import database_findings
from passivtui.doctor.engine import PROBES, RUN_DIGEST, average, engine_findings, rounding_finding, run_finding
from passivtui.doctor.keys import vault_findings
from passivtui.doctor.places import ROOM_NEEDED, ROOM_WANTED, home_findings, room_finding
from passivtui.doctor.program import program_findings
from passivtui.doctor.terminal import terminal_findings
from passivtui.exchanges.venues import VENUES
from passivtui.paths import Home
from passivtui.storage import Database
from passivtui.vault import Secret, Vault
from passivtui.vault.sealing import ScryptCost

PROJECT = Path(__file__).parents[2]
GOOD = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_GB.UTF-8"}


def of(findings: Iterable[Finding], subject: str) -> Finding:
    (found,) = (finding for finding in findings if finding.subject == subject)
    return found


def test_a_new_home_in_a_good_terminal_is_as_it_should_be(home: Home) -> None:
    findings = examine(home, Terminal(120, 35, GOOD))
    assert [finding for finding in findings if finding.verdict not in (Verdict.GOOD, Verdict.WARNING)] == []
    assert {finding.area for finding in findings} == {"program", "terminal", "home", "keys", "engine", "ccxt"}
    assert all(finding.text for finding in findings)


def test_looking_at_a_home_that_is_not_there_makes_none(tmp_path: Path) -> None:
    examine(Home(tmp_path / "nowhere"), Terminal(120, 35, GOOD))
    assert not (tmp_path / "nowhere").exists()


def test_what_is_not_good_says_what_to_do() -> None:
    terminal = Terminal(40, 10, {"TMUX": "/tmp/x"}, "ISO-8859-1", lambda: "tmux 3.2a")
    poor = [finding for finding in terminal_findings(terminal) if finding.verdict is not Verdict.GOOD]
    assert {finding.subject for finding in poor} == {"size", "kind", "colours", "unicode", "tmux"}
    assert all(finding.advice for finding in poor)


@pytest.mark.parametrize(
    ("size", "verdict"), [((59, 24), Verdict.BAD), ((79, 24), Verdict.WARNING), ((80, 24), Verdict.GOOD)]
)
def test_the_size_is_judged(size: tuple[int, int], verdict: Verdict) -> None:
    assert of(terminal_findings(Terminal(*size, GOOD)), "size").verdict is verdict


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        (GOOD, "16 million"),
        ({"TERM": "screen-256color"}, "256"),
        ({"TERM": "linux"}, "16"),
        (GOOD | {"NO_COLOR": "1"}, "NO_COLOR"),
    ],
)
def test_the_colours_are_told(variables: dict[str, str], part: str) -> None:
    assert part in of(terminal_findings(Terminal(80, 24, variables)), "colours").text


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("tmux 3.5a", Verdict.GOOD),
        ("tmux next-3.6", Verdict.GOOD),
        ("tmux 3.3", Verdict.WARNING),
        ("", Verdict.UNKNOWN),
    ],
)
def test_tmux_is_named_with_its_version(answer: str, verdict: Verdict) -> None:
    terminal = Terminal(80, 24, GOOD | {"TMUX": "x"}, tmux_says=lambda: answer)
    assert of(terminal_findings(terminal), "tmux").verdict is verdict


def test_east_asian_terminals_are_told_of_the_ascii_signs() -> None:
    found = of(terminal_findings(Terminal(80, 24, GOOD | {"LC_ALL": "ja_JP.UTF-8"})), "unicode")
    assert found.verdict is Verdict.WARNING and "ascii" in found.advice


@pytest.mark.parametrize(
    ("version", "verdict"), [((3, 10), Verdict.BAD), ((3, 12), Verdict.GOOD), ((3, 15), Verdict.WARNING)]
)
def test_the_python_is_judged(version: tuple[int, int], verdict: Verdict) -> None:
    assert of(program_findings(version), "Python").verdict is verdict


def test_a_system_without_what_is_needed_is_named() -> None:
    assert of(program_findings(system="Windows"), "system").verdict is Verdict.BAD


def test_a_home_that_is_a_file_can_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    assert of(home_findings(Home(tmp_path / "home")), "folder").verdict is Verdict.BAD


def test_a_home_that_others_may_write_to_is_warned_of(home: Home) -> None:
    home.root.chmod(0o777)
    found = of(home_findings(home), "permissions")
    assert found.verdict is Verdict.WARNING and "chmod" in found.advice


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(ROOM_WANTED, Verdict.GOOD), (ROOM_WANTED - 1, Verdict.WARNING), (ROOM_NEEDED - 1, Verdict.BAD)],
)
def test_a_disk_that_fills_up_is_said(free: int, verdict: Verdict) -> None:
    assert room_finding(free).verdict is verdict


async def test_a_sound_database_is_told_with_its_schema(home: Home) -> None:
    async with Database(home.database):
        pass
    found = database_findings(home.database)
    assert found.verdict is Verdict.GOOD and "wal" in found.text and "sound" in found.text


async def test_an_older_a_newer_and_a_foreign_database_are_told_apart(home: Home, tmp_path: Path) -> None:
    async with Database(home.database):
        pass
    with sqlite3.connect(home.database) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert database_findings(home.database).verdict is Verdict.WARNING
    with sqlite3.connect(home.database) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert "newer" in database_findings(home.database).advice
    foreign = tmp_path / "other.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert "not passivtui's" in database_findings(foreign).text


def test_a_damaged_database_is_said_with_what_to_do(home: Home) -> None:
    home.database.write_bytes(b"no database at all" * 100)
    found = database_findings(home.database)
    assert found.verdict is Verdict.BAD and "move it away" in found.text


def test_a_vault_is_told_with_its_parameters_and_who_may_read_it(home: Home) -> None:
    Vault(home.vault, cost=ScryptCost(2**10)).create(Secret("correct horse battery")).lock()
    findings = tuple(vault_findings(home))
    assert of(findings, "vault").text.startswith("0 accounts")
    assert of(findings, "permissions").text == "mode 0600"
    assert of(findings, "parameters").verdict is Verdict.WARNING  # cheaper than a new one's
    home.vault.chmod(0o644)
    assert of(vault_findings(home), "permissions").verdict is Verdict.WARNING


def test_a_vault_that_can_not_be_read_and_one_that_is_not_there(home: Home) -> None:
    assert of(vault_findings(home), "vault").verdict is Verdict.GOOD
    home.vault.write_text("{}")
    assert of(vault_findings(home), "vault").verdict is Verdict.BAD


def test_a_vault_setting_that_is_wrong_is_said(home: Home) -> None:
    Vault(home.vault, cost=ScryptCost(2**10)).create(Secret("correct horse battery")).lock()
    home.settings.write_text("[vault]\nlock_after_minutes = 'never'\n")
    assert of(vault_findings(home), "locking").verdict is Verdict.BAD


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_each_probe_tells_rounding_twice_from_rounding_once(probe: tuple[float, float, float, float, str]) -> None:
    size, price, qty, fill_price, exact = probe
    old, new = size / round(size + qty, 3), qty / round(size + qty, 3)
    twice = price * old + fill_price * new
    fused = float(Fraction(price) * Fraction(old) + Fraction(fill_price * new))
    fused_the_other_way = float(Fraction(fill_price) * Fraction(new) + Fraction(price * old))
    assert exact == twice.hex() == average(probe)
    assert exact not in (fused.hex(), fused_the_other_way.hex())


def test_the_engine_here_is_exact_and_another_would_be_found_out() -> None:
    assert worst(engine_findings()) is Verdict.GOOD
    assert rounding_finding(1).verdict is Verdict.BAD
    assert run_finding("0" * len(RUN_DIGEST)).verdict is Verdict.BAD


def test_the_tested_ccxt_is_the_oldest_that_may_be_installed() -> None:
    assert f'"ccxt>={TESTED_CCXT},' in (PROJECT / "pyproject.toml").read_text()
    assert of(ccxt_findings(TESTED_CCXT), "version").verdict is Verdict.GOOD
    assert of(ccxt_findings("4.6.1"), "version").verdict is Verdict.WARNING


def test_the_venues_named_as_wholly_tested_are(tmp_path: Path) -> None:
    for name in WHOLLY_TESTED:
        assert name in VENUES
        assert (PROJECT / "tests" / "exchanges" / f"test_{name}_conformance.py").exists()


def test_the_worst_counts_and_is_put_into_words() -> None:
    def findings(*verdicts: Verdict) -> list[Finding]:
        return [Finding("", "", verdict, "") for verdict in verdicts]

    assert worst([]) is Verdict.GOOD
    assert worst(findings(Verdict.WARNING, Verdict.UNKNOWN)) is Verdict.WARNING
    assert worst(findings(Verdict.BAD, Verdict.WARNING)) is Verdict.BAD
    assert in_words(findings(Verdict.GOOD, Verdict.UNKNOWN)) == "Everything is as it should be."
    assert in_words(findings(Verdict.BAD, Verdict.GOOD)).startswith("1 of 2 must")
    assert "1 of 2 deserves" in in_words(findings(Verdict.WARNING, Verdict.GOOD))
