"""What the list of reports shows of one backtest, and how it is kept in JSON beside the report itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from passivtui.tags import tidy_tags

SortKey = Literal[
    "created_ms",
    "name",
    "config_name",
    "dataset",
    "first_ms",
    "n_minutes",
    "starting_balance",
    "n_fills",
    "gain",
    "adg",
    "drawdown_worst",
    "loss_profit_ratio",
]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One kept backtest report. Metrics are None where they are not defined; they may be infinite."""

    id: str
    created_ms: int
    name: str  # what the user calls it; the config's name at first
    config_name: str
    dataset: str  # "demo" or the dataset's folder
    synthetic: bool
    coins: tuple[str, ...]  # sorted
    first_ms: int
    n_minutes: int
    starting_balance: float
    n_fills: int
    gain: float | None  # a ratio: 1.0 is flat
    adg: float | None
    drawdown_worst: float | None
    loss_profit_ratio: float | None
    folder: str  # relative to the home, with "/"
    tags: tuple[str, ...] = ()  # sorted, none twice
    notes: str = ""


def defined(value: float | None) -> float | None:
    """The metric, or None for NaN: the database and JSON have no NaN."""
    return None if value is None or math.isnan(value) else float(value)


def row_facts(row: ReportRow) -> dict[str, Any]:
    """What never changes about a report, as strict JSON values (infinities as strings that `float()` reads)."""
    return {
        "id": row.id,
        "created_ms": row.created_ms,
        "config_name": row.config_name,
        "dataset": row.dataset,
        "synthetic": row.synthetic,
        "coins": list(row.coins),
        "first_ms": row.first_ms,
        "n_minutes": row.n_minutes,
        "starting_balance": row.starting_balance,
        "n_fills": row.n_fills,
        "gain": _metric_out(row.gain),
        "adg": _metric_out(row.adg),
        "drawdown_worst": _metric_out(row.drawdown_worst),
        "loss_profit_ratio": _metric_out(row.loss_profit_ratio),
    }


def row_labels(row: ReportRow) -> dict[str, Any]:
    """What the user may change about a report."""
    return {"name": row.name, "tags": list(row.tags), "notes": row.notes}


def row_from_facts(facts: Mapping[str, Any], labels: Mapping[str, Any], folder: str) -> ReportRow:
    """The row that `row_facts` and `row_labels` came from. Raises KeyError, TypeError or ValueError on foreign data."""
    return ReportRow(
        id=str(facts["id"]),
        created_ms=int(facts["created_ms"]),
        name=str(labels.get("name", facts["config_name"])),
        config_name=str(facts["config_name"]),
        dataset=str(facts["dataset"]),
        synthetic=bool(facts["synthetic"]),
        coins=tuple(str(coin) for coin in facts["coins"]),
        first_ms=int(facts["first_ms"]),
        n_minutes=int(facts["n_minutes"]),
        starting_balance=float(facts["starting_balance"]),
        n_fills=int(facts["n_fills"]),
        gain=_metric_in(facts["gain"]),
        adg=_metric_in(facts["adg"]),
        drawdown_worst=_metric_in(facts["drawdown_worst"]),
        loss_profit_ratio=_metric_in(facts["loss_profit_ratio"]),
        folder=folder,
        tags=tidy_tags(str(tag) for tag in labels.get("tags", ())),
        notes=str(labels.get("notes", "")),
    )


def _metric_out(value: float | None) -> float | str | None:
    value = defined(value)
    return value if value is None or math.isfinite(value) else str(value)


def _metric_in(value: Any) -> float | None:
    return None if value is None else defined(float(value))
