"""A time of the tests' own and settings that ask fast: nothing here waits for a real second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from archive_time import ManualTime

from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally
from passivtui.market.store import CandleStore
from passivtui.progress import Progress


@pytest.fixture
def manual() -> ManualTime:
    return ManualTime()


@pytest.fixture
def seen() -> list[Progress]:
    """What was told of the progress."""
    return []


@pytest.fixture
def tally(manual: ManualTime, seen: list[Progress]) -> Tally:
    return Tally(seen.append, manual.timing().monotonic)


@pytest.fixture
def asking() -> Callable[..., SourceSettings]:
    """Settings for a server's URL."""

    def build(url: str, **changes: object) -> SourceSettings:
        fast = replace(SourceSettings(), requests_per_second=10_000.0, attempts=3, timeout_seconds=5.0)
        return replace(fast.served_by(url), **changes)

    return build


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    """An empty candle store."""
    return CandleStore(tmp_path / "store")
