"""The parts that a page is made of, read from its Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a block is."""

    TITLE = "title"
    HEADING = "heading"
    SUBHEADING = "subheading"
    PARAGRAPH = "paragraph"
    FACTS = "facts"  # a paragraph in *stars*: what there is to know in short
    ITEM = "item"
    TABLE = "table"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Block:
    """One part: `text` with its marks of code and strong left in.

    `mark` is an item's dot or number, `rows` the cells of a table (the first row is its heading). A picture's text is
    its name.
    """

    kind: Kind
    text: str = ""
    mark: str = ""
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def plain(self) -> str:
        """All its words, without marks."""
        parts = [self.text, *(cell for row in self.rows for cell in row)]
        return " ".join(span.text for part in parts for span in spans(part))


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: `style` is "", "code" or "strong"."""

    text: str
    style: str = ""


_MARKED: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
_ITEM: Final = re.compile(r"(-|\d+\.) (.+)")
_MADE: Final = re.compile(r"\{\{picture: ([a-z]+)\}\}")
_HEADINGS: Final = {"# ": Kind.TITLE, "## ": Kind.HEADING, "### ": Kind.SUBHEADING}


def spans(text: str) -> list[Span]:
    """The text cut where `code` or **strong** begin and end."""
    found: list[Span] = []
    place = 0
    for match in _MARKED.finditer(text):
        if match.start() > place:
            found.append(Span(text[place : match.start()]))
        found.append(Span(match[1], "code") if match[1] else Span(match[2], "strong"))
        place = match.end()
    if place < len(text):
        found.append(Span(text[place:]))
    return found


def parse(markdown: str) -> tuple[Block, ...]:
    """The blocks of a page in their order."""
    blocks: list[Block] = []
    lines = markdown.splitlines()
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if not line.strip():
            continue
        if line.startswith("|"):
            table = [line]
            while index < len(lines) and lines[index].startswith("|"):
                table.append(lines[index])
                index += 1
            blocks.append(_table(table))
        else:
            blocks.append(_block(line))
    return tuple(blocks)


def _block(line: str) -> Block:
    for start, kind in _HEADINGS.items():
        if line.startswith(start):
            return Block(kind, line[len(start) :])
    if (made := _MADE.fullmatch(line)) is not None:
        return Block(Kind.PICTURE, made[1])
    if (item := _ITEM.fullmatch(line)) is not None:
        return Block(Kind.ITEM, item[2], mark=item[1])
    if line.startswith("*") and not line.startswith("**") and line.endswith("*"):
        return Block(Kind.FACTS, line[1:-1])
    return Block(Kind.PARAGRAPH, line)


def _table(lines: list[str]) -> Block:
    rows = [tuple(cell.strip() for cell in line.strip().strip("|").split(" |")) for line in lines]
    return Block(Kind.TABLE, rows=(rows[0], *rows[2:]))  # the second line only rules the table
