"""What the list of market data shows: every stored coin, read from the store's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from passivtui.clock import iso_day
from passivtui.errors import PassivTuiError
from passivtui.market.sources.tally import size_text
from passivtui.market.store import CandleStore, Coverage
from passivtui.widgets.line_table import Column


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One coin of one exchange; without coverage, `problem` says why."""

    exchange: str
    coin: str
    coverage: Coverage | None
    problem: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Exchange and coin."""
        return self.exchange, self.coin


def stored_rows(store: CandleStore) -> list[StoredRow]:
    """Every stored coin. Touches the disk, so it belongs in a thread. Raises StorageError."""
    rows = []
    for exchange in store.exchanges():
        for coin in store.coins(exchange):
            try:
                coverage = store.coverage(exchange, coin)
            except PassivTuiError as error:  # a damaged file: the others are listed all the same
                rows.append(StoredRow(exchange, coin, None, str(error)))
                continue
            if coverage is not None:
                rows.append(StoredRow(exchange, coin, coverage))
    return rows


def total_text(rows: list[StoredRow]) -> str:
    """`8 coins, 11.3 MB`."""
    size = sum(row.coverage.n_bytes for row in rows if row.coverage is not None)
    return f"{len(rows)} coin{'' if len(rows) == 1 else 's'}, {size_text(size)}"


def _first(row: StoredRow) -> int:
    return row.coverage.first_ms if row.coverage is not None else 0


def _last(row: StoredRow) -> int:
    return row.coverage.last_ms if row.coverage is not None else 0


def _missing(row: StoredRow) -> str:
    if row.coverage is None:
        return "damaged"
    return f"{row.coverage.missing_minutes:,}" if row.coverage.missing_minutes else "none"


STORED_COLUMNS: Final[tuple[Column[StoredRow], ...]] = (
    Column("exchange", "exchange", lambda row: row.exchange, sort=lambda row: row.exchange),
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin, flexible=True),
    Column("first", "first day", lambda row: iso_day(_first(row)) if row.coverage else "", sort=_first, drop=2),
    Column("last", "last day", lambda row: iso_day(_last(row)) if row.coverage else "", sort=_last, drop=1),
    Column(
        "days",
        "days",
        lambda row: f"{len(row.coverage.days):,}" if row.coverage else "",
        align="right",
        sort=lambda row: len(row.coverage.days) if row.coverage else 0,
        drop=4,
    ),
    Column(
        "missing",
        "missing minutes",
        _missing,
        align="right",
        role=lambda row: "failure" if row.coverage is None else "caution" if row.coverage.missing_minutes else "",
        sort=lambda row: row.coverage.missing_minutes if row.coverage else 0,
    ),
    Column(
        "size",
        "size",
        lambda row: size_text(row.coverage.n_bytes) if row.coverage else "",
        align="right",
        sort=lambda row: row.coverage.n_bytes if row.coverage else 0,
        drop=3,
    ),
)
