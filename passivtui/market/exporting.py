"""Candles of the store as files for others: CSV, Feather, Parquet, or a dataset folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from passivtui.errors import DataError, UsageError, storage_error
from passivtui.exchanges.venues import find_venue
from passivtui.files import folder_written_whole, write_atomically
from passivtui.market.candle_files import arrow_bytes, csv_lines, require_arrow
from passivtui.market.candles import COLUMNS, Candles
from passivtui.market.description import DESCRIPTION_FILE
from passivtui.market.store import CandleStore
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

FORMS: Final = ("csv", "csv.gz", "feather", "parquet", "dataset")


def export_candles(
    store: CandleStore,
    exchange: str,
    coins: Sequence[str],
    folder: Path,
    form: str,
    *,
    first_ms: int | None = None,
    last_ms: int | None = None,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
) -> tuple[Path, ...]:
    """Write the stored candles of `coins` between both times (both included; None: all) into `folder`.

    A file a coin (`BTC.csv`; Feather and Parquet as freqtrade names them), or one dataset folder, which must be new.
    Existing files are not replaced. Raises UsageError, DataError (nothing stored, no market settings for a dataset),
    StorageError, Cancelled.
    """
    if form not in FORMS:
        raise UsageError(f"there is no form {form}; use one of {', '.join(FORMS)}")
    if form in ("feather", "parquet"):
        require_arrow()
    token = cancel or CancelToken()
    if form == "dataset":
        return (_dataset(store, exchange, coins, folder, first_ms, last_ms, progress, token),)
    paths = {coin: folder / _file_name(exchange, coin, form) for coin in coins}
    if taken := [path for path in paths.values() if path.exists()]:
        raise UsageError(f"{taken[0]} exists already; choose another folder")
    for done, (coin, path) in enumerate(paths.items()):
        progress(Progress(f"exporting {coin}", done, len(paths), "coins"))
        token.raise_if_cancelled()
        write_atomically(path, _content(_read(store, exchange, coin, first_ms, last_ms), form))
    progress(Progress("exported", len(paths), len(paths), "coins"))
    return tuple(paths.values())


def _read(store: CandleStore, exchange: str, coin: str, first_ms: int | None, last_ms: int | None) -> Candles:
    held = store.coverage(exchange, coin)
    if held is not None:
        first = held.first_ms if first_ms is None else first_ms
        candles = store.read(exchange, coin, first, held.last_ms if last_ms is None else last_ms)
        if len(candles):
            return candles
    raise DataError(f"no candles of {coin} on {exchange} are stored in that range; passivtui data list shows what is")


def _file_name(exchange: str, coin: str, form: str) -> str:
    if form in ("feather", "parquet"):
        venue = find_venue(exchange)
        quote = venue.quote if venue is not None else "USDT"
        return f"{coin}_{quote}_{quote}-1m-futures.{form}"
    return f"{coin}.{form}"


def _content(candles: Candles, form: str) -> bytes:
    if form in ("feather", "parquet"):
        return arrow_bytes(candles, form)
    text = "".join(csv_lines(candles)).encode()
    return gzip.compress(text, 6, mtime=0) if form == "csv.gz" else text


def _dataset(
    store: CandleStore,
    exchange: str,
    coins: Sequence[str],
    folder: Path,
    first_ms: int | None,
    last_ms: int | None,
    progress: ProgressSink,
    cancel: CancelToken,
) -> Path:
    markets = store.markets(exchange)
    if unknown := [coin for coin in coins if coin not in markets]:
        raise DataError(f"the market settings of {', '.join(unknown)} on {exchange} are unknown; download it first")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already and is not empty; choose another folder")
    entries = {}
    with folder_written_whole(folder) as unfinished:
        for done, coin in enumerate(coins):
            progress(Progress(f"exporting {coin}", done, len(coins), "coins"))
            cancel.raise_if_cancelled()
            candles = _read(store, exchange, coin, first_ms, last_ms)
            np.savez(
                unfinished / f"{coin}.npz", **{name: getattr(candles, name) for name in ("timestamp_ms", *COLUMNS)}
            )
            spec = markets[coin]
            entries[coin] = {
                "file": f"{coin}.npz",
                "symbol": spec.symbol,
                **{name: getattr(spec, name) for name in ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")},
                "maker_fee": spec.maker_fee,
                "taker_fee": spec.taker_fee,
                "rows": len(candles),
                "first_ms": int(candles.timestamp_ms[0]),
                "last_ms": int(candles.timestamp_ms[-1]),
                **({"listed_ms": spec.listed_ms} if spec.listed_ms is not None else {}),
            }
        venue = find_venue(exchange)
        description = {
            "exchange": exchange,
            "market_type": "linear_perpetual",
            "quote": venue.quote if venue is not None else "USDT",
            "interval": "1m",
            "coins": entries,
        }
        try:
            (unfinished / DESCRIPTION_FILE).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise storage_error("write", folder / DESCRIPTION_FILE, error) from error
    progress(Progress("exported", len(coins), len(coins), "coins"))
    return folder
