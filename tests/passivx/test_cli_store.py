"""`passivtui data … --ticks`, and backtests and searches over stored ticks, against a server of trades."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archive_server import Fault
from archive_ticks import TickServer
from archive_time import NOW_MS

import passivtui
from passivtui.clock import DAY_MS, iso_day
from passivtui.optimize import TickSearchRequest, read_tick_facts, run_tick_search
from passivtui.passivx.places import tick_places
from passivtui.paths import Home

Cli = Callable[..., Any]
Write = Callable[..., Path]
Settings = dict[str, Any]
TODAY = NOW_MS // DAY_MS
DAYS = [iso_day((TODAY - ago) * DAY_MS) for ago in range(12)]  # [0] is today


@pytest.fixture(scope="module")
def serving() -> Iterator[TickServer]:
    symbols = {"binance": ("BTCUSDT", "BTCUSD_PERP"), "bybit": ("BTCUSD",)}
    with TickServer(symbols, TODAY - 20, now_ms=NOW_MS) as running:
        yield running


@pytest.fixture
def server(serving: TickServer, home: Home, monkeypatch: pytest.MonkeyPatch) -> TickServer:
    home.settings.write_text("[sources]\nrequests_per_second = 10000\n")
    monkeypatch.setenv("PASSIVTUI_SOURCES", serving.url)
    serving.requests.clear()
    return serving


@pytest.fixture
def stored(server: TickServer, cli: Cli) -> TickServer:
    """Three days of Bybit's BTCUSD are stored."""
    ran = cli(
        *("data", "download", "--ticks", "BTCUSD", "--exchange", "bybit", "--start", DAYS[5], "--end", DAYS[3]),
        "--quiet",
    )
    assert ran.status == 0, ran.err
    server.requests.clear()
    return server


def test_trades_are_downloaded_listed_and_verified(cli: Cli, stored: TickServer) -> None:
    ran = cli("data", "list", "--ticks")
    headings, row = ran.out.splitlines()
    assert headings.split() == ["exchange", "symbol", "first", "last", "days", "missing", "trades", "size"]
    assert row.split()[:7] == ["bybit", "BTCUSD", DAYS[5], DAYS[3], "3", "none", "4,500"]
    assert "single trades (--ticks):" in cli("data", "list").out
    (entry,) = json.loads(cli("data", "list", "--ticks", "btcusd", "--json").out)
    assert (entry["days"], entry["trades"], entry["missing_days"]) == (3, 4500, 0)
    assert cli("data", "list", "--ticks", "ETHUSD").out == (
        "no trades are stored; passivtui data download --ticks gets some\n"
    )
    assert cli("data", "verify", "--ticks").out == "all whole (1 symbol)\n"


def test_damaged_trades_are_found_by_both_ways_to_verify(cli: Cli, stored: TickServer, home: Home) -> None:
    first, second, _ = sorted((home.root / "ticks" / "bybit" / "BTCUSD").glob("*.ticks"))
    first.write_bytes(first.read_bytes()[:-3])
    ran = cli("data", "verify", "--ticks", "--quiet")
    assert (ran.status, "trades of " + DAYS[5] in ran.out, "set aside" in ran.out) == (1, True, True)
    second.write_bytes(b"")
    ran = cli("data", "verify", "--json", "--quiet")
    assert ran.status == 1
    assert [entry["symbol"] for entry in json.loads(ran.out)] == ["BTCUSD"]


def test_trades_are_exported_and_deleted(
    cli: Cli, stored: TickServer, tmp_path: Path, write: Write, flat_settings: Settings
) -> None:
    out = tmp_path / "out"
    ran = cli("data", "export", "--ticks", "BTCUSD", "--exchange", "bybit", "--out", out, "--quiet")
    assert ran.out.splitlines() == [str(out / f"BTCUSD-{day}.npz") for day in (DAYS[5], DAYS[4], DAYS[3])]
    assert cli("backtest", write(flat_settings), "--ticks", out, "--quiet").status == 0
    assert cli("data", "delete", "--ticks", "BTCUSD").status == 2  # nobody to ask
    assert cli("data", "delete", "--ticks", "BTCUSD", "--yes").out == "deleted 3 days of 1 symbol\n"
    assert cli("data", "delete", "--ticks", "BTCUSD", "--yes").status == 1


def test_a_backtest_takes_its_days_from_the_store_and_downloads_what_is_missing(
    cli: Cli, stored: TickServer, write: Write, flat_settings: Settings
) -> None:
    settings = write({**flat_settings, "n_days": 5})
    ran = cli("backtest", settings, "--end", DAYS[2], "--json", "--quiet")
    assert (ran.status, ran.err) == (0, "")
    answer = json.loads(ran.out)
    assert answer["ticks"]["place"] == f"store:bybit:{DAYS[6]}..{DAYS[2]}"
    assert len(stored.asked("/trading/")) == 2
    stored.requests.clear()
    again = cli("backtest", settings, "--start", DAYS[6], "--end", DAYS[2], "--json", "--quiet")
    assert json.loads(again.out) == answer
    assert stored.requests == []


def test_days_at_the_ends_that_are_not_to_be_had_are_left_out_and_told(
    cli: Cli, server: TickServer, write: Write, flat_settings: Settings
) -> None:
    first = iso_day((TODAY - 20) * DAY_MS)
    server.faults.append(Fault(DAYS[1], "missing"))
    ran = cli("backtest", write(flat_settings), "--start", iso_day((TODAY - 22) * DAY_MS), "--end", DAYS[1], "--json")
    server.faults.clear()
    assert ran.status == 0
    assert json.loads(ran.out)["ticks"]["place"] == f"store:bybit:{first}..{DAYS[2]}"
    assert "there are no trades of" in ran.err and "and 2 more days to be had" in ran.err
    ran = cli("backtest", write(flat_settings), "--start", "2020-01-01", "--end", "2020-01-02")
    assert (ran.status, ran.out) == (1, "")
    assert "choose other days" in ran.err


def test_backtest_settings_of_passivx_are_run_over_the_store(cli: Cli, stored: TickServer, session: Path) -> None:
    ran = cli("backtest", session, "--start", DAYS[5], "--end", DAYS[3], "--quiet")
    assert ran.status == 0
    assert f"BTCUSD on store:bybit:{DAYS[5]}..{DAYS[3]}" in ran.out
    assert stored.requests == []


def test_a_search_over_the_store_is_resumed_with_the_same_days(
    cli: Cli, stored: TickServer, session: Path, tmp_path: Path
) -> None:
    span = ("--start-date", DAYS[5], "--end-date", DAYS[3])
    out = ("--iters", 6, "--seed", 1, "--out", tmp_path / "run", "--quiet", "--json")
    ran = cli("optimize", session, *span, *out)
    assert ran.status == 0, ran.err
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["place"] == f"store:bybit:{DAYS[5]}..{DAYS[3]}"
    again = cli("optimize", "--resume", tmp_path / "run", "--quiet", "--json")
    assert json.loads(again.out)["best"] == json.loads(ran.out)["best"]
    assert stored.requests == []


def test_the_venues_last_days_are_a_place_of_searches(stored: TickServer, session: Path, home: Home) -> None:
    request = TickSearchRequest(session, "store", sets=("n_days=3",), iters=2, seed=1)
    result = run_tick_search(request, home, clock=lambda: (TODAY - 1) * DAY_MS)
    assert read_tick_facts(result.folder).place == f"store:bybit:{DAYS[4]}..{DAYS[2]}"
    assert len(stored.asked("/trading/")) == 1


def test_stored_trades_are_a_place_of_the_app(stored: TickServer, home: Home) -> None:
    demo, venue, place = tick_places(home)
    assert (demo.synthetic, venue.place, place.synthetic) == (True, "store", False)
    assert (place.place, place.symbols) == (f"store:bybit:{DAYS[5]}..{DAYS[3]}", ("BTCUSD",))


def test_binance_contracts_of_both_kinds_are_stored(cli: Cli, server: TickServer, home: Home) -> None:
    ran = cli(
        *("data", "download", "--ticks", "btcusdt,BTCUSD_PERP", "--start", DAYS[3], "--end", DAYS[3]),
        "--json",
        "--quiet",
    )
    assert [entry["symbol"] for entry in json.loads(ran.out)] == ["BTCUSDT", "BTCUSD_PERP"]
    ids = np.concatenate([np.diff(_ids(home, symbol)) for symbol in ("BTCUSDT", "BTCUSD_PERP")])
    assert (ids == 1).all()


def _ids(home: Home, symbol: str) -> Any:
    from passivtui.passivx.stored import tick_store

    return tick_store(home).read("binance", symbol, TODAY - 3, TODAY - 3).trade_id


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("data", "download", "--ticks", "BTCUSD", "--exchange", "bybit"), 2, "--ticks needs --start D"),
        (("data", "download", "--ticks", "B", "--start", "2025-06-01"), 2, "is no symbol"),
        (("data", "download", "--ticks", "BTCUSD", "--start", "2999-01-01"), 2, "is over yet"),
        (("data", "download", "--ticks", "X", "--exchange", "okx", "--start", "2025"), 2, "of binance and bybit"),
        (("data", "verify", "--ticks", "NOPE"), 1, "nothing of that is stored"),
        (("data", "delete", "--ticks"), 2, "say what to delete"),
        (("data", "export", "--ticks", "--exchange", "bybit", "--out", "x"), 1, "no trades of bybit are stored"),
    ],
)
def test_wrong_usage_is_refused(
    cli: Cli, server: TickServer, arguments: tuple[str, ...], status: int, message: str
) -> None:
    ran = cli(*arguments)
    assert (ran.status, ran.out) == (status, "")
    assert message in ran.err


def test_settings_that_say_nothing_of_days_are_asked_for_them(
    cli: Cli, server: TickServer, write: Write, flat_settings: Settings
) -> None:
    ran = cli("backtest", write({**flat_settings, "n_days": 0}))
    assert (ran.status, ran.out) == (1, "")
    assert "give --start D, or n_days in the settings" in ran.err
    assert server.requests == []


@pytest.mark.parametrize(
    "place", ["store:", "store:bybit", "store:bybit:2025-06-09..2025-06-01", "store:x:2025-99-01..1"]
)
def test_places_that_name_no_days_are_refused(
    cli: Cli, server: TickServer, write: Write, flat_settings: Settings, place: str
) -> None:
    ran = cli("backtest", write(flat_settings), "--ticks", place)
    assert ran.status == 1
    assert "names no stored ticks" in ran.err or "ends before it begins" in ran.err


def test_a_download_that_was_killed_goes_on_with_what_is_missing(cli: Cli, server: TickServer, home: Home) -> None:
    arguments = ("data", "download", "--ticks", "BTCUSD", "--exchange", "bybit", "--start", DAYS[11], "--end", DAYS[1])
    server.faults.append(Fault("/trading/", "slow", seconds=0.2))
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "passivtui", "--home", str(home.root), *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(passivtui.__file__).parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = home.root / "ticks" / "bybit" / "BTCUSD"
    while len(list(folder.glob("*.ticks"))) < 3:
        assert running.poll() is None
    running.kill()
    running.wait(timeout=30)
    server.faults.clear()
    held = len(list(folder.glob("*.ticks")))
    assert 3 <= held < 11
    server.requests.clear()
    assert cli(*arguments, "--quiet").status == 0
    assert len(server.asked("/trading/")) == 11 - held
    assert cli("data", "verify", "--ticks").out == "all whole (1 symbol)\n"
    assert len(list(folder.glob("*.ticks"))) == 11
