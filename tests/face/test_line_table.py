"""The table: cursor, sort, filter, many rows, and that only what changed is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.screens.base import AppScreen
from passivtui.widgets.line_table import Column, LineTable, RowSource

MakeApp = Callable[[], PassivTuiApp]


@dataclass(frozen=True)
class Position:
    coin: str
    pnl: float | None
    note: str = ""


COLUMNS: tuple[Column[Position], ...] = (
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin),
    Column(
        "pnl",
        "pnl",
        lambda row: "-" if row.pnl is None else f"{row.pnl:+,.2f}",
        align="right",
        sort=lambda row: row.pnl,
        role=lambda row: "profit" if (row.pnl or 0) > 0 else "loss",
    ),
    Column("note", "note", lambda row: row.note, drop=1, flexible=True),
)

ROWS = [
    Position("XMR", 9.1, "first"),
    Position("SOL", -6.7, "second"),
    Position("DOGE", None, "third"),
    Position("AVAX", 2.9, "fourth"),
]


class TableScreen(AppScreen[None]):
    CRUMB = "table"

    def __init__(self, table: LineTable[Position]) -> None:
        super().__init__()
        self.table = table
        self.heard: list[object] = []

    def compose_body(self) -> ComposeResult:
        yield self.table

    def on_line_table_highlighted(self, message: LineTable.Highlighted) -> None:
        self.heard.append(("highlighted", message.key))

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self.heard.append(("selected", message.key))

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self.heard.append(("asked", message.key))

    def on_line_table_filtered(self, message: LineTable.Filtered) -> None:
        self.heard.append(("filtered", message.needle, message.shown, message.total))


def by_coin(row: Position) -> str:
    return row.coin


def lines(table: LineTable[Position]) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def coins(table: LineTable[Position]) -> list[str]:
    return [line.strip(" >").split()[0] for line in lines(table)[1:] if line.strip()]


async def shown(app: PassivTuiApp, pilot: Pilot[None], rows: Sequence[Position] = ROWS) -> TableScreen:
    screen = TableScreen(LineTable(COLUMNS, row_key=by_coin, empty="No positions."))
    await app.push_screen(screen)
    screen.table.set_rows(rows)
    await pilot.pause()
    return screen


async def test_heading_and_rows_are_aligned(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = (await shown(app, pilot)).table
        assert lines(table)[:5] == [
            " coin      pnl  note",
            ">XMR     +9.10  first",
            " SOL     -6.70  second",
            " DOGE        -  third",
            " AVAX    +2.90  fourth",
        ]


async def test_keys_move_the_cursor_and_enter_opens(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(app, pilot)
        await pilot.press("j", "down", "G", "k", "enter", "g", "i")
        await pilot.pause()
        assert [entry for entry in screen.heard if entry[0] != "highlighted"] == [  # type: ignore[index]
            ("selected", "DOGE"),
            ("asked", "XMR"),
        ]
        assert screen.table.current == ROWS[0]


async def test_sorting_by_digit_and_again_reverses_with_the_unknown_last(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = (await shown(app, pilot)).table
        await pilot.press("s")
        assert lines(table)[0].split()[:4] == ["1", "coin", "2", "pnl"]
        await pilot.press("2")
        assert coins(table) == ["SOL", "AVAX", "XMR", "DOGE"]
        await pilot.press("s", "2")
        assert coins(table) == ["XMR", "AVAX", "SOL", "DOGE"]
        assert table.current_key == "XMR"
        await pilot.press("s", "j")  # anything but a digit leaves the choice and does its own work
        assert coins(table) == ["XMR", "AVAX", "SOL", "DOGE"] and table.current_key == "AVAX"


async def test_a_filter_is_typed_kept_and_cleared(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(app, pilot)
        await pilot.press("slash", *"oJ", "backspace")
        assert coins(screen.table)[:2] == ["SOL", "DOGE"]
        assert "3 of 4" in lines(screen.table)[-1]
        await pilot.press("enter", "j")
        assert screen.table.current_key == "DOGE"
        await pilot.press("escape")
        assert len(coins(screen.table)) == 4 and app.screen is screen
        assert ("filtered", "o", 3, 4) in screen.heard
        await pilot.press("escape")
        assert app.screen is not screen


async def test_letters_belong_to_the_filter_while_it_is_typed(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(app, pilot)
        await pilot.press("slash", "J", "question_mark", "s")
        assert app.screen is screen
        assert "No row contains 'J?s'" in lines(screen.table)[1]


async def test_the_cursor_stays_on_its_row_when_rows_change(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = (await shown(app, pilot)).table
        table.move_to("DOGE")
        table.set_rows([Position("NEW", 1.0), *ROWS[1:]])
        assert table.current_key == "DOGE"
        table.set_rows(ROWS[:1])
        assert table.current_key == "XMR"
        assert not table.move_to("DOGE")


async def test_only_changed_lines_are_drawn_again(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = (await shown(app, pilot)).table
        lines(table)
        regions: list[int] = []
        table.refresh = lambda *found, **_: regions.extend(region.y for region in found) or table  # type: ignore[method-assign]
        changed = list(ROWS)
        changed[2] = Position("DOGE", 1.25, "third")
        table.set_rows(changed)
        assert regions == [3]
        lines(table)
        regions.clear()
        table.set_rows(list(changed))
        assert regions == []


async def test_columns_leave_in_their_order_and_it_is_said(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(60, 16)) as pilot:
        wide = [Position("A" * 30, 1.0, "n" * 40)]
        table = (await shown(app, pilot, wide)).table
        assert lines(table)[1].endswith("…")
        table.styles.width = 42
        await pilot.pause()
        await pilot.pause()
        assert "+1 column" not in lines(table)[0] and "note" not in lines(table)[0]


async def test_no_rows_says_so(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(app, pilot, [])
        assert lines(screen.table)[1] == " No positions."
        await pilot.press("enter", "y", "i", "G", "j")
        assert screen.table.current is None
        assert [entry for entry in screen.heard if entry[0] in ("selected", "asked")] == []  # type: ignore[index]


class Many(RowSource[Position]):
    """200,000 rows that are made when they are shown, and counted."""

    def __init__(self) -> None:
        self.made = 0

    def __len__(self) -> int:
        return 200_000

    def row(self, index: int) -> Position:
        self.made += 1
        return Position(f"C{index}", float(index))

    def arrange(
        self, columns: Sequence[Column[Position]], sort: Column[Position] | None, reverse: bool, needle: str
    ) -> Sequence[int]:
        order = range(len(self)) if not needle else [i for i in range(len(self)) if i % 1000 == 0]
        return order[::-1] if reverse else order


async def test_two_hundred_thousand_rows_are_made_only_when_shown(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        source = Many()
        screen = TableScreen(LineTable(COLUMNS))
        await app.push_screen(screen)
        screen.table.set_source(source)
        await pilot.press("G")
        await pilot.pause()
        assert screen.table.current_index == 199_999
        assert lines(screen.table)[screen.table.size.height - 1].startswith(">C199999")
        screen.table.sort_by("pnl", reverse=True)
        await pilot.press("g")
        assert screen.table.current == Position("C199999", 199_999.0)
        screen.table.filter("x")
        assert screen.table.shown == 200 and screen.table.move_to_index(5_000)
        assert not screen.table.move_to_index(5_001)
        assert source.made < 4_000


async def test_page_keys_scroll_by_what_is_seen(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        rows = [Position(f"C{i}", 1.0) for i in range(100)]
        table = (await shown(app, pilot, rows)).table
        page = table.size.height - 1
        await pilot.press("pagedown")
        assert table.current_index == page
        await pilot.press("pageup", "pageup")
        assert table.current_index == 0
        await pilot.press("end")
        await pilot.pause()
        assert lines(table)[-1].startswith(">C99")


async def test_a_click_moves_and_a_second_one_opens(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(app, pilot)
        await pilot.click(LineTable, offset=(3, 2))
        assert screen.table.current_key == "SOL"
        await pilot.click(LineTable, offset=(3, 2))
        await pilot.pause()
        assert ("selected", "SOL") in screen.heard
        await pilot.click(LineTable, offset=(3, 0))
        assert coins(screen.table) == ["AVAX", "DOGE", "SOL", "XMR"]


async def test_rows_are_copied_as_tab_separated_text(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = (await shown(app, pilot)).table
        await pilot.press("y")
        await pilot.pause()
        assert app.clipboard == "XMR\t+9.10\tfirst"
        await pilot.press("Y")
        await pilot.pause()
        assert app.clipboard.splitlines()[0] == "coin\tpnl\tnote" and len(app.clipboard.splitlines()) == 5
        assert table.as_tsv(2).count("\n") == 2


@pytest.mark.parametrize("words", ["[/bad]", "[true, false]", "a\x1b[31mb", "line\nbreak"])
async def test_cells_from_outside_are_plain(make_app: MakeApp, words: str) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = (await shown(app, pilot, [Position(words, 1.0)])).table
        text = lines(table)[1]
        assert "\x1b" not in text and "\n" not in text
        assert words.replace("\x1b", "?").replace("\n", " ") in text
