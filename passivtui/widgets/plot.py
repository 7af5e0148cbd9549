"""plotext as a canvas: curves in, cells out. The only module that knows plotext.

plotext has one global figure, so a lock guards it. Axes, ticks and legend are left to `picture.py`, which knows where
the labels go; colours come back as the number of the curve, so that a change of theme draws nothing anew.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Cell = tuple[str, int]
"""A sign and the number of the curve it belongs to (-1: none)."""

_FIGURE_LOCK: Final = threading.Lock()
_COLOUR: Final = re.compile(r"\x1b\[([0-9;]*)m")
_BLANK: Final = "\u2800"


@dataclass(frozen=True, slots=True)
class Curve:
    """Points to be joined: point i is joined to point i - 1 where `joined[i]`; `sign` draws it without braille."""

    x: Sequence[float]
    y: Sequence[float]
    joined: Sequence[bool]
    sign: str


def draw_curves(
    curves: Sequence[Curve],
    width: int,
    height: int,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    braille: bool,
) -> list[list[Cell]]:
    """`height` rows of `width` cells; later curves lie on top. Both ends of a range are the middle of the end cells."""
    import plotext  # 150 ms: not before the first chart is drawn

    with _FIGURE_LOCK:
        plotext.terminal.limit(False, False)
        figure = plotext.figure
        figure.clear()
        figure.plot_size(width, height)
        figure.canvas("default")
        figure.axes(False)
        for name, limits in (("x", x_range), ("y", y_range)):
            figure.ruler(name).ticks([], [])
            figure.ruler(name).lim(*limits)
        for number, curve in enumerate(curves):
            if len(curve.x) == 0:
                continue
            pixel = plotext.pixel(foreground=(number, 0, 0))
            marker = plotext.marker("braille" if braille else curve.sign, pixel)
            signal = figure.signal(list(curve.x), list(curve.y), marker=marker)
            for index, joined in enumerate(curve.joined):
                if joined:
                    signal.line(index)
            figure.draw(signal)
        text: str = figure.build().string()
    return _cells(text, width, height)


def _cells(text: str, width: int, height: int) -> list[list[Cell]]:
    """The cells of plotext's coloured text, exactly `width` by `height`."""
    rows = [_row(line)[:width] for line in text.split("\n")[:height]]
    rows += [[] for _ in range(height - len(rows))]
    return [row + [(" ", -1)] * (width - len(row)) for row in rows]


def _row(line: str) -> list[Cell]:
    cells: list[Cell] = []
    curve = -1
    for index, part in enumerate(_COLOUR.split(line)):
        if index % 2:
            codes = part.split(";")
            curve = int(codes[2]) if codes[:2] == ["38", "2"] else -1
        else:
            cells += [(" ", -1) if sign in (" ", _BLANK) else (sign, curve) for sign in part]
    return cells
