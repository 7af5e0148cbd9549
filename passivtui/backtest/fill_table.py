"""The fills of a run as rows made when they are shown: searching and sorting a hundred thousand takes milliseconds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.result import BacktestResult
from passivtui.backtest.series import SIDE_OF_TYPE, Floats
from passivtui.clock import DAY_MS, MINUTE_MS
from passivtui.core import ORDER_TYPES, SIDES

Kind = Literal["entry", "close", "unstuck"]
FillKey = Literal["time", "coin", "type", "qty", "price", "psize", "pprice", "exposure", "pnl", "fee", "balance"]

#: What each order type is to a person: adding to a position, closing it, or giving up a part of a stuck one.
KIND_OF_TYPE: Final[tuple[Kind, ...]] = tuple(
    "unstuck" if "unstuck" in name or "auto_reduce" in name else "close" if name.startswith("close") else "entry"
    for name in ORDER_TYPES
)

_IS_KIND: Final = {kind: np.array([kind == other for other in KIND_OF_TYPE]) for kind in get_args(Kind)}

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?-?")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{0,2})")
#: Place of each order type, by ordinal, in alphabetical order.
_ALPHABETICAL: Final[NDArray[np.int64]] = np.argsort(np.argsort(np.array(ORDER_TYPES)))
_FIELDS: Final = {
    "time": "minute",
    "coin": "coin",
    "qty": "qty",
    "price": "price",
    "psize": "psize",
    "pprice": "pprice",
    "pnl": "pnl",
    "fee": "fee_paid",
    "balance": "balance_usd_total",
}


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill. Quantities are signed (sells negative); `wallet_exposure` is that of the position after it."""

    index: int
    time_ms: int
    coin: str
    side: str
    type: str
    kind: Kind
    qty: float
    price: float
    psize: float
    pprice: float
    wallet_exposure: float
    pnl: float
    fee: float
    balance: float
    price_decimals: int
    qty_decimals: int

    @property
    def is_entry(self) -> bool:
        """Whether it opened or enlarged a position; then there is no profit or loss to speak of."""
        return self.kind == "entry"

    @property
    def short_type(self) -> str:
        """The order type without its side: `entry_grid_normal`."""
        return self.type.rsplit("_", 1)[0]


class FillTable:
    """All fills of a result, in processing order."""

    def __init__(self, result: BacktestResult) -> None:
        self._fills = result.fills
        self._types: NDArray[np.int32] = self._fills["type"]
        self._coins = result.info.coins
        self._first_ms = result.info.first_ms
        self._end_ms = result.info.last_ms
        self._price_decimals = [decimals_of(result.info.price_step[coin]) for coin in self._coins]
        self._qty_decimals = [decimals_of(result.info.qty_step[coin]) for coin in self._coins]
        multiplier = np.array([result.info.c_mult[coin] for coin in self._coins], dtype=np.float64)
        cost = np.abs(self._fills["psize"]) * self._fills["pprice"] * multiplier[self._fills["coin"]]
        balance = self._fills["balance_usd_total"]
        self._exposure = np.divide(cost, balance, out=np.zeros(len(cost)), where=balance > 0.0)

    def __len__(self) -> int:
        return len(self._fills)

    def row(self, index: int) -> FillRow:
        """The fill at `index`, 0 <= index < len."""
        fill = self._fills[index]
        kind = int(fill["type"])
        return FillRow(
            index=int(index),
            time_ms=self._first_ms + int(fill["minute"]) * MINUTE_MS,
            coin=self._coins[int(fill["coin"])],
            side=SIDES[int(SIDE_OF_TYPE[kind])],
            type=ORDER_TYPES[kind],
            kind=KIND_OF_TYPE[kind],
            qty=float(fill["qty"]),
            price=float(fill["price"]),
            psize=float(fill["psize"]),
            pprice=float(fill["pprice"]),
            wallet_exposure=float(self._exposure[index]),
            pnl=float(fill["pnl"]),
            fee=float(fill["fee_paid"]),
            balance=float(fill["balance_usd_total"]),
            price_decimals=self._price_decimals[int(fill["coin"])],
            qty_decimals=self._qty_decimals[int(fill["coin"])],
        )

    def of_coin(self, coin: str, side: str | None = None) -> NDArray[np.int64]:
        """Indices of a coin's fills, on one side if it is given."""
        chosen = self._fills["coin"] == self._coins.index(coin)
        if side is not None:
            chosen &= SIDE_OF_TYPE[self._fills["type"]] == SIDES.index(side)
        return np.flatnonzero(chosen)

    def price_range(self, coin: str) -> tuple[float, float]:
        """Lowest and highest price of a coin's fills; zeros without any."""
        prices = self._fills["price"][self.of_coin(coin)]
        return (float(prices.min()), float(prices.max())) if len(prices) else (0.0, 0.0)

    def marks(self, coin: str, kind: Kind) -> tuple[Floats, Floats]:
        """Times (ms) and prices of a coin's fills of one kind."""
        found = self.of_coin(coin)
        fills = self._fills[found[_IS_KIND[kind][self._fills["type"][found]]]]
        return self._times(fills), fills["price"].astype(np.float64)

    def position_price(self, coin: str, side: str) -> tuple[Floats, Floats]:
        """Times (ms) and average price of a coin's position from each fill on; NaN while there is none."""
        fills = self._fills[self.of_coin(coin, side)]
        price = np.where(fills["psize"] != 0.0, fills["pprice"], np.nan)
        return self._to_the_end(self._times(fills), price)

    def position_exposure(self, coin: str, side: str) -> tuple[Floats, Floats]:
        """Times (ms) and wallet exposure of a coin's position from each fill on; 0 while there is none."""
        found = self.of_coin(coin, side)
        return self._to_the_end(self._times(self._fills[found]), self._exposure[found])

    def _times(self, fills: NDArray[Any]) -> Floats:
        times: Floats = self._first_ms + fills["minute"].astype(np.float64) * MINUTE_MS
        return times

    def _to_the_end(self, times: Floats, values: Floats) -> tuple[Floats, Floats]:
        """With the last value once more at the end of the run."""
        if not len(times):
            return times, values
        return np.append(times, float(self._end_ms)), np.append(values, values[-1])

    def find(self, text: str) -> NDArray[np.int64]:
        """Indices of the fills that match every word of `text`; all for an empty one.

        A word is a part of a coin's name or of an order type (`close`, `long`, `unstuck` …), or the beginning of a date
        (`2025-02`, `2025-02-11`) or of a time of day (`07:3`).
        """
        chosen = np.ones(len(self), dtype=np.bool_)
        for word in text.casefold().split():
            chosen &= self._matches(word)
        return np.flatnonzero(chosen)

    def arranged(self, text: str, key: FillKey | None, reverse: bool) -> NDArray[np.int64]:
        """Indices of the fills that match `text`, sorted by `key` (stable); in processing order without one."""
        found = self.find(text)
        if key is None:
            return found
        values = self._sort_values(key)[found]
        return found[np.argsort(-values if reverse else values, kind="stable")]

    def first_at(self, time_ms: float, text: str = "") -> int | None:
        """Index of the first fill at or after a time that matches `text`, else the last that does; None without any."""
        found = self.find(text)
        if not len(found):
            return None
        minute = math.ceil((time_ms - self._first_ms) / MINUTE_MS)
        place = int(np.searchsorted(self._fills["minute"][found], minute, side="left"))
        return int(found[min(place, len(found) - 1)])

    def last_at(self, coin: str, time_ms: float) -> int | None:
        """Index of a coin's last fill at or before a time; None when there is none."""
        found = self.of_coin(coin)
        place = int(np.searchsorted(self._times(self._fills[found]), time_ms, side="right"))
        return int(found[place - 1]) if place else None

    def _matches(self, word: str) -> NDArray[np.bool_]:
        coins = np.array([word in coin.casefold() for coin in self._coins], dtype=np.bool_)
        types = np.array([word in name for name in ORDER_TYPES], dtype=np.bool_)
        chosen: NDArray[np.bool_] = coins[self._fills["coin"]] | types[self._fills["type"]]
        if (span := _date_span(word)) is not None:
            times = self._first_ms + self._fills["minute"] * MINUTE_MS
            chosen |= (times >= span[0]) & (times < span[1])
        if (minutes := _minutes_of_day(word)) is not None:
            of_day = (self._first_ms // MINUTE_MS + self._fills["minute"]) % 1440
            chosen |= (of_day >= minutes[0]) & (of_day < minutes[1])
        return chosen

    def _sort_values(self, key: FillKey) -> NDArray[Any]:
        values: NDArray[Any]
        if key == "exposure":
            values = self._exposure
        elif key == "type":
            values = _ALPHABETICAL[self._types]
        else:
            values = self._fills[_FIELDS[key]]
        return values


def _date_span(word: str) -> tuple[int, int] | None:
    """The times (ms, end exclusive) that a date or its beginning means; None for anything else."""
    if (match := _DATE.fullmatch(word)) is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
        start_ms = int(start.timestamp() * 1000)
        if day is not None:
            return start_ms, start_ms + DAY_MS
        following = (
            datetime(start.year + 1, 1, 1)
            if month is None
            else datetime(start.year + start.month // 12, start.month % 12 + 1, 1)
        )
        return start_ms, int(following.replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None


def _minutes_of_day(word: str) -> tuple[int, int] | None:
    """The minutes of the day (end exclusive) that `7:`, `7:3` or `7:35` means."""
    if (match := _TIME.fullmatch(word)) is None:
        return None
    hour, minute = int(match[1]), match[2]
    if not minute:
        return hour * 60, hour * 60 + 60
    start = hour * 60 + int(minute) * (10 if len(minute) == 1 else 1)
    return start, start + (10 if len(minute) == 1 else 1)


def decimals_of(step: float) -> int:
    """How many decimals a multiple of `step` needs: 2 for 0.01, 0 for 5, 1 for 0.5."""
    decimals = 0
    while decimals < 10 and abs(round(step, decimals) - step) > step * 1e-6:
        decimals += 1
    return decimals
