"""Which columns fit into a table's width, and how wide each becomes: a pure rule, tested apart from any widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from passivtui.widgets.rows import Column

GAP: Final = 2
"""Empty cells between two columns."""
LEAST_FLEXIBLE: Final = 10
"""A flexible column isn't shortened below this many cells while another column can be dropped."""
LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown: which, from which cell, how wide."""

    column: Column[Any]
    start: int
    width: int


def fit_columns(columns: Sequence[Column[Any]], wanted: Sequence[int], room: int) -> tuple[Placed, ...]:
    """Place columns that want these widths into `room` cells.

    First flexible columns are shortened, then the columns with the highest `drop` leave (of equals the rightmost), at
    last everything left is shortened, widest first. Never wider than `room` unless not even three cells each fit.
    """
    kept = list(range(len(columns)))

    def least(index: int) -> int:
        return min(wanted[index], LEAST_FLEXIBLE) if columns[index].flexible else wanted[index]

    def total(widths: Sequence[int]) -> int:
        return sum(widths) + GAP * max(0, len(widths) - 1)

    while total([least(index) for index in kept]) > room:
        droppable = [index for index in kept if columns[index].drop > 0]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda index: (columns[index].drop, index)))
    widths = {index: least(index) for index in kept}
    spare = room - total(list(widths.values()))
    for index in kept:
        more = max(0, min(spare, wanted[index] - widths[index]))
        widths[index] += more
        spare -= more
    while spare < 0:
        widest = max(kept, key=lambda index: widths[index])
        if widths[widest] <= LEAST:
            break
        widths[widest] -= 1
        spare += 1
    return _place(columns, kept, widths)


def _place(columns: Sequence[Column[Any]], kept: Sequence[int], widths: dict[int, int]) -> tuple[Placed, ...]:
    placed: list[Placed] = []
    start = 0
    for index in kept:
        placed.append(Placed(columns[index], start, widths[index]))
        start += widths[index] + GAP
    return tuple(placed)
