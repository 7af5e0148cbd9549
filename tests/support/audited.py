"""What an audit is made from, taken out of the journal of a bot in a test."""

from __future__ import annotations

import dataclasses
import json

from live_bots import BotWorld
from paper_world import FIRST_MS

from passivtui.clock import MINUTE_MS
from passivtui.config import config_from_document
from passivtui.live.audit import AuditReport, BotRecord, audit
from passivtui.live.audit.day import unpacked
from passivtui.storage.journal import MemoryJournal


async def record_of(world: BotWorld) -> BotRecord:
    """Everything from the bot's first minute to its last cycle."""
    await world.bot._recorder.write(at_once=True)
    journal = world.journal
    assert isinstance(journal, MemoryJournal)
    intents = []
    for number, intent in journal.intents.items():
        done = journal.outcomes.get(number)
        if done is None:
            intents.append(intent)
        else:
            intents.append(
                dataclasses.replace(
                    intent,
                    outcome=done.outcome,
                    reason=done.reason,
                    message=done.message,
                    settled_ms=done.settled_ms,
                )
            )
    cycles = unpacked(journal.cycles)
    return BotRecord(
        "tested",
        FIRST_MS,
        cycles[-1].now_ms // MINUTE_MS * MINUTE_MS,
        cycles,
        {digest: config_from_document(json.loads(text)).config for digest, text in journal.configs.items()},
        sorted(journal.fills.values(), key=lambda fill: fill.time_ms),
        intents,
    )


async def audited(world: BotWorld) -> AuditReport:
    return audit(await record_of(world))
