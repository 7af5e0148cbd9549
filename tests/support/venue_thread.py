"""A local venue in a thread of its own, for programs under test that have their own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

from venues import LocalVenue

V = TypeVar("V", bound=LocalVenue)


@contextmanager
def served(venue: V) -> Iterator[V]:
    """The venue while it runs. Change it before the program asks, or by `loop.call_soon_threadsafe`."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="local venue")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(venue.__aenter__(), loop).result(10)
        try:
            yield venue
        finally:
            asyncio.run_coroutine_threadsafe(venue.__aexit__(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
