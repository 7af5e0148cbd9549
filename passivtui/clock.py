"""The only places that ask what time it is: injected, so that tests and paper trading own the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]

MINUTE_MS = 60_000
DAY_MS = 86_400_000


def utc_ms() -> int:
    """Milliseconds since 1970-01-01T00:00Z, now."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds of a clock that never goes back; only differences mean something."""
    return time.monotonic()


def iso_minute(ms: int) -> str:
    """`2025-01-31 07:05` (UTC) of a time in milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def iso_day(ms: int) -> str:
    """`2025-01-31` (UTC) of a time in milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
