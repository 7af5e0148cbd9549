"""The list of kept reports as screens need it: true to the folders it is an index of, with marks for comparing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from passivtui.backtest.kept import open_kept
from passivtui.backtest.metrics import METRICS, format_metric
from passivtui.backtest.report import Report
from passivtui.clock import iso_day, iso_minute
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink
from passivtui.screens.base import Services
from passivtui.storage import ReportRow, open_reports
from passivtui.storage.report_folders import report_folders
from passivtui.widgets.line_table import Column
from passivtui.widgets.roles import signed_role

MOST_COMPARED: Final = 6
"""As many curves as there are colours to tell apart."""

_DAY_MINUTES: Final = 1440


@dataclass(frozen=True, slots=True)
class Listed:
    """All kept reports, newest first, and one sentence for each folder that can't be listed."""

    rows: tuple[ReportRow, ...]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """A report and whether it is marked for comparing."""

    row: ReportRow
    marked: bool


async def list_reports(home: Home) -> Listed:
    """The kept reports. The index is made anew when it and the folders tell different stories. Raises StorageError."""
    async with open_reports(home) as index:
        rows = await index.list()
        folders = await asyncio.to_thread(lambda: {folder.name for folder in report_folders(home)})
        if folders == {row.id for row in rows}:
            return Listed(rows)
        rebuilt = await index.rebuild()
        return Listed(await index.list(), rebuilt.damaged)


def open_in_background(services: Services, rows: Sequence[ReportRow], then: Callable[[list[Report]], None]) -> None:
    """Open reports in a thread, then call `then` on the UI thread; what fails is told in a dialog."""
    home = services.home

    def work(progress: ProgressSink, cancel: CancelToken) -> list[Report]:
        reports = []
        for done, row in enumerate(rows):
            progress(Progress("opening", done, len(rows), "reports"))
            cancel.raise_if_cancelled()
            reports.append(open_kept(row, home))
        return reports

    names = rows[0].name if len(rows) == 1 else f"{len(rows)} reports"
    services.start_job(f"Open {names}", work, done=then)


def _metric(name: str, value: float | None) -> str:
    return "-" if value is None else format_metric(METRICS[name], value)


def _change_role(row: MarkedRow) -> str:
    return "" if row.row.gain is None else signed_role(row.row.gain - 1.0)


REPORT_COLUMNS: Final[tuple[Column[MarkedRow], ...]] = (
    Column("mark", "", lambda row: "*" if row.marked else " ", role=lambda _: "key", width=1),
    Column(
        "created", "run at, UTC", lambda row: iso_minute(row.row.created_ms), drop=3, sort=lambda r: r.row.created_ms
    ),
    Column("name", "name", lambda row: row.row.name, sort=lambda row: row.row.name.casefold(), width=22),
    Column(
        "gain",
        "gain",
        lambda row: _metric("gain", row.row.gain),
        align="right",
        role=_change_role,
        sort=lambda row: row.row.gain,
    ),
    Column(
        "drawdown",
        "drawdown",
        lambda row: _metric("drawdown_worst", row.row.drawdown_worst),
        align="right",
        drop=1,
        sort=lambda row: row.row.drawdown_worst,
    ),
    Column(
        "adg", "daily", lambda row: _metric("adg", row.row.adg), align="right", drop=6, sort=lambda row: row.row.adg
    ),
    Column(
        "loss",
        "loss/profit",
        lambda row: _metric("loss_profit_ratio", row.row.loss_profit_ratio),
        align="right",
        drop=7,
        sort=lambda row: row.row.loss_profit_ratio,
    ),
    Column("fills", "fills", lambda row: f"{row.row.n_fills:,}", align="right", drop=4, sort=lambda r: r.row.n_fills),
    Column("coins", "coins", lambda row: _coins(row.row.coins), drop=8, sort=lambda row: len(row.row.coins)),
    Column("first", "from", lambda row: iso_day(row.row.first_ms), drop=9, sort=lambda row: row.row.first_ms),
    Column(
        "days",
        "days",
        lambda row: f"{row.row.n_minutes / _DAY_MINUTES:,.0f}",
        align="right",
        drop=5,
        sort=lambda row: row.row.n_minutes,
    ),
    Column("market", "market", lambda row: _market(row.row), drop=10, sort=lambda row: row.row.dataset, flexible=True),
    Column("tags", "tags", lambda row: " ".join(row.row.tags), drop=2, role=lambda _: "heading", flexible=True),
)


def _coins(coins: tuple[str, ...]) -> str:
    return " ".join(coins) if len(coins) <= 2 else f"{len(coins)} coins"


def _market(row: ReportRow) -> str:
    name = row.dataset.rstrip("/").rpartition("/")[2]
    return f"{name} (synthetic)" if row.synthetic else name
