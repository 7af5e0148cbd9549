"""What a backtest yields, whole: enough to show, compare and repeat it without running it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.config import Config
from passivtui.market import DataIssue


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run was: plain values that go to JSON and come back equal."""

    config_name: str
    dataset: str  # "demo" or the dataset's folder: what `open_dataset` takes
    exchange: str
    market_type: str
    quote: str
    synthetic: bool
    coins: tuple[str, ...]  # in the order of the arrays: alphabetical
    first_ms: int  # open time of minute 0
    n_minutes: int
    starting_balance: float
    btc_collateral: bool
    maker_fee: float  # a fraction; the first coin's, used for all
    c_mult: dict[str, float]  # per coin: base units per contract
    price_step: dict[str, float]
    qty_step: dict[str, float]
    engine_seconds: float
    created_ms: int
    version: str  # of passivtui
    data_issues: tuple[DataIssue, ...] = ()

    @property
    def last_ms(self) -> int:
        """Open time of the last minute."""
        return self.first_ms + (self.n_minutes - 1) * MINUTE_MS

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunInfo:
        """The info that `to_json` came from. Raises TypeError, ValueError or KeyError on anything else."""
        fields = dict(content)
        fields["coins"] = tuple(str(coin) for coin in fields["coins"])
        fields["data_issues"] = tuple(DataIssue(**issue) for issue in fields["data_issues"])
        info = cls(**fields)
        for per_coin in (info.c_mult, info.price_step, info.qty_step):
            if set(per_coin) != set(info.coins):
                raise ValueError("steps and multipliers belong to other coins")
        return info


@dataclass(frozen=True, slots=True, eq=False)
class BacktestResult:
    """A finished backtest over `n` minutes. The arrays are read-only.

    `fills` is a structured array (`core.layout.FILL_DTYPE`) in processing order. `equities_usd` and `equities_btc` are
    float64 (n - 1,): element j belongs to minute j. `btc_usd` is float64 (n,): BTC's price, all 1.0 unless it is the
    collateral. `analysis` maps a metric's name to its value, which may be infinite or NaN.
    """

    info: RunInfo
    config: Config
    fills: NDArray[Any]
    equities_usd: NDArray[np.float64]
    equities_btc: NDArray[np.float64]
    analysis: dict[str, float | None]
    btc_usd: NDArray[np.float64]

    def __post_init__(self) -> None:
        for array in (self.fills, self.equities_usd, self.equities_btc, self.btc_usd):
            array.setflags(write=False)

    @property
    def n_fills(self) -> int:
        return len(self.fills)
