"""The rows of the list of configs: files, their tags, and what the last backtest of each came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from passivtui.backtest.metrics import METRICS, format_metric
from passivtui.clock import iso_minute
from passivtui.config import ConfigEntry, list_configs
from passivtui.config.tags import read_tags
from passivtui.paths import Home
from passivtui.storage import ReportRow, open_reports
from passivtui.widgets.line_table import Column
from passivtui.widgets.roles import signed_role


@dataclass(frozen=True, slots=True)
class ListedConfig:
    """A config, when its file was changed last (ms, 0: not known), its tags, and its newest report."""

    entry: ConfigEntry
    changed_ms: int
    tags: tuple[str, ...]
    last: ReportRow | None


def list_rows(home: Home, last: Mapping[str, ReportRow]) -> list[ListedConfig]:
    """Every config; `last` is the newest report by config name. Raises ConfigError and StorageError."""
    tags = read_tags(home)
    return [
        ListedConfig(
            entry,
            0 if entry.shipped else _changed_ms(entry.path),
            () if entry.shipped else tags.get(entry.path.name, ()),
            last.get(entry.name) or last.get(entry.path.stem),
        )
        for entry in list_configs(home)
    ]


async def newest_reports(home: Home) -> dict[str, ReportRow]:
    """The newest report of every config that has one, by the config's name. Raises StorageError."""
    async with open_reports(home) as reports:
        rows: Iterable[ReportRow] = await reports.list()
    newest: dict[str, ReportRow] = {}
    for row in rows:  # newest first
        newest.setdefault(row.config_name, row)
    return newest


def _changed_ms(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:  # gone since it was listed: the next listing shows it
        return 0


def _gain(row: ListedConfig) -> str:
    return "" if row.last is None else format_metric(METRICS["gain"], row.last.gain)


def _drawdown(row: ListedConfig) -> str:
    return "" if row.last is None else format_metric(METRICS["drawdown_worst"], row.last.drawdown_worst)


COLUMNS: Final[tuple[Column[ListedConfig], ...]] = (
    Column("name", "config", lambda row: row.entry.name, sort=lambda row: row.entry.name.casefold(), flexible=True),
    Column(
        "from",
        "from",
        lambda row: "shipped" if row.entry.shipped else "yours",
        role=lambda row: "muted" if row.entry.shipped else "",
        sort=lambda row: row.entry.shipped,
        drop=2,
    ),
    Column("form", "form", lambda row: row.entry.path.suffix.lstrip("."), drop=5),
    Column(
        "gain",
        "gain",
        _gain,
        align="right",
        role=lambda row: signed_role((row.last.gain or 1.0) - 1.0) if row.last is not None else "",
        sort=lambda row: None if row.last is None else row.last.gain,
    ),
    Column(
        "drawdown",
        "drawdown",
        _drawdown,
        align="right",
        sort=lambda row: None if row.last is None else row.last.drawdown_worst,
        drop=3,
    ),
    Column("market", "on", lambda row: "" if row.last is None else Path(row.last.dataset).name, flexible=True, drop=6),
    Column("tags", "tags", lambda row: ", ".join(row.tags), flexible=True, drop=1),
    Column(
        "changed",
        "changed, UTC",
        lambda row: iso_minute(row.changed_ms) if row.changed_ms else "",
        sort=lambda row: -row.changed_ms,
        drop=4,
    ),
)
"""Gain and drawdown are those of the config's newest kept report, on the market named beside them."""
