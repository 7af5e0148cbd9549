"""A Passiv-X folder: what there is in it to take over, and what can't be used.

Nothing is changed, and no content of a key file leaves this module: of keys, only user, venue and path are told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from passivtui.errors import ConfigError, DataError, PassivTuiError, storage_error
from passivtui.passivx.settings import load_live_settings, load_session_settings
from passivtui.passivx.tick_csv import csv_files

Kind = Literal["keys", "live settings", "backtest settings", "trades", "results", "tick cache"]

EXCHANGES: Final = ("binance", "bybit")
_INNER: Final = "Passiv-25"  # where a checkout keeps everything
_PARTS: Final = ("api_key_secrets", "live_settings", "backtest_configs", "historical_data", "backtest_results")
_RESULTS: Final = "results.txt"
_EXAMPLE: Final = "EXAMPLE_KEY"
_LARGEST_KEY_FILE: Final = 10_000  # bytes


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file, or a folder of trades. `problem` says why it can't be used, "" when it can; `facts` what it is."""

    kind: Kind
    path: Path
    name: str  # of the user, the settings, or the symbol
    exchange: str  # "" where the place doesn't tell
    facts: str = ""
    problem: str = ""

    @property
    def is_usable(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class PassivXFolder:
    """What was found, in the order of kind, venue and name."""

    root: Path
    files: tuple[FoundFile, ...] = field(default=())

    def of_kind(self, kind: Kind) -> tuple[FoundFile, ...]:
        return tuple(file for file in self.files if file.kind == kind)


def read_passivx_folder(path: Path) -> PassivXFolder:
    """Look through a Passiv-X folder (the checkout, or the `Passiv-25` in it).

    Raises DataError when it is none, StorageError when it can't be read. A file that can't be used is no error: it is
    listed with its problem.
    """
    try:
        root = next(
            (folder for folder in (path / _INNER, path) if any((folder / part).is_dir() for part in _PARTS)), None
        )
        if root is None:
            where = "is no folder" if not path.is_dir() else f"holds none of {', '.join(_PARTS)}"
            raise DataError(f"{path} {where}; name the folder that Passiv-X's main.py is in")
        return PassivXFolder(root, tuple(_everything(root)))
    except OSError as error:
        raise storage_error("read", path, error) from error


def _everything(root: Path) -> Iterator[FoundFile]:
    for exchange in EXCHANGES:
        for path in _files(root / "api_key_secrets" / exchange, ".json"):
            yield _key_file(path, exchange)
    for exchange in EXCHANGES:
        for path in _files(root / "live_settings" / exchange, ".json", ".hjson"):
            yield _settings("live settings", path, exchange, _live_facts)
    for path in _files(root / "backtest_configs", ".hjson", ".json"):
        yield _settings("backtest settings", path, "", _session_facts)
    for exchange in EXCHANGES:
        for folder in _folders(root / "historical_data" / exchange / "agg_trades_futures"):
            yield _trades(folder, exchange)
    for path in sorted((root / "backtest_results").glob(f"*/*/*/{_RESULTS}")):
        yield _results(path.parent)
    for path in sorted((root / "backtest_results").glob("*/*/*/ticks_cache.npy")):
        yield FoundFile(
            *("tick cache", path, path.parents[1].name, path.parents[2].name),
            facts=f"the ticks of session {path.parent.name}",
            problem="holds pickled Python objects, which are never opened; the trades it was made of can be used",
        )


def _files(folder: Path, *suffixes: str) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes and path.is_file())


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _key_file(path: Path, exchange: str) -> FoundFile:
    return FoundFile("keys", path, path.stem, exchange, "a key and its secret", _problem_of_keys(path))


def _problem_of_keys(path: Path) -> str:
    """Why a key file can't be used. Its content is looked at and forgotten; no error is passed on, it may quote it."""
    try:
        if path.stat().st_size > _LARGEST_KEY_FILE:
            return "is too large to be a key file"
        pair = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return "can't be read as a key file"
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) and part.strip() for part in pair):
        return 'must hold two texts, ["KEY", "SECRET"]'
    return "is the example that ships" if pair[0] == _EXAMPLE else ""


def _settings(kind: Kind, path: Path, exchange: str, facts: Callable[[Path], str]) -> FoundFile:
    try:
        return FoundFile(kind, path, path.stem, exchange, facts(path))
    except ConfigError as error:
        return FoundFile(kind, path, path.stem, exchange, problem=str(error))


def _live_facts(path: Path) -> str:
    settings = load_live_settings(path).settings
    return f"{settings.symbol}, leverage {settings.strategy.leverage:g}"


def _session_facts(path: Path) -> str:
    session = load_session_settings(path).settings
    return f"{session.symbol} on {session.exchange}, {session.n_jackrabbit_iterations} iterations"


def _trades(folder: Path, exchange: str) -> FoundFile:
    symbol = folder.name.removesuffix("_cache")
    if symbol != folder.name:
        problem = "is an unfinished download; Passiv-X moves it to the symbol's own folder when it is next run"
        return FoundFile("trades", folder, symbol, exchange, problem=problem)
    try:
        n_files = len(csv_files(folder))
    except PassivTuiError as error:
        return FoundFile("trades", folder, symbol, exchange, problem=str(error))
    problem = "" if n_files else "holds no files of trades"
    return FoundFile("trades", folder, symbol, exchange, f"{n_files} files of trades", problem)


def _results(folder: Path) -> FoundFile:
    """A session of Jackrabbit: how many results, and the best gain."""
    found = FoundFile("results", folder, folder.name, folder.parents[1].name)
    best = folder / "best_result.json"
    try:
        with (folder / _RESULTS).open("rb") as file:
            n = sum(1 for line in file if line.strip())
        gain = float(json.loads(best.read_bytes())["gain"]) if best.exists() else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        return replace(found, problem=f"can't be read ({type(error).__name__})")
    return replace(found, facts=f"{n} results" + ("" if gain is None else f", best gain {gain:.6g}"))
