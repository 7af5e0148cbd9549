"""Where a venue's trades come from: archives of whole days, and Binance's API for days that are not in them yet.

Binance has aggregated trades of USDⓈ-M (`BTCUSDT`) and COIN-M (`BTCUSD_PERP`) markets. Bybit has every trade of a
market; its API gives the last 1,000 only, which never makes a day.
"""

from __future__ import annotations

import io
import json
import re
from abc import ABC, abstractmethod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS, iso_day
from passivtui.errors import VenueError
from passivtui.market.sources.archives import only_member, verify
from passivtui.market.sources.fetch import DamagedFile, Fetcher
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.trades import blocks_of
from passivtui.market.ticks.trades import Trades, in_order, joined, no_trades

_SYMBOL: Final = re.compile(r"[A-Z0-9]{2,30}(_[A-Z0-9]{2,12})?")
_PAGE: Final = 1000  # trades a call
_HOUR_MS: Final = 3_600_000  # the longest span of time that a call may ask for
_LARGEST_PAGE: Final = 2_000_000  # bytes
_LARGEST_DAY: Final = 4_000_000_000  # bytes that a day's trades may unpack to
_MICROSECONDS: Final = 100_000_000_000_000  # a time above this is in µs
_HOSTS: Final = {"um": "https://fapi.binance.com", "cm": "https://dapi.binance.com"}
_PATHS: Final = {"um": "/fapi/v1/aggTrades", "cm": "/dapi/v1/aggTrades"}


class TickSource(ABC):
    """One venue. `checksums`: beside each archive file lies one with its SHA-256."""

    checksums = False

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings

    @abstractmethod
    def url(self, symbol: str, day: int) -> str:
        """The archive file of a day."""

    @abstractmethod
    def read(self, content: bytes, checksum: bytes | None) -> Trades:
        """The trades of an archive file, in order. Raises DamagedFile."""

    async def ask(self, fetcher: Fetcher, symbol: str, day: int) -> Trades | None:
        """The day's trades by the API; None when the API can't tell. Raises VenueError."""
        return None


class BinanceTicks(TickSource):
    """Aggregated trades: `agg_trade_id, price, quantity, first id, last id, transact_time, is_buyer_maker`."""

    checksums = True

    def url(self, symbol: str, day: int) -> str:
        folder = f"{self._settings.archives['binance']}/data/futures/{_family(symbol)}/daily/aggTrades/{symbol}"
        return f"{folder}/{symbol}-aggTrades-{iso_day(day * DAY_MS)}.zip"

    def read(self, content: bytes, checksum: bytes | None) -> Trades:
        if checksum is not None:
            verify(content, checksum)
        text = only_member(content, _LARGEST_DAY)[1]
        if text[:1].isalpha():  # headings, which the first years lack
            headings, _, text = text.partition(b"\n")
            if b"price" not in headings:
                raise DamagedFile("its first line is neither headings nor a trade")
        for word, digit in ((b"true", b"1"), (b"false", b"0"), (b"True", b"1"), (b"False", b"0")):
            text = text.replace(word, digit)
        table = _table(text, (5, 1, 2, 0, 6))
        return _checked(_ms(table[:, 0]), table[:, 1], table[:, 2], table[:, 3].astype(np.int64), table[:, 4] != 0.0)

    async def ask(self, fetcher: Fetcher, symbol: str, day: int) -> Trades | None:
        """Page by page: the first by time, an hour at a time, the next by id, until one reaches the next day."""
        family, until = _family(symbol), (day + 1) * DAY_MS
        base = self._settings.apis.get("binance") or _HOSTS[family]
        url = f"{base}{_PATHS[family]}?symbol={symbol}&limit={_PAGE}"
        page = no_trades()
        for hour_ms in range(day * DAY_MS, until, _HOUR_MS):
            page = await self._page(fetcher, f"{url}&startTime={hour_ms}&endTime={hour_ms + _HOUR_MS - 1}")
            if len(page):
                break
        parts = [page]
        while len(page) and page.timestamp_ms[-1] < until:
            following = int(page.trade_id[-1]) + 1
            parts.append(page := await self._page(fetcher, f"{url}&fromId={following}"))
        return in_order(joined(parts))

    async def _page(self, fetcher: Fetcher, url: str) -> Trades:
        content = await fetcher.file(url, largest=_LARGEST_PAGE)
        try:
            rows = json.loads(content or b"")
            return _of_rows(rows) if rows else no_trades()
        except (ValueError, TypeError, KeyError, DamagedFile) as error:
            raise VenueError(f"Binance sent trades in a form that can't be read ({error}); try again later") from error


class BybitTicks(TickSource):
    """Every trade: `timestamp (s), symbol, side (of the taker), size, price, …`."""

    def url(self, symbol: str, day: int) -> str:
        return f"{self._settings.archives['bybit']}/trading/{symbol}/{symbol}{iso_day(day * DAY_MS)}.csv.gz"

    def read(self, content: bytes, checksum: bytes | None) -> Trades:
        parts: list[NDArray[np.float64]] = []
        columns: tuple[int, ...] | None = None
        for text in blocks_of(content):
            if columns is None:
                headings, _, text = text.partition(b"\n")
                columns = _bybit_columns(headings)
            if text.strip():
                parts.append(_table(text.replace(b"Sell", b"1").replace(b"Buy", b"0"), columns))
        if columns is None:
            raise DamagedFile("it is empty")
        if not parts:
            return no_trades()
        table = np.concatenate(parts)
        if table[0, 0] > table[-1, 0]:  # the first years run backwards
            table = table[::-1]
        table = table[np.argsort(table[:, 0], kind="stable")]  # of one moment, the file's order counts
        times = np.floor(table[:, 0] * 1000.0 + 0.01).astype(np.int64)
        return _checked(times, table[:, 1], table[:, 2], np.arange(len(table), dtype=np.int64), table[:, 3] != 0.0)


SOURCES: Final[dict[str, type[TickSource]]] = {"binance": BinanceTicks, "bybit": BybitTicks}
"""The venues whose trades can be downloaded."""


def is_symbol(text: str) -> bool:
    """Whether a text can be a symbol: it becomes part of URLs and of paths."""
    return _SYMBOL.fullmatch(text) is not None


def _family(symbol: str) -> str:
    """COIN-M's symbols name their delivery, `BTCUSD_PERP`."""
    return "cm" if "_" in symbol and symbol.partition("_")[0].endswith("USD") else "um"


def _bybit_columns(headings: bytes) -> tuple[int, ...]:
    names = [name.strip().strip('"').lower() for name in headings.decode("utf-8-sig", "replace").split(",")]
    wanted = ("timestamp", "price", "size", "side")
    if missing := [name for name in wanted if name not in names]:
        raise DamagedFile(f"the trades have no column {missing[0]}")
    return tuple(names.index(name) for name in wanted)


def _table(text: bytes, columns: tuple[int, ...]) -> NDArray[np.float64]:
    if not text.strip():
        return np.empty((0, len(columns)))
    try:
        return np.loadtxt(io.BytesIO(text), delimiter=",", usecols=columns, ndmin=2, comments=None, dtype=np.float64)
    except ValueError as error:
        raise DamagedFile(f"a line of trades can't be read ({error})") from error


def _ms(times: NDArray[np.float64]) -> NDArray[np.int64]:
    whole = times.astype(np.int64)
    return np.where(whole > _MICROSECONDS, whole // 1000, whole)


def _of_rows(rows: list[dict[str, Any]]) -> Trades:
    """An answer of the API: a list of `{a: id, p: price, q: quantity, T: time, m: buyer is maker}`."""
    return _checked(
        np.array([row["T"] for row in rows], dtype=np.int64),
        np.array([float(row["p"]) for row in rows]),
        np.array([float(row["q"]) for row in rows]),
        np.array([row["a"] for row in rows], dtype=np.int64),
        np.array([bool(row["m"]) for row in rows]),
    )


def _checked(
    times: NDArray[np.int64],
    prices: NDArray[np.float64],
    quantities: NDArray[np.float64],
    ids: NDArray[np.int64],
    makers: NDArray[np.bool_],
) -> Trades:
    """In order, every price above 0 and finite. Raises DamagedFile."""
    wrong = ~(np.isfinite(prices) & (prices > 0.0) & np.isfinite(quantities) & (quantities >= 0.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DamagedFile(f"trade {row + 1} has the price {prices[row]:g} and the quantity {quantities[row]:g}")
    return in_order(Trades(times, prices, quantities, ids, makers))
