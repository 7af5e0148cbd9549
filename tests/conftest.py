"""Fixtures that every test may use: a home of its own, and no way to touch the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from passivtui.paths import HOME_VARIABLE, Home

# The same examples every time: a failure is then the change's own. `--hypothesis-profile=searching` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", derandomize=False, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees or writes the home of whoever runs it."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    yield


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home that exists."""
    return Home(tmp_path / "home").ensure()
