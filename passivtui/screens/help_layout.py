"""A help page as lines of a width: words wrapped, tables aligned where they fit, pictures put in their places."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from passivtui.help_texts import Block, Kind, spans

Piece = tuple[str, str]
"""A text and what it is: a kind of text ("heading", "code" …), a theme role (in pictures), or "" for plain."""
Line = tuple[Piece, ...]

BULLET: Final = "-"
LEAST_WIDTH: Final = 26
_GAP: Final = 2
_LEAST_COLUMN: Final = 18
"""Cells below which a table's last column is no longer worth having: its rows are written one below the other."""


@dataclass(frozen=True, slots=True)
class Laid:
    """The lines of a page, and the line at which each of its blocks begins."""

    lines: tuple[Line, ...]
    starts: tuple[int, ...]


def lay_out(blocks: Sequence[Block], width: int, pictures: Mapping[str, Sequence[Line]], config_name: str = "") -> Laid:
    """The page in lines of at most `width` cells. Pictures that are not there yet leave a word in their place."""
    lines: list[Line] = []
    starts: list[int] = []
    before: Kind | None = None
    for block in blocks:
        if before is not None and not (before is block.kind is Kind.ITEM):
            lines.append(())
        starts.append(len(lines))
        lines += _lines_of(block, max(width, LEAST_WIDTH), pictures, config_name)
        before = block.kind
    return Laid(tuple(lines), tuple(starts))


def _lines_of(block: Block, width: int, pictures: Mapping[str, Sequence[Line]], config_name: str) -> Iterable[Line]:
    if block.kind is Kind.PICTURE:
        return pictures.get(block.text, ((("(drawing)", "muted"),),))
    if block.kind is Kind.TABLE:
        return _table(block.rows, width)
    text = block.text.replace("{{config}}", config_name)
    if block.kind is Kind.ITEM:
        mark = BULLET if block.mark == "-" else block.mark
        return wrap(text, width, first=((f"{mark} ", ""),), indent=len(mark) + 1)
    style = "" if block.kind is Kind.PARAGRAPH else block.kind.value
    return wrap(text, width, style=style)


# ---- words ----------------------------------------------------------------------------------------------------------


def wrap(text: str, width: int, *, first: Line = (), indent: int = 0, style: str = "") -> list[Line]:
    """The text in lines of at most `width`; the first begins with `first`, the others with `indent` blanks."""
    lines: list[list[Piece]] = [list(first)]
    used, fresh = sum(len(part) for part, _ in first), True

    def next_line() -> int:
        lines.append([(" " * indent, "")] if indent else [])
        return indent

    for word, kind, glued in _words(text, style):
        gap = 0 if fresh or glued else 1
        if used + gap + len(word) > width and not fresh:
            used, gap = next_line(), 0
        if gap:
            lines[-1].append((" ", kind if lines[-1][-1][1] == kind else ""))
        while used + gap + len(word) > width:  # longer than a whole line
            room = max(1, width - used)
            lines[-1].append((word[:room], kind))
            word, used = word[room:], next_line()
        lines[-1].append((word, kind))
        used, fresh = used + gap + len(word), False
    return [_joined(line) for line in lines]


def _words(text: str, style: str) -> Iterable[tuple[str, str, bool]]:
    """Each word, what it is, and whether it belongs to the one before without a blank."""
    glued = True
    for span in spans(text):
        parts = span.text.split(" ")
        for number, word in enumerate(parts):
            if number:
                glued = False
            if word:
                yield word, span.style or style, glued
                glued = True


def _joined(pieces: Sequence[Piece]) -> Line:
    """Neighbours of the same kind in one piece."""
    groups = itertools.groupby(pieces, key=lambda piece: piece[1])
    return tuple(("".join(text for text, _ in group), kind) for kind, group in groups)


# ---- tables ---------------------------------------------------------------------------------------------------------


def _table(rows: Sequence[Sequence[str]], width: int) -> list[Line]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    if sum(widths) + _GAP * (len(widths) - 1) > width:
        widths = _squeezed(widths, width)
    return _aligned(rows, widths) if all(widths) else _stacked(rows, width)


def _squeezed(widths: Sequence[int], width: int) -> list[int]:
    """The widths with the widest columns shortened until all fit; a width of 0 when they are not worth having then."""
    squeezed = list(widths)
    room = width - _GAP * (len(widths) - 1)
    while sum(squeezed) > room:
        widest = max(range(len(squeezed)), key=squeezed.__getitem__)
        if squeezed[widest] <= _LEAST_COLUMN:
            return [0] * len(widths)
        squeezed[widest] -= 1
    return squeezed


def _aligned(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[Line]:
    lines: list[Line] = []
    for number, row in enumerate(rows):
        cells = [wrap(cell, width, style="" if number else "strong") for cell, width in zip(row, widths, strict=True)]
        for parts in itertools.zip_longest(*cells, fillvalue=()):
            pieces: list[Piece] = []
            for part, width in zip(parts, widths, strict=True):
                pieces += part
                pieces.append((" " * (width - sum(len(text) for text, _ in part) + _GAP), ""))
            lines.append(_joined(pieces[:-1]))
    return lines


def _stacked(rows: Sequence[Sequence[str]], width: int) -> list[Line]:
    """Each row as its first cell, and below it the others with their headings."""
    heading, *others = rows
    lines: list[Line] = []
    for row in others:
        lines += wrap(row[0], width, style="strong")
        for name, cell in zip(heading[1:], row[1:], strict=True):
            lines += wrap(cell, width, first=((f"  {name}: ", "muted"),), indent=4) if cell else []
    return lines


def _width(cell: str) -> int:
    return sum(len(span.text) for span in spans(cell))
