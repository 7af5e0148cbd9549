"""The audit of a stretch of a bot's life, hour by hour.

Each stretch begins anew with what the bot had then, so that a difference is counted for what it cost within its hour
and not for ever after. A trade of somebody else and another config begin one too.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.config import Config, config_from_document
from passivtui.errors import ConfigError, DataError, UsageError
from passivtui.live.audit.causes import Evidence
from passivtui.live.audit.comparing import Pair, compare
from passivtui.live.audit.replay import Replay
from passivtui.live.audit.report import AuditReport, Difference, total
from passivtui.live.audit.tape import Tape
from passivtui.live.recorded import CycleReader, RecordedCycle
from passivtui.storage import Database
from passivtui.storage.journal import IntentRow, LiveFillRow, read_fills_between, read_intents_between
from passivtui.storage.recordings import CycleRow, newest_cycle_ms, read_configs, read_cycles

_STRETCH_MS: Final = 60 * MINUTE_MS
#: A cycle so early in a minute stands for the state at its beginning.
_EARLY_MS: Final = 10_000
_LOOK_BACK_MS: Final = 15 * MINUTE_MS  # for writes that explain a fill


@dataclass(frozen=True, slots=True)
class BotRecord:
    """All that an audit is made from, as it lies in the database. Times are by the bot's clock."""

    bot: str
    first_ms: int
    end_ms: int
    cycles: Sequence[RecordedCycle]
    configs: Mapping[str, Config]
    fills: Sequence[LiveFillRow]
    intents: Sequence[IntentRow]


async def read_record(database: Database, bot: str, day_ms: int | None = None) -> BotRecord:
    """A UTC day of a bot, by default the last 24 hours that it recorded. Raises StorageError, UsageError, DataError."""
    newest = await newest_cycle_ms(database, bot)
    if newest is None:
        raise UsageError(f"nothing was recorded of the bot {bot}; passivtui bots lists the bots there are")
    end_ms = newest // MINUTE_MS * MINUTE_MS
    first_ms = end_ms - DAY_MS
    if day_ms is not None:
        first_ms, end_ms = day_ms, min(end_ms, day_ms + DAY_MS)
    rows = await read_cycles(database, bot, first_ms - _LOOK_BACK_MS, end_ms + MINUTE_MS)
    if not any(row.time_ms >= first_ms for row in rows):
        raise UsageError(f"nothing is recorded of the bot {bot} on that day; recordings are kept for four days")
    texts = await read_configs(database, bot)
    fills = await read_fills_between(database, bot, first_ms, end_ms)
    intents = await read_intents_between(database, bot, first_ms - _LOOK_BACK_MS, end_ms)
    cycles = unpacked(rows)
    configs = {digest: _config(bot, texts, digest) for digest in {cycle.config for cycle in cycles}}
    return BotRecord(bot, first_ms, end_ms, cycles, configs, fills, intents)


async def audit_bot(database: Database, bot: str, day_ms: int | None = None) -> AuditReport:
    """`read_record` and `audit`, the latter in a thread: a screen stays awake. Raises as `read_record`."""
    return await asyncio.to_thread(audit, await read_record(database, bot, day_ms))


def unpacked(rows: Sequence[CycleRow]) -> tuple[RecordedCycle, ...]:
    """The cycles of rows that begin with a key. Raises DataError."""
    reader = CycleReader()
    return tuple(reader.read(row.is_key, row.data) for row in rows)


def _config(bot: str, texts: Mapping[str, str], digest: str) -> Config:
    try:
        return config_from_document(json.loads(texts[digest]), name=bot).config
    except (LookupError, ValueError, ConfigError) as error:
        raise DataError(f"a config that {bot} ran by can't be read any more: {error}") from error


def audit(record: BotRecord) -> AuditReport:
    """Replay every stretch and compare. Takes seconds for a day of many coins; touches no file."""
    tape = Tape(record.cycles)
    evidence = Evidence(record.cycles, record.intents, tape)
    pairs: list[Pair] = []
    differences: list[Difference] = []
    minutes = 0
    for begin_ms, end_ms in pairwise(_cuts(record)):
        found = _first_state(record, begin_ms, end_ms)
        if found is None:
            continue
        state, start_ms = found
        stretch = _stretch(record, tape, state, start_ms, end_ms)
        minutes += (end_ms - start_ms) // MINUTE_MS
        pairs += stretch
        differences += _differences(stretch, evidence)
    agreeing = [pair for pair in pairs if pair.agrees]
    quote = next((market.quote for cycle in record.cycles for market in cycle.markets.values()), "")
    return AuditReport(
        record.bot,
        quote,
        record.first_ms,
        record.end_ms,
        minutes,
        len(pairs),
        len(agreeing),
        sum(pair.value for pair in pairs),
        sum(pair.shared for pair in pairs),
        total([pair.cost for pair in pairs]),
        tuple(differences),
    )


def _cuts(record: BotRecord) -> list[int]:
    """The full minutes between which stretches lie."""
    hours = range(-(-record.first_ms // _STRETCH_MS) * _STRETCH_MS, record.end_ms, _STRETCH_MS)
    foreign = (-(-fill.time_ms // MINUTE_MS) * MINUTE_MS for fill in record.fills if not fill.type)
    changed = (
        -(-after.now_ms // MINUTE_MS) * MINUTE_MS
        for before, after in pairwise(record.cycles)
        if before.config != after.config
    )
    inside = (cut for cut in (*hours, *foreign, *changed) if record.first_ms < cut < record.end_ms)
    return sorted({record.first_ms, record.end_ms, *inside})


def _first_state(record: BotRecord, begin_ms: int, end_ms: int) -> tuple[RecordedCycle, int] | None:
    """The first cycle that stands for the state at the beginning of a minute, else the one that comes closest to it;
    and that minute."""
    inside = [one for one in record.cycles if begin_ms <= one.now_ms < end_ms and one.balance is not None]
    early = next((one for one in inside if one.now_ms % MINUTE_MS <= _EARLY_MS), None)
    state = early or min(inside, key=lambda one: one.now_ms % MINUTE_MS, default=None)
    return None if state is None else (state, state.now_ms // MINUTE_MS * MINUTE_MS)


def _stretch(record: BotRecord, tape: Tape, state: RecordedCycle, start_ms: int, end_ms: int) -> list[Pair]:
    replay = Replay(state, start_ms, record.configs[state.config], tape)
    expected = replay.run(end_ms)
    live = [
        fill
        for fill in record.fills
        if max(start_ms, state.now_ms) < fill.time_ms <= end_ms or _came_after(fill, state, record.intents)
    ]
    coins = {fill.coin for fill in expected} | {fill.coin for fill in live}
    marks = {coin: price for coin in coins if (price := tape.close_at(coin, end_ms)) is not None}
    return compare(expected, live, state.markets, marks)


def _came_after(fill: LiveFillRow, state: RecordedCycle, intents: Sequence[IntentRow]) -> bool:
    """Whether a fill of the very moment is of an order that the cycle sent: then its state doesn't have it yet."""
    if fill.time_ms != state.now_ms:
        return False
    wanted = "create", fill.coin, fill.side, fill.type
    sent = [
        write.intended_ms
        for write in intents
        if (write.action, write.coin, write.side, write.type) == wanted
        and (write.price == fill.price or write.execution == "market")
        and write.intended_ms <= fill.time_ms
    ]
    return bool(sent) and min(sent) == fill.time_ms  # else one that had been waiting may be meant


def _differences(stretch: Sequence[Pair], evidence: Evidence) -> list[Difference]:
    found: list[Difference] = []
    earlier: list[Pair] = []
    for pair in stretch:
        if pair.agrees:
            earlier += [pair] if pair.is_shifted else []
            continue
        explained = evidence.explain(pair, earlier)
        earlier.append(pair)
        expected, live = pair.expected, pair.live
        found.append(
            Difference(
                pair.minute_ms,
                pair.coin,
                pair.side,
                pair.type,
                explained.cause,
                explained.text,
                pair.cost,
                0.0 if expected is None else expected.qty,
                None if expected is None else expected.price,
                pair.live_qty,
                live[0].price if live else None,
            )
        )
    return found
