"""A server that stands in for every archive and API: real formats, made candles, and faults on request.

In a test: `with ArchiveServer(markets, now_ms=...) as server: ... server.url`. As a script, for trying things out:
`python tests/support/archive_server.py --port 8900` prints the line that points passivtui to it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any, Literal, Self

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from aiohttp import web
from archive_api import answer, by_step
from archive_files import binance_zip, bitget_zip, bybit_trades, checksum_file
from archive_market import DAY_MS, MINUTE_MS, Market, Table, candles

Kind = Literal["missing", "status", "truncated", "wrong checksum", "slow", "dropped", "rows", "garbage"]

VENUES = ("binance", "bybit", "bitget", "okx", "gateio", "hyperliquid", "kucoin")

_BINANCE = re.compile(r"data/futures/um/(monthly|daily)/klines/(\w+)/1m/\w+-1m-([\d-]+)\.zip(\.CHECKSUM)?")
_BYBIT = re.compile(r"trading/(\w+)/\w+?(\d{4}-\d\d-\d\d)\.csv\.gz")
_BITGET = re.compile(r"online/kline/(\w+)/(?:\w+_UMCBL_1min_|UMCBL/)(\d{8})\.zip")


@dataclass
class Fault:
    """What happens to the next `times` requests whose path and query contain `match` ("rows": to all such).

    `status`, `retry_after` and `body` belong to the kind "status", `seconds` to "slow", `change` to "rows".
    """

    match: str
    kind: Kind
    times: int = 1_000_000
    status: int = 500
    retry_after: str = ""
    body: str = "{}"
    seconds: float = 30.0
    change: Callable[[Table], Table] | None = None


class ArchiveServer:
    """Serves `markets` (by venue) over loopback from a thread of its own; `requests` lists what was asked.

    `now_ms`: the venues' clock (None: this computer's); nothing after it is served. `headings` and `microseconds`:
    forms of Binance's files. `published_days`: so many whole days before today are not in the archives yet.
    """

    def __init__(
        self,
        markets: Mapping[str, Sequence[Market]],
        *,
        now_ms: int | None = None,
        port: int = 0,
        headings: bool = True,
        microseconds: bool = False,
        published_days: int = 0,
    ) -> None:
        self.markets = {venue: list(several) for venue, several in markets.items()}
        self.now_ms = now_ms
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.url = ""
        self._port = port
        self._headings = headings
        self._microseconds = microseconds
        self._published_days = published_days
        self._zips: dict[tuple[str, bytes], bytes] = {}
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(10):
            raise RuntimeError("the archive server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def environment(self) -> dict[str, str]:
        """What points passivtui to this server."""
        return {"PASSIVTUI_SOURCES": self.url}

    def asked(self, part: str) -> list[str]:
        """The requests that contain `part`."""
        return [request for request in self.requests if part in request]

    def now(self) -> int:
        return time.time_ns() // 1_000_000 if self.now_ms is None else self.now_ms

    async def _serve(self) -> None:
        application = web.Application()
        application.router.add_route("*", "/archive/{venue}/{path:.*}", self._archive)
        application.router.add_route("*", "/api/{venue}/{path:.*}", self._api)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()
        unfinished = asyncio.all_tasks() - {asyncio.current_task()}
        for task in unfinished:  # answers that were still slow
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    # Faults

    def _fault(self, request: web.Request, kinds: Sequence[Kind]) -> Fault | None:
        """The fault that this request meets, used up by one."""
        for fault in self.faults:
            if fault.times > 0 and fault.match in request.path_qs and fault.kind in kinds:
                fault.times -= 1
                return fault
        return None

    async def _troubled(self, request: web.Request) -> web.StreamResponse | None:
        """The answer of a fault that concerns the answer as a whole; None when there is none."""
        self.requests.append(request.path_qs)
        fault = self._fault(request, ("missing", "status", "slow"))
        if fault is None:
            return None
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return None
        if fault.kind == "missing":
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return web.Response(status=fault.status, headers=headers, text=fault.body, content_type="application/json")

    async def _sent(self, request: web.Request, body: bytes, content_type: str) -> web.StreamResponse:
        fault = self._fault(request, ("truncated", "dropped", "wrong checksum", "garbage"))
        headers = {"Date": formatdate(self.now() / 1000, usegmt=True)}
        if fault is not None and fault.kind == "dropped":
            response = web.StreamResponse(headers={**headers, "Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        if fault is not None:
            body = {"truncated": body[: len(body) // 2], "garbage": b"<html>busy</html>"}.get(fault.kind, b"0" * 64)
        return web.Response(body=body, content_type=content_type, headers=headers)

    # Archives

    async def _archive(self, request: web.Request) -> web.StreamResponse:
        if (trouble := await self._troubled(request)) is not None:
            return trouble
        content = await asyncio.to_thread(self._file, request)
        if content is None:
            return web.Response(status=404)
        return await self._sent(request, content, "application/octet-stream")

    def _file(self, request: web.Request) -> bytes | None:
        venue, path = request.match_info["venue"], request.match_info["path"]
        if venue == "binance" and (found := _BINANCE.fullmatch(path)):
            _, pair, period, checksum = found.groups()
            table = self._table(request, venue, pair, *_period(period))
            if table is None:
                return None
            name = f"{pair}-1m-{period}"
            content = self._zip(name, table)
            return checksum_file(content, f"{name}.zip") if checksum else content
        if venue == "bybit" and (found := _BYBIT.fullmatch(path)):
            table = self._table(request, venue, found[1], *_period(found[2]))
            return None if table is None else bybit_trades(found[1], table, backwards=found[2] < "2022")
        if venue == "bitget" and (found := _BITGET.fullmatch(path)):
            day = datetime.strptime(found[2], "%Y%m%d").strftime("%Y-%m-%d")
            table = self._table(request, venue, found[1], *_period(day))
            return None if table is None else bitget_zip(found[2], table, shared_texts=day < "2024-04-19")
        return None

    def _table(self, request: web.Request, venue: str, pair: str, first_ms: int, last_ms: int) -> Table | None:
        """The rows of a file; None when the archive has no such file."""
        market = next((market for market in self.markets.get(venue, []) if market.pair == pair), None)
        published_until = (self.now() // DAY_MS - self._published_days) * DAY_MS
        if market is None or last_ms >= published_until:
            return None
        table = candles(market, first_ms, last_ms)
        if not len(table):
            return None
        return self._changed(request, table)

    def _zip(self, name: str, table: Table) -> bytes:
        """Binance's file; the last few are kept, as a checksum is asked for right after its file."""
        key = name, table.tobytes()
        if key not in self._zips:
            while len(self._zips) > 8:
                del self._zips[next(iter(self._zips))]
            self._zips[key] = binance_zip(name, table, headings=self._headings, microseconds=self._microseconds)
        return self._zips[key]

    def _changed(self, request: web.Request, table: Table) -> Table:
        """The rows after what a fault does to them: each time, so that a checksum fits its file."""
        for fault in self.faults:
            if fault.kind == "rows" and fault.match in request.path_qs and fault.change is not None:
                table = fault.change(table)
        return table

    # APIs

    async def _api(self, request: web.Request) -> web.StreamResponse:
        if (trouble := await self._troubled(request)) is not None:
            return trouble
        query: Mapping[str, Any] = await request.json() if request.method == "POST" else dict(request.query)
        venue = request.match_info["venue"]

        def klines(market: Market, step_ms: int, first_ms: int, last_ms: int) -> Table:
            return self._changed(request, by_step(market, step_ms, first_ms, last_ms))

        markets = self.markets.get(venue, [])
        try:
            body = answer(venue, request.path, query, markets, klines, self.now())
        except (KeyError, StopIteration):
            return web.json_response({"code": -1121, "msg": "Invalid symbol.", "retCode": 10001}, status=400)
        return await self._sent(request, json.dumps(body).encode(), "application/json")


def _period(text: str) -> tuple[int, int]:
    """First and last minute (ms) of a month `2025-01` or a day `2025-01-31`."""
    first = datetime.strptime(text, "%Y-%m-%d" if text.count("-") == 2 else "%Y-%m").replace(tzinfo=UTC)
    start = round(first.timestamp() * 1000)
    if text.count("-") == 2:
        return start, start + DAY_MS - MINUTE_MS
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return start, round(after.timestamp() * 1000) - MINUTE_MS


def duplicated(table: Table) -> Table:
    """Every tenth row twice, the second time with another volume."""
    again = table[::10].copy()
    again[:, 5] += 1
    return np.concatenate((table, again))[np.argsort(np.concatenate((table[:, 0], again[:, 0])), kind="stable")]


def disordered(table: Table) -> Table:
    """The second half before the first."""
    half = len(table) // 2
    return np.concatenate((table[half:], table[:half]))


def without(first_ms: int, minutes: int) -> Callable[[Table], Table]:
    """A change that leaves out so many minutes."""
    return lambda table: table[(table[:, 0] < first_ms) | (table[:, 0] >= first_ms + minutes * MINUTE_MS)]


DEMO = (
    Market("BTC", price=60_000, decimals=1),
    Market("ETH", price=3000),
    Market("SOL", price=150),
    Market("XRP", price=0.6, decimals=4),
    Market("ADA", price=0.5, decimals=4),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve made candles in the venues' real formats.")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--now", help="the venues' clock, as 2025-06-30T12:00 (default: this computer's)")
    parser.add_argument("--missing", action="append", default=[], help="answer 404 where the URL contains this")
    parser.add_argument("--seconds", type=float, default=0.0, help="wait so long before every archive file")
    chosen = parser.parse_args()
    now = chosen.now and round(datetime.fromisoformat(chosen.now).replace(tzinfo=UTC).timestamp() * 1000)
    with ArchiveServer(dict.fromkeys(VENUES, DEMO), now_ms=now, port=chosen.port) as server:
        server.faults = [Fault(part, "missing") for part in chosen.missing]
        if chosen.seconds:
            server.faults.append(Fault("/archive/", "slow", seconds=chosen.seconds))
        print(f"export PASSIVTUI_SOURCES={server.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(server.requests)} requests answered")


if __name__ == "__main__":
    main()
