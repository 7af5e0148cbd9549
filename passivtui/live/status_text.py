"""Statuses and specifications as JSON and back: for the database and the control socket."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from passivtui.errors import DataError, UsageError
from passivtui.live.drawdown_history import rule_from_values
from passivtui.live.status import (
    AgeRow,
    BotSpec,
    BotState,
    BotStatus,
    ErrorCount,
    FillRow,
    ModeRow,
    OrderRow,
    PaperSettings,
    PositionRow,
    Rates,
    SideExposure,
    WithheldRow,
)

_ROWS: dict[str, Any] = {
    "exposures": SideExposure,
    "positions": PositionRow,
    "orders": OrderRow,
    "modes": ModeRow,
    "fills": FillRow,
    "ages": AgeRow,
    "errors": ErrorCount,
}


def status_to_json(status: BotStatus) -> str:
    """One line of strict JSON; numbers that are none become null."""
    return json.dumps(_finite(asdict(status)), separators=(",", ":"), allow_nan=False)


def status_from_json(text: str) -> BotStatus:
    """What `status_to_json` wrote. Raises DataError for anything else."""
    try:
        values = json.loads(text)
        for name, kind in _ROWS.items():
            values[name] = tuple(kind(**row) for row in values[name])
        values["withheld"] = tuple(
            WithheldRow(**{**row, "numbers": tuple((name, value) for name, value in row["numbers"])})
            for row in values["withheld"]
        )
        values["warnings"] = tuple(values["warnings"])
        values["spec"] = _spec(values["spec"])
        values["state"] = BotState(values["state"])
        values["rates"] = Rates(**values["rates"])
        return BotStatus(**values)
    except (AttributeError, LookupError, TypeError, UsageError, ValueError) as error:
        raise DataError("the bot's status was written by another version and can't be read") from error


def spec_to_json(spec: BotSpec) -> str:
    """One line of JSON."""
    return json.dumps(asdict(spec), separators=(",", ":"))


def spec_from_json(text: str) -> BotSpec:
    """What `spec_to_json` wrote. Raises DataError for anything else."""
    try:
        return _spec(json.loads(text))
    except (AttributeError, LookupError, TypeError, UsageError, ValueError) as error:
        raise DataError("the bot's specification was written by another version and can't be read") from error


def _spec(values: dict[str, Any]) -> BotSpec:
    paper = values["paper"]
    settings = None if paper is None else PaperSettings(**paper)
    rule = values.get("drawdown_stop")
    stop = None if rule is None else rule_from_values(rule)
    return BotSpec(**{**values, "sets": tuple(values["sets"]), "paper": settings, "drawdown_stop": stop})


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
