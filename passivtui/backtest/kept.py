"""A run kept and listed in one go, and a kept one opened: what the app does in a thread."""

from __future__ import annotations

from passivtui.backtest.artefacts import keep_report, open_report, report_row
from passivtui.backtest.markets import one_per_exchange
from passivtui.backtest.report import Report, build_report
from passivtui.backtest.request import BacktestRequest
from passivtui.backtest.run import run_backtest
from passivtui.paths import Home
from passivtui.progress import CancelToken, Progress, ProgressSink
from passivtui.storage import ReportRow, add_report


def run_and_keep(
    request: BacktestRequest, home: Home, progress: ProgressSink, cancel: CancelToken
) -> tuple[tuple[Report, ReportRow], ...]:
    """Run a backtest, keep its report in the home and list it; one for each exchange if they are not combined.

    Raises what `run_backtest` does, and StorageError. Cancelled before a report is kept, nothing of it is left; after
    that it is a report like any other.
    """
    return tuple(_run_and_keep(single, home, progress, cancel) for single in one_per_exchange(request))


def _run_and_keep(
    request: BacktestRequest, home: Home, progress: ProgressSink, cancel: CancelToken
) -> tuple[Report, ReportRow]:
    result = run_backtest(request, home.ensure(), progress, cancel)
    progress(Progress("report", 0, 0))
    report = build_report(result)
    cancel.raise_if_cancelled()
    row = report_row(result, keep_report(result, home), home)
    add_report(row, home)
    return report, row


def open_kept(row: ReportRow, home: Home) -> Report:
    """The kept report that a row of the list stands for. Raises ReportError."""
    return build_report(open_report(home.root / row.folder))
