"""Everything between two times from a venue that answers with one page at a time, whichever end it begins at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Row = Mapping[str, Any]


async def everything_between(
    page: Callable[[int, int], Awaitable[list[Row]]], first_ms: int, last_ms: int, window_ms: int, page_size: int
) -> list[Row]:
    """All rows of `page(start, end)` (both included) from `first_ms` to `last_ms`; some may come twice.

    Goes window by window. A full page may have left something out, so its window is asked again in halves; more rows
    than a page within one millisecond can't be told apart and are taken as they are.
    """
    found: list[Row] = []
    waiting = [(start, min(start + window_ms - 1, last_ms)) for start in range(first_ms, last_ms + 1, window_ms)]
    waiting.reverse()
    while waiting:
        start, end = waiting.pop()
        rows = await page(start, end)
        if len(rows) < page_size or start >= end:
            found += rows
            continue
        middle = (start + end) // 2
        waiting += [(middle + 1, end), (start, middle)]
    return found
