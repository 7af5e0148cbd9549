"""`dataset.json`, what a dataset folder says of itself: read, with everything that is wrong named at once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from passivtui.clock import MINUTE_MS
from passivtui.errors import DataError

DESCRIPTION_FILE = "dataset.json"

#: Candles before this or from then on are a mistake of the unit (seconds, microseconds), not history.
EARLIEST_MS = 946_684_800_000  # 2000-01-01
LATEST_MS = 4_102_444_800_000  # 2100-01-01


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """One coin's market: the venue's rules for orders, its fees, and where its candles are (`spec/engine.md` §1.2).

    Steps and minimum quantity are in contracts (`price_step`, `min_cost`: quote), `c_mult` is base per contract, fees
    are fractions of the cost. `rows`, `first_ms` and `last_ms` are what the description promises of the file.
    `listed_ms` is when the venue listed the coin, if the description says so: a folder's first candle need not be that.
    """

    symbol: str
    qty_step: float
    price_step: float
    min_qty: float
    min_cost: float
    c_mult: float
    maker_fee: float
    taker_fee: float
    rows: int
    first_ms: int
    last_ms: int
    file: str
    listed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A whole `dataset.json`; `coins` is in alphabetical order and never empty."""

    exchange: str
    market_type: str
    quote: str
    title: str
    synthetic: bool
    coins: Mapping[str, MarketSpec]
    text: bytes  # as it is on disk: part of the identity of whatever is prepared from it

    @property
    def first_ms(self) -> int:
        """Open time of the earliest candle of any coin."""
        return min(spec.first_ms for spec in self.coins.values())

    @property
    def last_ms(self) -> int:
        """Open time of the latest candle of any coin."""
        return max(spec.last_ms for spec in self.coins.values())


def read_description(folder: Path) -> Description:
    """Read and check `folder`'s `dataset.json`. Raises DataError that names every problem (`details`: one a line)."""
    path = folder / DESCRIPTION_FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{folder} is not a dataset folder: it holds no {DESCRIPTION_FILE}") from error
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from error
    try:
        content = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_object_without_repeats)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON: {error}") from error
    return _Checker(path).description(content, text)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return result


class _Checker:
    """Collects the problems of one description instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def description(self, content: Any, text: bytes) -> Description:
        if not isinstance(content, dict):
            raise DataError(f"{self.path} must hold a JSON object")
        exchange, market_type, quote = (self._text(content, key) for key in ("exchange", "market_type", "quote"))
        if (interval := self._text(content, "interval")) not in ("1m", ""):
            self.problems.append(f"interval is {interval!r}; only 1m candles can be used")
        synthetic = content.get("synthetic", False)
        if not isinstance(synthetic, bool):
            self.problems.append("synthetic must be true or false")
        title = content.get("title", "")
        if not isinstance(title, str):
            self.problems.append("title must be text")
        coins = self._coins(content.get("coins"))
        self._raise_if_any()
        return Description(exchange, market_type, quote, title, synthetic, coins, text)

    def _raise_if_any(self) -> None:
        if not self.problems:
            return
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        raise DataError(f"{self.path} can't be used: {self.problems[0]}{more}", self.problems)

    def _coins(self, found: Any) -> Mapping[str, MarketSpec]:
        if not isinstance(found, dict) or not found:
            self.problems.append("coins must be an object with at least one coin")
            return {}
        coins: dict[str, MarketSpec] = {}
        for coin in sorted(found):
            if not coin.strip():
                self.problems.append("coins: a coin has no name")
            elif isinstance(found[coin], dict):
                coins[coin] = self._spec(coin, found[coin])
            else:
                self.problems.append(f"coins.{coin} must be an object")
        return MappingProxyType(coins)

    def _spec(self, coin: str, entry: dict[str, Any]) -> MarketSpec:
        where = f"coins.{coin}."
        first_ms = self._time(entry, "first_ms", where)
        last_ms = self._time(entry, "last_ms", where)
        if first_ms > last_ms:
            self.problems.append(f"{where}first_ms is after last_ms")
        return MarketSpec(
            symbol=self._text(entry, "symbol", where),
            qty_step=self._number(entry, "qty_step", where, above_zero=True),
            price_step=self._number(entry, "price_step", where, above_zero=True),
            min_qty=self._number(entry, "min_qty", where),
            min_cost=self._number(entry, "min_cost", where),
            c_mult=self._number(entry, "c_mult", where, above_zero=True),
            maker_fee=self._fee(entry, "maker_fee", where),
            taker_fee=self._fee(entry, "taker_fee", where),
            rows=self._rows(entry, where),
            first_ms=first_ms,
            last_ms=last_ms,
            file=self._file(entry, where),
            listed_ms=self._time(entry, "listed_ms", where) if entry.get("listed_ms") is not None else None,
        )

    def _text(self, entry: dict[str, Any], key: str, where: str = "") -> str:
        value = entry.get(key)
        if isinstance(value, str) and value:
            return value
        self.problems.append(f"{where}{key} {'must be text' if key in entry else 'is missing'}")
        return ""

    def _file(self, entry: dict[str, Any], where: str) -> str:
        name = self._text(entry, "file", where)
        if name and (PurePosixPath(name).name != name or "\0" in name or not name.endswith(".npz")):
            self.problems.append(f"{where}file must be the name of an .npz file in the same folder")
        return name

    def _finite(self, entry: dict[str, Any], key: str, where: str) -> float | None:
        value = entry.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:  # an integer of hundreds of digits
                number = math.inf
            if math.isfinite(number):
                return number
        self.problems.append(f"{where}{key} {'must be a finite number' if key in entry else 'is missing'}")
        return None

    def _number(self, entry: dict[str, Any], key: str, where: str, *, above_zero: bool = False) -> float:
        number = self._finite(entry, key, where)
        if number is not None and (number < 0 or (above_zero and number == 0)):
            self.problems.append(f"{where}{key} must be {'above 0' if above_zero else '0 or more'}")
        return 0.0 if number is None else number

    def _fee(self, entry: dict[str, Any], key: str, where: str) -> float:
        fee = self._finite(entry, key, where)
        if fee is not None and not -0.1 <= fee <= 0.1:  # a rebate is a negative fee
            self.problems.append(f"{where}{key} must be a fraction between -0.1 and 0.1 (0.0002 is 0.02 %)")
        return 0.0 if fee is None else fee

    def _rows(self, entry: dict[str, Any], where: str) -> int:
        value = entry.get("rows")
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.problems.append(f"{where}rows {'must be a whole number above 0' if 'rows' in entry else 'is missing'}")
        return 0

    def _time(self, entry: dict[str, Any], key: str, where: str) -> int:
        value = entry.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            if EARLIEST_MS <= value < LATEST_MS and value % MINUTE_MS == 0:
                return value
            self.problems.append(f"{where}{key} must be a whole minute in milliseconds since 1970 (UTC)")
        else:
            self.problems.append(f"{where}{key} {'must be a whole number' if key in entry else 'is missing'}")
        return 0
