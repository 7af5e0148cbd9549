"""One coin of one venue: which days are missing, from where they come, and when a day counts as settled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import DAY_MS, MINUTE_MS, Clock, iso_day
from passivtui.errors import DataError
from passivtui.exchanges.kline_rules import KLINE_RULES
from passivtui.market.candles import Candles
from passivtui.market.issues import DataIssue
from passivtui.market.sources.archives import Archive, ArchiveFile, day_text
from passivtui.market.sources.fetch import DamagedFile, Fetcher
from passivtui.market.sources.listing import first_minute
from passivtui.market.sources.rows import candles_of, joined, select
from passivtui.market.sources.running import in_order
from passivtui.market.sources.storage import Storage
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.venue_api import Refused, VenueApi

MINUTES_A_DAY = DAY_MS // MINUTE_MS
T = TypeVar("T")

_RUN = 7  # days that are asked for from an API and stored together
_OLD_ENOUGH = 2 * DAY_MS  # after its end, a day's candles no longer arrive late


@dataclass(frozen=True, slots=True)
class Tools:
    """What the downloads of one venue share."""

    store: Storage
    fetcher: Fetcher
    api: Callable[[], Awaitable[VenueApi]]  # opened when first needed
    archive: Archive | None
    tally: Tally
    clock: Clock
    files_at_once: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The days (numbers since 1970, ascending) that are to be had, and the last minute of all that may be had."""

    days: tuple[int, ...]
    last_ms: int
    listed_ms: int | None = None


class CoinDownload:
    """Fills one coin's missing days. `issues` tells what was found on the way."""

    def __init__(self, exchange: str, coin: str, symbol: str, pair: str, tools: Tools) -> None:
        self.exchange = exchange
        self.coin = coin
        self.symbol = symbol
        self.pair = pair
        self.issues: list[DataIssue] = []
        self._tools = tools

    async def plan(self, ranges: Iterable[tuple[int, int]], now_ms: int) -> Plan:
        """The days of `ranges` (first and last ms, both included) that the store lacks and the venue may have."""
        last_closed = now_ms // MINUTE_MS * MINUTE_MS - MINUTE_MS
        wanted: set[int] = set()
        last_ms = 0
        for first, last in ranges:
            wanted |= set(range(first // DAY_MS, min(last, last_closed) // DAY_MS + 1))
            last_ms = max(last_ms, last)
        store = self._tools.store
        held = await asyncio.to_thread(store.days_held, self.exchange, self.coin)
        days = sorted(wanted - held)
        listed = await self._listing(days) if days else None
        if listed is not None:
            days = self._from_listing(days, listed)
        # The rest of the last day is asked for as well, so that the day can be settled.
        last_ms = min(last_closed, (last_ms // DAY_MS + 1) * DAY_MS - MINUTE_MS)
        return Plan(tuple(days), last_ms, listed)

    async def _listing(self, days: Sequence[int]) -> int | None:
        """When the venue's candles begin, asked only if days before the first stored one are wanted."""
        store = self._tools.store
        known = await asyncio.to_thread(store.listing, self.exchange, self.coin)
        if known is not None:
            return known
        coverage = await self._trusted(partial(store.coverage, self.exchange, self.coin))
        if coverage is not None and coverage.first_ms // DAY_MS <= days[0]:
            return None
        self._tools.tally.phase(f"looking for the first candle of {self.coin} on {self.exchange}")
        found = await first_minute(await self._tools.api(), self.symbol)
        if found is None:
            self._warn(f"{self.exchange} has no candles of it")
            return _NEVER
        await asyncio.to_thread(store.set_listing, self.exchange, self.coin, found)
        return found

    def _from_listing(self, days: list[int], listed_ms: int) -> list[int]:
        if listed_ms == _NEVER:
            return []
        left = [day for day in days if day >= listed_ms // DAY_MS]
        if not left:
            self._warn(f"{self.exchange} has candles from {iso_day(listed_ms)} on only, none of the days asked for")
        elif len(left) < len(days):
            self.issues.append(
                DataIssue("info", self.coin, f"{self.exchange} has candles from {iso_day(listed_ms)} on only")
            )
        return left

    async def run(self, plan: Plan) -> None:
        """Download what the plan says; whatever came is stored when this returns or raises."""
        self._tools.tally.phase(f"{self.exchange} {self.coin}")
        left = await self._from_archive(plan) if self._tools.archive else plan.days
        if left:
            await self._from_api(replace(plan, days=tuple(left)))

    # The archive

    async def _from_archive(self, plan: Plan) -> list[int]:
        """Store what the archive has. Returns the days that are not settled by it."""
        archive, tally = self._tools.archive, self._tools.tally
        assert archive is not None
        today = self._tools.clock() // DAY_MS
        files = archive.files(self.pair, [day for day in plan.days if day < today], today)
        unsettled = set(plan.days)
        calls = (partial(self._archive_file, archive, file) for file in files)
        async with aclosing(in_order(calls, self._tools.files_at_once)) as parts:
            async for file, candles, issues in parts:
                self.issues += issues
                if not len(candles):
                    continue
                stored = await self._stored(file.first_ms, file.last_ms)
                whole = set(file.wanted) if archive.complete else whole_days(joined([candles, stored]))
                settled = whole & set(file.wanted)
                await self._write(_new(candles, stored, unsettled), file.url, settled)
                unsettled -= settled
                tally.phase(f"{self.exchange} {self.coin}")
                tally.finish(len(settled))
        return sorted(unsettled)

    async def _archive_file(self, archive: Archive, file: ArchiveFile) -> tuple[ArchiveFile, Candles, list[DataIssue]]:
        """The candles of a file and what was found in it, with smaller files asked for the days that it lacks."""
        candles, issues = await self._candles_of(archive, file)
        whole = whole_days(candles)
        smaller = [part for part in archive.days_of(file, self.pair) if part.first_day not in whole]
        if smaller:
            parts = await asyncio.gather(*(self._candles_of(archive, part) for part in smaller))
            candles = joined([candles, *(part for part, _ in parts)])
            issues += [issue for _, found in parts for issue in found]
        return file, candles, issues

    async def _candles_of(self, archive: Archive, file: ArchiveFile) -> tuple[Candles, list[DataIssue]]:
        issues: list[DataIssue] = []
        try:
            rows = await self._tools.fetcher.whole_file(file.url, archive.read, checksum=archive.checksums)
        except DamagedFile as damage:
            message = f"{file.url} can't be used: {damage}; other sources are asked instead"
            issues.append(DataIssue("warning", self.coin, message))
            rows = None
        if rows is None:
            return joined([]), issues
        candles = await asyncio.to_thread(candles_of, self.coin, file.name, rows, file.first_ms, file.last_ms)
        return candles, [*issues, *candles.issues]

    # The API

    async def _from_api(self, plan: Plan) -> None:
        tally = self._tools.tally
        days = self._still_served(plan.days)
        tally.finish(len(plan.days) - len(days))
        if not days:
            return
        api = await self._tools.api()
        for run in _runs(days):
            tally.phase(f"{self.exchange} {self.coin}")
            await self._run_of_days(api, run, plan)
            tally.finish(len(run))

    def _still_served(self, days: Sequence[int]) -> list[int]:
        """Those of `days` whose candles the venue's API still has at least in part."""
        kept = KLINE_RULES[self.exchange].kept_minutes
        if kept is None:
            return list(days)
        oldest = self._oldest_kept(kept)
        served = [day for day in days if (day + 1) * DAY_MS > oldest]
        if len(served) < len(days):
            first, last = day_text(days[0]), day_text(days[len(days) - len(served) - 1])
            span = first if first == last else f"{first} to {last}"
            self._warn(f"{self.exchange} keeps 1m candles for {kept / 1440:.1f} days only: {span} can't be downloaded")
        return served

    def _oldest_kept(self, kept_minutes: int) -> int:
        return (self._tools.clock() // MINUTE_MS - kept_minutes) * MINUTE_MS

    async def _run_of_days(self, api: VenueApi, days: Sequence[int], plan: Plan) -> None:
        """Ask the API for the minutes of consecutive days that the store lacks, and settle the days that may be."""
        first, last = days[0] * DAY_MS, min((days[-1] + 1) * DAY_MS - MINUTE_MS, plan.last_ms)
        first = max(first, plan.listed_ms or 0)
        if api.rules.kept_minutes is not None:
            first = max(first, self._oldest_kept(api.rules.kept_minutes))
        stored = await self._stored(first, last)
        missing = np.setdiff1d(np.arange(first, last + 1, MINUTE_MS, dtype=np.int64), stored.timestamp_ms)
        found = joined([])
        if len(missing):
            try:
                rows = await api.minutes(self.symbol, int(missing[0]), int(missing[-1]))
            except Refused as refusal:
                self._warn(str(refusal))
                return
            found = candles_of(self.coin, f"{self.exchange} API", rows, int(missing[0]), int(missing[-1]))
            self.issues += found.issues
            found = _only(found, missing, api.now_ms())
        settled = await self._settled_after_api(days, stored, found, api)
        if len(found) or settled:
            await self._write(found, f"{self.exchange} API", settled)

    async def _settled_after_api(self, days: Sequence[int], stored: Candles, found: Candles, api: VenueApi) -> set[int]:
        """Whole days, and old ones after which the venue has candles: what they lack, it doesn't have."""
        now = api.now_ms()
        settled = set(days) & whole_days(joined([stored, found]))
        settled = {day for day in settled if (day + 1) * DAY_MS <= now}
        coverage = await self._trusted(partial(self._tools.store.coverage, self.exchange, self.coin))
        newest = max(coverage.last_ms if coverage is not None else 0, int(found.timestamp_ms[-1]) if len(found) else 0)
        return settled | {day for day in days if (day + 1) * DAY_MS <= min(newest, now - _OLD_ENOUGH)}

    async def _stored(self, first_ms: int, last_ms: int) -> Candles:
        return await self._trusted(partial(self._tools.store.read, self.exchange, self.coin, first_ms, last_ms))

    async def _trusted(self, read: Callable[[], T]) -> T:
        """What `read` finds in the store. A file that is damaged is set aside by it, told, and then missing."""
        try:
            return await asyncio.to_thread(read)
        except DataError as damage:
            self._warn(str(damage))
        return await asyncio.to_thread(read)

    async def _write(self, candles: Candles, origin: str, settled: Iterable[int]) -> None:
        plain = replace(candles, issues=())
        write = partial(self._tools.store.write, origin=origin, settled_days=sorted(settled))
        await asyncio.to_thread(write, self.exchange, self.coin, plain)

    def _warn(self, message: str) -> None:
        issue = DataIssue("warning", self.coin, message)
        if issue not in self.issues:  # a refusal comes once for every week
            self.issues.append(issue)


_NEVER = -1  # stands for a listing of a coin that the venue has no candles of; never stored


def whole_days(candles: Candles) -> set[int]:
    """The days of which no minute is missing."""
    days, counts = np.unique(candles.timestamp_ms // DAY_MS, return_counts=True)
    return {int(day) for day in days[counts == MINUTES_A_DAY]}


def _new(candles: Candles, stored: Candles, days: set[int]) -> Candles:
    """Those of the candles that fall into `days` and whose minutes are not stored: what is stored never changes."""
    times = candles.timestamp_ms
    rows = np.isin(times // DAY_MS, list(days)) & ~np.isin(times, stored.timestamp_ms, assume_unique=True)
    return select(candles, rows)


def _only(candles: Candles, minutes: NDArray[np.int64], now_ms: int) -> Candles:
    """The candles of `minutes` that had closed by `now_ms`."""
    times = candles.timestamp_ms
    rows = np.isin(times, minutes, assume_unique=True) & (times + MINUTE_MS <= now_ms)
    return select(candles, rows)


def _runs(days: Sequence[int]) -> Iterator[list[int]]:
    """Consecutive days in pieces of at most a week."""
    run: list[int] = []
    for day in days:
        if run and (day != run[-1] + 1 or len(run) == _RUN):
            yield run
            run = []
        run.append(day)
    if run:
        yield run
