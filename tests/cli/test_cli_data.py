"""`passivtui data`: candles from a server over real sockets into a store on disk, and every way to ask wrongly."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from archive_market import DAY_MS, MINUTE_MS, Market
from archive_server import ArchiveServer, Fault
from archive_time import NOW_MS

from passivtui.market.store import CandleStore
from passivtui.paths import Home

Cli = Callable[..., Any]
FIRST_MS = NOW_MS // DAY_MS * DAY_MS - 40 * DAY_MS  # 2025-05-06
MARKETS = (Market("BTC", price=60_000, decimals=1, first_ms=FIRST_MS), Market("ETH", first_ms=FIRST_MS))


@pytest.fixture(scope="module")
def serving() -> Iterator[ArchiveServer]:
    with ArchiveServer({"binance": MARKETS, "bybit": MARKETS}, now_ms=NOW_MS) as running:
        yield running


@pytest.fixture
def server(serving: ArchiveServer, home: Home, monkeypatch: pytest.MonkeyPatch) -> ArchiveServer:
    """The server, with passivtui pointed to it and asking fast."""
    home.settings.write_text("[sources]\nrequests_per_second = 10000\n")
    serving.faults.clear()
    serving.requests.clear()
    for name, value in serving.environment.items():
        monkeypatch.setenv(name, value)
    return serving


def test_downloaded_candles_are_listed(server: ArchiveServer, cli: Cli) -> None:
    assert cli("data", "list").out == "no candles are stored; passivtui data download gets some\n"
    days = ["--start", "2025-06-01", "--end", "2025-06-03"]
    ran = cli("data", "download", "btc,ETH", "--exchange", "binance", *days)
    assert (ran.status, ran.err) == (0, "")
    headings, bitcoin, ether = ran.out.splitlines()
    assert headings.split() == ["exchange", "coin", "first", "last", "days", "missing", "size"]
    assert bitcoin.split()[:9] == [
        "binance",
        "BTC",
        "2025-06-01",
        "00:00",
        "2025-06-03",
        "23:59",
        "3",
        "none",
        *bitcoin.split()[8:9],
    ]
    assert ether.split()[1] == "ETH"
    assert cli("data", "list").out == ran.out
    (only,) = json.loads(cli("data", "list", "ETH", "--json").out)
    assert (only["coin"], only["days"], only["missing_minutes"]) == ("ETH", 3, 0)
    assert only["last_ms"] - only["first_ms"] == 3 * DAY_MS - MINUTE_MS
    server.requests.clear()
    assert cli("data", "download", "BTC", *days).status == 0
    assert server.requests == []


def test_without_a_start_everything_that_there_is_is_had(server: ArchiveServer, cli: Cli) -> None:
    ran = cli("data", "download", "BTC", "--end", "2025-06-15", "--json")
    assert ran.status == 0
    (row,) = json.loads(ran.out)
    assert (row["first_ms"], row["last_ms"]) == (FIRST_MS, NOW_MS // MINUTE_MS * MINUTE_MS - MINUTE_MS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["BTC", "--exchange", "binanse"], "there is no exchange binanse; did you mean binance?"),
        (["BTC", "--start", "yesterday"], "--start yesterday: must be a date such as"),
        (["BTC", "--start", "2025-06-02", "--end", "2025-06-01"], "--start 2025-06-02 is after --end 2025-06-01"),
        (["BTC", "--start", "2999"], "2999"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], words: str, cli: Cli, server: ArchiveServer) -> None:
    ran = cli("data", "download", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert server.requests == []


def test_a_coin_that_no_venue_has_fails_with_near_names_and_the_others_are_had(server: ArchiveServer, cli: Cli) -> None:
    ran = cli("data", "download", "BTCC", "ETH", "--start", "2025-06-02", "--end", "2025-06-02")
    assert ran.status == 1
    assert "warning: BTCC: binance has no perpetual of it; near names are BTC" in ran.err
    assert "passivtui: there are no candles of BTCC" in ran.err
    assert "ETH" in ran.out


def test_dates_before_the_listing_are_told(server: ArchiveServer, cli: Cli) -> None:
    ran = cli("data", "download", "BTC", "--start", "2025-05-01", "--end", "2025-05-07")
    assert ran.status == 0
    assert ran.err == "info: BTC: binance has candles from 2025-05-06 on only\n"


def test_a_venue_that_is_away_is_one_sentence(server: ArchiveServer, cli: Cli, home: Home) -> None:
    server.faults.append(Fault("", "status", status=500))
    home.settings.write_text("[sources]\nattempts = 1\n")
    ran = cli("data", "download", "BTC", "--start", "2025-06-02", "--end", "2025-06-02")
    assert ran.status == 1
    (line,) = ran.err.splitlines()
    assert line.startswith("passivtui: Binance can't load its markets")


def test_settings_that_can_not_be_used_are_named(server: ArchiveServer, cli: Cli, home: Home) -> None:
    home.settings.write_text("[sources]\natempts = 1\n")
    ran = cli("data", "download", "BTC")
    assert ran.status == 1
    assert "sources.atempts: unknown setting; did you mean attempts?" in ran.err


def test_a_signal_ends_a_download_and_the_next_goes_on(
    server: ArchiveServer, command: Callable[..., list[str]], environment: dict[str, str], cli: Cli
) -> None:
    server.faults.append(Fault("2025-06-03", "slow", times=1, seconds=20))
    arguments = ["data", "download", "BTC", "--start", "2025-06-01", "--end", "2025-06-04"]
    process = subprocess.Popen(
        command(*arguments), env={**environment, **server.environment}, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    while not server.asked("2025-06-03") and process.poll() is None:
        sleep(0.005)
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"cancelled\n")
    assert cli(*arguments).status == 0


@pytest.fixture
def stored(server: ArchiveServer, cli: Cli) -> None:
    """Two days of BTC and ETH from two exchanges."""
    exchanges = ["--exchange", "binance", "--exchange", "bybit"]
    assert cli("data", "download", "BTC", "ETH", *exchanges, "--start", "2025-06-01", "--end", "2025-06-02").status == 0


@pytest.mark.usefixtures("stored")
def test_a_damaged_file_is_found_set_aside_and_downloaded_again(cli: Cli, home: Home, server: ArchiveServer) -> None:
    assert cli("data", "verify").out == "all whole (4 coins)\n"
    before = [(row["coin"], row["missing_minutes"]) for row in json.loads(cli("data", "list", "--json").out)]
    day = sorted(path for path in (home.store / "binance" / "BTC").iterdir() if "2025-06-01" in path.name)[0]
    content = bytearray(day.read_bytes())
    content[-5] ^= 1
    day.write_bytes(content)
    ran = cli("data", "verify", "BTC", "--json")
    assert ran.status == 1
    (finding,) = json.loads(ran.out)
    assert (finding["exchange"], finding["coin"], finding["day"]) == ("binance", "BTC", "2025-06-01")
    assert finding["set_aside"]
    assert cli("data", "verify").status == 0
    server.requests.clear()
    assert cli("data", "download", "BTC", "--start", "2025-06-01", "--end", "2025-06-02").status == 0
    assert [path for path in server.asked(".zip") if "CHECKSUM" not in path] == server.asked("2025-06-01.zip")[:1]
    after = [(row["coin"], row["missing_minutes"]) for row in json.loads(cli("data", "list", "--json").out)]
    assert after == before


@pytest.mark.usefixtures("stored")
def test_deleting_asks_or_wants_a_yes(cli: Cli) -> None:
    ran = cli("data", "delete", "BTC")
    assert ran.status == 2
    assert "give --yes" in ran.err
    assert cli("data", "delete").status == 2
    assert cli("data", "delete", "BTC", "--exchange", "bybit", "--yes").out == "deleted 2 days of 1 coin\n"
    left = [(row["exchange"], row["coin"]) for row in json.loads(cli("data", "list", "--json").out)]
    assert left == [("binance", "BTC"), ("binance", "ETH"), ("bybit", "ETH")]
    missing = cli("data", "delete", "BTC", "--exchange", "bybit", "--yes")
    assert missing.status == 1
    assert "nothing of that is stored" in missing.err


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("form", ["csv", "csv.gz", "dataset"])
def test_what_is_exported_can_be_imported_elsewhere(form: str, cli: Cli, home: Home, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = cli("data", "export", "--exchange", "binance", "--to", form, "--out", out)
    assert ran.status == 0, ran.err
    assert all(Path(line).exists() for line in ran.out.splitlines())
    other = tmp_path / "other"
    taken = cli("data", "import", out, "--exchange", "binance", "--home", other)
    assert (taken.status, taken.out.count("2,880 new, 0 known")) == (0, 2)
    for coin in ("BTC", "ETH"):
        mine, theirs = (CandleStore(root.store).read("binance", coin, 0, NOW_MS) for root in (home, Home(other)))
        for name in ("timestamp_ms", "open", "high", "low", "close", "volume"):
            assert getattr(mine, name).tolist() == getattr(theirs, name).tolist()
    assert cli("data", "import", tmp_path / "none.csv", "--exchange", "binance").status == 1
