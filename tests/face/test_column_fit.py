"""Columns drop in the stated order; what stays is shortened with an ellipsis, never cut silently."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from passivtui.widgets.cell_text import fit_text, plain
from passivtui.widgets.column_fit import GAP, LEAST, fit_columns
from passivtui.widgets.rows import Column


def column(key: str, drop: int = 0, *, flexible: bool = False) -> Column[str]:
    return Column(key, key, lambda row: row, drop=drop, flexible=flexible)


COLUMNS = [column("coin"), column("size"), column("liq", 3), column("margin", 2), column("note", flexible=True)]


def keys(room: int, wanted: list[int] | None = None) -> list[str]:
    return [placed.column.key for placed in fit_columns(COLUMNS, wanted or [6, 8, 8, 8, 30], room)]


def test_all_columns_show_when_there_is_room() -> None:
    assert keys(100) == ["coin", "size", "liq", "margin", "note"]


def test_a_flexible_column_shrinks_before_another_is_dropped() -> None:
    placed = fit_columns(COLUMNS, [6, 8, 8, 8, 30], 55)
    assert [place.column.key for place in placed] == ["coin", "size", "liq", "margin", "note"]
    assert placed[-1].width == 55 - 6 - 8 - 8 - 8 - 4 * GAP


def test_the_highest_drop_goes_first() -> None:
    assert keys(46) == ["coin", "size", "margin", "note"]
    assert keys(34) == ["coin", "size", "note"]


def test_columns_that_must_stay_are_shortened_at_last() -> None:
    placed = fit_columns(COLUMNS, [6, 8, 8, 8, 30], 16)
    assert [place.column.key for place in placed] == ["coin", "size", "note"]
    assert placed[-1].start + placed[-1].width <= 16


def test_without_columns_there_is_nothing_to_place() -> None:
    assert fit_columns([], [], 20) == ()


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3), st.booleans()), min_size=1, max_size=8),
    st.integers(1, 200),
)
def test_columns_never_overlap_and_stay_within_the_room(facts: list[tuple[int, int, bool]], room: int) -> None:
    columns = [column(str(i), drop, flexible=flexible) for i, (_, drop, flexible) in enumerate(facts)]
    wanted = [width for width, _, _ in facts]
    placed = fit_columns(columns, wanted, room)
    assert all(after.start == before.start + before.width + GAP for before, after in pairwise(placed))
    if placed and any(place.width > LEAST for place in placed):
        assert placed[-1].start + placed[-1].width <= room
    kept = {place.column.key for place in placed}
    assert all(str(i) in kept for i, (_, drop, _) in enumerate(facts) if drop == 0)


def test_short_text_is_padded_on_the_side_of_its_alignment() -> None:
    assert fit_text("12", 5) == "12   "
    assert fit_text("12", 5, align="right") == "   12"


def test_long_text_ends_in_an_ellipsis() -> None:
    assert fit_text("exactly", 7) == "exactly"
    assert fit_text("a bit too long", 7) == "a bit …"
    assert fit_text("a bit too long", 7, "~") == "a bit ~"
    assert fit_text("x", 0) == ""


@given(st.text(max_size=40), st.integers(0, 30))
def test_any_text_takes_exactly_its_cells_and_no_control_character(text: str, width: int) -> None:
    fitted = fit_text(text, width)
    assert "\x1b" not in fitted and "\n" not in fitted
    if plain(text).isascii():
        assert cell_len(fitted) == width


def test_escape_sequences_from_outside_lose_their_power() -> None:
    assert plain("a\x1b[31mred\x07\nb") == "a?[31mred? b"
