"""The columns of a report's tables: what a row's facts are called, how they read, which leave first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, cast

from passivtui.backtest.fill_table import FillKey, FillRow, FillTable
from passivtui.backtest.findings import Finding, Severity
from passivtui.backtest.metrics import hours_text
from passivtui.backtest.report import Figure, MetricRow
from passivtui.backtest.tables import CoinRow, YearRow
from passivtui.clock import iso_minute
from passivtui.widgets.line_table import Column, RowSource
from passivtui.widgets.roles import signed_role

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SEVERITY_ROLES: Final = {Severity.SERIOUS: "failure", Severity.CAUTION: "caution", Severity.NOTE: "muted"}
_KIND_ROLES: Final = {"entry": "", "close": "", "unstuck": "caution"}

FIGURE_COLUMNS: Final[tuple[Column[Figure], ...]] = (
    Column("label", "figure", lambda row: row.label, flexible=True),
    Column("value", "value", lambda row: row.value, align="right", role=lambda row: signed_role(row.sign)),
)

FINDING_COLUMNS: Final[tuple[Column[Finding], ...]] = (
    Column("severity", "worth", lambda row: row.severity.word, role=lambda row: _SEVERITY_ROLES[row.severity]),
    Column("sentence", "knowing", lambda row: row.sentence, flexible=True),
)

_GLANCE_DROPS: Final = {"pnl": 0, "fills": 4, "win": 2, "exposure": 3, "held": 1, "share": 5, "open": 6}

COIN_COLUMNS: Final[tuple[Column[CoinRow], ...]] = (
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin),
    Column("side", "side", lambda row: row.side, sort=lambda row: row.side),
    Column(
        "pnl",
        "pnl",
        lambda row: f"{row.pnl:+,.2f}",
        align="right",
        role=lambda row: signed_role(row.pnl),
        sort=lambda row: row.pnl,
    ),
    Column(
        "share",
        "of start",
        lambda row: f"{row.pnl_share * 100:+.2f} %",
        align="right",
        drop=5,
        role=lambda row: signed_role(row.pnl),
        sort=lambda row: row.pnl_share,
    ),
    Column("part", "part", lambda row: f"{row.part * 100:+.0f} %", align="right", drop=8, sort=lambda row: row.part),
    Column("fills", "fills", lambda row: f"{row.n_fills:,}", align="right", drop=2, sort=lambda row: row.n_fills),
    Column(
        "win",
        "win",
        lambda row: "-" if row.win_rate is None else f"{row.win_rate * 100:.0f} %",
        align="right",
        drop=4,
        sort=lambda row: row.win_rate,
    ),
    Column(
        "exposure",
        "max WE",
        lambda row: f"{row.max_exposure:.2f}",
        align="right",
        drop=3,
        sort=lambda r: r.max_exposure,
    ),
    Column("held", "held", lambda row: hours_text(row.held_hours), align="right", drop=1, sort=lambda r: r.held_hours),
    Column(
        "unchanged",
        "unchanged",
        lambda row: hours_text(row.unchanged_hours),
        align="right",
        drop=7,
        sort=lambda row: row.unchanged_hours,
    ),
    Column("fees", "fees", lambda row: f"{row.fees:+,.2f}", align="right", drop=9, sort=lambda row: row.fees),
    Column("open", "at end", lambda row: "open" if row.is_open else "flat", drop=6, sort=lambda row: row.is_open),
)

#: The same at a glance, for a narrow pane: not to be sorted, so that headings need no room for the sign of it.
COIN_GLANCE_COLUMNS: Final[tuple[Column[CoinRow], ...]] = (
    Column("coin", "coin", lambda row: f"{row.coin} {row.side}", flexible=True),
    *(
        replace(column, sort=None, drop=_GLANCE_DROPS[column.key])
        for column in COIN_COLUMNS
        if column.key in _GLANCE_DROPS
    ),
)

_IN_BTC: Final[Column[MetricRow]] = Column("btc", "in BTC", lambda row: row.btc_value, align="right", drop=1)


def metric_columns(in_btc: bool) -> tuple[Column[MetricRow], ...]:
    """The columns of the metrics, with those in BTC if the run has any."""
    return (
        Column("label", "metric", lambda row: row.metric.label, sort=lambda row: row.metric.label),
        Column("value", "value", lambda row: row.value, align="right", sort=lambda row: row.number),
        *((_IN_BTC,) if in_btc else ()),
        Column("better", "better", lambda row: row.metric.direction or "-", drop=2, role=lambda _: "muted"),
        Column("group", "about", lambda row: row.metric.group.value, drop=3, role=lambda _: "muted"),
        Column("name", "name in files", lambda row: row.metric.name, drop=4, role=lambda _: "muted"),
    )


_FILL_TYPE: Final[Column[FillRow]] = Column(
    "type",
    "type",
    lambda row: f"{row.side} {row.short_type}",
    role=lambda row: _KIND_ROLES[row.kind],
    sort=lambda row: row.type,
)
_NARROW_TYPE: Final = 18
"""So wide is the order type where there is no room for all of it; the profit matters more."""

FILL_COLUMNS: Final[tuple[Column[FillRow], ...]] = (
    Column("time", "time UTC", lambda row: iso_minute(row.time_ms), width=16, sort=lambda row: row.time_ms),
    Column("coin", "coin", lambda row: row.coin, sort=lambda row: row.coin),
    _FILL_TYPE,
    Column("qty", "qty", lambda row: f"{row.qty:+,.{row.qty_decimals}f}", align="right", sort=lambda row: row.qty),
    Column(
        "price", "price", lambda row: f"{row.price:,.{row.price_decimals}f}", align="right", sort=lambda row: row.price
    ),
    Column(
        "pnl",
        "pnl",
        lambda row: "-" if row.is_entry else f"{row.pnl:+,.2f}",
        align="right",
        drop=1,
        role=lambda row: "muted" if row.is_entry else signed_role(row.pnl),
        sort=lambda row: row.pnl,
    ),
    Column(
        "exposure",
        "WE",
        lambda row: f"{row.wallet_exposure:.3f}",
        align="right",
        drop=3,
        sort=lambda row: row.wallet_exposure,
    ),
    Column(
        "balance", "balance", lambda row: f"{row.balance:,.2f}", align="right", drop=3, sort=lambda row: row.balance
    ),
    Column(
        "psize",
        "position",
        lambda row: f"{row.psize:+,.{row.qty_decimals}f}" if row.psize else "-",
        align="right",
        drop=5,
        sort=lambda row: row.psize,
    ),
    Column(
        "pprice",
        "average",
        lambda row: f"{row.pprice:,.{row.price_decimals}f}",
        align="right",
        drop=6,
        sort=lambda row: row.pprice,
    ),
    Column("fee", "fee", lambda row: f"{row.fee:+,.4f}", align="right", drop=7, sort=lambda row: row.fee),
)


def fill_columns(narrow: bool) -> tuple[Column[FillRow], ...]:
    """The columns of the fills; when `narrow`, the order type is shortened before others leave."""
    if not narrow:
        return FILL_COLUMNS
    return tuple(replace(column, width=_NARROW_TYPE) if column is _FILL_TYPE else column for column in FILL_COLUMNS)


class FillSource(RowSource[FillRow]):
    """A result's fills for a table: made when shown, searched and sorted without making rows."""

    def __init__(self, fills: FillTable) -> None:
        self._fills = fills

    def __len__(self) -> int:
        return len(self._fills)

    def row(self, index: int) -> FillRow:
        """The fill at `index`."""
        return self._fills.row(index)

    def arrange(self, columns: object, sort: Column[FillRow] | None, reverse: bool, needle: str) -> list[int]:
        """Indices of the fills that match `needle` (`FillTable.find`), in the wanted order."""
        key = None if sort is None else cast(FillKey, sort.key)
        indices: list[int] = self._fills.arranged(needle, key, reverse).tolist()
        return indices


def year_columns() -> tuple[Column[YearRow], ...]:
    """The year, its whole change, then its months; late months leave first when there is little room."""
    return (
        Column("year", "year", lambda row: f"{row.year}"),
        _change_column("whole", "all %", 0, lambda row: row.whole),
        *(_month_column(month) for month in range(12)),
    )


def _month_column(month: int) -> Column[YearRow]:
    return _change_column(MONTHS[month].lower(), MONTHS[month], month + 1, lambda row: row.months[month])


def _change_column(key: str, title: str, drop: int, change: Callable[[YearRow], float | None]) -> Column[YearRow]:
    def text(row: YearRow) -> str:
        value = change(row)
        return "" if value is None else f"{value * 100:+.1f}"

    return Column(key, title, text, align="right", drop=drop, role=lambda row: signed_role(change(row) or 0.0))
