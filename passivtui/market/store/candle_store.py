"""All stored candles: per venue, coin and day, with what is known of the venues' markets (`spec/data.md` §1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.errors import storage_error
from passivtui.market.candles import COLUMNS, Candles
from passivtui.market.description import MarketSpec
from passivtui.market.sources.rows import joined, select
from passivtui.market.store.coin_folder import CoinFolder, DamagedFile
from passivtui.market.store.day_file import MINUTES_A_DAY, DayName
from passivtui.market.store.facts import VenueFacts
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What is stored of one coin at one venue: open times (ms) of its first and last candle, and bytes on disk.

    `days` int64[k]: numbers since 1970, ascending; `rows` int64[k]: the candles of each; `settled` bool[k].
    """

    exchange: str
    coin: str
    first_ms: int
    last_ms: int
    days: NDArray[np.int64]
    rows: NDArray[np.int64]
    settled: NDArray[np.bool_]
    n_bytes: int

    @property
    def n_candles(self) -> int:
        """Candles stored."""
        return int(self.rows.sum())

    @property
    def missing_minutes(self) -> int:
        """Minutes between the first and the last candle that have none."""
        return (self.last_ms - self.first_ms) // MINUTE_MS + 1 - self.n_candles

    @property
    def missing_days(self) -> int:
        """Days between the first and the last candle of which nothing is known."""
        return self.last_ms // DAY_MS - self.first_ms // DAY_MS + 1 - len(self.days)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write changed: candles that are new, that were there already, and that were there with other values.

    `differing` are the open times (ms) of the last kind; they were replaced only if that was asked for.
    """

    new_rows: int
    same_rows: int
    differing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A damaged file that was found: where it is, what is wrong, and whether it was set aside."""

    exchange: str
    coin: str
    day: int
    reason: str
    set_aside: bool


class CandleStore:
    """The store in a folder. Any number of processes and threads may use it at once; making the object touches no disk.

    Exchanges and coins are names of the program (`binance`, `BTC`).
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    # ---- what there is

    def exchanges(self) -> tuple[str, ...]:
        """Venues of which something is stored, in alphabetical order. Raises StorageError."""
        return tuple(_folder_names(self.root))

    def coins(self, exchange: str) -> tuple[str, ...]:
        """Coins of a venue of which candles are stored, in alphabetical order. Raises StorageError."""
        return tuple(coin for coin in _folder_names(self._venue(exchange)) if self._coin(exchange, coin).days())

    def folders(self, exchange: str) -> dict[str, str]:
        """Coins that have a folder, with a text that changes when files in it come or go. Raises StorageError."""
        return {coin: self._coin(exchange, coin).state() for coin in _folder_names(self._venue(exchange))}

    def coverage(self, exchange: str, coin: str) -> Coverage | None:
        """What is stored of a coin, from names and two headers; None when there is no candle.

        Raises StorageError, and DamagedFile when one of the two is damaged.
        """
        folder = self._coin(exchange, coin)
        days = folder.days()
        extent = folder.extent(days)
        if extent is None:
            return None
        names = list(days.values())
        return Coverage(
            exchange,
            coin,
            extent.first_ms,
            extent.last_ms,
            np.array(list(days), dtype=np.int64),
            np.array([name.rows for name in names], dtype=np.int64),
            np.array([name.settled for name in names], dtype=np.bool_),
            folder.bytes_used(),
        )

    def days_held(self, exchange: str, coin: str) -> frozenset[int]:
        """Days (ms // 86,400,000) that are settled: whole, or all that the venue has. Raises StorageError."""
        return frozenset(day for day, name in self._coin(exchange, coin).days().items() if name.settled)

    def read(self, exchange: str, coin: str, first_ms: int, last_ms: int) -> Candles:
        """The stored candles that open within both times, both included. Raises StorageError and DamagedFile."""
        folder = self._coin(exchange, coin)
        wanted = range(first_ms // DAY_MS, last_ms // DAY_MS + 1)
        return folder.read(name for day, name in folder.days().items() if day in wanted).between(first_ms, last_ms)

    def stamp(self, exchange: str, coin: str, first_ms: int, last_ms: int) -> str:
        """A short text that changes whenever the stored candles of a range do. Raises StorageError."""
        return self._coin(exchange, coin).stamp(first_ms // DAY_MS, last_ms // DAY_MS)

    # ---- changing it

    def write(
        self,
        exchange: str,
        coin: str,
        candles: Candles,
        *,
        origin: str,
        settled_days: Iterable[int] = (),
        overwrite: bool = False,
    ) -> Written:
        """Add candles (perhaps none) and settle days. Whole days become settled by themselves.

        A minute that is stored keeps its candle, unless `overwrite`: history is never rewritten unasked. `origin` is
        kept in the coin's `.origins.log`. Raises StorageError, and then nothing of it is stored.
        """
        folder = self._coin(exchange, coin)
        settled = {int(day) for day in settled_days}
        with folder.locked():
            stored = folder.days()
            changes: dict[DayName, Candles] = {}
            new_rows = same_rows = 0
            differing: list[int] = []
            for day, fresh in _by_day(candles, settled):
                before, old = _stored_day(folder, stored.get(day))
                merged = _merged(old, fresh, overwrite=overwrite)
                is_settled = day in settled or len(merged.candles) == MINUTES_A_DAY
                name = DayName(day, is_settled or (before is not None and before.settled), len(merged.candles))
                new_rows, same_rows = new_rows + merged.new_rows, same_rows + merged.same_rows
                differing += merged.differing
                if name != before or merged.changed:
                    changes[name] = merged.candles
            if changes:
                _note_origin(folder.path, origin, changes)
                folder.replace(changes)
        return Written(new_rows, same_rows, tuple(differing))

    def delete(self, exchange: str, coin: str, days: Iterable[int] | None = None) -> int:
        """Forget days of a coin (None: all of them); returns how many were stored. Raises StorageError."""
        folder = self._coin(exchange, coin)
        if not folder.path.is_dir():
            return 0
        with folder.locked():
            return folder.delete(days)

    def verify(
        self,
        exchange: str | None = None,
        coin: str | None = None,
        progress: ProgressSink = ignore_progress,
        cancel: CancelToken | None = None,
    ) -> tuple[Finding, ...]:
        """Read everything (or one venue, one coin) and set damaged files aside, so that the next download fetches them.

        Raises StorageError and Cancelled.
        """
        keys = [
            (venue, name)
            for venue in ((exchange,) if exchange else self.exchanges())
            for name in ((coin,) if coin else self.coins(venue))
        ]
        findings: list[Finding] = []
        for place, (venue, name) in enumerate(keys):
            progress(Progress(f"verify {name} on {venue}", place, len(keys), "coins"))
            findings += self._verify_coin(venue, name, cancel or CancelToken())
        progress(Progress("verified", len(keys), len(keys), "coins"))
        return tuple(findings)

    def _verify_coin(self, exchange: str, coin: str, cancel: CancelToken) -> Iterator[Finding]:
        folder = self._coin(exchange, coin)
        for day, name in folder.days().items():
            cancel.raise_if_cancelled()
            reason = folder.check(name)
            if reason is not None:
                yield Finding(exchange, coin, day, reason, folder.set_aside(name))

    # ---- what is known of venues

    def markets(self, exchange: str) -> Mapping[str, MarketSpec]:
        """Market settings by coin. Raises StorageError."""
        return self._facts(exchange).markets()

    def set_markets(self, exchange: str, specs: Mapping[str, MarketSpec], fetched_ms: int) -> None:
        """Replace the venue's market settings. Raises StorageError."""
        self._facts(exchange).set_markets(specs, fetched_ms)

    def add_markets(self, exchange: str, specs: Mapping[str, MarketSpec]) -> None:
        """Add settings of imported coins. Raises StorageError."""
        self._facts(exchange).add_markets(specs)

    def markets_age_ms(self, exchange: str, now_ms: int) -> int | None:
        """How old the market settings are; None when there are none."""
        fetched = self._facts(exchange).fetched_ms()
        return None if fetched is None else now_ms - fetched

    def listing(self, exchange: str, coin: str) -> int | None:
        """Open time of the first candle that the venue has; None when it was not asked yet."""
        return self._facts(exchange).listing(coin)

    def set_listing(self, exchange: str, coin: str, first_ms: int) -> None:
        """Remember it. Raises StorageError."""
        self._facts(exchange).set_listing(coin, first_ms)

    def markets_stamp(self, exchange: str) -> str:
        """The venue's market settings as text, for the identity of what is prepared with them."""
        return self._facts(exchange).stamp()

    def _venue(self, exchange: str) -> Path:
        return self.root / _file_name(exchange)

    def _coin(self, exchange: str, coin: str) -> CoinFolder:
        return CoinFolder(self._venue(exchange) / _file_name(coin), f"{coin} on {exchange}")

    def _facts(self, exchange: str) -> VenueFacts:
        return VenueFacts(self._venue(exchange))


def _stored_day(folder: CoinFolder, name: DayName | None) -> tuple[DayName | None, Candles]:
    """A day's file and candles; a damaged one is set aside and counts as not there."""
    if name is None:
        return None, joined([])
    try:
        return name, folder.read([name])
    except DamagedFile:
        return None, joined([])


@dataclass(frozen=True, slots=True, eq=False)
class _Merged:
    candles: Candles
    new_rows: int
    same_rows: int
    differing: list[int]
    changed: bool


def _merged(old: Candles, fresh: Candles, *, overwrite: bool) -> _Merged:
    """A day's stored and new candles together; of a minute that both have, the stored one unless `overwrite`."""
    if not len(old):
        return _Merged(fresh, len(fresh), 0, [], len(fresh) > 0)
    is_known = np.isin(fresh.timestamp_ms, old.timestamp_ms, assume_unique=True)
    known, new = select(fresh, is_known), select(fresh, ~is_known)
    places = np.searchsorted(old.timestamp_ms, known.timestamp_ms)
    differs = np.zeros(len(known), dtype=bool)
    for name in COLUMNS:
        differs |= getattr(old, name)[places] != getattr(known, name)
    times = [int(ms) for ms in known.timestamp_ms[differs]]
    merged = joined([old, fresh] if overwrite else [fresh, old])
    return _Merged(merged, len(new), len(known) - len(times), times, len(new) > 0 or (overwrite and bool(times)))


def _by_day(candles: Candles, more_days: Iterable[int]) -> Iterator[tuple[int, Candles]]:
    """Each day that has candles or is named, with its candles, ascending."""
    plain = replace(candles, issues=())
    days, starts = np.unique(plain.timestamp_ms // DAY_MS, return_index=True)
    ends = np.append(starts, len(plain))[1:]
    ranges = {int(day): (int(start), int(end)) for day, start, end in zip(days, starts, ends, strict=True)}
    for day in sorted({*ranges, *more_days}):
        start, end = ranges.get(day, (0, 0))
        yield day, select(plain, np.arange(start, end))


def _note_origin(folder: Path, origin: str, changes: Mapping[DayName, Candles]) -> None:
    """One line for whoever wonders where candles came from."""
    names = sorted(changes)
    line = f"{names[0]} .. {names[-1]} ({len(names)} days): {' '.join(origin.split())}\n"
    path = folder / ".origins.log"
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise storage_error("write", path, error) from error


def _file_name(name: str) -> str:
    """A folder's name for an exchange or coin: as it is, or with odd characters written as `%2F`."""
    if _PLAIN.fullmatch(name):
        return name
    return quote(name, safe="").replace(".", "%2E")


def _folder_names(folder: Path) -> list[str]:
    try:
        return sorted(unquote(path.name) for path in folder.iterdir() if path.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise storage_error("list", folder, error) from error
