"""The help screen: pages beside their list, opened where they fit, searched, drawn with the user's config."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

import passivtui.screens
from passivtui.app import PassivTuiApp
from passivtui.clock import monotonic
from passivtui.config import list_configs, template_config, to_toml
from passivtui.help_texts import PAGES, Kind, page_blocks
from passivtui.paths import Home
from passivtui.screens.base import AppScreen
from passivtui.screens.help import HelpScreen
from passivtui.screens.help_layout import lay_out, wrap
from passivtui.screens.help_places import BY_SCREEN, BY_SECTION, Place, place_for
from passivtui.screens.help_view import HelpView
from passivtui.screens.menu import MenuScreen
from passivtui.screens.sections import SECTIONS

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
SIZES = [(80, 24), (120, 35), (60, 16)]


def help_of(pilot: Pilot[None]) -> HelpScreen:
    assert isinstance(pilot.app.screen, HelpScreen)
    return pilot.app.screen


def in_sight(pilot: Pilot[None]) -> list[str]:
    view = help_of(pilot).query_one(HelpView)
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_every_page_is_read_by_keyboard_and_fits(
    make_app: MakeApp, settled: Settled, size: tuple[int, int]
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await pilot.press("9")
        await settled(pilot)
        for page in PAGES:
            assert help_of(pilot).page_name == page.name
            assert in_sight(pilot)[0] == page.title
            width = help_of(pilot).query_one(HelpView).size.width
            assert max(map(len, help_of(pilot).query_one(HelpView).text.splitlines())) <= width
            await pilot.press("j")
            await settled(pilot)


async def test_the_text_is_scrolled_and_left_by_keys(make_app: MakeApp, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("9", "l", "j", "j")
        await settled(pilot)
        assert in_sight(pilot)[0] != "First steps"
        await pilot.press("G")
        await settled(pilot)
        assert any(line for line in in_sight(pilot))
        await pilot.press("g")
        await settled(pilot)
        assert in_sight(pilot)[0] == "First steps"
        await pilot.press("h", "4")
        await settled(pilot)
        assert help_of(pilot).page_name == "risk"
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, MenuScreen)


@pytest.mark.parametrize(("digit", "section"), [(row.digit, row.name) for row in SECTIONS if row.name != "help"])
async def test_f1_opens_at_the_place_that_fits_and_esc_comes_back(
    make_app: MakeApp, settled: Settled, digit: str, section: str
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(digit)
        await settled(pilot)
        before = app.screen
        await pilot.press("f1")
        await settled(pilot)
        place = place_for(type(before).__name__, section)
        assert help_of(pilot).page_name == place.page
        sight = in_sight(pilot)
        title = next(page.title for page in PAGES if page.name == place.page)
        assert (place.heading or title) in sight
        await pilot.press("f1")  # already there
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is before


async def test_help_opens_within_120_ms(make_app: MakeApp, settled: Settled) -> None:
    app = make_app()
    took = []
    async with app.run_test(size=(120, 35)) as pilot:
        for _ in range(5):
            await settled(pilot)
            began = monotonic()
            app.action_read_help()
            while not (isinstance(app.screen, HelpScreen) and app.screen.is_laid_out):  # noqa: ASYNC110
                await asyncio.sleep(0)
            took.append(monotonic() - began)
            await pilot.press("escape")
    assert min(took) < 0.12, took


def test_every_place_is_a_heading_of_a_page_and_every_section_has_one() -> None:
    assert set(BY_SECTION) == {"menu", *(row.name for row in SECTIONS)}
    for place in (*BY_SECTION.values(), *BY_SCREEN.values()):
        headings = [block.plain for block in page_blocks(place.page) if block.kind is not Kind.PARAGRAPH]
        assert not place.heading or place.heading in headings
    assert place_for("NoSuchScreen", "nowhere") == Place("first-steps")


def test_every_screen_that_has_a_place_of_its_own_exists() -> None:
    found = set()
    for module in iter_modules(passivtui.screens.__path__, "passivtui.screens."):
        for name, thing in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(thing, AppScreen):
                found.add(name)
    assert set(BY_SCREEN) <= found


# ---- search ---------------------------------------------------------------------------------------------------------


async def search_for(pilot: Pilot[None], words: str) -> HelpScreen:
    await pilot.press("9", "slash")
    field = help_of(pilot).query_one(Input)
    assert field.has_focus
    field.value = words
    await pilot.pause()
    return help_of(pilot)


async def test_a_search_lists_places_and_opens_one_with_the_words_marked(make_app: MakeApp, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await search_for(pilot, "error: no coin is approved, sorry")
        await settled(pilot)
        assert screen.query_one("#hits", OptionList).option_count > 1
        await pilot.press("enter")
        await settled(pilot)
        assert screen.page_name == "troubleshooting"
        view = screen.query_one(HelpView)
        marked = [
            (line, segment.text)
            for line in range(view.size.height)
            for segment in view.render_line(line)
            if segment.style is not None and segment.style.reverse
        ]
        assert "approved" in {text for _, text in marked}
        assert "no coin is approved" in in_sight(pilot)


async def test_esc_leaves_the_search_and_then_the_screen(make_app: MakeApp, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await search_for(pilot, "[/zebra] x")
        await pilot.press("escape")
        await settled(pilot)
        assert not help_of(pilot).has_class("-searching")
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, MenuScreen)


async def test_arrows_choose_among_what_was_found(make_app: MakeApp, settled: Settled) -> None:
    app = make_app()
    async with app.run_test(size=(120, 35)) as pilot:
        screen = await search_for(pilot, "bankruptcy")
        await settled(pilot)
        second = screen._hits[1]
        await pilot.press("down", "down", "enter")
        await settled(pilot)
        assert screen.page_name == second.page.name
        assert any("ankruptcy" in line for line in in_sight(pilot))
        assert screen.query_one(Input).value == "bankruptcy"


# ---- pictures -------------------------------------------------------------------------------------------------------


def keep_config(home: Home) -> None:
    text = to_toml(template_config())
    home.configs.joinpath("mine.toml").write_text(text)
    assert [entry.name for entry in list_configs(home) if not entry.shipped] == ["mine"]


@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
async def test_the_strategy_is_drawn_with_the_users_own_config(
    make_app: MakeApp, settled: Settled, home: Home, glyphs: str
) -> None:
    keep_config(home)
    home.settings.write_text(f'glyphs = "{glyphs}"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("9", "2")
        await settled(pilot)
        text = help_of(pilot).query_one(HelpView).text
        flat = " ".join(text.split())
        assert "drawn with your config mine" in flat
        assert "(drawing)" not in text
        assert flat.count("up: ") == 5
        assert not (glyphs == "ascii" and any(0x2800 < ord(sign) < 0x2900 for sign in text))


async def test_without_a_config_of_ones_own_the_template_is_drawn(
    make_app: MakeApp, settled: Settled, home: Home
) -> None:
    home.configs.joinpath("broken.toml").write_text("bot = [")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("9", "2")
        await settled(pilot)
        assert "the template config" in " ".join(help_of(pilot).query_one(HelpView).text.split())


# ---- layout ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [26, 33, 47, 80])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_line_is_longer_than_the_width_and_no_word_is_lost(page: object, width: int) -> None:
    blocks = page_blocks(page.name)  # type: ignore[attr-defined]
    laid = lay_out(blocks, width, {}, "mine")
    lines = ["".join(text for text, _ in line) for line in laid.lines]
    assert max(map(len, lines)) <= width
    shown = "".join("".join(lines).split())
    for block, start in zip(blocks, laid.starts, strict=True):
        if block.kind is not Kind.TABLE and block.kind is not Kind.PICTURE:
            assert "".join(block.plain.replace("{{config}}", "mine").split()) in shown
            assert lines[start].strip()


def test_code_at_the_end_of_a_sentence_keeps_its_full_stop() -> None:
    (line,) = wrap("press `2`.", 40)
    assert line == (("press ", ""), ("2", "code"), (".", ""))


def test_the_help_texts_are_part_of_the_package() -> None:
    project = Path(__file__).parents[3] / "pyproject.toml"
    assert '"passivtui.help_texts" = ["*.md"]' in project.read_text()
