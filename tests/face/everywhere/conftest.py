"""The app on a home that has been used, in a folder of its own: keys at random may write anywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from furnished_home import furnish

from passivtui.app import PassivTuiApp
from passivtui.paths import Home

PATIENCE_SECONDS = 10.0


def threads_that_stay() -> list[str]:
    """Threads that would keep a process from ending."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        alive = [one.name for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    """An app that was left has nothing that goes on."""
    before = threads_that_stay()
    yield
    assert set(threads_that_stay()) <= set(before)


@pytest.fixture
def furnished(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home; no source of candles and no venue is reached from it."""
    monkeypatch.setenv("PASSIVTUI_SOURCES", "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return furnish(home)


@pytest.fixture
def make_used_app(furnished: Home, make_app: Callable[[], PassivTuiApp]) -> Callable[[], PassivTuiApp]:
    """Makes the app on that home."""
    return make_app
