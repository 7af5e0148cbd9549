"""Preparing: the right rows of the right coins, and clear words where that can't be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from passivtui.clock import DAY_MS
from passivtui.errors import DataError
from passivtui.market import Dataset, Prepared, open_dataset, prepare
from passivtui.paths import Home

Make = Callable[..., Any]
MINUTE = 60_000


@pytest.fixture
def market(tmp_path: Path, home: Home, dataset_writer: Make) -> Make:
    """`market({coin: columns}, ...)`: an opened dataset."""

    def make(coins: dict[str, Any], **more: Any) -> Dataset:
        return open_dataset(str(dataset_writer(tmp_path / "market", coins, **more)), home)

    return make


@pytest.fixture
def prepared(home: Home) -> Make:
    """`prepared(dataset, coins, ...)`: `prepare` with the usual settings."""

    def make(dataset: Dataset, coins: Any = None, **changes: Any) -> Prepared:
        settings: dict[str, Any] = {
            "start_ms": None,
            "end_ms": None,
            "gap_tolerance_minutes": 120,
            "minimum_coin_age_days": 0.0,
            "btc_collateral": False,
            "home": home,
        }
        return prepare(dataset, dataset.coins if coins is None else coins, **(settings | changes))

    return make


def without(columns: dict[str, Any], rows: slice) -> dict[str, Any]:
    """The candles with some cut out."""
    return {name: np.delete(array, rows) for name, array in columns.items()}


def test_demo_is_prepared_as_the_expected_results_need_it(home: Home, prepared: Make) -> None:
    dataset = open_dataset("demo", home)
    result = prepared(dataset, ["XRP", "BTC", "XRP"], start_ms=1_735_689_600_000, end_ms=1_740_873_600_000)
    assert result.coins == ("BTC", "XRP")
    assert (result.first_ms, result.n_minutes) == (1_735_689_600_000, 86_400)
    assert result.hlcv.shape == (86_400, 2, 4)
    assert result.hlcv.dtype == np.float64
    assert result.hlcv.flags.c_contiguous
    assert not result.hlcv.flags.writeable
    assert isinstance(result.hlcv, np.memmap)
    assert result.synthetic
    assert result.issues == ()
    candles = dataset.load("XRP")
    assert np.array_equal(result.hlcv[:, 1, 0], candles.high)
    assert np.array_equal(result.hlcv[:, 1, 1], candles.low)
    assert np.array_equal(result.hlcv[:, 1, 2], candles.close)
    assert np.array_equal(result.hlcv[:, 1, 3], candles.volume * candles.close)
    assert (result.btc_usd == 1.0).all()
    assert result.specs == (dataset.coins["BTC"], dataset.coins["XRP"])
    assert result.maker_fee == 0.0002


def test_the_end_includes_its_first_minute(home: Home, prepared: Make) -> None:
    dataset = open_dataset("demo", home)
    result = prepared(dataset, ["ADA"], start_ms=1_735_689_600_000 + DAY_MS, end_ms=1_735_689_600_000 + 2 * DAY_MS)
    assert (result.first_ms, result.n_minutes) == (1_735_689_600_000 + DAY_MS, 1441)
    assert result.last_ms == 1_735_689_600_000 + 2 * DAY_MS


def test_dates_within_a_minute_narrow_the_range(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    dataset = market({"BTC": columns(10)})
    result = prepared(dataset, start_ms=start_ms + MINUTE + 1, end_ms=start_ms + 5 * MINUTE - 1)
    assert (result.first_ms, result.last_ms) == (start_ms + 2 * MINUTE, start_ms + 4 * MINUTE)


def test_listings_and_delistings_give_invalid_rows(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    early, late = columns(100), columns(60, start_ms + 80 * MINUTE, seed=2)
    result = prepared(market({"NEW": late, "OLD": early}), ["OLD", "NEW"])
    assert (result.first_ms, result.n_minutes) == (start_ms, 140)
    new, old = result.hlcv[:, 0], result.hlcv[:, 1]
    assert (new[:80] == [*[late["close"][0]] * 3, -1.0]).all()
    assert (new[80:, 3] >= 0).all()
    assert (old[100:] == [*[early["close"][-1]] * 3, -1.0]).all()
    assert (old[:100, 3] >= 0).all()


def test_rows_begin_with_the_earliest_chosen_coin_only(
    market: Make, prepared: Make, columns: Make, start_ms: int
) -> None:
    dataset = market({"A": columns(10), "B": columns(10, start_ms + 5 * MINUTE)})
    assert prepared(dataset, ["B"]).first_ms == start_ms + 5 * MINUTE
    assert prepared(dataset, ["A", "B"]).n_minutes == 15


def test_a_gap_within_the_tolerance_is_filled_flat_and_noted(market: Make, prepared: Make, columns: Make) -> None:
    whole = columns(300)
    result = prepared(market({"X": without(whole, slice(100, 219))}))
    assert (result.hlcv[100:219, 0] == [*[whole["close"][99]] * 3, 0.0]).all()
    assert np.array_equal(result.hlcv[219:, 0, 0], whole["high"][219:])
    (issue,) = result.issues
    assert (issue.severity, issue.coin) == ("info", "X")
    assert issue.message.startswith(
        "119 missing minutes in 1 gap filled flat; the longest: 120 minutes between candles"
    )


def test_a_longer_gap_drops_the_coin_with_a_warning(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    gappy = without(columns(300), slice(100, 220))
    result = prepared(market({"X": gappy, "Y": columns(50, start_ms + MINUTE)}))
    assert result.coins == ("Y",)
    assert result.first_ms == start_ms + MINUTE
    (issue,) = result.issues
    assert (issue.severity, issue.coin) == ("warning", "X")
    assert issue.message == (
        "left out: 121 minutes between candles after 2025-02-19 22:59, and gaps up to 120 minutes are allowed "
        "(gap_tolerance_ohlcvs_minutes)"
    )


def test_a_gap_outside_the_range_does_not_matter(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    gappy = without(columns(300), slice(100, 250))
    assert prepared(market({"X": gappy}), start_ms=start_ms, end_ms=start_ms + 99 * MINUTE).n_minutes == 100


def test_rows_that_make_no_sense_count_as_a_gap_and_are_reported(market: Make, prepared: Make, columns: Make) -> None:
    bad = columns(10)
    bad["close"][4] = np.nan
    bad["volume"][[0, 9]] = -1.0
    result = prepared(market({"X": bad}))
    assert result.n_minutes == 8
    assert result.hlcv[3, 0].tolist() == [bad["close"][3]] * 3 + [0.0]
    assert [issue.severity for issue in result.issues] == ["warning", "warning", "info"]


def test_a_coin_without_candles_in_the_range_is_left_out(
    market: Make, prepared: Make, columns: Make, start_ms: int
) -> None:
    dataset = market({"NEW": columns(10, start_ms + 50 * MINUTE), "OLD": columns(20)})
    result = prepared(dataset, end_ms=start_ms + 30 * MINUTE)
    assert result.coins == ("OLD",)
    assert result.n_minutes == 20
    assert "left out: no candles from 2025-02-19 21:20 to 2025-02-19 21:50" in str(result.issues[0])


def test_when_no_coin_is_left_every_reason_is_told(market: Make, prepared: Make, columns: Make) -> None:
    gappy = without(columns(300), slice(100, 250))
    with pytest.raises(DataError, match=r"no coin is left to test; X: left out: .* \(and 1 more\); ") as caught:
        prepared(market({"X": gappy, "Y": gappy}))
    assert len(caught.value.details) == 2


def test_the_minimum_age_counts_from_the_listing(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    more = {"X": {"listed_ms": start_ms - DAY_MS}, "Y": {"listed_ms": start_ms - 90 * DAY_MS}}
    dataset = market({"X": columns(100), "Y": columns(100)}, more=more)
    result = prepared(dataset, minimum_coin_age_days=1 + 30 / 1440)
    assert (result.hlcv[:30, 0, 3] == -1).all()
    assert (result.hlcv[30:, 0, 3] >= 0).all()
    assert (result.hlcv[:30, 0, 2] == columns(100)["close"][30]).all()
    assert (result.hlcv[:, 1, 3] >= 0).all()
    assert [issue.coin for issue in result.issues] == ["X"]
    assert "2025-02-19 21:50" in result.issues[0].message


def test_a_coin_that_is_too_young_is_left_out(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    dataset = market({"X": columns(100), "Y": columns(100)}, more={"X": {"listed_ms": start_ms}})
    result = prepared(dataset, minimum_coin_age_days=60)
    assert result.coins == ("Y",)
    assert any("left out: no candles from when it is old enough" in str(issue) for issue in result.issues)


def test_an_unknown_listing_time_is_said_and_the_age_not_applied(market: Make, prepared: Make, columns: Make) -> None:
    result = prepared(market({"X": columns(10)}), minimum_coin_age_days=60)
    assert result.n_minutes == 10
    (issue,) = result.issues
    assert issue.severity == "info"
    assert "the minimum coin age of 60 days is not applied to X" in issue.message


def test_bitcoin_collateral_takes_the_last_close(market: Make, prepared: Make, columns: Make, start_ms: int) -> None:
    bitcoin = without(columns(50, start_ms + 10 * MINUTE, seed=3), slice(5, 8))
    result = prepared(market({"BTC": bitcoin, "X": columns(80)}), ["X"], btc_collateral=True)
    assert result.coins == ("X",)
    close = columns(50, seed=3)["close"]
    assert (result.btc_usd[:11] == close[0]).all()
    assert (result.btc_usd[14:18] == close[4]).all()
    assert np.array_equal(result.btc_usd[18:60], close[8:])
    assert (result.btc_usd[60:] == close[-1]).all()
    assert not result.btc_usd.flags.writeable
    assert "before 2025-02-19 21:30 is taken to be BTC's first close" in str(result.issues[0])


def test_a_long_gap_in_the_collateral_is_told(market: Make, prepared: Make, columns: Make) -> None:
    dataset = market({"BTC": without(columns(300), slice(20, 250)), "X": columns(300)})
    result = prepared(dataset, ["X"], btc_collateral=True)
    assert "the price of the collateral stands still" in str(result.issues[0])


def test_bitcoin_collateral_needs_bitcoin(market: Make, prepared: Make, columns: Make) -> None:
    with pytest.raises(DataError, match="the dataset market holds none; choose a dataset with BTC or switch off"):
        prepared(market({"X": columns(10)}), btc_collateral=True)


def test_bitcoin_collateral_needs_bitcoin_in_the_range(
    market: Make, prepared: Make, columns: Make, start_ms: int
) -> None:
    dataset = market({"BTC": columns(10, start_ms + 100 * MINUTE), "X": columns(10)})
    with pytest.raises(DataError, match="BTC collateral needs BTC's candles from 2025-02-19 21:20 to"):
        prepared(dataset, ["X"], btc_collateral=True)


def test_an_unknown_coin_is_named(home: Home, prepared: Make) -> None:
    with pytest.raises(DataError, match="the dataset demo has no coin PEPE, SOLL; it has SOL, ADA, BTC") as caught:
        prepared(open_dataset("demo", home), ["ETH", "SOLL", "PEPE"])
    assert len(caught.value.details) == 2


def test_no_coins_is_an_error(home: Home, prepared: Make) -> None:
    with pytest.raises(DataError, match="no coins are chosen"):
        prepared(open_dataset("demo", home), [])


def test_a_start_after_the_end_says_what_there_is(home: Home, prepared: Make) -> None:
    with pytest.raises(DataError, match="the start 2025-01-02 00:00 is after the end 2025-01-01 00:00; the dataset"):
        prepared(open_dataset("demo", home), ["BTC"], start_ms=1_735_776_000_000, end_ms=1_735_689_600_000)


@pytest.mark.parametrize(("start_ms", "end_ms"), [(1_600_000_020_000, 1_600_100_040_000), (1_900_000_020_000, None)])
def test_dates_without_data_say_what_there_is(home: Home, prepared: Make, start_ms: int, end_ms: int | None) -> None:
    with pytest.raises(DataError, match=r"the dataset demo holds 2025-01-01 00:00 to 2025-03-01 23:59 \(UTC\)"):
        prepared(open_dataset("demo", home), ["BTC"], start_ms=start_ms, end_ms=end_ms)


def test_a_missing_file_of_a_chosen_coin_is_an_error(market: Make, prepared: Make, columns: Make) -> None:
    dataset = market({"X": columns(10), "Y": columns(10)})
    (dataset.folder / "Y.npz").unlink()
    assert prepared(dataset, ["X"]).n_minutes == 10
    with pytest.raises(DataError, match=r"Y\.npz is missing"):
        prepared(dataset, ["X", "Y"])


def test_a_corrupt_file_of_a_chosen_coin_is_an_error(market: Make, prepared: Make, columns: Make, home: Home) -> None:
    dataset = market({"X": columns(10)})
    (dataset.folder / "X.npz").write_bytes((dataset.folder / "X.npz").read_bytes()[:300])
    with pytest.raises(DataError, match=r"X\.npz can't be read"):
        prepared(dataset)
    assert [path.name for path in (home.datasets / "prepared").iterdir()] == [".lock"]
