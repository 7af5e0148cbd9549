"""Asynchronous work for callers that are not: run to its end in this thread, ended early by a cancel token."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from threading import Lock
from typing import Any, TypeVar

from passivtui.progress import CancelToken

T = TypeVar("T")


def run_cancellable(work: Callable[[], Coroutine[Any, Any, T]], cancel: CancelToken) -> T:
    """Run `work()` in an event loop of its own. Raises Cancelled when the token, from any thread, asks to stop."""
    return asyncio.run(_watched(work, cancel))


async def _watched(work: Callable[[], Coroutine[Any, Any, T]], cancel: CancelToken) -> T:
    cancel.raise_if_cancelled()
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work())
    running, guard = [True], Lock()

    def stop() -> None:
        with guard:  # the loop may be closed once this work has ended; the token lives on
            if running[0]:
                loop.call_soon_threadsafe(task.cancel)

    cancel.on_cancel(stop)
    try:
        return await task
    except asyncio.CancelledError:
        cancel.raise_if_cancelled()
        raise
    except BaseExceptionGroup as group:
        raise _first_of(group) from group
    finally:
        with guard:
            running[0] = False


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a group of tasks: the others only were told to stop."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def in_order(calls: Iterable[Callable[[], Awaitable[T]]], at_once: int) -> AsyncGenerator[T, None]:
    """The results of `calls` in their order, while up to `at_once` of them run. Close it when leaving early."""
    tasks: deque[asyncio.Future[T]] = deque()
    try:
        for call in calls:
            tasks.append(asyncio.ensure_future(call()))
            if len(tasks) >= at_once:
                yield await tasks.popleft()
        while tasks:
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def all_of(calls: Iterable[Callable[[], Awaitable[T]]], at_once: int) -> list[T]:
    """The results of all `calls`, in their order; the first error ends the others."""
    turn = asyncio.Semaphore(at_once)

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        async with turn:
            return await call()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(call)) for call in calls]
    return [task.result() for task in tasks]
