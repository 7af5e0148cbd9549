"""The lists of the largest coins: downloaded from a ranking, pegged coins left out, never half replaced."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from archive_time import ManualTime

from passivtui.config import config_from_document
from passivtui.errors import VenueError
from passivtui.market.coin_lists import COIN_LISTS, list_path
from passivtui.market.sources.coin_ranking import update_coin_lists
from passivtui.market.sources.settings import SourceSettings
from passivtui.paths import Home

Ask = Callable[[bytes, int], SourceSettings]


@pytest.fixture
def ranking() -> Iterator[Ask]:
    """A server that answers every request alike; the settings that ask it."""
    running: list[ThreadingHTTPServer] = []

    def start(content: bytes, status: int) -> SourceSettings:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.path.startswith("/coins/markets?vs_currency=usd&order=market_cap_desc")
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        url = f"http://127.0.0.1:{server.server_port}"
        return replace(SourceSettings(), ranking=url, attempts=2, requests_per_second=10_000.0)

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def answer(symbols: list[str]) -> bytes:
    return json.dumps([{"id": symbol, "symbol": symbol} for symbol in symbols]).encode()


COINS = ["btc", "eth", "usdt", "xrp", "steth", "bnb", *(f"c{number}" for number in range(40))]


def test_the_largest_coins_become_the_homes_lists(ranking: Ask, home: Home, manual: ManualTime) -> None:
    written = update_coin_lists(home, ranking(answer(COINS), 200), timing=manual.timing())
    assert written == tuple(list_path(home, size) for size in COIN_LISTS)
    top = json.loads(list_path(home, 15).read_text())
    assert top[:5] == ["BTC", "ETH", "XRP", "BNB", "C0"] and len(top) == 15


def test_a_config_that_names_the_list_uses_the_homes(ranking: Ask, home: Home, manual: ManualTime) -> None:
    update_coin_lists(home, ranking(answer(COINS[::-1]), 200), timing=manual.timing())
    document = {"live": {"approved_coins": "configs/approved_coins_top15mcap.json"}}
    assert config_from_document(document, home=home).config.approved().union[0] == "C25"


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"<html>", 200, "no ranking"),
        (b'{"error": 1}', 200, "no ranking"),
        (answer(["btc", "eth"]), 200, "ranks 2 usable coins only"),
        (json.dumps([None, {"symbol": None}, {"symbol": "[red]x"}] * 30).encode(), 200, "ranks 1 usable"),
        (b"", 404, "has no ranking"),
        (b"down", 503, "can't download"),
    ],
)
def test_what_is_no_ranking_changes_nothing(
    ranking: Ask, home: Home, manual: ManualTime, content: bytes, status: int, words: str
) -> None:
    before = {path: path.read_bytes() for path in Path(home.configs).iterdir()}
    with pytest.raises(VenueError, match=words):
        update_coin_lists(home, ranking(content, status), timing=manual.timing())
    assert {path: path.read_bytes() for path in Path(home.configs).iterdir()} == before
