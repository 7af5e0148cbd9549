"""What downloads need of a candle store: `passivtui.market.store.CandleStore` is the one there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from passivtui.market.candles import Candles
from passivtui.market.description import MarketSpec


class Extent(Protocol):
    """The open times of a coin's first and last stored candle."""

    @property
    def first_ms(self) -> int: ...

    @property
    def last_ms(self) -> int: ...


class Storage(Protocol):
    """Candles by exchange, coin and day; safe to call from several threads. Writes that return are on disk."""

    def coverage(self, exchange: str, coin: str) -> Extent | None:
        """None when nothing is stored."""

    def days_held(self, exchange: str, coin: str) -> frozenset[int]:
        """Days (ms // 86,400,000) that are settled: whole, or known to be all that the venue has."""

    def read(self, exchange: str, coin: str, first_ms: int, last_ms: int) -> Candles:
        """The stored candles that open within both times, both included; none at all is no error."""

    def write(
        self, exchange: str, coin: str, candles: Candles, *, origin: str, settled_days: Iterable[int] = ()
    ) -> object:
        """Add candles (perhaps none) and settle days. Raises StorageError, and then nothing of it is stored."""

    def markets(self, exchange: str) -> Mapping[str, MarketSpec]:
        """Market settings by coin."""

    def set_markets(self, exchange: str, specs: Mapping[str, MarketSpec], fetched_ms: int) -> None:
        """Replace the exchange's market settings."""

    def markets_age_ms(self, exchange: str, now_ms: int) -> int | None:
        """How old the market settings are; None when there are none."""

    def listing(self, exchange: str, coin: str) -> int | None:
        """Open time of the first candle that the venue has; None when it was not asked yet."""

    def set_listing(self, exchange: str, coin: str, first_ms: int) -> None:
        """Remember it."""
