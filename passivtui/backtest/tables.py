"""The tables of a report: per coin and side, and per month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.metrics import hours_text
from passivtui.backtest.result import BacktestResult
from passivtui.backtest.series import SIDE_OF_TYPE, Curves, Floats
from passivtui.clock import MINUTE_MS, iso_minute
from passivtui.core import ORDER_TYPES, SIDES

_IS_CLOSE: Final = np.array([name.startswith("close") for name in ORDER_TYPES])


@dataclass(frozen=True, slots=True)
class CoinRow:
    """What became of one coin on one side.

    Attributes:
        coin, side: which; `side` is "long" or "short".
        pnl: realised profit and loss in quote currency, without fees.
        fees: paid fees, 0 or negative.
        pnl_share: `pnl` as a fraction of the starting balance.
        part: `pnl` as a fraction of all rows' profits and losses added up without sign, with its own sign.
        n_fills, n_closes: fills, and those among them that closed.
        win_rate: fraction of the closes with a profit; None without closes.
        held_hours: the longest time from first entry to complete close; a position still open counts to the end.
        unchanged_hours: the longest time an open position had no fill; one still open counts to the end.
        max_exposure: highest wallet exposure after a fill, in multiples of the balance.
        open_size, open_price: the position at the end (signed size, average price); 0 when there is none.
        open_since_ms: when that was opened; None when there is none.
    """

    coin: str
    side: str
    pnl: float
    fees: float
    pnl_share: float
    part: float
    n_fills: int
    n_closes: int
    win_rate: float | None
    held_hours: float
    unchanged_hours: float
    max_exposure: float
    open_size: float
    open_price: float
    open_since_ms: int | None

    @property
    def key(self) -> tuple[str, str]:
        """What tells the row apart."""
        return self.coin, self.side

    @property
    def is_open(self) -> bool:
        """Whether a position is left at the end."""
        return self.open_size != 0.0

    def answer(self, quote: str) -> str:
        """The row in words, for who asks what is behind it."""
        wins = "none of its fills closed" if self.win_rate is None else f"{self.win_rate * 100:.1f} % with a profit"
        lines = [
            f"Realised profit and loss: {self.pnl:+,.2f} {quote}, {self.pnl_share * 100:+.2f} % of the starting "
            f"balance; fees {self.fees:+,.2f} {quote} come on top.",
            f"Part: {self.part * 100:+.1f} % of all coins' profits and losses, added up without sign.",
            f"Fills: {self.n_fills:,}, of which {self.n_closes:,} closed ({wins}).",
            f"Longest held: {hours_text(self.held_hours)} from first entry to complete close. Longest time in a "
            f"position without any fill: {hours_text(self.unchanged_hours)}. A position still open counts to the end.",
            f"Highest wallet exposure after a fill: {self.max_exposure:.3f} of the balance.",
        ]
        if self.open_since_ms is not None:
            lines.append(
                f"At the end {self.open_size:+,g} at an average price of {self.open_price:,g} was still open, since "
                f"{iso_minute(self.open_since_ms)} UTC."
            )
        return "\n\n".join(lines)


def coin_rows(result: BacktestResult) -> tuple[CoinRow, ...]:
    """One row per coin and side that had a fill, the highest profit first."""
    coin, side = result.fills["coin"], SIDE_OF_TYPE[result.fills["type"]]
    pnls: dict[tuple[int, int], NDArray[Any]] = {}
    for key in sorted(set(zip(coin.tolist(), side.tolist(), strict=True))):
        pnls[key] = result.fills[(coin == key[0]) & (side == key[1])]
    turnover = sum(abs(float(fills["pnl"].sum())) for fills in pnls.values())
    rows = [_coin_row(result, *key, fills, turnover) for key, fills in pnls.items()]
    return tuple(sorted(rows, key=lambda row: row.pnl, reverse=True))


def _coin_row(result: BacktestResult, coin: int, side: int, fills: NDArray[Any], turnover: float) -> CoinRow:
    info = result.info
    closes = fills[_IS_CLOSE[fills["type"]]]
    pnl = float(fills["pnl"].sum())
    spans = list(_spans(fills, info.n_minutes - 1))
    size = float(fills["psize"][-1])
    return CoinRow(
        coin=info.coins[coin],
        side=SIDES[side],
        pnl=pnl,
        fees=float(fills["fee_paid"].sum()),
        pnl_share=pnl / info.starting_balance if info.starting_balance else 0.0,
        part=pnl / turnover if turnover else 0.0,
        n_fills=len(fills),
        n_closes=len(closes),
        win_rate=float((closes["pnl"] > 0.0).mean()) if len(closes) else None,
        held_hours=max(end - start for start, end in spans) / 60,
        unchanged_hours=_longest_unchanged(fills, info.n_minutes - 1) / 60,
        max_exposure=_max_exposure(fills, info.c_mult[info.coins[coin]]),
        open_size=size,
        open_price=float(fills["pprice"][-1]) if size else 0.0,
        open_since_ms=info.first_ms + spans[-1][0] * MINUTE_MS if size else None,
    )


def _spans(fills: NDArray[Any], last_minute: int) -> Iterator[tuple[int, int]]:
    """First and last minute of each position of one coin and side; one still open lasts to the end."""
    minutes = fills["minute"]
    closed = np.flatnonzero(fills["psize"] == 0.0)
    starts = np.concatenate(([0], closed + 1)).astype(np.int64)
    for start, end in zip(starts.tolist(), [*closed.tolist(), None], strict=True):
        if end is not None:
            yield int(minutes[start]), int(minutes[end])
        elif start < len(fills):
            yield int(minutes[start]), last_minute


def _longest_unchanged(fills: NDArray[Any], last_minute: int) -> int:
    """Most minutes between two fills, or a fill and the end, while the position was open."""
    after = np.append(fills["minute"], last_minute)
    waits = np.diff(after)[fills["psize"] != 0.0]
    return int(waits.max()) if len(waits) else 0


def _max_exposure(fills: NDArray[Any], c_mult: float) -> float:
    balance = fills["balance_usd_total"]
    solvent = balance > 0.0
    cost = np.abs(fills["psize"][solvent]) * fills["pprice"][solvent] * c_mult
    return float((cost / balance[solvent]).max()) if len(cost) else 0.0


@dataclass(frozen=True, slots=True)
class YearRow:
    """The months of one year: change of equity as a fraction; None for months outside the run."""

    year: int
    months: tuple[float | None, ...]  # twelve, January first
    whole: float | None


def year_rows(curves: Curves) -> tuple[YearRow, ...]:
    """Monthly changes of equity in quote currency, one row per year; the first and last month may be partial."""
    times, equity = curves.times_ms, curves.usd.equity
    numbers, edges = _month_edges(int(times[0]), int(times[-1]))
    ends = np.searchsorted(times, np.array(edges, dtype=np.float64), side="left") - 1
    # Each month is compared with the last value before it; the first with the first value of the run.
    values = equity[np.concatenate(([0], ends))]
    by_month = {number: _change(values, index, index + 1) for index, number in enumerate(numbers)}
    years = sorted({number // 12 for number in numbers})
    rows = []
    for year in years:
        inside = [index for index, number in enumerate(numbers) if number // 12 == year]
        months = tuple(by_month.get(year * 12 + month) for month in range(12))
        rows.append(YearRow(year, months, _change(values, inside[0], inside[-1] + 1)))
    return tuple(rows)


def _change(values: Floats, start: int, end: int) -> float | None:
    before, after = float(values[start]), float(values[end])
    return after / before - 1.0 if before > 0.0 else None


def _month_edges(first_ms: int, last_ms: int) -> tuple[list[int], list[int]]:
    """Numbers (year * 12 + month - 1) of the months touched, and when each ends (ms, exclusive)."""
    start = datetime.fromtimestamp(first_ms / 1000, UTC)
    number = start.year * 12 + start.month - 1
    numbers, edges = [], []
    while True:
        following = number + 1
        end = int(datetime(following // 12, following % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
        numbers.append(number)
        edges.append(end)
        if end > last_ms:
            return numbers, edges
        number = following
