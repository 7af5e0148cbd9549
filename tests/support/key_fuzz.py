"""Random keys for the app: whatever is pressed, it goes on, and what goes wrong is told and not only logged."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from textual.events import Key
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.logs import log_path
from passivtui.paths import Home
from passivtui.screens.menu import MenuScreen

SIZES = ((20, 5), (59, 15), (60, 16), (80, 24), (120, 35), (220, 70))
MOVES = ("up", "down", "left", "right", "enter", "escape", "tab", "shift+tab", "pageup", "pagedown", "home", "end")
OTHERS = ("space", "backspace", "delete", "f1", "f5", "ctrl+p", "ctrl+s", "ctrl+r", "ctrl+z", "ctrl+c")
SIGNS = {"question_mark": "?", "slash": "/", "plus": "+", "minus": "-", "less_than_sign": "<", "greater_than_sign": ">"}
SIGNS |= {"left_square_bracket": "[", "right_square_bracket": "]", "full_stop": "."}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
REMEMBERED = 12
MOST_LEVELS = 40
TRACEBACK = "Traceback (most recent call last)"


@dataclass
class Found:
    """What a fuzz met: `kinds` of screens seen, and the keys before whatever went wrong."""

    keys: int
    kinds: set[str]
    before: str = ""
    fault: str = ""


def random_keys(seed: int) -> Iterator[Key]:
    """Keys without an end, the same for a seed; moves more often than letters."""
    chance = random.Random(seed)
    while True:
        draw = chance.random()
        if draw < 0.45:
            yield Key(chance.choice(MOVES), None)
        elif draw < 0.55:
            yield Key(chance.choice(OTHERS), None)
        elif draw < 0.62:
            name, sign = chance.choice(sorted(SIGNS.items()))
            yield Key(name, sign)
        else:
            letter = chance.choice(LETTERS)
            yield Key(letter, letter)


def faults_in_log(home: Home) -> str:
    """The last traceback of the log; empty when there is none."""
    path = log_path(home)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text[text.rindex(TRACEBACK) :] if TRACEBACK in text else ""


async def press_at_random(
    pilot: Pilot[None], app: PassivTuiApp, digit: str, n_keys: int, seed: int, *, resize_every: int = 40
) -> Found:
    """Presses keys from a section on, returning to it from the menu; stops at the first fault.

    Leaving the program is left out: no 0 on the menu, no ctrl+q.
    """
    chance = random.Random(seed + 1)
    found = Found(0, set())
    last: deque[str] = deque(maxlen=REMEMBERED)
    for key in random_keys(seed):
        if found.keys == n_keys:
            break
        on_menu = isinstance(app.screen, MenuScreen)
        if on_menu and key.key in ("0", "up", "down", "k", "j", "end", "G"):
            continue  # the last row ends the program
        if on_menu and found.keys % 5:
            key = Key(digit, digit)
        last.append(key.key)
        found.keys += 1
        app.post_message(key)
        await asyncio.sleep(0)
        if found.keys % resize_every == 0:
            await pilot.resize_terminal(*chance.choice(SIZES))
        if found.keys % 4 == 0:
            await asyncio.sleep(0.01)
        found.kinds.add(type(app.screen).__name__)
        if found.keys % 20 == 0 or app._exception is not None:
            found.fault = faults_in_log(app.home) or (repr(app._exception) if app._exception else "")
            if found.fault:
                break
    found.before = " ".join(last)
    if not found.fault:
        found.fault = await way_back(pilot, app) or faults_in_log(app.home)
    for job in app.jobs.active:
        job.cancel()
    return found


async def way_back(pilot: Pilot[None], app: PassivTuiApp) -> str:
    """Presses esc until the menu is there; a sentence when it doesn't come."""
    await pilot.resize_terminal(80, 24)  # keys are not taken while the terminal is too small
    for _ in range(MOST_LEVELS):
        await pilot.pause()
        if isinstance(app.screen, MenuScreen):
            return ""
        await pilot.press("escape")
    return f"esc does not lead back: {' > '.join(type(screen).__name__ for screen in app.screen_stack)}"
