"""What is asked for: known without any network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Want:
    """One coin's candles at one venue, from `first_ms` to `last_ms` (open times, UTC, both included)."""

    exchange: str
    coin: str
    first_ms: int
    last_ms: int
