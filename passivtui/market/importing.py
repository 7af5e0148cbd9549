"""Candles of files and dataset folders into the store: everything is read and checked before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from passivtui.clock import DAY_MS, MINUTE_MS, iso_minute
from passivtui.errors import DataError, UsageError
from passivtui.exchanges.candle_venues import downloadable
from passivtui.exchanges.coin_names import normalise_coin
from passivtui.exchanges.venues import venues_with_candles
from passivtui.market.candle_files import is_candle_file, read_candle_file
from passivtui.market.candles import Candles
from passivtui.market.dataset import Dataset
from passivtui.market.description import DESCRIPTION_FILE, MarketSpec, read_description
from passivtui.market.issues import DataIssue
from passivtui.market.sources.rows import joined
from passivtui.market.store import CandleStore
from passivtui.progress import CancelToken, Progress, ProgressSink, ignore_progress

_PERPETUALS: Final = ("linear_perpetual", "swap", "perpetual", "futures")
#: `BTCUSDT-1m-2025-06.zip` (Binance) and `BTC_USDT_USDT-1m-futures.feather` (freqtrade).
_NAME: Final = re.compile(r"(?P<pair>[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*)-(?P<interval>\d+[mhdw])(?:[-.].*)?")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored of one coin."""

    exchange: str
    coin: str
    first_ms: int
    last_ms: int
    new_rows: int
    same_rows: int
    differing_rows: int
    issues: tuple[DataIssue, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a program."""
        return asdict(self) | {"issues": [str(issue) for issue in self.issues]}


@dataclass(slots=True)
class _Batch:
    """Candles of one coin, from one file or several, in the order given."""

    parts: list[Candles] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)


def import_candles(
    store: CandleStore,
    paths: Sequence[Path],
    *,
    exchange: str | None = None,
    coin: str | None = None,
    overwrite: bool = False,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
) -> tuple[Imported, ...]:
    """Store candles of files, of folders full of them, or of dataset folders.

    The exchange comes from a dataset's description, else `exchange` must name it; the coin from the file's name
    (`BTCUSDT-1m-2025-06.zip`, `BTC_USDT_USDT-1m-futures.feather`, `BTC.csv`) unless `coin` does. Several files of one
    coin become one piece. What is stored already stays, unless `overwrite`.

    Raises UsageError and DataError before anything is stored, StorageError and Cancelled between coins.
    """
    token = cancel or CancelToken()
    batches: dict[tuple[str, str], _Batch] = {}
    specs: dict[str, dict[str, MarketSpec]] = {}
    files = list(_files_of(paths))
    for done, path in enumerate(files):
        progress(Progress(f"reading {path.name}", done, len(files), "files"))
        token.raise_if_cancelled()
        if path.is_dir():
            _take_dataset(path, exchange, batches, specs, token)
        else:
            key = known_exchange(exchange), _coin_of(path, coin)
            batch = batches.setdefault(key, _Batch())
            batch.parts.append(read_candle_file(path, key[1]))
            batch.origins.append(path.name)
    results = []
    for done, ((venue, name), batch) in enumerate(batches.items()):
        progress(Progress(f"storing {name}", done, len(batches), "coins"))
        token.raise_if_cancelled()
        results.append(_store(store, venue, name, batch, overwrite=overwrite))
    for venue, markets in specs.items():
        store.add_markets(venue, {name: spec for name, spec in markets.items() if name not in store.markets(venue)})
    progress(Progress("stored", len(batches), len(batches), "coins"))
    return tuple(results)


def known_exchange(name: str | None) -> str:
    """The program's name of an exchange. Raises UsageError when there is none, or no such one."""
    if not name:
        names = ", ".join(venue for venue in venues_with_candles() if venue != "demo")
        raise UsageError(f"say of which exchange the candles are: --exchange with one of {names}")
    return downloadable(name).name


def _files_of(paths: Iterable[Path]) -> Iterable[Path]:
    """Dataset folders and files, those of other folders in order of their names. Raises DataError."""
    for path in paths:
        if path.name == DESCRIPTION_FILE:
            yield path.parent
        elif path.is_dir() and not (path / DESCRIPTION_FILE).is_file():
            found = sorted(file for file in path.iterdir() if file.is_file() and is_candle_file(file))
            if not found:
                raise DataError(f"{path} holds neither a {DESCRIPTION_FILE} nor files of candles")
            yield from found
        elif path.exists():
            yield path
        else:
            raise DataError(f"there is no file or folder {path}")


def _take_dataset(
    folder: Path,
    exchange: str | None,
    batches: dict[tuple[str, str], _Batch],
    specs: dict[str, dict[str, MarketSpec]],
    cancel: CancelToken,
) -> None:
    dataset = Dataset(folder.name, folder, read_description(folder))
    if dataset.synthetic:
        raise DataError(f"{folder} is a synthetic market; only candles of venues are stored")
    if dataset.market_type not in _PERPETUALS:
        raise DataError(f"{folder} holds {dataset.market_type} markets; only linear perpetuals are stored")
    venue = known_exchange(exchange or dataset.exchange)
    for name in dataset.coin_names:
        cancel.raise_if_cancelled()
        batch = batches.setdefault((venue, normalise_coin(name)), _Batch())
        batch.parts.append(dataset.load(name))
        batch.origins.append(folder.name)
        spec = replace(dataset.spec_of(name), rows=0, first_ms=0, last_ms=0, file="")
        specs.setdefault(venue, {})[normalise_coin(name)] = spec


def _coin_of(path: Path, chosen: str | None) -> str:
    if chosen:
        return normalise_coin(chosen)
    stem = path.name.split(".", 1)[0]
    match = _NAME.fullmatch(stem)
    if match is not None and match["interval"] != "1m":
        raise DataError(f"{path} holds {match['interval']} candles; only 1m candles can be used")
    pair = match["pair"] if match is not None else stem
    coin = normalise_coin(pair.split("_", 1)[0] if "_" in pair else pair)
    if not coin or not coin.isalnum():
        raise UsageError(f"the name of {path} doesn't tell the coin; name it with --coin")
    return coin


def _store(store: CandleStore, exchange: str, coin: str, batch: _Batch, *, overwrite: bool) -> Imported:
    candles = joined(batch.parts)
    issues = [issue for part in batch.parts for issue in part.issues]
    written = store.write(
        exchange, coin, candles, origin=f"import of {', '.join(batch.origins)}", overwrite=overwrite,
        settled_days=_inner_days(candles),
    )  # fmt: skip
    if written.differing:
        first = iso_minute(written.differing[0])
        fate = "replaced" if overwrite else "kept; --overwrite replaces them"
        issues.append(
            DataIssue("warning", coin, f"{len(written.differing):,} stored candles differ (first {first}), {fate}")
        )
    return Imported(
        exchange,
        coin,
        int(candles.timestamp_ms[0]),
        int(candles.timestamp_ms[-1]),
        written.new_rows,
        written.same_rows,
        len(written.differing),
        tuple(issues),
    )


def _inner_days(candles: Candles) -> range:
    """The days that lie wholly within the candles: what they lack there, the file's source didn't have."""
    first, last = int(candles.timestamp_ms[0]), int(candles.timestamp_ms[-1]) + MINUTE_MS
    return range(-(-first // DAY_MS), last // DAY_MS)


def totals(results: Sequence[Imported]) -> Mapping[str, int]:
    """Sums over the coins, for a closing line."""
    return {
        "coins": len(results),
        "new": sum(result.new_rows for result in results),
        "same": sum(result.same_rows for result in results),
        "differing": sum(result.differing_rows for result in results),
    }
