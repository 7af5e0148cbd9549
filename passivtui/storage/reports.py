"""The list of kept backtest reports: sorted, searched, tagged. An index of the folders in the home, never more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_args

from passivtui.errors import ReportError
from passivtui.paths import Home
from passivtui.storage.database import Database
from passivtui.storage.report_folders import read_row, remove_report_folder, report_folders, write_labels
from passivtui.storage.report_rows import ReportRow, SortKey, defined
from passivtui.tags import tidy_tags

if TYPE_CHECKING:
    import aiosqlite

_COLUMNS = tuple(field.name for field in fields(ReportRow) if field.name != "tags")
_INSERT = f"INSERT INTO reports ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_TAGS = "(SELECT json_group_array(tag) FROM report_tags WHERE report_id = reports.id)"
_SELECT = f"SELECT {', '.join(_COLUMNS)}, {_TAGS} FROM reports"
_SEARCHED = f"name || ' ' || config_name || ' ' || dataset || ' ' || coins || ' ' || notes || ' ' || {_TAGS}"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was found in the home: how many reports were listed, and one sentence for each that can't be."""

    reports: int
    damaged: tuple[str, ...]


class ReportIndex:
    """The reports of one home. Names, tags and notes are kept beside each report too, so a lost database loses nothing.

    Every method may raise StorageError; those that take an id raise ReportError when there is no such report.
    """

    def __init__(self, database: Database, home: Home) -> None:
        self._database = database
        self._home = home

    async def add(self, row: ReportRow) -> None:
        """List a report, in place of one with the same id."""
        async with self._database.transaction() as connection:
            await _insert(connection, row)

    async def list(
        self,
        *,
        search: str = "",
        tags: Sequence[str] = (),
        sort: SortKey = "created_ms",
        descending: bool = True,
    ) -> tuple[ReportRow, ...]:
        """The reports that hold every word of `search` (in name, config, dataset, coins, notes or tags) and all `tags`.

        Reports whose metric is not defined come last; equal ones by time, newest first.
        """
        if sort not in get_args(SortKey):
            raise ValueError(f"reports can't be sorted by {sort}")
        where: list[str] = ["1"]
        parameters: list[str] = []
        for word in search.split():
            where.append(f"{_SEARCHED} LIKE ? ESCAPE '\\'")
            parameters.append(f"%{_literal(word)}%")
        for tag in tidy_tags(tags):
            where.append("EXISTS (SELECT 1 FROM report_tags WHERE report_id = reports.id AND tag = ?)")
            parameters.append(tag)
        column = f"{sort} COLLATE NOCASE" if sort in ("name", "config_name", "dataset") else sort
        order = f"{column} {'DESC' if descending else 'ASC'} NULLS LAST, created_ms DESC, id DESC"
        rows = await self._database.fetch(f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY {order}", parameters)
        return tuple(_row(values) for values in rows)

    async def count(self) -> int:
        """How many reports there are."""
        return int((await self._database.fetch("SELECT count(*) FROM reports"))[0][0])

    async def get(self, report_id: str) -> ReportRow:
        """One report's row."""
        rows = await self._database.fetch(f"{_SELECT} WHERE id = ?", (report_id,))
        if not rows:
            raise ReportError(f"there is no report {report_id} in the list; it may have been deleted")
        return _row(rows[0])

    async def tags(self) -> dict[str, int]:
        """All tags in use, with the number of reports that have them; the most used first."""
        rows = await self._database.fetch("SELECT tag, count(*) FROM report_tags GROUP BY tag ORDER BY 2 DESC, 1")
        return {str(tag): int(number) for tag, number in rows}

    async def set_tags(self, report_id: str, tags: Iterable[str]) -> ReportRow:
        """Replace the report's tags (lower case, sorted, none twice). Returns the new row."""
        return await self._relabel(replace(await self.get(report_id), tags=tidy_tags(tags)))

    async def rename(self, report_id: str, name: str) -> ReportRow:
        """Call the report `name`; an empty one gives it its config's name back. Returns the new row."""
        row = await self.get(report_id)
        return await self._relabel(replace(row, name=" ".join(name.split()) or row.config_name))

    async def set_notes(self, report_id: str, notes: str) -> ReportRow:
        """Replace the report's notes. Returns the new row."""
        return await self._relabel(replace(await self.get(report_id), notes=notes))

    async def delete(self, report_id: str) -> None:
        """Delete the report's folder and its row."""
        row = await self.get(report_id)
        await asyncio.to_thread(remove_report_folder, row, self._home)
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM reports WHERE id = ?", (report_id,))

    async def refresh(self) -> Rebuilt:
        """List the reports that are in the home but not in the list: kept while the disk was full, or copied there."""
        listed = {str(folder) for (folder,) in await self._database.fetch("SELECT folder FROM reports")}
        rows, damaged = await asyncio.to_thread(_read_rows, self._home, listed)
        if rows:
            async with self._database.transaction() as connection:
                for row in rows:
                    await _insert(connection, row)
        return Rebuilt(len(rows), damaged)

    async def rebuild(self) -> Rebuilt:
        """Make the list anew from the folders in the home; rows whose folder is gone go too."""
        rows, damaged = await asyncio.to_thread(_read_rows, self._home, frozenset())
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM reports")
            for row in rows:
                await _insert(connection, row)
        return Rebuilt(len(rows), damaged)

    async def _relabel(self, row: ReportRow) -> ReportRow:
        await asyncio.to_thread(write_labels, row, self._home)
        await self.add(row)
        return row


@asynccontextmanager
async def open_reports(home: Home) -> AsyncIterator[ReportIndex]:
    """The home's list of reports, its database opened and closed around the block; a lost one is filled again."""
    async with Database(home.database) as database:
        index = ReportIndex(database, home)
        await index.refresh()
        yield index


def _read_rows(home: Home, listed: Set[str]) -> tuple[list[ReportRow], tuple[str, ...]]:
    """The rows of the home's reports but those whose folder is `listed`, and what is wrong with the damaged ones."""
    rows: list[ReportRow] = []
    damaged: list[str] = []
    for folder in report_folders(home):
        if folder.relative_to(home.root).as_posix() in listed:
            continue
        try:
            # The folder's name is the id: a copied folder is a report of its own.
            rows.append(replace(read_row(folder, home), id=folder.name))
        except ReportError as error:
            damaged.append(str(error))
    return rows, tuple(damaged)


async def _insert(connection: aiosqlite.Connection, row: ReportRow) -> None:
    await connection.execute("DELETE FROM reports WHERE id = ? OR folder = ?", (row.id, row.folder))
    await connection.execute(_INSERT, _values(row))
    await connection.executemany("INSERT INTO report_tags VALUES (?, ?)", [(row.id, tag) for tag in row.tags])


def _values(row: ReportRow) -> tuple[Any, ...]:
    values = {field: getattr(row, field) for field in _COLUMNS}
    for metric in ("gain", "adg", "drawdown_worst", "loss_profit_ratio"):
        values[metric] = defined(values[metric])
    values["coins"] = json.dumps(row.coins)
    values["synthetic"] = int(row.synthetic)
    return tuple(values.values())


def _row(values: tuple[Any, ...]) -> ReportRow:
    *plain, tags = values
    named = dict(zip(_COLUMNS, plain, strict=True))
    named["coins"] = tuple(json.loads(named["coins"]))
    named["synthetic"] = bool(named["synthetic"])
    return ReportRow(**named, tags=tuple(sorted(json.loads(tags))))


def _literal(word: str) -> str:
    """The word with LIKE's wildcards taken literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
