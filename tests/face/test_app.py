"""The whole app, driven as a person would: sections, ways back, sizes, jobs, errors, words from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import WorkerFailed

from passivtui.app import PassivTuiApp
from passivtui.errors import DataError
from passivtui.messages import ReportsChanged
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import ConfirmModal, TextModal
from passivtui.screens.help import HelpScreen
from passivtui.screens.jobs import JobsModal
from passivtui.screens.menu import MenuList, MenuScreen
from passivtui.screens.menu_facts import Facts, gather_facts, last_text
from passivtui.screens.palette import PaletteEntry
from passivtui.screens.sections import SECTIONS
from passivtui.screens.settings import SettingsScreen
from passivtui.screens.too_small import TooSmallNotice
from passivtui.widgets.footer_line import MOST_KEYS, FooterLine
from passivtui.widgets.header_line import ClockLabel, clock_text
from passivtui.widgets.job_book import JobState
from passivtui.widgets.line_table import LineTable
from passivtui.widgets.status_line import StatusLine

MakeApp = Callable[[], PassivTuiApp]
SIZES = [(80, 24), (120, 35)]
OWN_SECTIONS = [row for row in SECTIONS if row.name not in ("backtest", "results")]


def text_of(widget: Widget) -> str:
    """What a widget shows, line by line."""
    return "\n".join(strip.text for strip in widget.render_lines(widget.size.region))


def screen_text(app: App[None]) -> str:
    return "\n".join(text_of(widget) for widget in app.screen.query("*").results(Widget) if widget.size.area)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until everything posted has been handled and drawn."""
    with suppress(WorkerFailed):  # how the app takes a failure is what the tests look at
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_the_menu_shows_every_row_with_its_digit(make_app: MakeApp, size: tuple[int, int]) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        rows = text_of(app.screen.query_one(MenuList)).splitlines()
        assert [row.strip(" >")[0] for row in rows] == list("1234567890")
        assert "Backtest" in rows[1] and "Quit" in rows[9]


@pytest.mark.parametrize("section", OWN_SECTIONS, ids=lambda section: section.name)
async def test_a_digit_opens_its_section_and_esc_leads_back(make_app: MakeApp, section: object) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(section.digit)  # type: ignore[attr-defined]
        await pilot.pause()
        assert app.current_mode == section.name  # type: ignore[attr-defined]
        assert isinstance(app.screen, AppScreen)
        await pilot.press("escape")
        assert app.current_mode == "menu"
        await pilot.press("escape", "escape")
        assert app.is_running and isinstance(app.screen, MenuScreen)


async def test_arrows_letters_and_enter_choose_a_row(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        menu = app.screen.query_one(MenuList)
        menu.cursor = 0
        await pilot.press("down", "j", "k", "up", "up")
        assert menu.cursor == 9
        await pilot.press("g")
        assert menu.cursor == 0
        await pilot.press("G", "k", "enter")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)


async def test_a_click_opens_a_row(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(MenuList, offset=(6, 7))
        await pilot.pause()
        assert isinstance(app.screen, SettingsScreen)


async def test_a_section_keeps_its_place(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("9", "2", "escape", "8", "escape", "9")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen) and app.screen.page_name == "strategy"


async def test_the_last_digit_quits(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("0")
        await pilot.pause()
        assert not app.is_running


async def test_ctrl_c_stops_nothing(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.is_running
        assert [note.message for note in app._notifications] == ["press ctrl+q to quit"]


# ---- help and palette ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", OWN_SECTIONS, ids=lambda section: section.name)
async def test_question_mark_tells_the_keys_of_every_screen(make_app: MakeApp, section: object) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(section.digit, "?")  # type: ignore[attr-defined]
        await pilot.pause()
        assert isinstance(app.screen, TextModal)
        text = screen_text(app)
        assert "Everywhere" in text and "^p" in text
        await pilot.press("escape")
        assert app.current_mode == section.name  # type: ignore[attr-defined]


async def test_question_mark_tells_what_the_focused_pane_is_for(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.press("8", "?")
        await pilot.pause()
        text = screen_text(app)
        assert LineTable.PURPOSE in text and SettingsScreen.PURPOSE in text


async def test_the_palette_finds_sections_and_can_be_left(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"sett")
        await settled(pilot)
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert app.current_mode == "settings"
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, SettingsScreen)


async def test_the_footer_has_at_most_eight_whole_keys(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(60, 16)) as pilot:
        for digit in ("", "8", "9"):
            if digit:
                await pilot.press("escape", digit)
            await settled(pilot)
            footer = app.screen.query_one(FooterLine)
            text = text_of(footer)
            assert len(footer._spans) <= MOST_KEYS
            assert "? help" in text and len(text.rstrip()) <= 60


async def test_a_click_on_the_footer_presses_the_key(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        footer = app.screen.query_one(FooterLine)
        start = next(start for start, _, key in footer._spans if key == "question_mark")
        await pilot.click(FooterLine, offset=(start + 1, 0))
        await pilot.pause()
        assert isinstance(app.screen, TextModal)


async def test_a_key_can_be_remapped_in_the_settings(home: Home, make_app: MakeApp) -> None:
    home.settings.write_text('[keys]\nlist-jobs = "f5"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("J")
        assert isinstance(app.screen, MenuScreen)
        await pilot.press("f5")
        await pilot.pause()
        assert isinstance(app.screen, JobsModal)


# ---- size ---------------------------------------------------------------------------------------------------------


async def test_too_small_a_terminal_shows_a_notice_and_nothing_is_lost(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j")
        menu = app.screen.query_one(MenuList)
        cursor = menu.cursor
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        notice = app.screen.query_one(TooSmallNotice)
        assert notice.display and "needs 60x16, have 40x10" in text_of(notice)
        await pilot.press("j", "8")  # nobody acts on what can't be seen
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not notice.display
        assert menu.cursor == cursor and menu.has_focus and app.current_mode == "menu"


async def test_the_notice_covers_dialogs_and_the_screens_below_them_too(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("?")
        await pilot.pause()
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert app.screen.query_one(TooSmallNotice).display
        await pilot.resize_terminal(70, 20)
        await pilot.pause()
        assert not app.screen.query_one(TooSmallNotice).display
        await pilot.press("escape")
        await pilot.pause()
        assert not app.screen.query_one(TooSmallNotice).display
        assert app.screen.size == (70, 20)


@pytest.mark.parametrize(
    ("size", "names"),
    [((80, 24), {"-narrow", "-short"}), ((120, 35), {"-normal", "-normal-h"}), ((200, 60), {"-wide", "-tall"})],
)
async def test_size_classes_follow_the_breakpoints(make_app: MakeApp, size: tuple[int, int], names: set[str]) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        every = {"-narrow", "-normal", "-wide", "-short", "-normal-h", "-tall"}
        assert set(app.screen.classes) & every == names


# ---- header -------------------------------------------------------------------------------------------------------


async def test_the_header_tells_where_one_is_and_the_time(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("8")
        await pilot.pause()
        header = screen_text(app)
        assert "Settings" in header and "UTC 21:04:11" in header and str(app.home.root) in header


async def test_a_tick_of_the_clock_draws_only_the_clock(make_app: MakeApp) -> None:
    times = iter(range(0, 10_000_000, 1000))
    app = PassivTuiApp(make_app().home, clock=lambda: next(times), facts=_facts)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        clock = app.screen.query_one(ClockLabel)
        before = text_of(clock)
        clock.tick()
        assert app.screen._dirty_widgets <= {clock} and not app.screen._layout_required
        await pilot.pause()
        assert text_of(clock) != before


def test_the_clock_reads_utc() -> None:
    assert clock_text(1_763_672_651_999) == "UTC 21:04:11"


# ---- jobs ---------------------------------------------------------------------------------------------------------


async def test_a_job_runs_in_a_thread_tells_its_progress_and_hands_over_its_result(make_app: MakeApp) -> None:
    app = make_app()
    reported, go_on = threading.Event(), threading.Event()
    threads: list[int] = []
    results: list[str] = []

    def work(progress: ProgressSink, cancel: CancelToken) -> str:
        threads.append(threading.get_ident())
        progress(Progress("simulating", 310, 1000, "minutes"))
        reported.set()
        go_on.wait(10)
        return "report"

    async with app.run_test(size=(80, 24)) as pilot:
        job = app.start_job("Backtest xmr", work, done=results.append)
        reported.wait(10)
        await pilot.press("8")  # it goes on when the screen is left
        await pilot.pause()
        line = app.screen.query_one(StatusLine)
        line.show_jobs()
        await pilot.pause()
        assert line.display and "31 %  Backtest xmr: simulating 310/1,000 minutes" in text_of(line)
        go_on.set()
        await settled(pilot)
        assert results == ["report"] and job.state is JobState.DONE
        assert threads != [threading.get_ident()]
        assert not line.display


async def test_a_cancelled_job_ends_as_cancelled_and_shows_no_error(make_app: MakeApp) -> None:
    app = make_app()
    started, ended = threading.Event(), []

    def work(progress: ProgressSink, cancel: CancelToken) -> None:
        started.set()
        stopped = threading.Event()
        cancel.on_cancel(stopped.set)
        stopped.wait(10)
        cancel.raise_if_cancelled()

    async with app.run_test(size=(80, 24)) as pilot:
        job = app.start_job("Backtest", work, cancelled=lambda: ended.append("cancelled"))
        started.wait(10)
        await pilot.press("J")
        await pilot.pause()
        assert "running" in screen_text(app)
        await pilot.press("S", "escape")
        await settled(pilot)
        assert job.state is JobState.CANCELLED and ended == ["cancelled"]
        assert isinstance(app.screen, MenuScreen)


async def test_a_failed_job_becomes_a_dialog_with_all_details(make_app: MakeApp) -> None:
    app = make_app()

    def work(progress: ProgressSink, cancel: CancelToken) -> None:
        raise DataError("dataset [/bad] has no candles for XMR; choose another", ["file: [true, false]"])

    async with app.run_test(size=(80, 24)) as pilot:
        job = app.start_job("Backtest", work)
        await settled(pilot)
        assert job.state is JobState.FAILED and isinstance(app.screen, TextModal)
        text = screen_text(app)
        assert "Dataset [/bad] has no candles for XMR; choose another" in text and "[true, false]" in text
        assert not (app.home.logs / "passivtui.log").exists()
        await pilot.press("escape")
        assert isinstance(app.screen, MenuScreen)


async def test_an_unexpected_error_keeps_its_traceback_for_the_log(make_app: MakeApp) -> None:
    app = make_app()

    def work(progress: ProgressSink, cancel: CancelToken) -> None:
        raise ZeroDivisionError("division by [zero]")

    async with app.run_test(size=(80, 24)) as pilot:
        app.start_job("Backtest", work)
        await settled(pilot)
        text = screen_text(app)
        assert "ZeroDivisionError: division by [zero]" in text and "passivtui.log" in text
        assert "Traceback" not in text
        assert "Traceback" in (app.home.logs / "passivtui.log").read_text()


async def test_quitting_asks_while_a_job_runs_and_the_safe_answer_has_the_cursor(make_app: MakeApp) -> None:
    app = make_app()
    go_on = threading.Event()

    def work(progress: ProgressSink, cancel: CancelToken) -> None:
        cancel.on_cancel(go_on.set)
        go_on.wait(10)
        cancel.raise_if_cancelled()

    async with app.run_test(size=(80, 24)) as pilot:
        job = app.start_job("Backtest [xmr]", work)
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmModal) and "Backtest [xmr]" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.is_running and job.active
        await pilot.press("ctrl+q")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert job.token.cancelled and not app.is_running


async def test_quitting_with_nothing_running_asks_nothing(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert not app.is_running


# ---- words from outside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["[true, false]", "[/bad]", "[red]x[/red]", "[", "$profit", "\x1b[31m"])
async def test_words_from_outside_are_shown_as_they_are(make_app: MakeApp, words: str) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.toast(words)
        await pilot.pause()
        app.push_screen(TextModal(f"title {words}", f"text {words}"))
        await pilot.pause()
        shown = words.replace("\x1b", "")
        assert shown in screen_text(app).replace("\x1b", "")
        await pilot.press("escape")
        assert app.is_running


def test_notes_are_only_given_as_plain_text() -> None:
    from pathlib import Path

    import passivtui

    root = Path(passivtui.__file__).parent
    callers = [path.name for path in root.rglob("*.py") if ".notify(" in path.read_text()]
    assert callers == ["app.py"]


# ---- facts and settings -------------------------------------------------------------------------------------------


async def _facts(home: Home) -> Facts:
    return {"results": "23 reports"}


async def test_facts_come_after_the_first_frame_and_again_when_reports_change(home: Home) -> None:
    calls: list[int] = []

    async def counted(home: Home) -> Facts:
        calls.append(1)
        return {"results": f"{len(calls)} reports"}

    app = PassivTuiApp(home, clock=lambda: 0, facts=counted)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "1 reports" in text_of(app.screen.query_one(MenuList))
        app.post_message(ReportsChanged())
        await settled(pilot)
        assert "2 reports" in text_of(app.screen.query_one(MenuList))


async def test_facts_of_an_empty_home_make_no_database(home: Home) -> None:
    facts = await gather_facts(home)
    assert facts["results"] == "no reports yet" and facts["configs"] == "0 files in configs"
    assert not home.database.exists()


def test_the_last_backtest_reads_as_gain_and_drawdown() -> None:
    assert last_text("XMR_2024", 1.382, 0.114) == "last: XMR_2024 +38.2 %  dd 11.4 %"
    assert last_text("flat", 0.9, None) == "last: flat -10.0 %"


async def test_a_changed_setting_shows_at_once_and_is_kept(make_app: MakeApp, home: Home) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("8", "space")
        await pilot.pause()
        assert app.theme == "black" and 'theme = "black"' in home.settings.read_text()
        await pilot.press("j", "enter")
        await pilot.pause()
        await pilot.press("2")
        await pilot.pause()
        assert app.settings.colours == "green-red" and app.theme_variables["profit"] == "#56d364"
        await pilot.press("j", "space")
        await pilot.pause()
        assert app.glyphs.name == "ascii" and app.has_class("-ascii")
    again = make_app()
    assert (again.settings.theme, again.glyphs.name) == ("black", "ascii")


@pytest.mark.parametrize("theme", ["dark", "black", "light", "sand", "terminal"])
async def test_every_theme_draws_every_screen(make_app: MakeApp, home: Home, theme: str) -> None:
    home.settings.write_text(f'theme = "{theme}"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        for digit in "1489":
            await pilot.press(digit, "?", "escape", "escape")
        await pilot.pause()
        assert app.theme == theme and app.current_mode == "menu"


async def test_no_color_still_marks_the_chosen_row(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        row = app.screen.query_one(MenuList).render_line(1)
        assert row.text.startswith("> 2")
        assert all(segment.style is not None and segment.style.reverse for segment in row)


async def test_nothing_animates(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)):
        assert app.animation_level == "none"


async def test_a_problem_in_the_settings_is_told(make_app: MakeApp, home: Home) -> None:
    home.settings.write_text('theme = "[/pink]"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert any("[/pink]" in note.message for note in app._notifications)


def test_static_is_never_given_a_string_it_would_parse() -> None:
    """Every Static of the face is built with markup off."""
    import ast
    from pathlib import Path

    import passivtui

    root = Path(passivtui.__file__).parent
    faults = []
    for path in (*(root / "screens").glob("*.py"), *(root / "widgets").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in (Static.__name__, "Label"):  # type: ignore[attr-defined]
                off = [word for word in node.keywords if word.arg == "markup"]  # type: ignore[attr-defined]
                if not off or not isinstance(off[0].value, ast.Constant) or off[0].value.value is not False:
                    faults.append(f"{path.name}:{node.lineno}")  # type: ignore[attr-defined]
    assert faults == []


async def test_an_unhandled_fault_ends_in_words_and_the_traceback_in_the_log(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app()
    with pytest.raises(ZeroDivisionError):
        async with app.run_test(size=(80, 24)) as pilot:
            app.call_later(lambda: 1 // 0)
            await pilot.pause()
    words = capsys.readouterr().err.replace("\n", "")
    assert "ZeroDivisionError" in words and "passivtui.log" in words and "Traceback" not in words
    assert "Traceback" in (app.home.logs / "passivtui.log").read_text()
    assert app.return_code == 1


async def test_a_source_that_fails_leaves_the_palette_its_commands(make_app: MakeApp) -> None:
    app = make_app()

    async def broken(services: object) -> list[PaletteEntry]:
        raise DataError("the list of reports can't be read")

    async def working(services: object) -> list[PaletteEntry]:
        return [PaletteEntry("Report: [/xmr] 2025", "Open this report.", lambda: app.go_to("help"))]

    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        app.palette_sources[:] = [broken, working]
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"xmr")
        await settled(pilot)
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert app.current_mode == "help"
        assert any("list of reports" in note.message for note in app._notifications)
