"""Ends that take no longer than they may: of tasks that were cancelled and of clients that are thrown away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from passivtui.exchanges.ccxt_client import CcxtExchange

_log = logging.getLogger(__name__)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """Cancel them and wait for their ends; what still runs then is cancelled once more and left behind.

    What they raise is nobody's concern any more.
    """
    waiting = list(tasks)
    if not waiting:
        return
    for task in waiting:
        task.cancel()
    done, hanging = await asyncio.wait(waiting, timeout=seconds)
    for task in done:
        if not task.cancelled():
            task.exception()
    for task in hanging:
        _log.warning("%s did not end within %.0f s and was left behind", task.get_name(), seconds)
        task.cancel()


async def shut(client: CcxtExchange, seconds: float) -> None:
    """Close a client whatever state it is in: it is thrown away, and what it says to that is nobody's concern."""
    closing = asyncio.ensure_future(client.close())
    try:
        await asyncio.wait({closing}, timeout=seconds)
    finally:
        if not closing.done():
            closing.cancel()
        elif not closing.cancelled():
            closing.exception()
