"""The app on a home with a small market and kept reports."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hand_made import STORY, hand_made
from small_market import write_config, write_small_market

from passivtui.backtest.kept import run_and_keep
from passivtui.backtest.report import Report, build_report
from passivtui.backtest.request import BacktestRequest
from passivtui.config import load_config
from passivtui.paths import Home
from passivtui.progress import CancelToken, ignore_progress
from passivtui.storage import ReportRow


@pytest.fixture
def small_home(home: Home) -> Home:
    """A home with a market of three days and a config for it."""
    write_small_market(home)
    write_config(home)
    return home


@pytest.fixture
def keep(small_home: Home) -> Callable[..., tuple[Report, ReportRow]]:
    """Run the config over the small market, with keys set, and keep the report."""

    def run(*sets: str) -> tuple[Report, ReportRow]:
        config = load_config(small_home.configs / "lively.toml", sets=sets, home=small_home)
        request = BacktestRequest(config, "small")
        with ThreadPoolExecutor(1) as pool:  # as in the app: not on the thread of the event loop
            return pool.submit(run_and_keep, request, small_home, ignore_progress, CancelToken()).result()[0]

    return run


@pytest.fixture
def drawn_report() -> Report:
    """A report whose picture never changes: smooth curves over 40 days, a handful of fills."""
    days = 40
    t = np.arange(days * 1440 - 1) / 1440
    equity = 1000.0 * (1.0 + 0.004 * t + 0.03 * np.sin(t / 3.0))
    analysis: dict[str, float | None] = {
        "gain": 1.1432,
        "adg": 0.003353,
        "mdg": 0.0021,
        "drawdown_worst": 0.0341,
        "equity_balance_diff_neg_max": 0.021,
        "loss_profit_ratio": 0.0294,
        "sharpe_ratio": 0.41,
        "sortino_ratio": 0.77,
        "omega_ratio": 2.9,
        "expected_shortfall_1pct": 0.0121,
        "position_held_hours_max": 69.15,
        "position_held_hours_mean": 12.25,
        "positions_held_per_day": 1.15,
        "volume_pct_per_day_avg": 0.2,
    }
    fills = [(minute * 700, *rest) for minute, *rest in STORY]
    return build_report(
        hand_made(fills, n_minutes=days * 1440, equity=equity.tolist(), analysis=analysis, synthetic=True)  # type: ignore[arg-type]
    )
