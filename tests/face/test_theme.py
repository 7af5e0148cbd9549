"""Every colour that text is written in can be read on every ground it is written on."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from passivtui.screens.theme import PAIR_NOTES, THEME_NOTES, make_themes, role_colours
from passivtui.widgets.roles import ROLES, signed_role

OWN = [theme for theme in make_themes() if not theme.ansi]


def luminance(colour: Color) -> float:
    """WCAG 2 relative luminance."""
    parts = [part / 255 for part in colour.rgb]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_gives_the_known_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("pair", PAIR_NOTES)
@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_every_role_can_be_read_on_every_ground(theme: Theme, pair: str) -> None:
    colours = role_colours(theme, pair)
    grounds = {
        "background": theme.background,
        "surface": theme.surface,
        "panel": theme.panel,
        "cursor-row": theme.variables["cursor-row"],
    }
    faint = {
        f"{role} on {ground}": round(contrast(colours[role], colour), 2)
        for role in ROLES
        for ground, colour in grounds.items()
        if colour is not None and contrast(colours[role], colour) < 4.5
    }
    assert faint == {}


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_plain_text_can_be_read_on_every_ground(theme: Theme) -> None:
    for ground in (theme.background, theme.surface, theme.panel, theme.variables["cursor-row"]):
        assert ground is not None and theme.foreground is not None
        assert contrast(theme.foreground, ground) >= 7


@pytest.mark.parametrize("theme", make_themes(), ids=lambda theme: theme.name)
def test_every_theme_colours_every_role(theme: Theme) -> None:
    for pair in PAIR_NOTES:
        assert set(ROLES) <= set(role_colours(theme, pair))


def test_every_theme_on_offer_is_described() -> None:
    assert [theme.name for theme in make_themes()] == list(THEME_NOTES)


def test_gain_and_loss_differ_in_every_pair_but_mono() -> None:
    for theme in make_themes():
        for pair in PAIR_NOTES:
            colours = role_colours(theme, pair)
            assert (colours["profit"] == colours["loss"]) == (pair == "mono")


@pytest.mark.parametrize(("value", "role"), [(1.5, "profit"), (-0.1, "loss"), (0.0, ""), (float("nan"), "")])
def test_the_sign_of_a_number_names_its_role(value: float, role: str) -> None:
    assert signed_role(value) == role
