"""What `passivtui optimize` shows while it searches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from passivtui.cli.optimize_output import SearchLines, duration, progress_line
from passivtui.optimize import Notice, SearchProgress
from passivtui.progress import Progress

EVENT = SearchProgress(
    folder=Path("runs/one"),
    place="2 threads",
    evaluations=1200,
    expected=20600,
    generation=2,
    generations=20,
    rate=198.4,
    eta_seconds=97.8,
    front_size=41,
    best=(("adg", 0.00123456), ("drawdown_worst", None)),
)


def test_a_line_has_everything_that_one_wants_to_know() -> None:
    assert progress_line(EVENT) == (
        "1,200 of 20,600  6%  198/s  1 m 38 s left  generation 2 of 20  front 41  adg 0.001235  drawdown_worst -"
    )
    slow = replace(EVENT, rate=0.25, eta_seconds=200_000.0)
    assert "0.25/s  2 d 7 h left" in progress_line(slow)
    assert "left" not in progress_line(replace(EVENT, rate=None, eta_seconds=None))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.6, "1 m 0 s"), (3661.0, "1 h 1 m"), (90_000.0, "1 d 1 h")]
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_where_there_is_no_terminal_a_few_lines_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    with SearchLines(quiet=False) as lines:
        for event in (Progress("prepare", 0, 0), EVENT, EVENT, Notice("the cluster is lost")):
            lines.show(event)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "run in runs/one, 2 threads; Ctrl-C stops it, --resume goes on",
        "warning: the cluster is lost",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with SearchLines(quiet=True) as lines:
        for event in (Progress("prepare", 0, 0), EVENT, Notice("the cluster is lost")):
            lines.show(event)
    assert capsys.readouterr().err == ""
