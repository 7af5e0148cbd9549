"""What must survive a restart: one SQLite database beside the folders that hold the bulk numbers."""

from passivtui.storage.blocking import add_report, check_reports
from passivtui.storage.database import Database
from passivtui.storage.report_rows import ReportRow, SortKey
from passivtui.storage.reports import Rebuilt, ReportIndex, open_reports
from passivtui.storage.stored_coins import StoredCoinRow, keep_coins, known_coins

__all__ = [
    "Database",
    "Rebuilt",
    "ReportIndex",
    "ReportRow",
    "SortKey",
    "StoredCoinRow",
    "add_report",
    "check_reports",
    "keep_coins",
    "known_coins",
    "open_reports",
]
