"""The archive server with single trades: Binance's aggTrades (archive and API) and Bybit's trade files."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from aiohttp import web
from archive_files import checksum_file, number, zipped
from archive_market import DAY_MS
from archive_server import ArchiveServer

_BINANCE = re.compile(r"data/futures/(um|cm)/daily/aggTrades/(\w+)/\w+-aggTrades-([\d-]+)\.zip(\.CHECKSUM)?")
_BYBIT = re.compile(r"trading/(\w+?)/\1(\d{4}-\d\d-\d\d)\.csv\.gz")
_HEADINGS = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
_BYBIT_HEADINGS = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"

Rows = list[tuple[int, int, float, float, bool]]


def day_trades(day: int, n: int = 1500) -> Rows:
    """Id, time (ms), price, quantity and buyer-is-maker of `n` trades of a day; the same every time."""
    random = np.random.default_rng(day)
    times = day * DAY_MS + np.sort(random.integers(0, DAY_MS, n))
    prices = np.round(94_000 * np.exp(np.cumsum(random.normal(0, 0.0005, n))) * 2) / 2
    makers = random.random(n) < 0.5
    quantities = random.integers(1, 500, n) / 10
    ids = day * 10_000 + np.arange(n)
    return list(zip(ids.tolist(), times.tolist(), prices.tolist(), quantities.tolist(), makers.tolist(), strict=True))


class TickServer(ArchiveServer):
    """Serves trades of the symbols, from `first_day` on: whole days in the archives, all of the past by the API."""

    def __init__(
        self,
        symbols: Mapping[str, tuple[str, ...]],
        first_day: int,
        *,
        now_ms: int,
        published_days: int = 0,
        headings: bool = True,
    ) -> None:
        super().__init__({}, now_ms=now_ms)
        self._symbols = symbols
        self._first_day = first_day
        self._late = published_days
        self._with_headings = headings

    def _file(self, request: web.Request) -> bytes | None:
        venue, path = request.match_info["venue"], request.match_info["path"]
        found = (_BINANCE if venue == "binance" else _BYBIT).fullmatch(path)
        if found is None:
            return None
        family, symbol, date, checksum = found.groups() if venue == "binance" else ("", *found.groups(), None)
        day = int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000) // DAY_MS
        is_coin = symbol.partition("_")[0].endswith("USD")
        if symbol not in self._symbols.get(venue, ()) or (venue == "binance" and (family == "cm") != is_coin):
            return None
        if not self._first_day <= day < self.now() // DAY_MS - self._late:
            return None
        if venue == "bybit":
            return bybit_file(symbol, day_trades(day), backwards=day % 2 == 1)
        name = f"{symbol}-aggTrades-{date}"
        content = zipped(f"{name}.csv", binance_csv(day_trades(day), headings=self._with_headings))
        return checksum_file(content, f"{name}.zip") if checksum else content

    async def _api(self, request: web.Request) -> web.StreamResponse:
        if (trouble := await self._troubled(request)) is not None:
            return trouble
        query = request.query
        if not request.path.endswith("/v1/aggTrades") or query["symbol"] not in self._symbols.get("binance", ()):
            return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)
        rows = self._asked(query)[: int(query.get("limit", 500))]
        body = [
            {"a": id_, "p": number(price), "q": number(qty), "f": id_, "l": id_, "T": time, "m": maker}
            for id_, time, price, qty, maker in rows
        ]
        return await self._sent(request, json.dumps(body).encode(), "application/json")

    def _asked(self, query: Mapping[str, Any]) -> Rows:
        until = self.now()
        if "fromId" in query:
            first = int(query["fromId"])
            days = range(max(self._first_day, first // 10_000), until // DAY_MS + 1)
            return [row for day in days for row in day_trades(day) if row[0] >= first and row[1] <= until]
        start, end = int(query["startTime"]), int(query["endTime"])
        assert end - start < 3_600_000, "Binance refuses a longer span"
        day = start // DAY_MS
        return [row for row in day_trades(day) if start <= row[1] <= min(end, until)] if day >= self._first_day else []


def binance_csv(rows: Rows, *, headings: bool) -> bytes:
    """Aggregated trades as Binance's archive has them; without headings as in its first years."""
    lines = [_HEADINGS] if headings else []
    for id_, time, price, qty, maker in rows:
        lines.append(f"{id_},{number(price)},{number(qty)},{id_},{id_},{time},{str(maker).lower()}")
    return ("\n".join(lines) + "\n").encode()


def bybit_file(symbol: str, rows: Rows, *, backwards: bool = False) -> bytes:
    """A day's trades as Bybit's archive has them."""
    lines = [
        f"{time / 1000:.3f},{symbol},{'Sell' if maker else 'Buy'},{number(qty)},{number(price)},PlusTick,0a-1b,1,1,1"
        for _, time, price, qty, maker in rows
    ]
    if backwards:
        lines.reverse()
    return gzip.compress("\n".join([_BYBIT_HEADINGS, *lines, ""]).encode(), compresslevel=1, mtime=0)
