"""Download the days of trades that the store lacks, to be stopped and resumed at any time (`spec/data.md` §1, §5)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from passivtui.clock import DAY_MS, iso_day
from passivtui.errors import UsageError, VenueError
from passivtui.market.issues import DataIssue
from passivtui.market.sources.fetch import DamagedFile, Fetcher
from passivtui.market.sources.running import all_of, run_cancellable
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.timing import Timing
from passivtui.market.ticks.sources import SOURCES, TickSource, is_symbol
from passivtui.market.ticks.store import TickStore
from passivtui.market.ticks.trades import Trades
from passivtui.progress import CancelToken, ProgressSink, ignore_progress

_DAYS_AT_ONCE: Final = 2  # a busy day unpacks to some hundred MB
_API_PER_SECOND: Final = 2.0  # a call weighs 20 of the 2,400 that Binance allows a minute
_LATE_DAYS: Final = 3  # an archive may be so far behind


@dataclass(frozen=True, slots=True)
class TickWant:
    """Days of a symbol, both included, as numbers since 1970."""

    exchange: str
    symbol: str
    first_day: int
    last_day: int


def check_want(exchange: str, symbol: str) -> tuple[str, str]:
    """Exchange and symbol as the store spells them. Raises UsageError."""
    name, text = exchange.strip().lower(), symbol.strip().upper()
    if name not in SOURCES:
        raise UsageError(f"there are no trades of {exchange} to download; there are of {' and '.join(SOURCES)}")
    if not is_symbol(text):
        raise UsageError(f"{symbol} is no symbol; give one as BTCUSDT, BTCUSD or BTCUSD_PERP")
    return name, text


def ensure_ticks(
    store: TickStore,
    wants: Sequence[TickWant],
    settings: SourceSettings,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    timing: Timing | None = None,
) -> tuple[DataIssue, ...]:
    """Make the store hold what `wants` name, as far as it can be had; days that it holds are not asked for.

    Only days that are over are stored, each whole and at once. Returns what was found on the way: days that are not to
    be had, damaged files. Raises UsageError, VenueError (the other days are done first), StorageError and Cancelled.
    """
    for want in wants:
        check_want(want.exchange, want.symbol)
    work = partial(_download, store, wants, settings, progress, timing or Timing())
    return run_cancellable(work, cancel or CancelToken())


@dataclass(frozen=True, slots=True)
class _Session:
    store: TickStore
    archive: Fetcher
    api: Fetcher
    tally: Tally
    today: int
    issues: list[DataIssue]
    failures: list[VenueError]
    absent: dict[str, list[int]]  # days by symbol that are not to be had


async def _download(
    store: TickStore, wants: Sequence[TickWant], settings: SourceSettings, progress: ProgressSink, timing: Timing
) -> tuple[DataIssue, ...]:
    tally = Tally(progress, timing.monotonic)
    gentle = replace(settings, requests_per_second=min(settings.requests_per_second, _API_PER_SECOND))
    if "binance" in settings.apis:  # another server has the settings' pace
        gentle = settings
    async with Fetcher(settings, timing, tally) as archive, Fetcher(gentle, timing, tally) as api:
        session = _Session(store, archive, api, tally, timing.clock() // DAY_MS, [], [], {})
        days: list[tuple[TickSource, str, str, int]] = []
        for want in wants:
            exchange, symbol = check_want(want.exchange, want.symbol)
            source = SOURCES[exchange](settings)
            held = await asyncio.to_thread(store.days, exchange, symbol)
            wanted = range(want.first_day, min(want.last_day, session.today - 1) + 1)
            days += [(source, exchange, symbol, day) for day in wanted if day not in held]
        tally.expect(len(days))
        await all_of((partial(_one_day, session, *each) for each in days), min(_DAYS_AT_ONCE, settings.connections))
    if session.failures:
        more = f" (and {len(session.failures) - 1} more days)" if len(session.failures) > 1 else ""
        raise VenueError(f"{session.failures[0]}{more}", [str(failure) for failure in session.failures])
    return (*session.issues, *(_absence(symbol, days, session.today) for symbol, days in session.absent.items()))


def _absence(symbol: str, days: list[int], today: int) -> DataIssue:
    """One sentence on all days of a symbol that are not to be had."""
    first, more = iso_day(min(days) * DAY_MS), f" and {len(days) - 1} more days" if len(days) > 1 else ""
    late = "; the last days may be published in a day or two" if max(days) >= today - _LATE_DAYS else ""
    return DataIssue("warning", symbol, f"there are no trades of {first}{more} to be had{late}")


async def _one_day(session: _Session, source: TickSource, exchange: str, symbol: str, day: int) -> None:
    session.tally.phase(f"{symbol} of {exchange}, {iso_day(day * DAY_MS)}")
    try:
        trades = await _trades_of(session, source, exchange, symbol, day)
    except VenueError as error:
        session.failures.append(error)
        return
    inside = None if trades is None else trades.taken(trades.timestamp_ms // DAY_MS == day)
    if inside is not None and len(inside):
        await asyncio.to_thread(session.store.write_day, exchange, symbol, day, inside)
    else:
        session.absent.setdefault(symbol, []).append(day)
    session.tally.finish(1)


async def _trades_of(session: _Session, source: TickSource, exchange: str, symbol: str, day: int) -> Trades | None:
    """From the archive, else from the API; None when neither has the day.

    Of a day before all that is stored the API is not asked, unless the archive can't have it yet: there was no market.
    """
    try:
        found = await session.archive.whole_file(source.url(symbol, day), source.read, checksum=source.checksums)
    except DamagedFile as error:
        date = iso_day(day * DAY_MS)
        session.issues.append(DataIssue("warning", symbol, f"the archive's file of {date} is damaged: {error}"))
        return await source.ask(session.api, symbol, day)
    if found is None and day < session.today - _LATE_DAYS:
        stored = await asyncio.to_thread(session.store.days, exchange, symbol)
        if not any(other < day for other in stored):
            return None
    return await source.ask(session.api, symbol, day) if found is None else found
