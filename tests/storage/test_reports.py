"""The list of reports: sorted, searched, labelled, deleted, and rebuilt from the folders it is an index of."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passivtui.errors import ReportError
from passivtui.paths import Home
from passivtui.storage import Database, ReportIndex, ReportRow, add_report, check_reports, open_reports
from passivtui.storage.report_rows import row_facts, row_from_facts, row_labels
from passivtui.tags import tidy_tags

MakeRow = Callable[..., ReportRow]
Keep = Callable[[ReportRow], ReportRow]

METRIC = st.none() | st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
MS = st.integers(0, 2**53)
ROWS = st.builds(
    ReportRow,
    id=TEXT.filter(bool),
    created_ms=MS,
    name=TEXT,
    config_name=TEXT,
    dataset=TEXT,
    synthetic=st.booleans(),
    coins=st.lists(TEXT, max_size=4).map(tuple),
    first_ms=MS,
    n_minutes=MS,
    starting_balance=st.floats(allow_nan=False, allow_infinity=False),
    n_fills=MS,
    gain=METRIC,
    adg=METRIC,
    drawdown_worst=METRIC,
    loss_profit_ratio=METRIC,
    folder=TEXT,
    tags=st.lists(TEXT, max_size=4).map(tidy_tags),
    notes=TEXT,
)


async def ids(index: ReportIndex, **how: Any) -> list[str]:
    return [row.id for row in await index.list(**how)]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=ROWS)
async def test_a_row_comes_back_equal(index: ReportIndex, row: ReportRow) -> None:
    await index.add(row)
    assert await index.get(row.id) == row


@given(row=ROWS)
def test_a_row_comes_back_equal_from_the_json_beside_the_report(row: ReportRow) -> None:
    facts = json.loads(json.dumps(row_facts(row), allow_nan=False))
    labels = json.loads(json.dumps(row_labels(row), allow_nan=False))
    assert row_from_facts(facts, labels, row.folder) == row


async def test_a_metric_that_is_not_a_number_is_not_defined(index: ReportIndex, make_row: MakeRow) -> None:
    await index.add(make_row("a", gain=math.nan, adg=math.inf, loss_profit_ratio=-math.inf))
    row = await index.get("a")
    assert (row.gain, row.adg, row.loss_profit_ratio) == (None, math.inf, -math.inf)


async def test_adding_a_report_again_replaces_it(index: ReportIndex, make_row: MakeRow) -> None:
    await index.add(make_row("a", tags=("old",), gain=1.0))
    await index.add(make_row("a", tags=("new",), gain=2.0))
    (row,) = await index.list()
    assert (row.gain, row.tags) == (2.0, ("new",))
    assert await index.tags() == {"new": 1}


async def test_the_newest_report_is_first(index: ReportIndex, make_row: MakeRow) -> None:
    for created_ms, report_id in enumerate("bca"):
        await index.add(make_row(report_id, created_ms=created_ms))
    assert await ids(index) == ["a", "c", "b"]
    assert await ids(index, descending=False) == ["b", "c", "a"]


async def test_reports_without_the_metric_come_last_whichever_way_they_are_sorted(
    index: ReportIndex, make_row: MakeRow
) -> None:
    for report_id, gain in (("low", 0.5), ("none", None), ("high", math.inf), ("even", 1.0)):
        await index.add(make_row(report_id, gain=gain))
    assert await ids(index, sort="gain") == ["high", "even", "low", "none"]
    assert await ids(index, sort="gain", descending=False) == ["low", "even", "high", "none"]


async def test_names_are_sorted_without_regard_to_case(index: ReportIndex, make_row: MakeRow) -> None:
    for report_id, name in (("1", "beta"), ("2", "Alpha"), ("3", "Gamma")):
        await index.add(make_row(report_id, name=name))
    assert await ids(index, sort="name", descending=False) == ["2", "1", "3"]


async def test_only_columns_can_be_sorted_by(index: ReportIndex) -> None:
    with pytest.raises(ValueError, match="sorted by"):
        await index.list(sort="id; DROP TABLE reports")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["calm", "wild"]),
        ("calm", ["calm"]),
        ("CALM eth", ["calm"]),
        ("calm doge", []),
        ("doge", ["wild"]),
        ("100%", ["wild"]),
        ("%", ["wild"]),
        ("_", []),
        ("\\", []),
        ("risky", ["wild"]),
        ("'; --", []),
    ],
)
async def test_every_word_of_a_search_must_be_somewhere(
    search: str, found: list[str], index: ReportIndex, make_row: MakeRow
) -> None:
    await index.add(make_row("calm", name="Calm", config_name="grid", created_ms=2))
    await index.add(
        make_row("wild", name="wild", config_name="x", coins=("DOGE",), notes="100% mad", tags=("risky",), created_ms=1)
    )
    assert await ids(index, search=search) == found


async def test_a_report_must_have_all_the_tags_asked_for(index: ReportIndex, make_row: MakeRow) -> None:
    await index.add(make_row("both", tags=("a", "b"), created_ms=3))
    await index.add(make_row("one", tags=("a",), created_ms=2))
    await index.add(make_row("none", created_ms=1))
    assert await ids(index, tags=["a"]) == ["both", "one"]
    assert await ids(index, tags=["A", "b"]) == ["both"]
    assert await ids(index, tags=["a", "b"], search="nothing") == []
    assert await index.tags() == {"a": 2, "b": 1}
    assert await index.count() == 3


async def test_names_tags_and_notes_are_kept_in_the_list_and_beside_the_report(
    index: ReportIndex, home: Home, make_row: MakeRow, keep: Keep
) -> None:
    await index.add(keep(make_row("a")))
    assert (await index.set_tags("a", [" Very Good ", "kept", "kept", ""])).tags == ("kept", "very-good")
    assert (await index.rename("a", "  the\nbest ")).name == "the best"
    assert (await index.set_notes("a", "why:\nso")).notes == "why:\nso"
    row = await index.get("a")
    assert (row.name, row.tags, row.notes) == ("the best", ("kept", "very-good"), "why:\nso")
    assert json.loads((home.root / row.folder / "labels.json").read_text()) == row_labels(row)
    assert (await index.rename("a", " ")).name == row.config_name


async def test_a_report_whose_folder_is_gone_can_not_be_labelled_but_deleted(
    index: ReportIndex, make_row: MakeRow
) -> None:
    await index.add(make_row("a"))
    with pytest.raises(ReportError, match="gone"):
        await index.rename("a", "better")
    assert (await index.get("a")).name == "forager"
    await index.delete("a")
    assert await index.count() == 0


async def test_deleting_a_report_deletes_its_folder_and_nothing_else(
    index: ReportIndex, home: Home, make_row: MakeRow, keep: Keep
) -> None:
    for report_id in ("a", "b"):
        await index.add(keep(make_row(report_id, tags=("t",))))
    await index.delete("a")
    assert await ids(index) == ["b"]
    assert [path.name for path in home.backtests.iterdir()] == ["b"]
    assert await index.tags() == {"t": 1}
    with pytest.raises(ReportError, match="no report a"):
        await index.get("a")
    with pytest.raises(ReportError, match="no report a"):
        await index.delete("a")


@pytest.mark.parametrize("folder", ["configs", "backtests", "", "backtests/a/../../configs", "/etc"])
async def test_a_row_that_names_another_folder_deletes_nothing(
    folder: str, index: ReportIndex, home: Home, make_row: MakeRow
) -> None:
    (home.configs / "mine.toml").write_text("")
    (home.backtests / "a").mkdir()
    await index.add(make_row("a", folder=folder))
    with pytest.raises(ReportError, match="rebuild"):
        await index.delete("a")
    assert (home.configs / "mine.toml").exists()
    assert (home.backtests / "a").exists()


async def test_a_lost_database_loses_nothing(home: Home, make_row: MakeRow, keep: Keep) -> None:
    async with open_reports(home) as index:
        await index.add(keep(make_row("a", gain=math.inf)))
        await index.add(keep(make_row("b", gain=None, coins=("DOGE",))))
        await index.set_tags("a", ["kept"])
        await index.rename("a", "the best")
        before = await index.list()
    for path in home.root.glob("passivtui.db*"):
        path.unlink()
    async with open_reports(home) as index:
        assert await index.list() == before


async def test_reports_that_came_by_another_way_are_listed_when_the_list_is_opened(
    home: Home, make_row: MakeRow, keep: Keep
) -> None:
    async with open_reports(home) as index:
        await index.add(keep(make_row("a")))
        await index.set_tags("a", ["mine"])
    keep(make_row("b"))
    (home.backtests / "cut").mkdir()
    (home.backtests / "cut" / "report.json").write_text("{")
    async with open_reports(home) as index:
        assert sorted(await ids(index)) == ["a", "b"]
        assert (await index.get("a")).tags == ("mine",)
        again = await index.refresh()
    assert (again.reports, len(again.damaged)) == (0, 1)


async def test_rebuilding_names_what_can_not_be_listed_and_forgets_what_is_gone(
    index: ReportIndex, home: Home, make_row: MakeRow, keep: Keep
) -> None:
    await index.add(make_row("gone"))
    keep(make_row("good"))
    keep(make_row("good", folder="backtests/copy of good"))
    for name, content in (("cut", "{"), ("foreign", "[]"), ("empty", "{}"), ("odd", '{"summary": {"id": 1}}')):
        (home.backtests / name).mkdir()
        (home.backtests / name / "report.json").write_text(content)
    (home.backtests / ".good.tmp").mkdir()
    (home.backtests / ".good.tmp" / "report.json").write_text("{}")
    (home.backtests / "no report").mkdir()
    rebuilt = await index.rebuild()
    assert sorted(await ids(index)) == ["copy of good", "good"]
    assert rebuilt.reports == 2
    assert len(rebuilt.damaged) == 4
    assert all(any(name in sentence for sentence in rebuilt.damaged) for name in ("cut", "foreign", "empty", "odd"))


async def test_readers_see_reports_that_a_writer_adds(index: ReportIndex, home: Home, make_row: MakeRow) -> None:
    async with Database(home.database, read_only=True) as database:
        reader = ReportIndex(database, home)
        assert await reader.count() == 0
        await index.add(make_row("a"))
        assert await ids(reader) == ["a"]


def test_the_command_line_lists_reports_without_a_loop_of_its_own(home: Home, make_row: MakeRow, keep: Keep) -> None:
    keep(make_row("found"))
    check_reports(home)
    add_report(replace(keep(make_row("added")), name="mine"), home)

    async def names() -> dict[str, str]:
        async with open_reports(home) as index:
            return {row.id: row.name for row in await index.list()}

    assert asyncio.run(names()) == {"found": "forager", "added": "mine"}
