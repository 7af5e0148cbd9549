"""Dialogs: digits choose, the safe answer is first, esc changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from passivtui.app import PassivTuiApp
from passivtui.screens.dialogs import Choice, ChoiceModal, ConfirmModal, InputModal, TextModal

MakeApp = Callable[[], PassivTuiApp]
CHOICES = [Choice("a", "first [x]", "note [/x]"), Choice("b", "second"), Choice("c", "third")]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["2"], "b"), (["enter"], "c"), (["k", "enter"], "b"), (["up", "up", "enter"], "a"), (["escape"], None)],
)
async def test_a_choice_by_digit_or_by_cursor(make_app: MakeApp, keys: list[str], answer: str | None) -> None:
    app = make_app()
    answers: list[str | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(ChoiceModal("Which [one]?", CHOICES, current="c"), answers.append)
        await pilot.press(*keys)
        await pilot.pause()
        assert answers == [answer]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["enter"], False), (["escape"], False), (["n"], False), (["y"], True), (["j", "enter"], True)],
)
async def test_the_safe_answer_has_the_cursor(make_app: MakeApp, keys: list[str], answer: bool) -> None:
    app = make_app()
    answers: list[bool | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        question = ConfirmModal("Delete?", "3 reports, 41 MB, can't be undone.", do="Delete 3 reports")
        await app.push_screen(question, answers.append)
        await pilot.press(*keys)
        await pilot.pause()
        assert answers == [answer]


async def test_a_line_is_checked_while_it_is_typed(make_app: MakeApp) -> None:
    app = make_app()
    answers: list[str | None] = []

    def check(text: str) -> str | None:
        return None if text.isdecimal() else "must be a whole number"

    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(InputModal("Days", value="1", check=check), answers.append)
        await pilot.press("x", "enter")
        await pilot.pause()
        assert answers == []
        assert "whole number" in str(app.screen.query_one("#fault").render())
        await pilot.press("backspace", "4", "enter")
        await pilot.pause()
        assert answers == ["14"]
        await app.push_screen(InputModal("Days"), answers.append)
        await pilot.press("q", "J", "0", "escape")  # letters are text here, not commands
        await pilot.pause()
        assert answers == ["14", None]


async def test_a_long_text_scrolls_and_can_be_copied(make_app: MakeApp) -> None:
    app = make_app()
    text = "\n".join(f"line {number}" for number in range(200))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(TextModal("Log", text))
        await pilot.press("c")
        await pilot.pause()
        assert app.clipboard == f"Log\n{text}"
        assert app.screen.query_one("#box").region.height <= 24
        await pilot.press("down", "pagedown")
        await pilot.pause()
        assert app.screen.query_one("VerticalScroll").scroll_y > 0
        await pilot.press("J", "ctrl+p", "8")  # nothing below may act
        assert isinstance(app.screen, TextModal)
        await pilot.press("q")
        assert not isinstance(app.screen, TextModal)
