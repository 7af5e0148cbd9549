"""Updating the lists of the largest coins from the app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from passivtui.market.coin_lists import COIN_LISTS, list_path
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink
from passivtui.screens.base import Services


def newest_list_day(home: Home) -> str:
    """When the home's lists were made last; "" when it has none."""
    times = [path.stat().st_mtime for size in COIN_LISTS if (path := list_path(home, size)).exists()]
    return datetime.fromtimestamp(max(times), UTC).strftime("%Y-%m-%d") if times else ""


def start_update(services: Services, told: Callable[[], None]) -> None:
    """Download the ranking as a job; `told` is called when the lists are written."""
    home = services.home

    def work(progress: ProgressSink, cancel: CancelToken) -> tuple[str, ...]:
        from passivtui.market.sources.coin_ranking import update_coin_lists
        from passivtui.market.sources.settings import load_source_settings

        written = update_coin_lists(home, load_source_settings(home.settings), progress, cancel)
        return tuple(path.name for path in written)

    def done(names: tuple[str, ...]) -> None:
        services.toast(f"Written to {services.home_text()}/configs: {', '.join(names)}.")
        told()

    services.start_job("Update the coin lists", work, done=done)
