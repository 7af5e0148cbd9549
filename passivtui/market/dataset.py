"""Datasets by name: the built-in demo market, or a folder of candles with its `dataset.json`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from passivtui.clock import iso_minute
from passivtui.errors import DataError
from passivtui.market import demo
from passivtui.market.candles import Candles, read_candles
from passivtui.market.description import DESCRIPTION_FILE, Description, MarketSpec, read_description
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink, ignore_progress

BITCOIN: Final = "BTC"
_COINS_NAMED = 12  # in a message; a person reads no more


@dataclass(frozen=True, slots=True)
class Dataset:
    """An opened dataset folder: what it says of itself, and a way to its candles."""

    name: str
    folder: Path
    description: Description

    @property
    def exchange(self) -> str:
        return self.description.exchange

    @property
    def market_type(self) -> str:
        return self.description.market_type

    @property
    def quote(self) -> str:
        return self.description.quote

    @property
    def synthetic(self) -> bool:
        """Whether the candles are invented; to be said wherever they are shown."""
        return self.description.synthetic

    @property
    def coins(self) -> Mapping[str, MarketSpec]:
        """Every coin and its market, in alphabetical order."""
        return self.description.coins

    @property
    def first_ms(self) -> int:
        """Open time of the earliest candle of any coin."""
        return self.description.first_ms

    @property
    def last_ms(self) -> int:
        """Open time of the latest candle of any coin."""
        return self.description.last_ms

    @property
    def coverage(self) -> str:
        """`2025-01-01 00:00 to 2025-03-01 23:59 (UTC)`."""
        return f"{iso_minute(self.first_ms)} to {iso_minute(self.last_ms)} (UTC)"

    @property
    def coin_names(self) -> tuple[str, ...]:
        """Every coin, in alphabetical order."""
        return tuple(self.coins)

    def spec_of(self, coin: str) -> MarketSpec:
        """A coin's market as the description gives it."""
        return self.coins[coin]

    def holdings_of(self, coins: Sequence[str]) -> str:
        """What the dataset holds of some coins, in words."""
        specs = [self.coins[coin] for coin in coins]
        first, last = min(spec.first_ms for spec in specs), max(spec.last_ms for spec in specs)
        return f"the dataset {self.name} holds {iso_minute(first)} to {iso_minute(last)} (UTC)"

    def overlaps(self, coins: Sequence[str], first_ms: int, last_ms: int) -> bool:
        """Whether any of the coins has its candles at least partly within a range."""
        specs = (self.coins[coin] for coin in coins)
        return any(spec.first_ms <= last_ms and spec.last_ms >= first_ms for spec in specs)

    def identity_of(self, coins: Sequence[str]) -> dict[str, Any]:
        """Changes with the description and with the coins' files. Raises DataError if one is missing."""
        return {
            "folder": str(self.folder),
            "description": hashlib.sha256(self.description.text).hexdigest(),
            "files": {coin: self.stamp_of(coin) for coin in coins},
        }

    def bytes_of(self, coin: str) -> int:
        """The size of a coin's file."""
        return self.stamp_of(coin)[0]

    def load_bitcoin(self) -> Candles:
        """BTC's candles as the price of BTC collateral. Raises DataError."""
        return self.load(BITCOIN)

    def path_of(self, coin: str) -> Path:
        """The `.npz` file of a coin that the dataset has."""
        return self.folder / self.coins[coin].file

    def stamp_of(self, coin: str) -> tuple[int, int]:
        """Size in bytes and time of change (ns) of a coin's file: its content is known by them without reading it.

        Raises DataError if the file is missing.
        """
        path = self.path_of(coin)
        try:
            status = path.stat()
        except FileNotFoundError as error:
            raise DataError(f"{path} is missing; put it back or make the dataset again") from error
        except OSError as error:
            raise DataError(f"can't read {path}: {error.strerror or error}") from error
        return status.st_size, status.st_mtime_ns

    def load(self, coin: str) -> Candles:
        """Read and check a coin's candles. Raises DataError: unknown coin, missing or damaged file."""
        self.require([coin])
        return read_candles(self.path_of(coin), coin, self.coins[coin].rows)

    def require(self, coins: Sequence[str]) -> None:
        """Raise a DataError that names those of `coins` that the dataset does not have, and what there is."""
        if not (unknown := [coin for coin in coins if coin not in self.coins]):
            return
        names = ", ".join(unknown)
        raise DataError(
            f"the dataset {self.name} has no coin {names}; it has {_nearest_first(unknown, self.coins)}",
            [f"{coin}: not in {self.folder}" for coin in unknown],
        )


def _nearest_first(wanted: Sequence[str], names: Iterable[str]) -> str:
    """The names there are, those first that may have been meant."""
    rest = list(names)
    near = [name for coin in wanted for name in get_close_matches(coin.upper(), rest, n=1)]
    ordered = list(dict.fromkeys([*near, *rest]))
    shown = ", ".join(ordered[:_COINS_NAMED])
    return shown if len(ordered) <= _COINS_NAMED else f"{shown} and {len(ordered) - _COINS_NAMED} more"


def open_dataset(
    name: str, home: Home, progress: ProgressSink = ignore_progress, cancel: CancelToken | None = None
) -> Dataset:
    """Open the dataset called `name`: "demo", a folder in the home's `candles/`, or the path of a dataset folder.

    The demo market is made on first use, which `progress` and `cancel` are for. Raises DataError, StorageError or
    Cancelled.
    """
    if name == demo.NAME:
        folder = demo.demo_folder(home, progress, cancel)
        return Dataset(demo.NAME, folder, read_description(folder))
    folder = _find_folder(name, home)
    return Dataset(folder.name, folder, read_description(folder))


def _find_folder(name: str, home: Home) -> Path:
    """The folder that `name` means; names of the home go before paths."""
    if not name or "\0" in name:
        raise DataError("name a dataset: demo, or a folder that holds a dataset.json")
    if Path(name).name == name and os.path.isfile(home.candles / name / DESCRIPTION_FILE):
        return home.candles / name
    folder = Path(os.path.expanduser(name)).absolute()
    if folder.name == DESCRIPTION_FILE:
        folder = folder.parent
    if os.path.isdir(folder):
        return folder
    known = [entry.name for entry in list_datasets(home)]
    near = get_close_matches(name, known, n=1)
    hint = (
        f"did you mean {near[0]}?" if near else f"give a folder that holds a dataset.json, or {' or '.join(known[:5])}"
    )
    raise DataError(f"there is no dataset {name}; {hint}")


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """A dataset that can be chosen: `name` is what `open_dataset` takes.

    A folder that can't be used has a `problem` in words, no coins, and 0 for both times.
    """

    name: str
    title: str
    coins: tuple[str, ...]
    first_ms: int
    last_ms: int
    synthetic: bool
    problem: str = ""
    downloads: bool = False  # not a dataset but the config's own exchanges: missing candles are downloaded


def list_datasets(home: Home) -> list[DatasetEntry]:
    """The demo market, then the dataset folders in the home's `candles/` by name. Reads no candles."""
    entries = [DatasetEntry(demo.NAME, demo.TITLE, demo.COINS, demo.FIRST_MS, demo.LAST_MS, synthetic=True)]
    try:
        folders = sorted(path.parent for path in home.candles.glob(f"*/{DESCRIPTION_FILE}"))
    except OSError as error:
        raise DataError(f"can't list {home.candles}: {error.strerror or error}") from error
    return entries + [_entry(folder) for folder in folders if folder.name != demo.NAME]


def _entry(folder: Path) -> DatasetEntry:
    try:
        found = read_description(folder)
    except DataError as error:
        return DatasetEntry(folder.name, folder.name, (), 0, 0, synthetic=False, problem=str(error))
    title = found.title or folder.name
    return DatasetEntry(folder.name, title, tuple(found.coins), found.first_ms, found.last_ms, found.synthetic)
