"""Answers spoiled at random: every value may become nothing, nonsense, markup, something huge, or go."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

from passivtui.errors import VenueError

HOSTILE: Final[tuple[Any, ...]] = (
    None,
    "",
    "NaN",
    "Infinity",
    "1e999",
    "1e-400",
    "1e999999999",
    "-2E-999999999",
    999_999_999,
    "-1",
    "0",
    0,
    -7,
    True,
    10**40,
    -(10**400),
    1.5e308,
    "9" * 60,
    "null",
    "[/bad][red]",
    "[bold]" * 50,
    "a" * 5_000,
    "\x1b[31m\n\r\t\x00",
    "\u202eevil\u200b\ud7ff",
    "%s%n{0}{x}",
    [],
    {},
    [[]],
    [None],
    {"a": None},
    [{"a": [1, {"b": "c"}]}],
)
_LONGEST_MESSAGE: Final = 500


class Spoiler:
    """Spoils JSON; the same seed spoils alike."""

    def __init__(self, seed: object) -> None:
        self._dice = random.Random(str(seed))

    def __call__(self, answer: Any) -> Any:
        """A copy in which one to three values are hostile, gone, or there twice."""
        spoiled = copy.deepcopy(answer)
        for _ in range(self._dice.randint(1, 3)):
            spoiled = self._once(spoiled)
        return spoiled

    def _once(self, answer: Any) -> Any:
        places = list(_places(answer))
        if not places or self._dice.random() < 0.02:
            return self._dice.choice(HOSTILE)
        holder, key = self._dice.choice(places)
        deed = self._dice.random()
        if deed < 0.12:
            del holder[key]
        elif deed < 0.2 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif deed < 0.25:
            holder[key] = [holder[key]]
        else:
            holder[key] = copy.deepcopy(self._dice.choice(HOSTILE))
        return answer


def _places(part: Any) -> Any:
    """Every place that holds a value, at any depth."""
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in entries:
        yield part, key
        yield from _places(value)


async def read_or_refused(
    call: Callable[[], Awaitable[Any]], secrets: tuple[str, ...], context: Callable[[], str]
) -> Any:
    """What a call answers, or the error of ours that it raised: whole, finite and fit to be shown."""
    try:
        answer = await call()
    except VenueError as error:
        message = str(error)
        assert message and message.isprintable() and len(message) <= _LONGEST_MESSAGE, (message, context())
        assert not any(secret in message for secret in secrets), message
        return error
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} {error}; {context()[:2_000]}") from error
    for value in values_in(answer):
        assert not isinstance(value, float) or math.isfinite(value), (answer, context())
        assert not isinstance(value, str) or value.isprintable(), (answer, context())
    return answer


def values_in(answer: Any) -> Any:
    """Every number and text of an answer."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield key
            yield from values_in(value)
    elif isinstance(answer, list | tuple):
        for value in answer:
            yield from values_in(value)
    elif hasattr(answer, "__dataclass_fields__"):
        for name in answer.__dataclass_fields__:
            yield from values_in(getattr(answer, name))
    else:
        yield answer


def shown(answer: Any) -> str:
    """An answer in a message of a test that failed."""
    return json.dumps(answer, default=str)[:1_500]
