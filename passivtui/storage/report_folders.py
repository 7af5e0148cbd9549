"""Reports as folders: the truth that the database's list is an index of.

A report's folder holds `report.json`, whose "summary" is what the list shows, and, once the user named or tagged it,
`labels.json`. Everything else in it belongs to the backtest service.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from passivtui.errors import ReportError, storage_error
from passivtui.files import write_atomically
from passivtui.paths import Home
from passivtui.storage.report_rows import ReportRow, row_from_facts, row_labels

REPORT_FILE = "report.json"
LABELS_FILE = "labels.json"


def report_folders(home: Home) -> Iterator[Path]:
    """The folders of all kept reports, by name. Raises StorageError."""
    try:
        folders = sorted(home.backtests.iterdir()) if home.backtests.is_dir() else []
    except OSError as error:
        raise storage_error("read the folder", home.backtests, error) from error
    for folder in folders:
        if not folder.name.startswith(".") and (folder / REPORT_FILE).is_file():
            yield folder


def read_row(folder: Path, home: Home) -> ReportRow:
    """The list's row of the report in `folder`, from its own files. Raises ReportError."""
    report = _read_object(folder / REPORT_FILE)
    labels = _read_object(folder / LABELS_FILE) if (folder / LABELS_FILE).exists() else {}
    try:
        return row_from_facts(report["summary"], labels, folder.relative_to(home.root).as_posix())
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ReportError(f"the report in {folder} can't be listed: its {REPORT_FILE} is damaged") from error


def write_labels(row: ReportRow, home: Home) -> None:
    """Keep the name, tags and notes beside the report. Raises ReportError if it is gone, StorageError."""
    folder = home.root / row.folder
    if not folder.is_dir():
        raise ReportError(f"the report {row.name} is gone from {folder}; delete it from the list")
    write_atomically(folder / LABELS_FILE, json.dumps(row_labels(row), indent=1, ensure_ascii=False) + "\n")


def remove_report_folder(row: ReportRow, home: Home) -> None:
    """Delete the report's files; none there is fine. Raises ReportError, StorageError."""
    folder = home.root / row.folder
    if folder.parent != home.backtests:  # a damaged index must not make us delete something else
        raise ReportError(f"the report {row.name} is listed in {folder}, which is no report's folder; rebuild the list")
    doomed = folder.with_name(f".deleted-{folder.name}")
    try:
        if folder.is_dir():
            os.replace(folder, doomed)  # gone at once for whoever looks, even if deleting takes time or fails
            shutil.rmtree(doomed)
    except OSError as error:
        raise storage_error("delete", folder, error) from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ReportError(f"can't read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ReportError(f"{path} is damaged: it is no JSON") from error
    if not isinstance(content, dict):
        raise ReportError(f"{path} is damaged: it holds no JSON object")
    return content
