"""Stored trades as files: an .npz a day, named for the symbol, which `--ticks` takes."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np

from passivtui.clock import DAY_MS, iso_day
from passivtui.errors import DataError, StorageError, storage_error
from passivtui.market.ticks.store import TickStore
from passivtui.market.ticks.trades import COLUMNS, Trades
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress


def export_ticks(
    store: TickStore,
    exchange: str,
    symbol: str,
    folder: Path,
    first_day: int | None = None,
    last_day: int | None = None,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
) -> list[Path]:
    """Write the stored days to `SYMBOL-2024-08-08.npz` in `folder`; nothing there is replaced.

    Raises DataError when nothing of it is stored, StorageError and Cancelled.
    """
    token, written = cancel or CancelToken(), []
    days = [
        day
        for day in store.days(exchange, symbol)
        if (first_day is None or day >= first_day) and (last_day is None or day <= last_day)
    ]
    if not days:
        raise DataError(f"no such days of {symbol} on {exchange} are stored; passivtui data list shows what is")
    for done, day in enumerate(days):
        token.raise_if_cancelled()
        progress(Progress(f"export {symbol}", done, len(days), "days"))
        path = folder / f"{symbol}-{iso_day(day * DAY_MS)}.npz"
        if path.exists():
            raise StorageError(f"{path} exists already; name another folder")
        trades = store.read(exchange, symbol, day, day)
        if not len(trades):
            continue
        temporary = path.with_name(f".{path.name}.unfinished")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                _save(file, trades, ids=exchange != "bybit")
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise storage_error("write", path, error) from error
        written.append(path)
    return written


def _save(file: IO[bytes], trades: Trades, *, ids: bool) -> None:
    """With the venue's ids, if it has any."""
    arrays: dict[str, Any] = {name: getattr(trades, name) for name in COLUMNS if ids or name != "trade_id"}
    np.savez_compressed(file, **arrays)
