"""Values that aren't allowed where nothing reads them: other releases never looked at them."""

from __future__ import annotations

from typing import Any, Final

from passivtui.config.findings import shown
from passivtui.config.migration.step import Step
from passivtui.config.parameter import NotAllowed, Param, as_number
from passivtui.config.parameters import SECTION_PARAMETERS

#: The keys that only grid orders or only trailing orders read, by the ratio that chooses between them.
_GRID: Final = {
    "entry_trailing_grid_ratio": (
        "entry_grid_double_down_factor",
        "entry_grid_spacing_pct",
        "entry_grid_spacing_weight",
    ),
    "close_trailing_grid_ratio": ("close_grid_markup_start", "close_grid_markup_end", "close_grid_qty_pct"),
}
_TRAILING: Final = {
    "entry_trailing_grid_ratio": ("entry_trailing_double_down_factor", "entry_trailing_retracement_pct"),
    "close_trailing_grid_ratio": ("close_trailing_qty_pct", "close_trailing_retracement_pct"),
}


def settle_idle_values(step: Step) -> None:
    """In files of other releases, put the template's value for numbers out of range where nothing reads them."""
    if not step.is_foreign:
        return
    for side, table in step.sides():
        reasons = _reasons(table)
        for param in SECTION_PARAMETERS["bot"]:
            if param.name in reasons:
                _settle(step, table, side, param, reasons[param.name])


def _reasons(table: dict[str, Any]) -> dict[str, str]:
    """Of every key of a side that nothing reads: why."""
    if any(as_number(table.get(name)) == 0.0 for name in ("n_positions", "total_wallet_exposure_limit")):
        return {param.name: "the side is switched off" for param in SECTION_PARAMETERS["bot"]}
    reasons: dict[str, str] = {}
    for ratio in _GRID:
        value = as_number(table.get(ratio))
        if value is not None and abs(value) >= 1.0:
            reasons |= dict.fromkeys(_GRID[ratio], f"{ratio} {value:g} leaves no grid orders")
        elif value == 0.0:
            reasons |= dict.fromkeys(_TRAILING[ratio], f"{ratio} 0 leaves no trailing orders")
    return reasons


def _settle(step: Step, table: dict[str, Any], side: str, param: Param, reason: str) -> None:
    value = table.get(param.name)
    if as_number(value) is None:
        return
    try:
        param.read(value)
    except NotAllowed as error:
        template = param.template_for(side)
        table[param.name] = template
        step.findings.warn(
            param.key(side),
            f"{shown(value)} is not allowed (it must be {error}); {reason}, so the template's value "
            f"{shown(template)} stands in",
        )
