"""The backtest service: run one, keep it, open it again, and what its report shows."""

from passivtui.backtest.artefacts import check_output_folder, keep_report, open_report, report_row, write_output
from passivtui.backtest.request import BacktestRequest
from passivtui.backtest.result import BacktestResult, RunInfo
from passivtui.backtest.run import run_backtest

__all__ = [
    "BacktestRequest",
    "BacktestResult",
    "RunInfo",
    "check_output_folder",
    "keep_report",
    "open_report",
    "report_row",
    "run_backtest",
    "write_output",
]
