"""What must survive a restart: one SQLite database beside the folders that hold the bulk numbers."""

from passivtui.storage.blocking import add_report, check_reports
from passivtui.storage.database import Database
from passivtui.storage.optimizer_runs import OptimizerRunRow, RunStatus, forget_run, keep_run, known_runs
from passivtui.storage.report_rows import ReportRow, SortKey
from passivtui.storage.reports import Rebuilt, ReportIndex, open_reports
from passivtui.storage.stored_coins import StoredCoinRow, keep_coins, known_coins

__all__ = [
    "Database",
    "OptimizerRunRow",
    "Rebuilt",
    "ReportIndex",
    "ReportRow",
    "RunStatus",
    "SortKey",
    "StoredCoinRow",
    "add_report",
    "check_reports",
    "forget_run",
    "keep_coins",
    "keep_run",
    "known_coins",
    "known_runs",
    "open_reports",
]
