"""How the preview's orders read as a table, and as curves over the wallet exposure that they build up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from passivtui.preview import Ladder, Rung
from passivtui.widgets.line_table import Column
from passivtui.widgets.series import Markers, Series

_KINDS: Final = {
    "entry_initial_normal": "first",
    "entry_initial_partial": "first, rest",
    "entry_grid_normal": "grid",
    "entry_grid_cropped": "grid, cut",
    "entry_grid_inflated": "grid, more",
    "entry_trailing_normal": "trails",
    "entry_trailing_cropped": "trails, cut",
    "close_grid": "close",
    "close_trailing": "close, trails",
    "close_auto_reduce": "reduce",
}


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One order of the ladder: its place among all of them, and what it is."""

    number: int
    kind: str
    rung: Rung


def ladder_rows(ladder: Ladder) -> list[LadderRow]:
    """Entries in the order of their fills, then closes."""
    return [
        LadderRow(number, _KINDS[rung.type.removesuffix(f"_{ladder.side}")], rung)
        for number, rung in enumerate(ladder.rungs, 1)
    ]


def _price(value: float | None) -> str:
    return f"{value:,.6g}" if value else ""


LADDER_COLUMNS: Final[tuple[Column[LadderRow], ...]] = (
    Column("kind", "order", lambda row: row.kind, role=lambda row: "muted" if row.rung.turn else "", flexible=True),
    Column("price", "price", lambda row: _price(row.rung.price), align="right"),
    Column("qty", "qty", lambda row: f"{row.rung.qty:+.4g}", align="right", drop=3),
    Column("distance", "dist", lambda row: f"{row.rung.distance:+.1%}", align="right", drop=2),
    Column("exposure", "WE", lambda row: f"{row.rung.exposure:.2f}", align="right"),
    Column("cost", "cost", lambda row: f"{row.rung.cost:,.2f}", align="right", drop=6),
    Column("average", "average", lambda row: _price(row.rung.average), align="right", drop=4),
    Column("bankruptcy", "bankrupt", lambda row: _price(row.rung.bankruptcy), align="right", drop=5),
    Column(
        "turn",
        "waits for",
        lambda row: f"{_price(row.rung.turn.threshold)} > {_price(row.rung.turn.trigger)}" if row.rung.turn else "",
        align="right",
        drop=7,
    ),
)
"""WE: wallet exposure after the fill. What a narrow table leaves out is in the answer of `i`."""


def ladder_series(ladder: Ladder) -> tuple[Sequence[Series], Sequence[Markers]]:
    """Prices over the wallet exposure after each entry: orders, average, bankruptcy; trailing thresholds as marks."""
    entries = ladder.entries
    if not entries:
        return (), ()
    x = np.array([rung.exposure for rung in entries])
    series = [
        Series("average", x, np.array([rung.average for rung in entries]), role="balance", draw="dots"),
        Series("order", x, np.array([rung.price for rung in entries]), role="price"),
    ]
    bankrupt = np.array([rung.bankruptcy or np.nan for rung in entries])
    if np.isfinite(bankrupt).any():
        series.append(Series("bankrupt", x, bankrupt, role="loss", draw="dots"))
    waits = [rung for rung in entries if rung.turn is not None and rung.turn.threshold is not None]
    return series, _zone(waits)


def _zone(waits: Sequence[Rung]) -> Sequence[Markers]:
    """Where trailing entries begin to wait, and where they are placed at the earliest."""
    if not waits:
        return ()
    x = np.array([rung.exposure for rung in waits])
    thresholds = np.array([rung.turn.threshold for rung in waits if rung.turn], dtype=np.float64)
    triggers = np.array([rung.turn.trigger for rung in waits if rung.turn], dtype=np.float64)
    return (Markers("threshold", x, thresholds, "close"), Markers("turned", x, triggers, "entry"))
