"""The book of jobs: rates from a moving window, time left, words for every state."""

from __future__ import annotations

import pytest

from passivtui.progress import Progress
from passivtui.widgets.job_book import Jobs, JobState, duration_text


class Timer:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rate_and_time_left_come_from_what_was_seen_lately() -> None:
    timer = Timer()
    job = Jobs(timer).begin("Backtest")
    for second in range(30):
        timer.now = 100.0 + second
        job.report(
            Progress(
                "simulating", 1_000 * second if second < 15 else 15_000 + 3_000 * (second - 15), 100_000, "minutes"
            )
        )
        job.sample()
    assert job.rate == pytest.approx(3_000)
    assert job.seconds_left == pytest.approx((100_000 - 57_000) / 3_000)
    assert job.facts() == "simulating 57,000/100,000 minutes  3,000/s  0:14 left"


def test_a_new_phase_begins_a_new_rate() -> None:
    timer = Timer()
    job = Jobs(timer).begin("Backtest")
    job.report(Progress("loading", 90, 100))
    job.sample()
    timer.now += 1
    job.report(Progress("simulating", 0, 100))
    job.sample()
    assert job.rate == 0 and job.seconds_left is None


def test_a_job_without_a_total_tells_what_it_has_done_and_how_long_it_took() -> None:
    timer = Timer()
    job = Jobs(timer).begin("Read")
    assert job.facts() == "starting"
    job.report(Progress("reading", 0, 0))
    timer.now += 75
    assert job.facts() == "reading  1:15"


def test_cancelling_reaches_the_work_once_and_says_so() -> None:
    job = Jobs().begin("Backtest")
    job.cancel()
    job.cancel()
    assert job.token.cancelled and job.state is JobState.CANCELLING and job.active
    assert job.facts() == "cancelling"
    job.end(JobState.CANCELLED)
    assert not job.active
    job.cancel()
    assert job.state is JobState.CANCELLED


def test_the_book_keeps_active_jobs_and_forgets_old_ended_ones() -> None:
    jobs = Jobs()
    first = jobs.begin("goes on")
    for number in range(80):
        jobs.begin(f"short {number}").end(JobState.DONE)
    jobs.begin("last")
    assert first in tuple(jobs) and len(jobs) == Jobs.KEPT + 2
    assert [job.name for job in jobs.active] == ["goes on", "last"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (754, "12:34"), (11_045, "3:04:05")])
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
