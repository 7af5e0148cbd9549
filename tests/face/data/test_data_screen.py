"""Market data in the app: the list, a coin's calendar and price, downloads and files in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_market import DAY_MS as SERVER_DAY
from archive_market import Market
from archive_server import ArchiveServer
from stored_candles import DAY_MS, FIRST_DAY, FIRST_MS, some_candles
from textual.pilot import Pilot
from textual.widgets import Input

from passivtui.app import PassivTuiApp
from passivtui.market.candle_files import csv_lines
from passivtui.market.store import CandleStore
from passivtui.paths import Home
from passivtui.screens.data import DataScreen
from passivtui.screens.data_coin import CoinDataScreen
from passivtui.screens.data_forms import fault_of, read_download, read_export, read_import
from passivtui.screens.dialogs import ConfirmModal, InputModal, TextModal
from passivtui.widgets.calendar_grid import CalendarGrid
from passivtui.widgets.chart import Chart
from passivtui.widgets.line_table import LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
Seen = Callable[..., str]
EVER = 4_000_000_000_000
NOW_MS = 1_763_672_651_000  # of the app's clock in these tests


async def answer(pilot: Pilot[None], text: str) -> None:
    """Type into the dialog and accept it."""
    assert isinstance(pilot.app.screen, InputModal)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_stored_coins_are_listed(
    make_app: MakeApp, store: CandleStore, settled: Settled, seen: Seen, size
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("5")
        await settled(pilot)
        assert isinstance(app.screen, DataScreen)
        text = seen(app)
        assert "BTC" in text and "ETH" in text
        assert "Stored candles: 2 coins" in text
        assert app.screen.query_one(LineTable).total == 2


async def test_an_empty_store_says_what_to_do(make_app: MakeApp, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        assert "No candles are stored yet" in seen(app)
        await pilot.press("enter", "f", "x", "X", "i")
        await settled(pilot)
        assert isinstance(app.screen, DataScreen)


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_enter_shows_a_coins_days_and_price(
    make_app: MakeApp, store: CandleStore, settled: Settled, seen: Seen, size
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, CoinDataScreen)
        text = seen(app)
        assert "2024-10" in text and "2024-11" in text
        assert "300 of 1,440 minutes, f gets the rest" in text
        assert "settled, gaps" in text
        grid = app.screen.query_one(CalendarGrid)
        states = []
        await pilot.press("home")
        for _ in range(31):
            assert grid.day is not None
            states.append(grid.day.state.name)
            await pilot.press("left")
        assert states[:1] == ["OUTSIDE"] or "GAPS" in states
        assert app.screen.query_one("#price", Chart).whole[0] == FIRST_MS
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, DataScreen)


async def test_each_day_is_explained(make_app: MakeApp, store: CandleStore, settled: Settled, seen: Seen) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        grid = app.screen.query_one(CalendarGrid)
        found = {}
        for _ in range(45):
            assert grid.day is not None
            found[grid.day.number - FIRST_DAY] = (grid.day.state.name, grid.day.rows)
            await pilot.press("h")
        assert found[40] == ("PART", 300)
        assert found[1] == ("WHOLE", 1440)
        assert found[0] == ("GAPS", 1433)
        assert found[20] == ("MISSING", 0)
        assert found[-1] == ("OUTSIDE", 0)


@pytest.fixture
def server(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    first = NOW_MS // SERVER_DAY * SERVER_DAY - 20 * SERVER_DAY
    home.settings.write_text("[sources]\nrequests_per_second = 10000\nattempts = 1\n")
    with ArchiveServer({"binance": [Market("SOL", first_ms=first)]}, now_ms=NOW_MS) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


async def test_a_download_runs_in_the_background_and_the_list_follows(
    make_app: MakeApp, server: ArchiveServer, settled: Settled, home: Home
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("d")
        await settled(pilot)
        await answer(pilot, "binance SOL 2025-11-10 2025-11-12")
        await settled(pilot)
        assert CandleStore(home.store).coins("binance") == ("SOL",)
        assert app.screen.query_one(LineTable).total == 1
        server.requests.clear()
        await pilot.press("f")
        await settled(pilot)
        held = CandleStore(home.store).coverage("binance", "SOL")
        assert held is not None and held.last_ms > NOW_MS - 10 * 60_000
        assert server.requests


async def test_a_download_that_fails_is_one_sentence(
    make_app: MakeApp, server: ArchiveServer, settled: Settled, seen: Seen
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("d")
        await settled(pilot)
        await answer(pilot, "binance NOSUCH 2025-11-10 2025-11-12")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "binance has no perpetual of it" in seen(app)


async def test_files_come_in_and_go_out(
    make_app: MakeApp, store: CandleStore, settled: Settled, tmp_path: Path, home: Home
) -> None:
    (tmp_path / "my candles").mkdir()
    (tmp_path / "my candles" / "XRP.csv").write_text("".join(csv_lines(some_candles(1500))))
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("m")
        await settled(pilot)
        await answer(pilot, f'"{tmp_path / "my candles"}" binance')
        await settled(pilot)
        assert CandleStore(home.store).coins("binance") == ("BTC", "XRP")
        await pilot.press("x")
        await settled(pilot)
        await answer(pilot, f"csv {tmp_path / 'out'}")
        await settled(pilot)
        assert (tmp_path / "out" / "BTC.csv").is_file()


async def test_deleting_asks_and_keeps_by_default(make_app: MakeApp, store: CandleStore, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("X")
        await settled(pilot)
        assert isinstance(app.screen, ConfirmModal)
        await pilot.press("enter")
        await settled(pilot)
        assert store.coins("binance") == ("BTC",)
        await pilot.press("X")
        await settled(pilot)
        await pilot.press("y")
        await settled(pilot)
        assert store.coins("binance") == ()
        assert app.screen.query_one(LineTable).total == 1


async def test_damage_is_found_and_named(make_app: MakeApp, store: CandleStore, settled: Settled, seen: Seen) -> None:
    path = min((store.root / "bybit" / "ETH").glob("*.day"))
    path.write_bytes(path.read_bytes()[:-4])
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("v")
        await settled(pilot)
        assert isinstance(app.screen, TextModal)
        assert "ETH of bybit, 2024-10-04: it is cut short" in seen(app)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "give an exchange and at least one coin"),
        ("binance", "give an exchange and at least one coin"),
        ("bianance BTC", "did you mean binance"),
        ("binance ,", "a coin has no name"),
        ("binance BTC 2025-02-30", "date"),
        ("binance BTC 2025-03-01 2025-02-01", "after the last one"),
        ("binance BTC 2099-01-01 2099-02-01", "in the future"),
        ("binance BTC ETH 2025-01-01 now", "too many words"),
    ],
)
def test_a_download_that_makes_no_sense_is_explained_while_typing(text: str, words: str) -> None:
    fault: Any = fault_of(lambda line: read_download(line, NOW_MS))(text)
    assert words in fault


def test_a_download_line_is_read() -> None:
    wants = read_download("bybit btc,ETH 2025-11-01 2025-11-02", NOW_MS)
    assert [(want.exchange, want.coin) for want in wants] == [("bybit", "BTC"), ("bybit", "ETH")]
    assert wants[0].last_ms - wants[0].first_ms == 2 * DAY_MS - 1
    assert read_download("binance SOL", NOW_MS)[0].last_ms // DAY_MS == NOW_MS // DAY_MS


def test_import_and_export_lines_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    assert read_import(f"{tmp_path / 'a.csv'} gate XRP").exchange == "gateio"
    for text, words in (
        (f"{tmp_path / 'a.csv'}", "which exchange"),
        ("nowhere binance", "no file"),
        ('"open', "quotes"),
        ("", "give a path"),
    ):
        assert words in (fault_of(read_import)(text) or "")
    assert read_export(f"feather {tmp_path}")[0] == "feather"
    for text, words in (("csv", "give a form"), ("xls there", "no form"), ('csv "x', "quotes")):
        assert words in (fault_of(read_export)(text) or "")
