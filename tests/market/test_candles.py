"""Candle files are not trusted: damage is an error, nonsense is reported and counts as missing."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passivtui.errors import DataError
from passivtui.market.candles import COLUMNS, Candles, read_candles

Make = Callable[..., Any]


def read(folder: Path, columns: dict[str, Any], expected_rows: int | None = None) -> Candles:
    np.savez(folder / "X.npz", **columns)
    return read_candles(folder / "X.npz", "X", expected_rows)


def messages(candles: Candles) -> list[str]:
    return [f"{issue.severity} {issue}" for issue in candles.issues]


def test_good_candles_are_read_as_they_are(tmp_path: Path, columns: Make) -> None:
    market = columns(100)
    candles = read(tmp_path, market, 100)
    assert len(candles) == 100
    assert candles.issues == ()
    for name, array in market.items():
        assert np.array_equal(getattr(candles, name), array)


def test_a_compressed_file_reads_the_same(tmp_path: Path, columns: Make) -> None:
    np.savez_compressed(tmp_path / "X.npz", **columns(100))
    assert np.array_equal(read_candles(tmp_path / "X.npz", "X").close, columns(100)["close"])


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"X\.npz is missing; put it back or make the dataset again"):
        read_candles(tmp_path / "X.npz", "X")


@pytest.mark.parametrize("name", ["timestamp_ms", *COLUMNS])
def test_a_missing_column_is_named(tmp_path: Path, columns: Make, name: str) -> None:
    market = columns(10)
    del market[name]
    with pytest.raises(DataError, match=f"lacks the array {name}"):
        read(tmp_path, market)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("timestamp_ms", lambda array: array.astype(np.float64)),
        ("close", lambda array: array.astype(np.float32)),
        ("close", lambda array: array.astype(">f8")),
        ("open", lambda array: array.astype(str)),
        ("volume", lambda array: array.reshape(2, 5)),
        ("low", lambda array: array[0]),
    ],
)
def test_a_column_of_another_form_is_named(
    tmp_path: Path, columns: Make, name: str, change: Callable[[Any], Any]
) -> None:
    market = columns(10)
    market[name] = change(market[name])
    with pytest.raises(DataError, match=f"{name} must be a one-dimensional (int|float)64 array, but it is"):
        read(tmp_path, market)


def test_pickled_objects_are_never_loaded(tmp_path: Path, columns: Make) -> None:
    np.savez(tmp_path / "X.npz", **columns(3) | {"close": np.array([object()] * 3)})
    with pytest.raises(DataError, match="can't be read"):
        read_candles(tmp_path / "X.npz", "X")


def test_columns_of_unequal_length_are_refused(tmp_path: Path, columns: Make) -> None:
    market = columns(10)
    market["high"] = market["high"][:9]
    with pytest.raises(DataError, match="differ in length"):
        read(tmp_path, market)


def test_a_single_array_is_no_candle_file(tmp_path: Path) -> None:
    with (tmp_path / "X.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="is a single array"):
        read_candles(tmp_path / "X.npz", "X")


def test_an_empty_file_holds_no_candles(tmp_path: Path, columns: Make) -> None:
    with pytest.raises(DataError, match="holds no candles"):
        read(tmp_path, {name: array[:0] for name, array in columns(3).items()})


@pytest.mark.parametrize("factor", [0.001, 1000, 0])
def test_times_of_another_unit_are_refused(tmp_path: Path, columns: Make, factor: float) -> None:
    market = columns(10)
    market["timestamp_ms"] = (market["timestamp_ms"] * factor).astype(np.int64)
    with pytest.raises(DataError, match="timestamp_ms must be whole minutes in milliseconds"):
        read(tmp_path, market)


def test_times_within_a_minute_are_refused(tmp_path: Path, columns: Make) -> None:
    market = columns(10)
    market["timestamp_ms"][7] += 1
    with pytest.raises(DataError, match="but row 7 holds"):
        read(tmp_path, market)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("open", np.nan, "a value that is not finite"),
        ("volume", np.inf, "a value that is not finite"),
        ("volume", 1e308, "a value that is not finite"),  # times the close, it is not
        ("low", -1.0, "a price that is not above 0"),
        ("close", 0.0, "a price that is not above 0"),
        ("volume", -0.5, "a negative volume"),
        ("high", 50.0, "a high below its open or close"),
        ("low", 150.0, "a low above its open or close"),
    ],
)
def test_a_row_that_makes_no_sense_is_reported_and_missing(
    tmp_path: Path, columns: Make, name: str, value: float, reason: str
) -> None:
    market = columns(10)
    market[name][[3, 5]] = value
    candles = read(tmp_path, market)
    assert messages(candles) == [f"warning X: 2 rows (first 2025-02-19 21:23) with {reason}, treated as missing"]
    assert np.array_equal(candles.timestamp_ms, np.delete(market["timestamp_ms"], [3, 5]))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"open": 110.0, "high": 105.0, "low": 90.0, "close": 100.0}, "a high below its open or close"),
        ({"open": 100.0, "high": 105.0, "low": 90.0, "close": 110.0}, "a high below its open or close"),
        ({"open": 90.0, "high": 105.0, "low": 95.0, "close": 100.0}, "a low above its open or close"),
        ({"open": 100.0, "high": 105.0, "low": 95.0, "close": 90.0}, "a low above its open or close"),
    ],
)
def test_high_and_low_hold_both_open_and_close(
    tmp_path: Path, columns: Make, row: dict[str, float], reason: str
) -> None:
    market = columns(5)
    for name, value in row.items():
        market[name][1] = value
    candles = read(tmp_path, market)
    assert len(candles) == 4
    assert reason in messages(candles)[0]


def test_a_row_is_counted_under_one_reason(tmp_path: Path, columns: Make) -> None:
    market = columns(10)
    market["close"][2] = market["volume"][2] = -1.0
    candles = read(tmp_path, market)
    assert len(candles.issues) == 1
    assert len(candles) == 9


def test_of_repeated_minutes_the_last_row_wins_and_a_difference_is_reported(tmp_path: Path, columns: Make) -> None:
    market = {name: np.repeat(array, 2)[:9] for name, array in columns(5).items()}
    market["volume"][3] = 777.0
    candles = read(tmp_path, market)
    assert np.array_equal(candles.timestamp_ms, columns(5)["timestamp_ms"])
    assert candles.volume[1] == 777.0
    assert messages(candles) == [
        "warning X: 1 row (first 2025-02-19 21:21) repeat a minute with other values; the last one counts",
        "info X: 3 rows (first 2025-02-19 21:20) repeat a minute with the same values",
    ]


def test_a_repeated_minute_that_makes_no_sense_does_not_win(tmp_path: Path, columns: Make) -> None:
    market = {name: np.append(array, array[-1]) for name, array in columns(5).items()}
    market["close"][-1] = np.nan
    candles = read(tmp_path, market)
    assert candles.close[-1] == columns(5)["close"][-1]


def test_rows_out_of_order_are_put_in_order_and_reported(tmp_path: Path, columns: Make) -> None:
    market = columns(10)
    shuffled = {name: array[[0, 1, 4, 5, 2, 3, 6, 9, 8, 7]] for name, array in market.items()}
    candles = read(tmp_path, shuffled)
    assert np.array_equal(candles.close, market["close"])
    assert messages(candles) == [
        "warning X: the time goes back at 3 rows (first 2025-02-19 21:22); the rows were put in order of time"
    ]


def test_of_repeated_minutes_out_of_order_the_last_in_the_file_wins(tmp_path: Path, columns: Make) -> None:
    whole = columns(200)
    places = np.random.default_rng(4).permutation(np.repeat(np.arange(200), 3))
    market = {name: array[places] for name, array in whole.items()}
    market["volume"] = np.arange(600.0)
    candles = read(tmp_path, market)
    assert np.array_equal(candles.timestamp_ms, whole["timestamp_ms"])
    assert candles.volume.tolist() == [float(np.flatnonzero(places == minute)[-1]) for minute in range(200)]


def test_another_number_of_rows_than_promised_is_reported(tmp_path: Path, columns: Make) -> None:
    candles = read(tmp_path, columns(10), expected_rows=11)
    assert messages(candles) == ["warning X: the description promises 11 rows, the file holds 10"]


def test_a_file_without_a_usable_row_is_empty_and_says_so(tmp_path: Path, columns: Make) -> None:
    candles = read(tmp_path, columns(3) | {"close": np.full(3, np.nan)})
    assert len(candles) == 0
    assert len(candles.issues) == 1


def test_between_includes_both_ends(tmp_path: Path, columns: Make, start_ms: int) -> None:
    candles = read(tmp_path, columns(10))
    part = candles.between(start_ms + 60_000, start_ms + 3 * 60_000)
    assert part.timestamp_ms.tolist() == [start_ms + 60_000 * minute for minute in (1, 2, 3)]
    assert np.array_equal(part.low, candles.low[1:4])
    assert len(candles.between(start_ms + 60_000, start_ms)) == 0


def _file_bytes(compressed: bool) -> bytes:
    close = np.linspace(1.0, 2.0, 30)
    times = 1_735_689_600_000 + 60_000 * np.arange(30)
    buffer = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(buffer, timestamp_ms=times, open=close, high=close + 0.1, low=close - 0.1, close=close, volume=close)
    return buffer.getvalue()


@settings(max_examples=150, deadline=None)
@given(data=st.data(), compressed=st.booleans())
def test_a_damaged_file_is_an_error_or_does_no_harm(data: st.DataObject, compressed: bool) -> None:
    whole = _file_bytes(compressed)
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4), "bytes changed at"):
        damaged[place] ^= data.draw(st.integers(1, 255))
    length = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))), "cut to")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npz"
        path.write_bytes(damaged[:length])
        try:
            candles = read_candles(path, "X")
        except DataError as error:
            assert "\n" not in str(error)
        else:
            assert np.array_equal(candles.close, np.linspace(1.0, 2.0, 30))
            assert candles.timestamp_ms[0] == 1_735_689_600_000
