"""A chart as cells: curves, y labels, dates below, a legend in a line of its own. Pure: no widget, no theme.

1,200 ┤        ⢀⡠⠔⠒          legend above when there is more than one curve
1,100 ┤   ⣀⠤⠒⠊⠁
      └2025-01────2025-07──
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from passivtui.widgets.axis import Tick, axis_row, cell_of, date_ticks, log_ticks, number_ticks
from passivtui.widgets.cell_text import fit_text, plain
from passivtui.widgets.downsample import min_max, window
from passivtui.widgets.glyphs import Glyphs
from passivtui.widgets.plot import Curve, draw_curves
from passivtui.widgets.series import MARKER_ROLES, MarkerKind, Markers, Series

if TYPE_CHECKING:
    from passivtui.widgets.series import Floats

LEAST_WIDTH: Final = 12
LEAST_HEIGHT: Final = 4
"""Below these a chart is a spark line."""

MOST_Y_LABELS: Final = 8
DASH: Final = 5
"""Points of a dash, and of the gap after it, of a dashed curve (two points are a column)."""

Piece = tuple[str, str]
"""A sign (or a text) and the role of its colour."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is to be drawn."""

    date_axis: bool
    log: bool
    zero: bool
    y_text: Callable[[float], str] | None
    empty: str
    glyphs: Glyphs


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of pieces, one cell each, and where the canvas with the curves lies within them (width 0: there is none)."""

    rows: tuple[tuple[Piece, ...], ...]
    left: int = 0
    top: int = 0
    width: int = 0
    height: int = 0
    view: tuple[float, float] = (0.0, 1.0)

    def column_of(self, x: float) -> int | None:
        """The column of the picture where `x` is drawn; None when it is outside the canvas."""
        if not self.width or not self.view[0] <= x <= self.view[1]:
            return None
        return self.left + cell_of(x, *self.view, self.width)

    def x_at(self, column: int) -> float | None:
        """The x in the middle of a column; None outside the canvas."""
        place = column - self.left
        if self.width < 2 or not 0 <= place < self.width:
            return None
        return self.view[0] + (self.view[1] - self.view[0]) * place / (self.width - 1)


def draw_picture(
    series: Sequence[Series],
    markers: Sequence[Markers],
    view: tuple[float, float],
    size: tuple[int, int],
    look: Look,
) -> Picture:
    """Draw the part of the curves within `view` into `size` (width, height) cells."""
    width, height = size
    if width < 1 or height < 1:
        return Picture(())
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return _spark_picture(series, view, size, look)
    legend = _legend(series, markers, width, look.glyphs)
    limits = _y_limits(series, markers, view, look)
    if limits is None:
        return _message_picture(look.empty, size, look.glyphs)
    rows_for_curves = height - 1 - len(legend)
    ticks = _y_ticks(limits, rows_for_curves, look)
    labels = {rows_for_curves - 1 - cell_of(place, *limits, rows_for_curves): text for place, text in ticks}
    label_width = min(width // 2, max((len(text) for text in labels.values()), default=0))
    left = label_width + 2
    canvas = (width - left, rows_for_curves)
    cells = _canvas(series, markers, view, limits, canvas, look)
    body = [
        _gutter(labels.get(index, ""), label_width, index in labels, look.glyphs) + row
        for index, row in enumerate(cells)
    ]
    foot = _foot(view, left, canvas[0], look)
    return Picture(tuple(map(tuple, [*legend, *body, foot])), left, len(legend), *canvas, view)


# ---- limits and ticks -----------------------------------------------------------------------------------------------


def _y_limits(
    series: Sequence[Series], markers: Sequence[Markers], view: tuple[float, float], look: Look
) -> tuple[float, float] | None:
    """Lowest and highest drawn value (log10 of them on a log axis) with a little air; None: nothing to draw."""
    import numpy as np

    low, high = math.inf, -math.inf
    points = [(curve.x, curve.y) for curve in series] + [(marked.x, marked.y) for marked in markers]
    for x, y in points:
        values = _scaled(y[window(x, *view)], look.log)
        values = values[np.isfinite(values)]
        if len(values):
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:
        return None
    if look.zero and not look.log:
        low, high = min(low, 0.0), max(high, 0.0)
    air = (high - low) * 0.03 or (0.01 if look.log else max(abs(high) * 0.01, 1e-9))
    floor = low if look.zero and low == 0 else low - air
    ceiling = high if look.zero and high == 0 else high + air
    return floor, ceiling


def _scaled(values: Floats, log: bool) -> Floats:
    """The values as they are placed on the axis: NaN where they can't be."""
    import numpy as np

    if not log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(np.where(values > 0, values, 1.0)), np.nan)


def _y_ticks(limits: tuple[float, float], rows: int, look: Look) -> list[Tick]:
    most = min(MOST_Y_LABELS, max(2, rows // 2 + 1))
    if look.log:
        ticks = [(math.log10(value), value, text) for value, text in log_ticks(10 ** limits[0], 10 ** limits[1], most)]
    else:
        ticks = [(value, value, text) for value, text in number_ticks(*limits, most)]
    return [(place, look.y_text(value) if look.y_text else text) for place, value, text in ticks]


# ---- parts ----------------------------------------------------------------------------------------------------------


def _legend(series: Sequence[Series], markers: Sequence[Markers], width: int, glyphs: Glyphs) -> list[list[Piece]]:
    """One line, or none when there is a single curve."""
    if len(series) + len(markers) < 2:
        return []
    parts: list[tuple[str, str, str]] = []
    for number, curve in enumerate(series):
        line = "- -" if curve.draw == "dots" else glyphs.horizontal * 3
        sign = line if glyphs.braille else glyphs.curves[number % len(glyphs.curves)]
        parts.append((sign, plain(curve.name), curve.role))
    parts += [(_sign(points.kind, glyphs), plain(points.name), MARKER_ROLES[points.kind]) for points in markers]
    parts = [part for part in parts if part[1]]
    row: list[Piece] = [(" ", "")]
    for sign, name, role in parts:
        row += [(char, role) for char in sign] + [(char, "muted") for char in f" {name}   "]
    if len(row) > width:
        row = [*row[: width - 1], (glyphs.ellipsis, "muted")]
    return [row + [(" ", "")] * (width - len(row))]


def _sign(kind: MarkerKind, glyphs: Glyphs) -> str:
    sign: str = getattr(glyphs, kind)  # a marker's kind is the name of its sign
    return sign


def _gutter(label: str, width: int, tick: bool, glyphs: Glyphs) -> list[Piece]:
    text = fit_text(label, width, glyphs.ellipsis, "right")
    return [(char, "axis") for char in f"{text} {glyphs.tick if tick else glyphs.vertical}"]


def _foot(view: tuple[float, float], left: int, width: int, look: Look) -> list[Piece]:
    ticks = date_ticks(*view, max(1, width // 14)) if look.date_axis else number_ticks(*view, max(2, width // 9))
    line = axis_row(ticks, lambda x: cell_of(x, *view, width), width, look.glyphs.horizontal)
    return [(char, "axis") for char in " " * (left - 1) + look.glyphs.corner + line]


def _canvas(
    series: Sequence[Series],
    markers: Sequence[Markers],
    view: tuple[float, float],
    limits: tuple[float, float],
    canvas: tuple[int, int],
    look: Look,
) -> list[list[Piece]]:
    width, height = canvas
    signs = look.glyphs.curves
    curves = [_curve(curve, view, width, look.log, signs[n % len(signs)]) for n, curve in enumerate(series)]
    # The first curve is the one that matters: drawn last, it lies on top.
    cells = draw_curves(curves[::-1], width, height, view, limits, braille=look.glyphs.braille)
    roles = [curve.role for curve in series[::-1]]
    rows = [[(sign, roles[number] if number >= 0 else "") for sign, number in row] for row in cells]
    for points in markers:
        _mark(rows, points, view, limits, look)
    return rows


def _curve(series: Series, view: tuple[float, float], width: int, log: bool, sign: str) -> Curve:
    """The points to draw, and which of them are joined to the one before."""
    import numpy as np

    x, y = min_max(series.x, series.y, *view, width)
    y = _scaled(y, log)
    if series.draw == "steps" and len(x) > 1:
        x, y = np.r_[np.repeat(x, 2)[1:], x[-1]], np.repeat(y, 2)
    if series.draw == "dots" and 1 < len(x) < 2 * width:
        grid = np.linspace(max(view[0], x[0]), min(view[1], x[-1]), 2 * width)
        x, y = grid, np.interp(grid, x, y)
    known = np.isfinite(y)
    if series.draw == "dots":
        known &= np.arange(len(y)) % (2 * DASH) < DASH
    joined = np.r_[False, known[1:] & known[:-1]][known] if len(y) else known
    return Curve(x[known].tolist(), y[known].tolist(), joined.tolist(), sign)


def _mark(
    rows: list[list[Piece]],
    points: Markers,
    view: tuple[float, float],
    limits: tuple[float, float],
    look: Look,
) -> None:
    import numpy as np

    y = _scaled(points.y, look.log)
    inside = np.isfinite(y) & (points.x >= view[0]) & (points.x <= view[1])
    width, height = len(rows[0]), len(rows)
    columns = np.rint((points.x[inside] - view[0]) / (view[1] - view[0]) * (width - 1)).astype(int)
    lines = height - 1 - np.rint((y[inside] - limits[0]) / (limits[1] - limits[0]) * (height - 1)).astype(int)
    piece = (_sign(points.kind, look.glyphs), MARKER_ROLES[points.kind])
    for column, line in set(zip(columns.tolist(), lines.tolist(), strict=True)):
        rows[line][column] = piece


# ---- the small and the empty ----------------------------------------------------------------------------------------


def _message_picture(message: str, size: tuple[int, int], glyphs: Glyphs) -> Picture:
    width, height = size
    blank = [(" ", "")] * width
    rows = [list(blank) for _ in range(height)]
    text = fit_text(message, min(width, len(message)), glyphs.ellipsis)
    start = (width - len(text)) // 2
    rows[height // 2][start : start + len(text)] = [(char, "muted") for char in text]
    return Picture(tuple(map(tuple, rows)))


def _spark_picture(series: Sequence[Series], view: tuple[float, float], size: tuple[int, int], look: Look) -> Picture:
    """The first curve as one row of blocks of eight heights."""
    width, height = size
    text = spark_line(series[0], view, width, look.glyphs) if series else ""
    role = series[0].role if series else ""
    rows: list[list[Piece]] = [[(char, role) for char in text.ljust(width)]]
    rows += [[(" ", "")] * width for _ in range(height - 1)]
    return Picture(tuple(map(tuple, rows)))


def spark_line(series: Series, view: tuple[float, float], width: int, glyphs: Glyphs) -> str:
    """The last value of each of `width` columns as a block of one of eight heights; a space where there is none."""
    import numpy as np

    part = window(series.x, *view)
    x, y = series.x[part], series.y[part]
    edges = np.linspace(view[0], view[1], width + 1)[1:]
    places = np.searchsorted(x, edges, side="right") - 1
    values = np.where(places >= 0, y[np.maximum(places, 0)], np.nan) if len(y) else np.full(width, np.nan)
    known = np.isfinite(values)
    if not known.any():
        return " " * width
    low, high = float(values[known].min()), float(values[known].max())
    steps = len(glyphs.spark) - 1
    share = (np.where(known, values, low) - low) / (high - low) if high > low else np.zeros(width)
    return "".join(
        glyphs.spark[round(float(value) * steps)] if there else " " for value, there in zip(share, known, strict=True)
    )
