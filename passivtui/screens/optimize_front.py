"""A front as screens show it: members of a run that goes on or of a folder, their columns, and the scatter plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from passivtui.backtest.metrics import format_metric, metric_of
from passivtui.config import load_config
from passivtui.optimize import Goal, MemberFile, read_front
from passivtui.optimize.front import distances
from passivtui.optimize.goal import goal_of, sign_of
from passivtui.optimize.request import FrontView
from passivtui.optimize.run_folder import CONFIG_FILE
from passivtui.widgets.line_table import Column
from passivtui.widgets.roles import signed_role
from passivtui.widgets.series import Markers

Document = Mapping[str, Any]

_AROUND: Final = 1.0
"""How far beyond the front, in its own extents, other candidates are still drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One member of a front.

    Attributes:
        key: names it across updates.
        metrics: of the run's scoring, in its order and in their own sign; None where undefined.
        distance: from the best of every objective, on the front's own scale; 0 is nearest.
        keeps_limits: whether no limit is passed.
        document: the member as a config with its analyses.
    """

    key: str
    metrics: tuple[float | None, ...]
    distance: float
    keeps_limits: bool
    document: Callable[[], Document]


def members_of_view(view: FrontView) -> list[Member]:
    """The members of a run that goes on, nearest first."""
    if not view.members:
        return []
    apart = distances(np.array([member.objectives for member in view.members]))
    rows = [
        Member(
            key=repr(candidate.genome),
            metrics=tuple(view.goal.metrics(candidate.measured)),
            distance=float(distance),
            keeps_limits=view.goal.penalty(candidate.measured) == 0.0,
            document=lambda candidate=candidate: view.documents.rounded(candidate),  # type: ignore[misc]
        )
        for candidate, distance in zip(view.members, apart, strict=True)
    ]
    return sorted(rows, key=lambda member: member.distance)


def read_members(folder: Path) -> tuple[Goal, list[Member]]:
    """The goal and the members of a run's folder, nearest first. Raises ReportError and ConfigError."""
    goal = goal_of(load_config(folder / CONFIG_FILE).config)
    return goal, [_stored(goal, file) for file in read_front(folder)]


def _stored(goal: Goal, file: MemberFile) -> Member:
    combined = file.document.get("analyses_combined", {})
    analyses = file.document.get("analyses", {})
    measured = [{name: _number(value) for name, value in metrics.items()} for metrics in analyses.values()]
    return Member(
        key=file.hash,
        metrics=tuple(combined.get(f"{name}_mean") for name in goal.scoring),
        distance=file.distance,
        keeps_limits=goal.penalty(measured) == 0.0,
        document=lambda: file.document,
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def member_columns(goal: Goal) -> tuple[Column[Member], ...]:
    """Rank and the metrics of the scoring; what a narrow table leaves out is in the answer of `i`."""
    columns: list[Column[Member]] = [
        Column("limits", "", lambda member: "" if member.keeps_limits else "!", width=1, role=lambda _: "failure")
    ]
    columns += [_metric_column(index, name) for index, name in enumerate(goal.scoring)]
    distance: Column[Member] = Column(
        "distance",
        "distance",
        lambda member: f"{member.distance:.3f}",
        align="right",
        sort=lambda member: member.distance,
        drop=len(columns) + 1,
    )
    return (*columns, distance)


def _metric_column(index: int, name: str) -> Column[Member]:
    metric = metric_of(name)

    def role(member: Member) -> str:
        value = member.metrics[index]
        return signed_role(value - 1.0) if name.startswith("gain") and value is not None else ""

    return Column(
        name,
        metric.label,
        lambda member: format_metric(metric, member.metrics[index]),
        align="right",
        role=role,
        sort=lambda member: member.metrics[index],
        drop=index,
    )


def scatter(
    goal: Goal,
    members: Sequence[Member],
    lately: Sequence[Sequence[float]],
    axes: tuple[int, int],
    chosen: str | None,
) -> list[Markers]:
    """The front over two of its metrics, other candidates faintly around it, one member picked out."""
    front = _points([[member.metrics[axis] for axis in axes] for member in members])
    if not len(front):
        return []
    picked = _points([[member.metrics[axis] for axis in axes] for member in members if member.key == chosen])
    signs = [sign_of(goal.scoring[axis]) for axis in axes]
    others = _near(
        _points([[objectives[axis] * s for axis, s in zip(axes, signs, strict=True)] for objectives in lately]), front
    )
    marks = [Markers("others", others[:, 0], others[:, 1], "faint")] if len(others) else []
    marks.append(Markers(f"front ({len(front)})", front[:, 0], front[:, 1], "mark"))
    if len(picked):
        marks.append(Markers("selected", picked[:, 0], picked[:, 1], "chosen"))
    return marks


Points = np.ndarray[Any, np.dtype[np.float64]]


def _points(pairs: Sequence[Sequence[float | None]]) -> Points:
    """(n, 2), ascending in x; pairs with an undefined number are left out."""
    known = [pair for pair in pairs if all(value is not None and math.isfinite(value) for value in pair)]
    points: Points = np.array(known, dtype=np.float64).reshape(-1, 2)
    return np.asarray(points[np.argsort(points[:, 0], kind="stable")])


def _near(points: Points, front: Points) -> Points:
    """Those that lie so near the front that drawing them leaves it room."""
    low, high = front.min(axis=0), front.max(axis=0)
    reach = np.maximum(high - low, 1e-9) * _AROUND
    inside = ((points >= low - reach) & (points <= high + reach)).all(axis=1)
    return np.asarray(points[inside])
