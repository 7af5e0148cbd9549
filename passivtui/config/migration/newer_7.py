"""Configs of Passivbot 7.4 and later: what 7.3 has under another name is taken over, the rest is left out and told."""

from __future__ import annotations

from typing import Any, Final

from passivtui.config.findings import shown
from passivtui.config.migration.step import Step
from passivtui.config.parameter import split_names
from passivtui.config.parameters import BOUNDS, SECTION_PARAMETERS, SECTIONS
from passivtui.exchanges.venues import find_venue

#: New name → 7.3's name, where it means the same or is its nearest equivalent.
_RENAMED: Final = {
    "entry_grid_spacing_we_weight": "entry_grid_spacing_weight",
    "filter_volume_ema_span": "filter_volume_rolling_window",
    "filter_log_range_ema_span": "filter_noisiness_rolling_window",
    "filter_volatility_ema_span": "filter_noisiness_rolling_window",
    "forager_volume_ema_span": "filter_volume_rolling_window",
    "forager_volatility_ema_span": "filter_noisiness_rolling_window",
    "forager_volume_drop_pct": "filter_volume_drop_pct",
}
_SAME_MEANING: Final = ("entry_grid_spacing_we_weight", "forager_volume_drop_pct")
_BOT_MARKS: Final = ("hsl_", "forager_", "risk_", "entry_volatility_", "entry_grid_spacing_log_")
_LIVE_MARKS: Final = ("inactive_coin_candle_ttl", "max_memory_candles")
_BACKTEST_MARKS: Final = ("suite", "coin_sources", "btc_collateral_", "max_warmup_minutes", "balance_sample_divider")


def rename_newer_keys(step: Step) -> None:
    """Sides and bounds of 7.4 and later in 7.3's keys. What 7.3 doesn't know stays, to be warned about one by one."""
    if not _is_newer(step):
        return
    step.is_foreign = True
    for side, table in step.sides():
        for new, old in _RENAMED.items():
            _take_over(step, table, f"bot.{side}", new, old)
    bounds = step.table("optimize", "bounds")
    _leave_out_steps(step, bounds)
    for name in list(bounds):
        side, _, new = name.partition("_")
        if new in _RENAMED and f"{side}_{_RENAMED[new]}" in BOUNDS:
            _take_over(step, bounds, "optimize.bounds", name, f"{side}_{_RENAMED[new]}")
    _leave_out_exchanges(step)
    for name in [name for name in step.document if name not in SECTIONS]:
        step.findings.warn(name, "unknown to Passivbot 7.3; left out")
        del step.document[name]


def _is_newer(step: Step) -> bool:
    if "config_version" in step.document:
        return True
    known = {param.name for param in SECTION_PARAMETERS["bot"]}
    for _, table in step.sides():
        if any(name in _RENAMED or name.startswith(_BOT_MARKS) for name in table if name not in known):
            return True
    marked = ((step.table("live"), _LIVE_MARKS), (step.table("backtest"), _BACKTEST_MARKS))
    return any(name.startswith(marks) for table, marks in marked for name in table)


def _take_over(step: Step, table: dict[str, Any], key: str, new: str, old: str) -> None:
    """Move a value to 7.3's name."""
    if new not in table:
        return
    value = table.pop(new)
    if old in table:
        step.findings.warn(f"{key}.{new}", f"unknown to Passivbot 7.3; left out ({old} is given too)")
        return
    table[old] = value
    how = "is called" if new.endswith(_SAME_MEANING) else "has its nearest equivalent in"
    step.findings.warn(f"{key}.{new}", f"unknown to Passivbot 7.3; {how} {old}, which takes its value ({shown(value)})")


def _leave_out_steps(step: Step, bounds: dict[str, Any]) -> None:
    """Newer bounds may be [low, high, step]; 7.3 has no steps."""
    for name, value in bounds.items():
        if isinstance(value, list) and len(value) == 3:
            bounds[name] = value[:2]
            step.findings.warn(f"optimize.bounds.{name}", "the step is unknown to Passivbot 7.3; left out")


def _leave_out_exchanges(step: Step) -> None:
    """Exchanges that later releases added have no candles here; without any other, the template's are used."""
    backtest = step.table("backtest")
    names = split_names(backtest.get("exchanges"))
    unknown = [name for name in names or () if find_venue(name) is None]
    if not names or not unknown:
        return
    known = [name for name in names if name not in unknown]
    instead = "" if known else "; the template's exchanges are used"
    step.findings.warn("backtest.exchanges", f"{', '.join(unknown)}: no exchange with candles, left out{instead}")
    if known:
        backtest["exchanges"] = known
    else:
        del backtest["exchanges"]
