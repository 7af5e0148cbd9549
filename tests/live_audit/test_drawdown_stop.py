"""The drawdown stop fires when the bot has lost too much, and for nothing else: deposits, gaps, odd marks, restarts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passivtui.clock import MINUTE_MS
from passivtui.errors import UsageError
from passivtui.live.drawdown_stop import (
    ACCOUNT,
    HOUR_MS,
    DrawdownRule,
    DrawdownWatch,
    Firing,
    Sample,
    Scope,
    would_have_fired,
)

RULE = DrawdownRule(0.2)
N = 60


def history(equities: Sequence[float], first_ms: int = 0) -> list[Sample]:
    """An account whose balance stands still: all it makes and loses is not realised."""
    return [
        Sample(first_ms + n * MINUTE_MS, 1000.0, equity, {"BTC long": equity - 1000.0})
        for n, equity in enumerate(equities)
    ]


def transferred(samples: Sequence[Sample], amounts: dict[int, float]) -> list[Sample]:
    """The same with money that comes or goes before some of the samples."""
    total, moved = 0.0, []
    for number, sample in enumerate(samples):
        total += amounts.get(number, 0.0)
        moved.append(dataclasses.replace(sample, balance=sample.balance + total, equity=sample.equity + total))
    return moved


def first(firings: Sequence[Firing]) -> int | None:
    """The number of the sample at which it fired first."""
    return firings[0].time_ms // MINUTE_MS if firings else None


calm = st.lists(st.floats(-0.005, 0.005), min_size=N, max_size=N).map(
    lambda steps: [1000.0 * (1.0 + part) for part in accumulate(steps, lambda a, b: max(-0.05, min(0.05, a + b)))]
)


@settings(deadline=None)
@given(calm)
def test_a_calm_account_is_left_alone(equities: list[float]) -> None:
    assert would_have_fired(RULE, history(equities)) == []


@pytest.mark.parametrize("limit", [0.05, 0.2, 0.5])
def test_a_loss_beyond_the_limit_fires_after_three_samples(limit: float) -> None:
    equities = [1000.0] * 10 + [1000.0 * (1.0 - limit) - 0.01] * 10
    (firing,) = would_have_fired(DrawdownRule(limit), history(equities))
    assert firing.time_ms == 12 * MINUTE_MS
    assert firing.part == ACCOUNT
    assert firing.drawdown == pytest.approx(limit, abs=1e-4)
    assert would_have_fired(DrawdownRule(limit), history([1000.0] * 10 + [1000.0 * (1.0 - limit) + 0.1] * 10)) == []


def test_the_high_point_is_that_of_the_last_30_days() -> None:
    step = 5 * MINUTE_MS
    days = [1500.0] * 288 + [1300.0] * 288 * 29
    slowly = [Sample(n * step, 1000.0, equity) for n, equity in enumerate([*days, *([1190.0] * 10)])]
    (firing,) = would_have_fired(RULE, slowly)  # the 1500 of 29 days ago count
    assert firing.drawdown == pytest.approx(1.0 - 1190.0 / 1500.0)
    later = [
        Sample(n * step, 1000.0, equity) for n, equity in enumerate([*days, *([1300.0] * 288 * 2), *([1190.0] * 10)])
    ]
    assert would_have_fired(RULE, later) == []


def test_the_loss_counts_from_the_highest_point() -> None:
    equities = [1000.0] * 5 + [1500.0] * 5 + [1250.0] * 5 + [1190.0] * 5
    assert first(would_have_fired(RULE, history(equities))) == 17


@settings(deadline=None)
@given(calm, st.dictionaries(st.integers(5, N - 5), st.floats(-10.0, 100.0), max_size=6))
def test_odd_marks_fire_nothing(equities: list[float], odd: dict[int, float]) -> None:
    """One or two samples in a row that are wildly wrong: no loss, and no high point either."""
    last = -10
    for number, factor in sorted(odd.items()):
        if number - last >= 6:
            last = number
            equities[number] *= factor
            equities[number + 1] *= factor
    assert would_have_fired(RULE, history(equities)) == []


@settings(deadline=None)
@given(calm, st.dictionaries(st.integers(1, N - 1), st.floats(-0.6, 5.0).filter(lambda part: abs(part) > 0.01)))
def test_money_that_comes_and_goes_fires_nothing(equities: list[float], parts: dict[int, float]) -> None:
    amounts, balance = {}, 1000.0
    for number, part in sorted(parts.items()):
        amounts[number] = part * (balance - 200.0 if part < 0.0 else balance)
        balance += amounts[number]
    assert would_have_fired(RULE, transferred(history(equities), amounts)) == []


@settings(deadline=None)
@given(
    st.integers(8, 40),
    st.sampled_from((-700.0, -300.0, 500.0, 4000.0)),
    st.floats(-0.5, 8.0),
    st.integers(-3, 8),
)
def test_an_odd_mark_next_to_a_transfer_fires_nothing(at: int, amount: float, factor: float, after: int) -> None:
    equities = [1000.0] * N
    samples = transferred(history(equities), {at: amount})
    odd = samples[at + after]
    samples[at + after] = dataclasses.replace(odd, equity=odd.equity * factor)
    assert would_have_fired(RULE, samples) == []


@settings(deadline=None)
@given(
    st.integers(8, 20),
    st.lists(st.sampled_from((-0.6, -0.3, 0.5, 4.0)), min_size=2, max_size=2),
    st.integers(3, 8),
    st.floats(-0.5, 8.0),
    st.integers(-1, 8),
    st.sampled_from((0.1, 0.3)),
)
def test_losses_after_transfers_are_measured_against_what_is_there(
    at: int, parts: list[float], later: int, factor: float, after: int, loss: float
) -> None:
    """Also when an odd mark stands beside or between two transfers: 10 % lost is 10 %, and 30 % is 30 %."""
    capital, samples = 1000.0, []
    for n in range(90):
        for number, part in zip((at, at + later), parts, strict=True):
            capital *= 1.0 + part if n == number else 1.0
        equity = capital * (1.0 - loss * min(1.0, max(0.0, (n - 45) / 20.0)))
        odd = factor if n == at + after else 1.0
        samples.append(Sample(n * MINUTE_MS, capital, equity * odd, {"BTC long": equity - capital}))
    fired = would_have_fired(RULE, samples)
    assert [round(firing.drawdown, 1) for firing in fired] == ([0.2] if loss > 0.2 else [])


@settings(deadline=None)
@given(st.floats(0.5, 20.0), st.integers(3, 30))
def test_a_loss_fires_at_the_same_time_whatever_was_paid_in_before(part: float, at: int) -> None:
    falling = [1000.0] * 40 + [1000.0 * (1.0 - 0.0101 * n) for n in range(40)]
    plain = first(would_have_fired(RULE, history(falling)))
    amount = 1000.0 * part
    grown = [equity * (1.0 + part) for equity in falling]
    samples = [
        Sample(n * MINUTE_MS, 1000.0 + (amount if n >= at else 0.0), grown[n] if n >= at else falling[n])
        for n in range(len(falling))
    ]
    assert plain == 62  # the third sample beyond
    assert first(would_have_fired(RULE, samples)) == plain


def test_a_withdrawal_in_the_middle_of_a_loss_hides_no_loss() -> None:
    falling = [1000.0] * 10 + [1000.0 - 10.0 * n for n in range(40)]
    samples = transferred(history(falling), {20: -450.0})  # 890 of equity before, 440 after
    fired = first(would_have_fired(RULE, samples))
    assert fired is not None
    # From 890 to 440: 0.89 of the peak is left, and each 10 lost are now 10 of 440.
    assert fired == pytest.approx(21 + 440 * (1.0 - 0.8 / 0.89) / 10 + 2, abs=3)


def test_realised_profits_and_losses_are_no_transfers() -> None:
    samples = [Sample(n * MINUTE_MS, 1000.0, 1000.0) for n in range(5)]
    for n in range(5, 40):
        balance = 1000.0 - 10.0 * (n - 4)
        samples.append(Sample(n * MINUTE_MS, balance, balance, {}, {"BTC long": -10.0}))
    assert first(would_have_fired(RULE, samples)) == pytest.approx(26, abs=1)


def test_untold_profits_are_believed_from_the_balance() -> None:
    samples = [Sample(n * MINUTE_MS, 1000.0, 1000.0) for n in range(5)]
    for n in range(5, 40):
        balance = 1000.0 - 10.0 * (n - 4)
        samples.append(Sample(n * MINUTE_MS, balance, balance, {}, {"BTC long": None}))
    assert first(would_have_fired(RULE, samples)) == pytest.approx(26, abs=1)


def test_a_fill_that_becomes_known_late_is_counted_then() -> None:
    samples = [Sample(n * MINUTE_MS, 1000.0, 1000.0) for n in range(10)]
    samples += [Sample(n * MINUTE_MS, 700.0, 700.0) for n in range(10, 20)]
    samples += [Sample(20 * MINUTE_MS, 700.0, 700.0, {}, {"BTC long": -300.0})]
    samples += [Sample(n * MINUTE_MS, 700.0, 700.0) for n in range(21, 30)]
    assert would_have_fired(RULE, samples[:20]) == []  # until then it looks like a withdrawal
    (firing,) = would_have_fired(RULE, samples)
    assert firing.drawdown == pytest.approx(0.3)


@pytest.mark.parametrize("balance", [0.0, 0.5, math.nan, math.inf, -100.0])
def test_an_answer_without_a_balance_is_no_loss(balance: float) -> None:
    samples = history([1000.0] * 10) + [Sample(n * MINUTE_MS, balance, balance) for n in range(10, 30)]
    samples += history([1000.0] * 10, 30 * MINUTE_MS)
    assert would_have_fired(RULE, samples) == []


def test_after_a_gap_three_samples_are_needed_again() -> None:
    late = 10 * MINUTE_MS + 3 * HOUR_MS
    samples = [*history([1000.0] * 10), *history([700.0] * 5, late)]
    (firing,) = would_have_fired(RULE, samples)
    assert firing.time_ms == late + 2 * MINUTE_MS
    pair = [*history([1000.0] * 10), *history([700.0] * 2, late), *history([700.0] * 2, late + HOUR_MS)]
    assert would_have_fired(RULE, pair) == []


def test_samples_out_of_order_are_left_out() -> None:
    samples = history([1000.0] * 10)
    assert would_have_fired(RULE, [*samples, *history([1.0] * 9)]) == []


@settings(deadline=None)
@given(calm, st.integers(1, N - 1))
def test_a_restart_changes_nothing(equities: list[float], at: int) -> None:
    equities = [*equities, *(700.0 for _ in range(5))]
    samples = history(equities)
    whole = would_have_fired(RULE, samples)
    again = DrawdownWatch(RULE)
    for sample in samples[:at]:
        again.follow(sample, may_fire=False)
    assert [firing for sample in samples[at:] for firing in again.follow(sample)] == whole != []


def test_nothing_fires_for_a_loss_of_the_past_that_is_made_good() -> None:
    watch = DrawdownWatch(RULE)
    for sample in history([1000.0] * 5 + [700.0] * 5 + [990.0] * 5):
        watch.follow(sample, may_fire=False)
    assert [f for sample in history([990.0] * 20, 15 * MINUTE_MS) for f in watch.follow(sample)] == []


def test_while_it_is_stopped_it_does_not_fire_and_then_begins_anew() -> None:
    rule = DrawdownRule(0.2, cooldown_hours=1.0)
    watch = DrawdownWatch(rule)
    equities = [1000.0] * 5 + [790.0] * 5 + [500.0] * 60 + [450.0] * 20 + [390.0] * 10
    fired = [f for sample in history(equities) for f in watch.follow(sample)]
    assert [f.time_ms // MINUTE_MS for f in fired] == [7, 92]  # at 390, from the 500 at the end of the cooldown
    assert watch.stopped == {ACCOUNT: 92 * MINUTE_MS + HOUR_MS}


def test_without_a_cooldown_only_a_person_lets_it_go_on() -> None:
    watch = DrawdownWatch(DrawdownRule(0.2, cooldown_hours=0.0))
    for sample in history([1000.0] * 5 + [700.0] * 5000):
        watch.follow(sample)
    assert watch.stopped == {ACCOUNT: math.inf}
    watch.release(ACCOUNT)
    assert watch.stopped == {}
    more = [f for sample in history([700.0] * 10, 6000 * MINUTE_MS) for f in watch.follow(sample)]
    assert more == []


def test_a_part_that_was_stopped_before_a_restart_stays_so() -> None:
    watch = DrawdownWatch(RULE)
    watch.hold(ACCOUNT, 30 * MINUTE_MS)
    assert [f for sample in history([1000.0] * 5 + [500.0] * 20) for f in watch.follow(sample)] == []
    assert watch.stopped == {ACCOUNT: 30 * MINUTE_MS}
    for sample in history([500.0] * 10, 25 * MINUTE_MS):
        watch.follow(sample)
    assert watch.stopped == {}


def legs(long: float, short: float, n: int) -> Sample:
    return Sample(n * MINUTE_MS, 1000.0, 1000.0 + long + short, {"BTC long": long, "ETH short": short})


def test_sides_and_coins_are_watched_by_themselves() -> None:
    samples = [legs(0.0, 0.0, n) for n in range(5)] + [legs(-250.0, 250.0, n) for n in range(5, 15)]
    for scope, part in ((Scope.SIDE, "long"), (Scope.COIN, "BTC")):
        (firing,) = would_have_fired(DrawdownRule(0.2, scope), samples)
        assert (firing.part, firing.equity) == (part, 1000.0)
        assert firing.drawdown == pytest.approx(0.25)
    assert would_have_fired(RULE, samples) == []


@settings(deadline=None)
@given(st.integers(0, 14), st.floats(0.01, 50.0))
def test_an_odd_equity_does_not_distort_the_loss_of_a_side(at: int, factor: float) -> None:
    samples = [legs(0.0, 0.0, n) for n in range(5)] + [legs(-150.0, 0.0, n) for n in range(5, 15)]
    samples[at] = dataclasses.replace(samples[at], equity=samples[at].equity * factor)
    assert would_have_fired(DrawdownRule(0.2, Scope.SIDE), samples) == []


@settings(deadline=None)
@given(calm, st.floats(0.01, 1000.0))
def test_the_size_of_the_account_makes_no_difference(equities: list[float], scale: float) -> None:
    samples = history([*equities, *(700.0 for _ in range(5))])
    scaled = [
        Sample(s.time_ms, s.balance * scale, s.equity * scale, {leg: value * scale for leg, value in s.upnl.items()})
        for s in samples
    ]
    assert first(would_have_fired(RULE, scaled)) == first(would_have_fired(RULE, samples))


@pytest.mark.parametrize(
    "wrong", [{"limit": 0.0}, {"limit": 1.0}, {"limit": math.nan}, {"cooldown_hours": -1.0}, {"action": "x"}]
)
def test_a_rule_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        DrawdownRule(**{"limit": 0.2, **wrong})  # type: ignore[arg-type]
