"""What candles are stored, coin by coin: the store's folders, with the database as an index that spares listing them.

The index is never trusted beyond the folder it was made from: a coin whose folder changed since is read again, so a
lost, old or foreign index costs time and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from passivtui.clock import MINUTE_MS, Clock, iso_minute, utc_ms
from passivtui.errors import PassivTuiError, StorageError
from passivtui.market.store import CandleStore
from passivtui.paths import Home
from passivtui.storage import StoredCoinRow, keep_coins, known_coins

#: A folder that changed within this time may change again without its time of change moving: disks count in ticks.
SETTLED_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class StoredCoin:
    """One coin's candles in the store; open times in ms. With a `problem` the figures are those of no candles."""

    exchange: str
    coin: str
    first_ms: int
    last_ms: int
    days: int
    candles: int
    size_bytes: int
    problem: str = ""

    @property
    def missing_minutes(self) -> int:
        """Minutes between the first and the last candle that have none."""
        return (self.last_ms - self.first_ms) // MINUTE_MS + 1 - self.candles if self.candles else 0

    def to_json(self) -> dict[str, Any]:
        """Plain values; times also as text."""
        return {
            "exchange": self.exchange,
            "coin": self.coin,
            "first": iso_minute(self.first_ms),
            "last": iso_minute(self.last_ms),
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "days": self.days,
            "missing_minutes": self.missing_minutes,
            "bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every stored coin, by exchange and coin; `problem` says why the index could not be used, if it could not."""

    coins: tuple[StoredCoin, ...]
    problem: str = ""


def inventory(home: Home, *, clock: Clock = utc_ms) -> Inventory:
    """What is stored. Touches the disk, so it belongs in a thread. Raises StorageError if the store can't be read."""
    store = CandleStore(home.store)
    states = {
        (exchange, coin): state for exchange in store.exchanges() for coin, state in store.folders(exchange).items()
    }
    if not states and not home.database.exists():
        return Inventory(())
    known, problem = _known(home)
    found: list[StoredCoin] = []
    changed: list[StoredCoinRow] = []
    now_ns = clock() * 1_000_000
    for (exchange, coin), state in sorted(states.items()):
        row = known.get((exchange, coin))
        if row is None or row.stamp != state:
            stored = read_coin(store, exchange, coin)
            if stored is None:
                continue
            if not stored.problem and now_ns - int(state) > SETTLED_MS * 1_000_000:
                changed.append(_row(stored, state))
        else:
            stored = _stored(row)
        found.append(stored)
    if not problem:
        problem = _keep(home, changed, [key for key in known if key not in states])
    return Inventory(tuple(found), problem)


def read_coin(store: CandleStore, exchange: str, coin: str) -> StoredCoin | None:
    """What the store's folder holds of a coin; None when there is no candle. Damage becomes a `problem`."""
    try:
        held = store.coverage(exchange, coin)
    except PassivTuiError as error:  # the other coins are told all the same
        return StoredCoin(exchange, coin, 0, 0, 0, 0, 0, str(error))
    if held is None:
        return None
    return StoredCoin(exchange, coin, held.first_ms, held.last_ms, len(held.days), held.n_candles, held.n_bytes)


def _known(home: Home) -> tuple[dict[tuple[str, str], StoredCoinRow], str]:
    try:
        return {(row.exchange, row.coin): row for row in known_coins(home)}, ""
    except StorageError as error:
        return {}, str(error)


def _keep(home: Home, changed: list[StoredCoinRow], gone: list[tuple[str, str]]) -> str:
    if not changed and not gone:
        return ""
    try:
        keep_coins(home, changed, gone)
    except StorageError as error:
        return str(error)
    return ""


def _row(coin: StoredCoin, stamp: str) -> StoredCoinRow:
    return StoredCoinRow(
        coin.exchange, coin.coin, stamp, coin.first_ms, coin.last_ms, coin.days, coin.candles, coin.size_bytes
    )


def _stored(row: StoredCoinRow) -> StoredCoin:
    return StoredCoin(row.exchange, row.coin, row.first_ms, row.last_ms, row.days, row.candles, row.bytes)
