"""Candles as they come in, late, twice or not at all."""

from __future__ import annotations

import dataclasses

import numpy as np
from live_snapshots import a_config

from passivtui.core import Trailing, follow_trailing
from passivtui.live import Age, Candle, CandleHistory, trailing_since

MINUTE_MS = 60_000
FIRST_MS = 1_760_000_040_000


def candles(n: int, seed: int = 1) -> list[Candle]:
    rng = np.random.RandomState(seed)
    close = 100.0 * np.exp(np.cumsum(rng.standard_normal(n) * 0.002))
    reach = rng.rand(n) * 0.3
    return [
        Candle(FIRST_MS + i * MINUTE_MS, close[i] + reach[i], close[i] - reach[i], close[i], 1e4 * (i + 1))
        for i in range(n)
    ]


def history(given: list[Candle], keep_minutes: int = 100) -> CandleHistory:
    made = CandleHistory(a_config(long={"ema_span_0": 10.0, "ema_span_1": 30.0}), "BTC", keep_minutes=keep_minutes)
    for candle in given:
        assert made.follow(candle) == "new"
    return made


def seen(made: CandleHistory, last_fill_ms: int | None = None) -> object:
    now_ms = made.closed_ms
    assert now_ms is not None
    return made.side("long", last_fill_ms=last_fill_ms, now_ms=now_ms)


def array(given: list[Candle]) -> np.ndarray:
    return np.array([[c.high, c.low, c.close, c.volume] for c in given])


def test_nothing_is_known_before_the_first_candle() -> None:
    empty = CandleHistory(a_config(), "BTC", keep_minutes=10)
    assert empty.close is None and empty.age(FIRST_MS, 90_000) == Age(None, 90_000)
    assert empty.side("long", last_fill_ms=None, now_ms=FIRST_MS).band is None


def test_age_counts_from_the_close_of_the_newest_candle() -> None:
    made = history(candles(3))
    assert made.closed_ms == FIRST_MS + 3 * MINUTE_MS
    assert made.age(FIRST_MS + 3 * MINUTE_MS + 500, 90_000) == Age(500, 90_000)


def test_a_missing_minute_is_a_flat_one_without_volume() -> None:
    given = candles(6)
    flat = [Candle(c.open_ms, given[2].close, given[2].close, given[2].close, 0.0) for c in given[3:5]]
    assert seen(history([*given[:3], given[5]])) == seen(history([*given[:3], *flat, given[5]]))


def test_a_candle_that_comes_twice_changes_nothing() -> None:
    given = candles(6)
    made = history(given)
    before = seen(made)
    assert made.follow(given[3]) == "known" and made.follow(given[5]) == "known"
    assert made.follow(dataclasses.replace(given[1], open_ms=FIRST_MS - MINUTE_MS)) == "known"
    assert made.follow(dataclasses.replace(given[4], close=1.0)) == "revised"
    assert seen(made) == before


def test_extremes_go_on_although_the_fill_is_older_than_the_candles_kept() -> None:
    given = candles(500)
    made = history(given[:20], keep_minutes=64)
    fill_ms = given[10].open_ms + 30_000
    seen(made, fill_ms)
    for candle in given[20:]:
        made.follow(candle)
        now = made.side("long", last_fill_ms=fill_ms, now_ms=candle.open_ms + MINUTE_MS)
    assert now.trailing == follow_trailing(array(given[11:]))
    later = history(given, keep_minutes=64)
    recent = given[400].open_ms
    assert later.side("short", last_fill_ms=recent, now_ms=FIRST_MS).trailing == follow_trailing(array(given[401:]))
    assert later.side("long", last_fill_ms=fill_ms, now_ms=FIRST_MS).trailing is None


def test_a_new_fill_starts_the_extremes_again() -> None:
    given = candles(60)
    made = history(given)
    times = np.array([candle.open_ms for candle in given], dtype=np.int64)
    for row in (10, 30, 59):
        fill_ms = given[row].open_ms + 1
        found = made.side("long", last_fill_ms=fill_ms, now_ms=FIRST_MS).trailing
        assert found == trailing_since(times, array(given), fill_ms, FIRST_MS)
    assert found == Trailing()


def test_a_fill_within_the_minute_now_running_leaves_its_candle_out() -> None:
    given = candles(40)
    made = history(given[:39])
    fill_ms = given[39].open_ms + 20_000
    assert made.side("long", last_fill_ms=fill_ms, now_ms=fill_ms).trailing == Trailing()
    made.follow(given[39])
    assert made.side("long", last_fill_ms=fill_ms, now_ms=fill_ms).trailing == Trailing()


def test_sides_follow_their_own_spans() -> None:
    config = a_config(long={"ema_span_0": 5.0, "ema_span_1": 5.0}, short={"ema_span_0": 50.0, "ema_span_1": 50.0})
    made = CandleHistory(config, "BTC", keep_minutes=100)
    for candle in candles(50):
        made.follow(candle)
    long, short = (made.side(side, last_fill_ms=None, now_ms=FIRST_MS).band for side in ("long", "short"))
    assert long is not None and short is not None and long != short
