"""Text for a fixed number of cells: nothing is cut silently, nothing from outside moves the cursor or sets colours."""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, set_cell_size


def plain(text: str) -> str:
    """`text` on one line, control characters (escape sequences too) made visible as `?`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char in "\n\t\r" else "?" for char in text)


def fit_text(text: str, width: int, ellipsis: str = "…", align: Literal["left", "right"] = "left") -> str:
    """`text` in exactly `width` cells: padded, or shortened with `ellipsis` at its end."""
    text = plain(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return (set_cell_size(text, width - 1) + ellipsis) if width > 0 else ""
    pad = " " * (width - length)
    return pad + text if align == "right" else text + pad
