"""The venues as a table, from what the program knows of them."""

from __future__ import annotations

from typing import Final

from passivtui.exchanges.venues import VENUES
from passivtui.vault.fields import FIELDS

HEDGED: Final = frozenset({"binance", "bybit", "okx", "bitget"})
"""Venues whose accounts hold a long and a short of one coin at the same time; a test asks the adapters."""


def venues_markdown() -> str:
    """Per venue: its name in a config, what its keys consist of, its position mode and what it is quoted in."""
    rows = ["| exchange | name in a config | what a user needs | mode | quoted in |", "|---|---|---|---|---|"]
    for venue in VENUES.values():
        if venue.ccxt_id:
            wanted = ", ".join(field.title for field in FIELDS[venue.name] if not field.flag)
            mode = "hedge" if venue.name in HEDGED else "one-way"
            rows.append(f"| {venue.title} | `{venue.name}` | {wanted} | {mode} | {venue.quote} |")
    return "\n".join(rows)
