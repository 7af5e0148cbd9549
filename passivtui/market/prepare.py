"""From a dataset folder to the engine's arrays, cached by everything the result depends on (`spec/data.md` §4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from passivtui.clock import MINUTE_MS
from passivtui.errors import StorageError
from passivtui.market.align import combine, common_range, price_of_bitcoin
from passivtui.market.cache import remove_entry, trim, writing
from passivtui.market.prepared import Prepared, PreparedRecord, open_prepared, write_prepared
from passivtui.market.selection import Request, Selection, select
from passivtui.market.source import CandleSource
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

FORMAT_VERSION = 1  # to be raised when the same request yields other arrays or files
CACHE_LIMIT_BYTES = 4 * 2**30
_BLOCK_BYTES = 16 * 2**20


def prepare(
    dataset: CandleSource,
    coins: Iterable[str],
    *,
    start_ms: int | None,
    end_ms: int | None,
    gap_tolerance_minutes: float,
    minimum_coin_age_days: float,
    btc_collateral: bool,
    home: Home,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
) -> Prepared:
    """Prepare `coins` of `dataset` for the engine, or open what was prepared before (milliseconds).

    The rows go from the earliest first candle of the coins, at `start_ms` or later, to their latest last candle, at
    `end_ms` at the latest (that minute included; None: no bound). A coin with a gap longer than
    `gap_tolerance_minutes`, or without candles in the range, is left out with a warning. `minimum_coin_age_days` moves
    the start of a coin whose listing time is known. `progress` tells the bytes read, coin by coin.

    Raises DataError (unknown coin, no data in the range, damaged files, no BTC for BTC collateral), StorageError (the
    home or the disk refuses) or Cancelled; nothing half-written is left.
    """
    request = Request(
        dataset,
        tuple(sorted(set(coins))),
        None if start_ms is None else -(-start_ms // MINUTE_MS) * MINUTE_MS,
        None if end_ms is None else end_ms // MINUTE_MS * MINUTE_MS,
        gap_tolerance_minutes,
        minimum_coin_age_days,
        btc_collateral,
    )
    request.check()
    key = _key(request)
    folder = home.datasets / "prepared" / key[:32]
    if prepared := open_prepared(folder, key):
        return prepared
    cancel = cancel or CancelToken()
    with writing(folder.parent, progress, cancel):
        if prepared := open_prepared(folder, key):  # another process made it while this one waited
            return prepared
        selection = select(request, progress, cancel)
        remove_entry(folder)
        _write(request, selection, folder, key, progress, cancel)
        trim(folder.parent, CACHE_LIMIT_BYTES, keep=folder)
        prepared = open_prepared(folder, key)
    if prepared is None:
        raise StorageError(f"the prepared dataset {folder} was changed while it was written; try again")
    return prepared


def _key(request: Request) -> str:
    """SHA-256 over everything that the prepared arrays depend on. Raises DataError if a coin's file is missing."""
    dataset = request.dataset
    identity = {
        "format": FORMAT_VERSION,
        **dataset.identity_of(request.coins_read),
        "coins": request.coins,
        "start_ms": request.start_ms,
        "end_ms": request.end_ms,
        "gap_tolerance_minutes": float(request.gap_tolerance_minutes),
        "minimum_coin_age_days": float(request.minimum_coin_age_days),
        "btc_collateral": request.btc_collateral,
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _write(
    request: Request, selection: Selection, folder: Path, key: str, progress: ProgressSink, cancel: CancelToken
) -> None:
    aligned = list(selection.coins.values())
    first_ms, last_ms = common_range(aligned)
    n_minutes = (last_ms - first_ms) // MINUTE_MS + 1
    record = PreparedRecord(
        coins=tuple(selection.coins),
        specs=tuple(request.dataset.spec_of(coin) for coin in selection.coins),
        first_ms=first_ms,
        n_minutes=n_minutes,
        synthetic=request.dataset.synthetic,
        issues=tuple(selection.issues),
    )

    def blocks() -> Iterator[NDArray[np.float64]]:
        rows = max(1, _BLOCK_BYTES // (len(aligned) * 4 * 8))
        for start in range(0, n_minutes, rows):
            progress(Progress("writing", start, n_minutes, "minutes"))
            cancel.raise_if_cancelled()
            yield combine(aligned, first_ms, start, min(start + rows, n_minutes))

    if selection.bitcoin is None:
        btc_usd = np.ones(n_minutes)
    else:
        btc_usd = price_of_bitcoin(selection.bitcoin, first_ms, n_minutes)
    write_prepared(folder, key, record, blocks(), btc_usd)
    progress(Progress("writing", n_minutes, n_minutes, "minutes"))
