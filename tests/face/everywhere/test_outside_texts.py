"""Texts from outside, with markup, control characters and marks that turn the direction, are shown harmlessly."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from furnished_home import ODD_NAME
from textual.app import App, ComposeResult
from textual.pilot import Pilot

import passivtui
from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, TextModal
from passivtui.widgets.cell_text import plain
from passivtui.widgets.line_table import Column, LineTable

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]

HOSTILE = (
    "[bold red]x[/bold red] [/] [unclosed [link=x]",
    "a\x1b[31mred\x1b[0m\x07bell",
    "two\nlines\tand\rmore",
    "\u202eesrever\u202c \u2066isolated\u2069 \u200f\u061c",
    "zero\u200bwidth\ufeff\u00ad",
    "\x9b31m\x85 \u2028 \u2029",
    "\ud83d lone",
)
FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in FORBIDDEN for char in text)


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield LineTable([Column("text", "text", lambda text: text, flexible=True)], row_key=lambda text: text)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_a_table_shows_any_text_harmlessly_on_one_line(text: str) -> None:
    app = TableApp()
    async with app.run_test(size=(60, 8)) as pilot:
        table = app.query_one(LineTable)
        table.set_rows([text, "next"])
        await pilot.pause()
        lines = [table.render_line(y).text for y in range(table.size.height)]
        assert all(map(harmless, lines))
        assert {len(line) for line in lines if line} == {table.size.width}
        assert "next" in lines[2]
        if text.startswith("["):
            assert text[:20] in lines[1]  # brackets are brackets
        assert all(map(harmless, table.as_tsv().replace("\n", "").replace("\t", "")))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_dialogs_show_any_text_harmlessly(make_app: MakeApp, text: str) -> None:
    app = make_app()
    dialogs = (
        lambda: TextModal(text, text),
        lambda: ConfirmModal(text, text, do=text),
        lambda: ChoiceModal(text, [Choice("x", text, text)]),
    )
    async with app.run_test(size=(80, 24)) as pilot:
        for make in dialogs:
            await app.push_screen(make())
            await pilot.pause()
            lines = [strip.text for strip in app.screen._compositor.render_strips()]
            assert {len(line) for line in lines} == {80}
            assert all(map(harmless, lines)), [line for line in lines if not harmless(line)]
            await pilot.press("escape")
            await pilot.pause()


@pytest.mark.parametrize(("digit", "times"), [("2", 1), ("3", 1), ("4", 1), ("6", 1), ("1", 1)])
async def test_a_file_with_an_odd_name_does_no_harm_where_it_is_listed(
    make_used_app: MakeApp, settled: Settled, furnished: Home, digit: str, times: int
) -> None:
    assert (furnished.configs / f"{ODD_NAME}.toml").exists()
    app = make_used_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press(digit)
        await settled(pilot)
        lines = [strip.text for strip in app.screen._compositor.render_strips()]
        assert all(map(harmless, lines)), [line for line in lines if not harmless(line)]
        if digit in ("4", "6"):
            assert any("[bold]odd [" in line for line in lines)


def test_plain_leaves_nothing_that_acts() -> None:
    for text in HOSTILE:
        assert harmless(plain(text)), ascii(text)


def test_toasts_are_given_in_one_place_without_markup() -> None:
    """`notify` parses markup unless it is told not to."""
    face = Path(passivtui.__file__).parent
    callers = []
    for path in (*(face / "screens").glob("*.py"), *(face / "widgets").glob("*.py"), face / "app.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "notify":
                callers.append((path.name, [word.arg for word in node.keywords]))
    assert [name for name, _ in callers] == ["app.py"]
    assert all("markup" in words for _, words in callers)


async def test_a_scrollbar_that_comes_cuts_nothing_silently() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 6)) as pilot:
        table = app.query_one(LineTable)
        text = "x" * (table.size.width - 1)
        table.set_rows([text])
        await pilot.pause()
        assert table.render_line(1).text.rstrip().endswith("x")
        table.set_rows([text, *(f"{number}" for number in range(20))])
        await pilot.pause()
        assert table.show_vertical_scrollbar
        assert table.render_line(1).text.rstrip().endswith("x…")
