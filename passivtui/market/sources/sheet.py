"""The rows of an Excel sheet (.xlsx), as Bitget's archive has them: no more of the format than that takes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import IO, Final
from xml.etree import ElementTree

import numpy as np

from passivtui.market.sources.rows import WIDTH, Rows

LARGEST_PART: Final = 200_000_000  # bytes; a day of candles is a five-hundredth of that

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_SHARED_TEXTS = "xl/sharedStrings.xml"


def read_sheet_rows(content: bytes) -> Rows:
    """The first six columns of every sheet; a first row without numbers is headings.

    Raises ValueError for what is no such sheet, and what zipfile raises for a damaged one.
    """
    try:
        return _rows_of_book(content)
    except ElementTree.ParseError as error:
        raise ValueError(f"not valid XML: {error}") from error


def _rows_of_book(content: bytes) -> Rows:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = set(book.namelist())
        texts = _shared_texts(book) if _SHARED_TEXTS in names else []
        rows: list[list[float]] = []
        bad: list[int] = []
        for name in sorted(name for name in names if _SHEET.fullmatch(name)):
            with _part(book, name) as sheet:
                for number, cells in enumerate(_cells_by_row(sheet, texts), 1):
                    row = _numbers(cells)
                    if row is not None:
                        rows.append(row)
                    elif number > 1:
                        bad.append(number)
    return Rows(np.array(rows, dtype=np.float64).reshape(-1, WIDTH), tuple(bad))


def _part(book: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A part of the book, opened; refused if it is too large or may hold entities, which no sheet needs."""
    if book.getinfo(name).file_size > LARGEST_PART:
        raise ValueError(f"{name} is too large")
    with book.open(name) as part:
        if b"<!DOCTYPE" in part.read(4096):
            raise ValueError(f"{name} holds a document type")
    return book.open(name)


def _shared_texts(book: zipfile.ZipFile) -> list[str]:
    with _part(book, _SHARED_TEXTS) as part:
        return ["".join(node.itertext()) for _, node in ElementTree.iterparse(part) if _local(node) == "si"]


def _cells_by_row(sheet: IO[bytes], texts: list[str]) -> list[list[str]]:
    """The text of the cells of every row, in order of columns; a cell that is missing is empty."""
    found: list[list[str]] = []
    for _, node in ElementTree.iterparse(sheet):
        if _local(node) == "row":
            cells: list[str] = []
            for cell in node:
                column = _column(cell.get("r", ""), len(cells))
                cells += [""] * (min(column, WIDTH) - len(cells))
                cells.append(_text(cell, texts))
            found.append(cells)
            node.clear()
    return found


def _local(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _column(reference: str, default: int) -> int:
    """0 for `A7`, 26 for `AA7`; `default` for a cell without a reference."""
    letters = reference.rstrip("0123456789")
    if not (letters.isascii() and letters.isalpha() and letters.isupper()):
        return default
    column = 0
    for letter in letters[:4]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _text(cell: ElementTree.Element, texts: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(cell.itertext())
    value = next((node.text or "" for node in cell if _local(node) == "v"), "")
    if kind == "s":
        return texts[int(value)] if value.isdigit() and int(value) < len(texts) else ""
    return value


def _numbers(cells: list[str]) -> list[float] | None:
    """The first six cells as numbers; None if some is none."""
    try:
        row = [float(cell) for cell in cells[:WIDTH]]
    except ValueError:
        return None
    return row if len(row) == WIDTH else None
