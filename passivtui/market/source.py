"""What candles are prepared from: a dataset folder, or what the store holds of one venue or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from passivtui.market.candles import Candles
from passivtui.market.description import MarketSpec


class CandleSource(Protocol):
    """Coins with their markets and candles. Opening one is cheap; candles are read by `load`."""

    @property
    def name(self) -> str:
        """How messages name it."""

    @property
    def exchange(self) -> str:
        """The venue, or "combined"."""

    @property
    def market_type(self) -> str: ...

    @property
    def quote(self) -> str: ...

    @property
    def synthetic(self) -> bool:
        """Whether the candles are invented; to be said wherever they are shown."""

    @property
    def coin_names(self) -> Sequence[str]:
        """Every coin that it has, in alphabetical order."""

    @property
    def first_ms(self) -> int:
        """Open time of the earliest candle of any coin."""

    @property
    def last_ms(self) -> int:
        """Open time of the latest candle of any coin."""

    def require(self, coins: Sequence[str]) -> None:
        """Raise a DataError that names those of `coins` that it does not have, and what there is."""

    def spec_of(self, coin: str) -> MarketSpec:
        """A coin's market, with its listing time if that is known."""

    def holdings_of(self, coins: Sequence[str]) -> str:
        """What it holds of some coins, in words."""

    def overlaps(self, coins: Sequence[str], first_ms: int, last_ms: int) -> bool:
        """Whether it may hold candles of any of the coins within a range."""

    def identity_of(self, coins: Sequence[str]) -> Mapping[str, Any]:
        """Plain values that change whenever the coins' candles or markets do. Raises DataError, StorageError."""

    def bytes_of(self, coin: str) -> int:
        """How much there is to read of a coin, for a progress bar."""

    def load(self, coin: str) -> Candles:
        """Read a coin's candles; what was noticed is in their issues. Raises DataError, StorageError."""

    def load_bitcoin(self) -> Candles:
        """BTC's candles as the price of BTC collateral. Raises DataError, StorageError."""
