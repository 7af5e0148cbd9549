"""A person is told what needs one, once, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from passivtui.live.notices import notice_of
from passivtui.live.status import AgeRow, BotSpec, BotState, BotStatus, FillRow

CALM = BotStatus(
    BotSpec("grid", "paper", "x"),
    BotState.RUNNING,
    "",
    0,
    0,
    0,
    ages=(AgeRow("positions", 1_000, 30_000, True), AgeRow("candles", None, 120_000, False)),
)
OLD = (AgeRow("positions", 45_000, 30_000, False),)
NEWS: dict[str, tuple[dict[str, Any], str]] = {
    "failure": ({"state": BotState.FAILED, "reason": "the key is refused"}, "grid: failed: the key is refused"),
    "alarm": ({"alarm": "the journal can't be written"}, "grid: the journal can't be written"),
    "end": ({"state": BotState.STOPPED, "reason": "the market is over"}, "grid: ended: the market is over"),
    "old": ({"ages": OLD}, "grid: inputs are too old, and orders that need them wait: positions 45 s"),
    "warning": ({"warnings": ("the balance is 0.5",)}, "grid: the balance is 0.5"),
    "restart": ({"restarts": 2}, "grid: began anew after a fault, 2 times within a day; the log has the details"),
}


@pytest.mark.parametrize("kind", NEWS)
def test_what_needs_a_person_is_told_once(kind: str) -> None:
    changes, words = NEWS[kind]
    after = replace(CALM, **changes)
    assert notice_of(CALM, after) == words
    assert notice_of(after, after) is None
    assert notice_of(after, CALM) is None


def test_everyday_changes_are_not_told() -> None:
    fill = FillRow("1", 0, "BTC", "long", "entry_initial_normal_long", 1.0, 100.0, 0.0, 0.0)
    for changes in ({"fills": (fill,), "fill_count": 1}, {"equity": 1.0}, {"state": BotState.STOPPING}):
        assert notice_of(CALM, replace(CALM, **changes)) is None  # type: ignore[arg-type]


def test_a_stop_that_was_asked_for_is_not_told() -> None:
    stopping = replace(CALM, state=BotState.STOPPING)
    assert notice_of(stopping, replace(CALM, state=BotState.STOPPED)) is None


def test_a_warning_whose_numbers_change_is_told_once() -> None:
    before = replace(CALM, warnings=("the balance is 0.5",))
    assert notice_of(before, replace(CALM, warnings=("the balance is 0.25",))) is None


def test_the_first_status_tells_what_is_wrong_already() -> None:
    assert notice_of(None, CALM) is None
    assert notice_of(None, replace(CALM, alarm="look at the venue")) == "grid: look at the venue"


def test_the_most_urgent_comes_first() -> None:
    after = replace(CALM, state=BotState.FAILED, reason="so", alarm="look", warnings=("w",))
    assert notice_of(CALM, after) == "grid: failed: so"
