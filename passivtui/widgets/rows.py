"""Where a table's rows come from, and how a column reads one fact of a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """How one fact of a row is shown.

    Attributes:
        key: name by which code refers to the column.
        title: heading.
        text: the cell as plain text (never markup); whoever writes it formats numbers.
        align: "left", or "right" for numbers.
        drop: 0 = always shown; otherwise columns with the highest `drop` go first when the table is too narrow.
        role: theme role of the cell's colour ("profit", "loss", "muted" ..., "" = plain).
        sort: the value to sort by; None: can't be sorted by this column.
        width: fixed width in cells; None: as wide as its cells need (measured on up to 400 rows).
        flexible: may be shortened with an ellipsis before other columns are dropped.
    """

    key: str
    title: str
    text: Callable[[Row], str]
    align: Literal["left", "right"] = "left"
    drop: int = 0
    role: Callable[[Row], str] | None = None
    sort: Callable[[Row], Any] | None = None
    width: int | None = None
    flexible: bool = False


class RowSource(ABC, Generic[Row]):
    """Rows made when they are shown. A source of many rows overrides `arrange` with something faster (numpy)."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of rows, before filtering."""

    @abstractmethod
    def row(self, index: int) -> Row:
        """The row at `index`, 0 <= index < len."""

    def arrange(
        self, columns: Sequence[Column[Row]], sort: Column[Row] | None, reverse: bool, needle: str
    ) -> Sequence[int]:
        """Indices of the rows that contain `needle` in any column (whatever its case; "" = all), in the wanted order.

        The order is stable; values that can't be compared (None, NaN) come last either way round.
        """
        indices: Sequence[int] = range(len(self))
        if needle:
            folded = needle.casefold()
            indices = [i for i in indices if self._contains(columns, i, folded)]
        if sort is None or sort.sort is None:
            return indices[::-1] if reverse and sort is not None else indices
        value = sort.sort
        keyed = [(value(self.row(i)), i) for i in indices]
        known = [pair for pair in keyed if pair[0] is not None and pair[0] == pair[0]]
        unknown = [i for found, i in keyed if found is None or found != found]
        known.sort(key=lambda pair: pair[0], reverse=reverse)
        return [i for _, i in known] + unknown

    def _contains(self, columns: Sequence[Column[Row]], index: int, folded: str) -> bool:
        row = self.row(index)
        return any(folded in column.text(row).casefold() for column in columns)


class ListRows(RowSource[Row]):
    """Rows that are all there already."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Row:
        """The row at `index`."""
        return self._rows[index]
