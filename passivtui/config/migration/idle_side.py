"""Values that aren't allowed on a side that is switched off: other releases never looked at them."""

from __future__ import annotations

from typing import Any

from passivtui.config.findings import shown
from passivtui.config.migration.step import Step
from passivtui.config.parameter import NotAllowed, as_number
from passivtui.config.parameters import SECTION_PARAMETERS


def settle_idle_sides(step: Step) -> None:
    """In files of other releases, put the template's value for numbers out of range where the side is off."""
    if not step.is_foreign:
        return
    for side, table in step.sides():
        if _is_off(table):
            _settle(step, table, side)


def _is_off(table: dict[str, Any]) -> bool:
    return any(as_number(table.get(name)) == 0.0 for name in ("n_positions", "total_wallet_exposure_limit"))


def _settle(step: Step, table: dict[str, Any], side: str) -> None:
    for param in SECTION_PARAMETERS["bot"]:
        value = table.get(param.name)
        if as_number(value) is None:
            continue
        try:
            param.read(value)
        except NotAllowed as error:
            template = param.template_for(side)
            table[param.name] = template
            step.findings.warn(
                param.key(side),
                f"{shown(value)} is not allowed (it must be {error}); the side is switched off, so the template's "
                f"value {shown(template)} stands in",
            )
