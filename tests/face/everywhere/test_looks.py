"""Signs of one cell, an ASCII set that is whole, and text that can be read on its ground in every theme."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable

import pytest
from textual.color import Color
from textual.pilot import Pilot

from passivtui.app import PassivTuiApp
from passivtui.paths import Home
from passivtui.screens.sections import SECTIONS
from passivtui.screens.theme import THEME_NOTES, make_themes
from passivtui.widgets.glyphs import ASCII, UNICODE

MakeApp = Callable[[], PassivTuiApp]
Settled = Callable[[Pilot[None]], Awaitable[None]]
LEAST_CONTRAST = 4.5
DRAWN_WITH = set(UNICODE.signs())
"""Signs of curves, bars and frames: read as shapes, not as text."""


def width(sign: str) -> int:
    """Cells as terminals count them: none for marks that join, two for wide ones."""
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1


def test_every_sign_has_width_one_and_the_ascii_set_has_one_for_each() -> None:
    for glyphs in (UNICODE, ASCII):
        assert {width(sign) for sign in glyphs.signs()} == {1}
    for name in UNICODE.__dataclass_fields__:
        ours, theirs = getattr(UNICODE, name), getattr(ASCII, name)
        if isinstance(ours, str) and name != "name":
            assert len(ours) == len(theirs) > 0 and theirs.isascii() and theirs.isprintable(), name


def luminance(colour: Color) -> float:
    """WCAG 2 relative luminance."""
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: Color, ground: Color) -> float:
    high, low = sorted((luminance(text), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def faint_texts(app: PassivTuiApp) -> dict[str, float]:
    """Words on the screen whose contrast with what is behind them is too small."""
    faint = {}
    for strip in app.screen._compositor.render_strips():
        for text, style, _ in strip:
            words = text.strip()
            if not words or style is None or style.color is None or style.bgcolor is None or style.reverse:
                continue
            if style.color.is_default or style.bgcolor.is_default or set(words) <= DRAWN_WITH or _is_frame(words):
                continue
            found = contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor))
            if found < LEAST_CONTRAST:
                faint[words] = round(found, 2)
    return faint


def _is_frame(words: str) -> bool:
    return all(0x2500 <= ord(sign) < 0x2900 for sign in words)


@pytest.mark.parametrize("theme", [theme.name for theme in make_themes() if not theme.ansi])
async def test_what_is_drawn_can_be_read_in_every_theme(
    make_used_app: MakeApp, settled: Settled, furnished: Home, theme: str
) -> None:
    assert theme in THEME_NOTES
    settings = furnished.settings.read_text()
    furnished.settings.write_text(f'theme = "{theme}"\n{settings}')
    app = make_used_app()
    faint: dict[str, dict[str, float]] = {}
    async with app.run_test(size=(120, 35)) as pilot:
        for section in SECTIONS:
            await pilot.press(section.digit)
            await settled(pilot)
            faint[section.name] = faint_texts(app)
            await pilot.press("escape")
        await pilot.press("question_mark")
        await pilot.pause()
        faint["keys"] = faint_texts(app)
    assert {place: found for place, found in faint.items() if found} == {}
