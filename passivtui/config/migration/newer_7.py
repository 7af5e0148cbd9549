"""Configs of Passivbot 7.4 and later: what 7.3 has under another name is taken over, the rest is left out and told."""

from __future__ import annotations

from typing import Final

from passivtui.config.migration.step import Step
from passivtui.config.parameters import BOUNDS, SECTION_PARAMETERS, SECTIONS

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
_SAME_MEANING: Final = frozenset({"entry_grid_spacing_we_weight", "forager_volume_drop_pct"})
_MARKS: Final = ("config_version", "logging", "monitor")
_BOT_MARKS: Final = ("hsl_", "forager_", "risk_", "entry_volatility_", "entry_grid_spacing_log_")


def rename_newer_keys(step: Step) -> None:
    """Sides and bounds of 7.4 and later in 7.3's keys. What 7.3 doesn't know stays, to be warned about one by one."""
    if not _is_newer(step):
        return
    step.is_foreign = True
    for side, table in step.sides():
        for new, old in _RENAMED.items():
            _take_over(step, table, f"bot.{side}", new, old)
    bounds = step.table("optimize", "bounds")
    for name in list(bounds):
        side, _, parameter = name.partition("_")
        if parameter in _RENAMED and f"{side}_{_RENAMED[parameter]}" in BOUNDS:
            bounds.setdefault(
                f"{side}_{_RENAMED[parameter]}",
                bounds.pop(name)[:2] if isinstance(bounds[name], list) else bounds.pop(name),
            )
    _leave_out_steps(step)
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
    live = step.table("live")
    return any(name.startswith(("inactive_coin_candle_ttl", "max_memory_candles")) for name in live)


def _take_over(step: Step, table: dict[str, object], key: str, new: str, old: str) -> None:
    if new not in table:
        return
    value = table.pop(new)
    if old in table:
        step.findings.warn(f"{key}.{new}", f"unknown to Passivbot 7.3; left out ({old} is given too)")
        return
    table[old] = value
    how = "is called" if new in _SAME_MEANING else "has its nearest equivalent in"
    step.findings.warn(f"{key}.{new}", f"unknown to Passivbot 7.3; {how} {old}, which takes its value")


def _leave_out_steps(step: Step) -> None:
    """Newer bounds may be [low, high, step]; 7.3 has no steps."""
    bounds = step.table("optimize", "bounds")
    for name, value in bounds.items():
        if isinstance(value, list) and len(value) == 3:
            bounds[name] = value[:2]
            step.findings.warn(f"optimize.bounds.{name}", "the step is unknown to Passivbot 7.3; left out")
