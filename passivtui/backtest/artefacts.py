"""Results as folders: the four files of an output folder, and reports kept in the home that open again as they were.

A folder appears whole or not at all. An output folder that is replaced loses `analysis.json` first and gets it last, so
the presence of that file says that the folder is whole.
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from passivtui.backtest.export import analysis_json, balance_and_equity_csv, fills_csv, metrics_from_plain
from passivtui.backtest.result import BacktestResult, RunInfo
from passivtui.config import load_config, to_json
from passivtui.core import FILL_DTYPE, ORDER_TYPES
from passivtui.errors import ConfigError, ReportError, StorageError, storage_error
from passivtui.files import folder_written_whole, sync_folder
from passivtui.paths import Home
from passivtui.storage.report_folders import REPORT_FILE
from passivtui.storage.report_rows import ReportRow, defined, row_facts

FILLS_CSV, BALANCE_CSV = "fills.csv", "balance_and_equity.csv"
ANALYSIS_FILE, CONFIG_FILE = "analysis.json", "config.json"
#: In the order in which they are put into an existing folder.
OUTPUT_FILES = (FILLS_CSV, BALANCE_CSV, CONFIG_FILE, ANALYSIS_FILE)
SERIES_FILE, FILLS_FILE = "series.npz", "fills.npz"
FORMAT = 1  # of kept reports; raised when an older program could not read them

_INCOMING = ".incoming"


def check_output_folder(folder: Path) -> None:
    """Raise StorageError unless `folder` can be made, is empty, or holds an earlier output and nothing else."""
    try:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        if not existing.is_dir():
            raise StorageError(f"can't write to {folder}: {existing} is a file; name another folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise StorageError(f"can't write to {folder}: {existing} can't be written; name another folder")
        names = {entry.name for entry in folder.iterdir()} if existing == folder else set()
    except OSError as error:
        raise storage_error("write to", folder, error) from error
    names -= {path.name for path in _leftovers(folder)}
    is_output = FILLS_CSV in names or ANALYSIS_FILE in names  # a lone config.json may be somebody's own
    if foreign := names if not is_output else names - set(OUTPUT_FILES):
        raise StorageError(
            f"{folder} holds other files ({min(foreign)}); name a new, an empty or an earlier output folder"
        )


def write_output(result: BacktestResult, folder: Path) -> None:
    """Write the four files to `folder`, in place of an earlier output (`check_output_folder`). Raises StorageError."""
    folder = folder.absolute()
    check_output_folder(folder)
    if not folder.exists():
        with folder_written_whole(folder) as unfinished:
            _write_files(result, unfinished)
        return
    # The folder itself stays (it may be a mount, or somebody's working directory): its files are replaced.
    incoming = folder / _INCOMING
    try:
        for leftover in _leftovers(folder):
            shutil.rmtree(leftover)
        with folder_written_whole(incoming) as unfinished:
            _write_files(result, unfinished)
        (folder / ANALYSIS_FILE).unlink(missing_ok=True)
        for name in OUTPUT_FILES:
            os.replace(incoming / name, folder / name)
        incoming.rmdir()
        sync_folder(folder)
    except OSError as error:
        raise storage_error("write", folder, error) from error


def keep_report(result: BacktestResult, home: Home) -> Path:
    """Keep the result in the home under an id of its own. Returns the folder. Raises StorageError."""
    folder = _free_folder(result.info.created_ms, home)
    report = {
        "format": FORMAT,
        "summary": row_facts(report_row(result, folder, home)),
        "info": result.info.to_json(),
    }
    with folder_written_whole(folder) as unfinished:
        _write_files(result, unfinished)
        np.savez(unfinished / FILLS_FILE, fills=result.fills)
        np.savez(unfinished / SERIES_FILE, **_series(result))
        (unfinished / REPORT_FILE).write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return folder


def report_row(result: BacktestResult, folder: Path, home: Home) -> ReportRow:
    """What the list of reports shows of a result kept in `folder`."""
    info, analysis = result.info, result.analysis
    return ReportRow(
        id=folder.name,
        created_ms=info.created_ms,
        name=info.config_name,
        config_name=info.config_name,
        dataset=info.dataset,
        synthetic=info.synthetic,
        coins=info.coins,
        first_ms=info.first_ms,
        n_minutes=info.n_minutes,
        starting_balance=info.starting_balance,
        n_fills=result.n_fills,
        gain=defined(analysis["gain"]),
        adg=defined(analysis["adg"]),
        drawdown_worst=defined(analysis["drawdown_worst"]),
        loss_profit_ratio=defined(analysis["loss_profit_ratio"]),
        folder=folder.relative_to(home.root).as_posix(),
    )


def open_report(folder: Path) -> BacktestResult:
    """The result that `keep_report` wrote to `folder`. Raises ReportError if it is missing, damaged or foreign."""
    try:
        info = _read_info(folder)
        analysis = metrics_from_plain(json.loads((folder / ANALYSIS_FILE).read_bytes()))
        config = load_config(folder / CONFIG_FILE).config
        fills = _read_arrays(folder / FILLS_FILE)["fills"]
        series = _read_arrays(folder / SERIES_FILE)
        result = BacktestResult(
            info=info,
            config=config,
            fills=fills,
            equities_usd=series["equities_usd"],
            equities_btc=series["equities_btc"],
            analysis=analysis,
            btc_usd=series["btc_usd"] if info.btc_collateral else np.ones(info.n_minutes),
        )
        _check_shapes(result)
    except ReportError:
        raise
    except FileNotFoundError as error:
        missing = Path(error.filename).name if error.filename else "a file"
        raise ReportError(f"the report in {folder} is incomplete: {missing} is missing") from error
    except OSError as error:
        raise ReportError(f"can't read the report in {folder}: {error.strerror or error}") from error
    except ConfigError as error:
        raise ReportError(f"the report in {folder} is damaged: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, EOFError, OverflowError, BadZipFile) as error:
        raise ReportError(f"the report in {folder} is damaged; run the backtest again") from error
    return result


def _leftovers(folder: Path) -> list[Path]:
    """What an interrupted `write_output` may have left."""
    return [*folder.glob(_INCOMING), *folder.glob(f".{_INCOMING}.*")]


def _write_files(result: BacktestResult, folder: Path) -> None:
    contents = {
        FILLS_CSV: fills_csv(result),
        BALANCE_CSV: balance_and_equity_csv(result),
        CONFIG_FILE: to_json(result.config),
        ANALYSIS_FILE: analysis_json(result),
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _free_folder(created_ms: int, home: Home) -> Path:
    """A folder named by the time (UTC), with a number behind it when that is taken."""
    moment = datetime.fromtimestamp(created_ms / 1000, UTC)
    name = moment.strftime("%Y-%m-%d_%H-%M-%S")
    folder, number = home.backtests / name, 1
    while folder.exists():
        number += 1
        folder = home.backtests / f"{name}_{number}"
    return folder


def _series(result: BacktestResult) -> dict[str, Any]:
    series = {"equities_usd": result.equities_usd, "equities_btc": result.equities_btc}
    return {**series, "btc_usd": result.btc_usd} if result.info.btc_collateral else series


def _read_info(folder: Path) -> RunInfo:
    if not (folder / REPORT_FILE).is_file():
        raise ReportError(f"there is no backtest report in {folder}")
    content = json.loads((folder / REPORT_FILE).read_bytes())
    if isinstance(written := content["format"], int) and written > FORMAT:
        raise ReportError(f"the report in {folder} was written by a newer passivtui; update it to open the report")
    return RunInfo.from_json(content["info"])


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file; its checksums are verified on the way."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _check_shapes(result: BacktestResult) -> None:
    """Raise ValueError unless the arrays fit together, so that nothing that is shown can fail on them."""
    n, fills = result.info.n_minutes, result.fills
    floats = ((result.equities_usd, n - 1), (result.equities_btc, n - 1), (result.btc_usd, n))
    if any(array.dtype != np.float64 or array.shape != (length,) for array, length in floats):
        raise ValueError("the series don't fit the run")
    if fills.dtype != FILL_DTYPE or fills.ndim != 1:
        raise ValueError("the fills are of another kind")
    limits = {"minute": n, "coin": len(result.info.coins), "type": len(ORDER_TYPES)}
    if len(fills) and any(fills[name].min() < 0 or fills[name].max() >= limit for name, limit in limits.items()):
        raise ValueError("a fill is outside the run")
    if len(fills) and (np.diff(fills["minute"]) < 0).any():
        raise ValueError("the fills are out of order")
