"""`passivtui doctor` and `passivtui where`: what they print, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from passivtui.paths import Home

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def _good_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "120", "LINES": "35"}.items():
        monkeypatch.setenv(name, value)


def test_each_finding_is_a_line_and_the_end_is_a_sentence(cli: Cli, home: Home) -> None:
    ran = cli("doctor")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "program" in lines and "engine" in lines
    assert any(line.startswith("  ok    Python") for line in lines)
    assert lines[-1].startswith("Everything")


def test_as_json_it_gives_every_finding(cli: Cli, home: Home) -> None:
    told = json.loads(cli("doctor", "--json").out)
    assert told["worst"] in ("ok", "look")
    assert {"area", "subject", "verdict", "text", "advice"} == set(told["findings"][0])


def test_what_will_not_work_ends_with_status_1(cli: Cli, home: Home) -> None:
    home.database.write_bytes(b"no database" * 100)
    ran = cli("doctor")
    assert ran.status == 1
    assert "BAD   database" in ran.out
    assert ran.out.splitlines()[-1].startswith("1 of ")


def test_online_asks_the_venues_that_the_settings_name(cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSIVTUI_SOURCES", "http://127.0.0.1:9")  # nothing listens there
    ran = cli("doctor", "--online")
    assert ran.status == 0
    assert "Binance         no connection" in ran.out
    assert "offline" in ran.out


def test_where_names_every_place_of_the_home(cli: Cli, home: Home) -> None:
    places = json.loads(cli("where", "--json").out)
    own = [value for name, value in vars(Home).items() if isinstance(value, property) and name != "config_tags"]
    assert {str(place.fget(home)) for place in own if place.fget} - set(places.values()) == {str(home.logs)}
    assert places["log"].startswith(str(home.logs))
    assert cli("where").out.splitlines()[0].split() == ["home", str(home.root)]
