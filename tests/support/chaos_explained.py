"""Whether the journal explains what happened: every fault that was met, every order, every kill."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chaos_checks import JournalReader

_BEFORE_MS: Final = 320_000  # the same words are told every five minutes at most, by a clock that may be 10 s off
_AFTER_MS: Final = 240_000  # the bot tells after its pass, which may take a while, or wait for a full disk
_DISK_FULL_MS: Final = 480_000


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault as the bot met it: `words` that its journal must have, `client_id` of the order concerned, if any.

    `may_lose`: the disk was full, so that a kill takes away what waited for it.
    """

    at_ms: int
    words: str
    client_id: str = ""
    may_lose: bool = False


def unexplained(journal: JournalReader, struck: Sequence[Struck], deaths: Sequence[int]) -> list[str]:
    """What the journal says nothing of. A fault is explained by the row of its order, by a line of the story with its
    words around that time, or by a kill that came before the bot could tell."""
    events = journal.rows("SELECT time_ms, kind, text FROM live_events ORDER BY time_ms")
    times = [time for time, _, _ in events]
    outcomes = dict(journal.rows("SELECT client_id, max(length(message)) FROM live_intents GROUP BY client_id"))
    fills = {row[0] for row in journal.rows("SELECT type FROM live_fills")}
    missing = []
    for fault in struck:
        if fault.client_id and (outcomes.get(fault.client_id) or ("" in fills and "hand" in fault.words)):
            continue
        around = events[bisect_left(times, fault.at_ms - _BEFORE_MS) : bisect_right(times, fault.at_ms + _AFTER_MS)]
        if any(fault.words in text for _, _, text in around):
            continue
        patience = _DISK_FULL_MS if fault.may_lose else _AFTER_MS
        if any(fault.at_ms <= death <= fault.at_ms + patience for death in deaths):
            continue
        missing.append(f"{fault.at_ms}: {fault.words} {fault.client_id}")
    starts = [time for time, kind, text in events if (kind, text) == ("state", "starting")]
    missing += [
        f"{death}: no start after this kill" for death in deaths if not any(at >= death - 15_000 for at in starts)
    ]
    return missing
