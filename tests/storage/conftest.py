"""Rows of reports, and the folders they are found in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from passivtui.paths import Home
from passivtui.storage import Database, ReportIndex, ReportRow
from passivtui.storage.report_rows import row_facts

MakeRow = Callable[..., ReportRow]


@pytest.fixture
def make_row() -> MakeRow:
    """A row with the given id and whatever else is said."""

    def make(report_id: str, **changes: Any) -> ReportRow:
        values: dict[str, Any] = {
            "created_ms": 1_740_830_400_000,
            "name": "forager",
            "config_name": "forager",
            "dataset": "demo",
            "synthetic": True,
            "coins": ("BTC", "ETH"),
            "first_ms": 1_735_689_600_000,
            "n_minutes": 86_400,
            "starting_balance": 10_000.0,
            "n_fills": 12,
            "gain": 1.25,
            "adg": 0.002,
            "drawdown_worst": 0.11,
            "loss_profit_ratio": 0.4,
            "folder": f"backtests/{report_id}",
        }
        return ReportRow(id=report_id, **(values | changes))

    return make


@pytest.fixture
def keep(home: Home) -> Callable[[ReportRow], ReportRow]:
    """Make the folder of a report as the backtest service leaves it, as far as the list reads it."""

    def write(row: ReportRow) -> ReportRow:
        folder = home.root / row.folder
        folder.mkdir()
        (folder / "report.json").write_text(json.dumps({"format": 1, "summary": row_facts(row), "info": {}}))
        return row

    return write


@pytest.fixture
async def index(home: Home) -> AsyncIterator[ReportIndex]:
    """The list of reports of an empty home."""
    async with Database(home.database) as database:
        yield ReportIndex(database, home)
