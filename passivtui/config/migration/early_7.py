"""The first configs of Passivbot 7: what live and backtest share stood in a section `common`."""

from __future__ import annotations

from typing import Any, Final

from passivtui.config.migration.step import Step
from passivtui.config.parameters import SECTION_PARAMETERS

_RENAMED: Final = {
    "approved_symbols": "approved_coins",
    "ignored_symbols": "ignored_coins",
    "symbol_flags": "coin_flags",
}


def from_common(step: Step) -> None:
    """Move the keys of `common` to `live`; what live has itself stays."""
    common = step.document.pop("common", None)
    if not isinstance(common, dict):
        return
    step.is_foreign = True
    step.findings.info("common", "a config of an early Passivbot 7; its keys belong to live")
    live: Any = step.document.setdefault("live", {})
    if not isinstance(live, dict):
        return  # told when it is validated
    known = {param.name for param in SECTION_PARAMETERS["live"]} | {"minimum_market_age_days", "ohlcv_rolling_window"}
    for name, value in common.items():
        target = _RENAMED.get(name, name)
        if target not in known and target != "coin_flags":
            step.findings.warn(f"common.{name}", "unknown, left out")
        elif target in live:
            step.findings.warn(f"common.{name}", f"left out: live.{target} is given too")
        else:
            live[target] = sorted(value) if name == "approved_symbols" and isinstance(value, dict) else value
