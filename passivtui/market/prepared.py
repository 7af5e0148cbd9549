"""Prepared datasets: the arrays the engine reads, on disk as they are in memory, opened without a copy.

A folder per key holds `hlcv.npy`, `btc_usd.npy`, `prepared.json` and the seal.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.files import folder_written_whole
from passivtui.market.cache import mark_used
from passivtui.market.description import MarketSpec
from passivtui.market.issues import DataIssue
from passivtui.market.seal import is_intact, seal

HLCV_FILE, BTC_FILE, RECORD_FILE = "hlcv.npy", "btc_usd.npy", "prepared.json"


@dataclass(frozen=True, slots=True)
class PreparedRecord:
    """What goes with the arrays: `coins` and `specs` in the order of axis 1, the time of row 0, and what was found."""

    coins: tuple[str, ...]
    specs: tuple[MarketSpec, ...]
    first_ms: int
    n_minutes: int
    synthetic: bool
    issues: tuple[DataIssue, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A dataset as the engine takes it (`spec/engine.md` §1.1): `n` minutes, `N` coins in alphabetical order.

    `hlcv` float64 (n, N, 4), C order, a read-only memory map: high, low, close, quote volume; rows where a coin is not
    traded have volume -1. `btc_usd` float64 (n,): BTC's price, all 1.0 unless BTC is the collateral. `key` identifies
    the content: the same key, the same arrays.
    """

    hlcv: NDArray[np.float64]
    btc_usd: NDArray[np.float64]
    record: PreparedRecord
    key: str

    @property
    def coins(self) -> tuple[str, ...]:
        """Coins of axis 1, in alphabetical order."""
        return self.record.coins

    @property
    def specs(self) -> tuple[MarketSpec, ...]:
        """Each coin's market, in the order of `coins`."""
        return self.record.specs

    @property
    def first_ms(self) -> int:
        """Open time of row 0."""
        return self.record.first_ms

    @property
    def last_ms(self) -> int:
        """Open time of the last row."""
        return self.first_ms + (self.n_minutes - 1) * MINUTE_MS

    @property
    def n_minutes(self) -> int:
        return self.record.n_minutes

    @property
    def synthetic(self) -> bool:
        """Whether the market is invented; to be said wherever results are shown."""
        return self.record.synthetic

    @property
    def issues(self) -> tuple[DataIssue, ...]:
        """What was found in the data and done about it."""
        return self.record.issues

    @property
    def maker_fee(self) -> float:
        """The first coin's maker fee, which the engine uses for all (`spec/engine.md` §1.4)."""
        return self.specs[0].maker_fee


def open_prepared(folder: Path, key: str) -> Prepared | None:
    """Open a prepared dataset; None if it is not there, damaged, or of another key. Takes milliseconds."""
    if not is_intact(folder, key):
        return None
    try:
        record = _record_from(json.loads((folder / RECORD_FILE).read_bytes()))
        hlcv = np.load(folder / HLCV_FILE, mmap_mode="r", allow_pickle=False)
        btc_usd = np.load(folder / BTC_FILE, mmap_mode="r", allow_pickle=False)
    except OSError:
        return None  # deleted by another process meanwhile: as good as not there
    mark_used(folder)
    return Prepared(hlcv, btc_usd, record, key)


def write_prepared(
    folder: Path, key: str, record: PreparedRecord, blocks: Iterator[NDArray[np.float64]], btc_usd: NDArray[np.float64]
) -> None:
    """Write a prepared dataset whole or not at all; `blocks` are consecutive rows of `hlcv`. Raises StorageError.

    Plain writes, not a writable memory map: on a full disk a write is an error, a mapped page kills the process.
    """
    with folder_written_whole(folder) as unfinished:
        with (unfinished / HLCV_FILE).open("wb") as file:
            _write_header(file, (record.n_minutes, len(record.coins), 4))
            for block in blocks:
                file.write(block.data)
        with (unfinished / BTC_FILE).open("wb") as file:
            _write_header(file, btc_usd.shape)
            file.write(np.ascontiguousarray(btc_usd).data)
        (unfinished / RECORD_FILE).write_text(json.dumps(dataclasses.asdict(record), indent=1), encoding="utf-8")
        seal(unfinished, (HLCV_FILE, BTC_FILE, RECORD_FILE), key)


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    header = {"descr": np.dtype(np.float64).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _record_from(content: dict[str, Any]) -> PreparedRecord:
    """Undo `dataclasses.asdict`; the seal vouches for the content."""
    coins = tuple(content["coins"])
    specs = tuple(MarketSpec(**spec) for spec in content["specs"])
    issues = tuple(DataIssue(**issue) for issue in content["issues"])
    return PreparedRecord(**(content | {"coins": coins, "specs": specs, "issues": issues}))
