"""How far a front can be trusted: each member on days it never saw, its neighbours, and the luck in the search."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from passivtui.backtest.metrics import format_metric, metric_of
from passivtui.optimize import Goal
from passivtui.optimize.validation import MemberCheck, Validation
from passivtui.optimize.validation.verdict import CONFIDENT, DOUBTFUL, ROBUST
from passivtui.screens.base import AppScreen
from passivtui.screens.dialogs import TextModal
from passivtui.widgets.line_table import Column, LineTable

_EXPLAINED: Final = (
    "skill: the deflated Sharpe ratio, the probability that its Sharpe is more than luck gives the best of so many "
    "tries. robust: the share of configs with one setting 5 % aside that keep the limits. unseen: the hold-out, days "
    "that the search never saw; it begins flat there."
)


class ValidationScreen(AppScreen[None]):
    """A verdict, and a table of members."""

    CRUMB = "Validation"
    PURPOSE = "What remains of a front where the search did not look. Enter tells a member's verdict."

    DEFAULT_CSS = """
    ValidationScreen #verdict-pane { height: auto; }
    ValidationScreen #verdict { height: auto; padding: 0 1; }
    ValidationScreen LineTable { height: 1fr; padding: 0; }
    """

    def __init__(self, validation: Validation) -> None:
        super().__init__()
        self._validation = validation

    def compose_body(self) -> ComposeResult:
        with Vertical(id="verdict-pane", classes="pane"):
            yield Static("", id="verdict", markup=False)
        columns = validation_columns(self._validation.goal)
        yield LineTable(columns, row_key=lambda check: check.path.name, empty="No member.", classes="pane")

    def on_mount(self) -> None:
        found = self._validation
        self.query_one("#verdict-pane").border_title = Content("Verdict")
        self.query_one("#verdict", Static).update(Content("\n".join([found.verdict, *_figures(found)])))
        table = self.query_one(LineTable)
        table.border_title = Content("Members, nearest to the best of everything first")
        table.set_rows(found.members)
        table.focus()

    def on_line_table_selected(self, message: LineTable.Selected) -> None:
        self._explain(message.row)

    def on_line_table_asked(self, message: LineTable.Asked) -> None:
        self._explain(message.row)

    def _explain(self, row: object) -> None:
        if isinstance(row, MemberCheck):
            self.app.push_screen(TextModal("Member", "\n".join(member_lines(row, self._validation.goal))))


def _figures(found: Validation) -> list[str]:
    luck = found.overfitting
    if luck is None:
        return []
    return [
        f"Probability of overfitting {luck.probability:.0%} over {luck.trials} of the tries; the best of one half lost "
        f"on the other in {luck.loss:.0%}. Hold-out {found.holdout_days:g} days."
    ]


def validation_columns(goal: Goal) -> tuple[Column[MemberCheck], ...]:
    """Skill, robustness, then each metric inside and on unseen days."""
    columns: list[Column[MemberCheck]] = [
        Column(
            "skill",
            "skill",
            lambda check: f"{check.deflated:.0%}",
            align="right",
            role=lambda check: "profit" if check.deflated >= CONFIDENT else "loss" if check.deflated < DOUBTFUL else "",
            sort=lambda check: check.deflated,
        ),
        Column(
            "robust",
            "robust",
            lambda check: "" if check.robust is None else f"{check.robust:.0%}",
            align="right",
            role=lambda check: "loss" if check.robust is not None and check.robust < ROBUST else "",
            sort=lambda check: check.robust,
        ),
    ]
    for index, name in enumerate(goal.scoring):
        columns += _pair(index, name)
    return tuple(columns)


def _pair(index: int, name: str) -> list[Column[MemberCheck]]:
    metric = metric_of(name)
    inside: Column[MemberCheck] = Column(
        name,
        metric.label,
        lambda check: format_metric(metric, check.inside[index]),
        align="right",
        sort=lambda check: check.inside[index],
        drop=2 * index,
    )
    unseen: Column[MemberCheck] = Column(
        f"{name} unseen",
        "unseen",
        lambda check: "" if check.outside is None else format_metric(metric, check.outside[index]),
        align="right",
        sort=lambda check: None if check.outside is None else check.outside[index],
        drop=2 * index,
    )
    return [inside, unseen]


def member_lines(check: MemberCheck, goal: Goal) -> list[str]:
    """Everything known of one member."""
    lines = [check.verdict[:1].upper() + check.verdict[1:] + ".", ""]
    for index, name in enumerate(goal.scoring):
        metric = metric_of(name)
        outside = "" if check.outside is None else f", unseen {format_metric(metric, check.outside[index])}"
        periods = " | ".join(format_metric(metric, period[index]) for period in check.periods)
        lines.append(f"{metric.label}: {format_metric(metric, check.inside[index])}{outside}")
        if periods:
            lines.append(f"  by period: {periods}")
    return [*lines, "", _EXPLAINED, "", str(check.path)]
