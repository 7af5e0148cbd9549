"""The list of reports for programs without an event loop: the command line."""

from __future__ import annotations

import asyncio

from passivtui.paths import Home
from passivtui.storage.report_rows import ReportRow
from passivtui.storage.reports import open_reports


def check_reports(home: Home) -> None:
    """See that reports can be listed in the home's database, and make it if it isn't there. Raises StorageError."""

    async def open_and_close() -> None:
        async with open_reports(home):
            pass

    asyncio.run(open_and_close())


def add_report(row: ReportRow, home: Home) -> None:
    """List one report. Raises StorageError."""

    async def add() -> None:
        async with open_reports(home) as index:
            await index.add(row)

    asyncio.run(add())
