"""Keys of `live` and `backtest` that were renamed on the way to 7.3."""

from __future__ import annotations

from passivtui.config.migration.names import OLD_LIVE_KEYS
from passivtui.config.migration.step import Step


def rename_live_keys(step: Step) -> None:
    """The minimum age; the filters' keys have gone to the sides by now."""
    live = step.table("live")
    step.renamed(live, "live", "minimum_market_age_days", "minimum_coin_age_days")
    for name in OLD_LIVE_KEYS:
        live.pop(name, None)


def rename_backtest_keys(step: Step) -> None:
    """One exchange became a list of them."""
    backtest = step.table("backtest")
    if "exchange" not in backtest:
        return
    exchange = backtest.pop("exchange")
    if "exchanges" in backtest:
        step.findings.warn("backtest.exchange", "left out: exchanges is given too")
        return
    backtest["exchanges"] = [exchange] if isinstance(exchange, str) else exchange
    step.findings.info("backtest.exchange", f"is exchanges now ({exchange})")
