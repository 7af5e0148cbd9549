"""Signs are one cell wide, and there is a set that every terminal can show."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from rich.cells import cell_len

import passivtui
from passivtui.screens.menu import BANNER
from passivtui.widgets.glyphs import ASCII, GLYPH_SETS, UNICODE, Glyphs

FACE = [
    *(Path(passivtui.__file__).parent / "widgets").glob("*.py"),
    *(Path(passivtui.__file__).parent / "screens").glob("*.py"),
    *(Path(passivtui.__file__).parent / "commands").glob("*.py"),
    Path(passivtui.__file__).parent / "app.py",
]


@pytest.mark.parametrize("glyphs", GLYPH_SETS.values(), ids=lambda glyphs: glyphs.name)
def test_every_sign_is_one_cell_wide(glyphs: Glyphs) -> None:
    assert [sign for sign in glyphs.signs() if cell_len(sign) != 1] == []


def test_the_ascii_set_is_ascii() -> None:
    assert ASCII.signs().isascii()
    assert not ASCII.braille


def test_both_sets_have_the_same_number_of_spark_heights_and_single_signs() -> None:
    for name in ("spark", "curves"):
        assert len(getattr(UNICODE, name)) == len(getattr(ASCII, name))
    for name in ("gain", "loss", "entry", "close", "pointer", "ellipsis", "full", "empty", "tick", "corner"):
        assert len(getattr(UNICODE, name)) == len(getattr(ASCII, name)) == 1


@pytest.mark.parametrize("path", FACE, ids=lambda path: path.name)
def test_no_text_of_the_interface_holds_a_wide_character(path: Path) -> None:
    texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    wide = {char for text in texts if isinstance(text, str) for char in text if cell_len(char) > 1}
    assert wide == set()


def test_the_banner_fits_the_narrowest_terminal() -> None:
    assert BANNER.isascii()
    assert max(map(len, BANNER.splitlines())) <= 60
