"""The store as a market: which venue serves a coin, how volumes are made comparable, what the cache hangs on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stored_candles import DAY_MS, FIRST_MS, MINUTE_MS, market_spec, same_candles, some_candles, without

from passivtui.errors import DataError
from passivtui.market import Candles, prepare
from passivtui.market.store import CandleStore
from passivtui.market.stored import StoredMarket, StoredRequest
from passivtui.paths import Home

DAYS = 4
LAST_MS = FIRST_MS + DAYS * DAY_MS - MINUTE_MS


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return CandleStore(tmp_path / "store")


def put(store: CandleStore, exchange: str, coin: str, candles: Candles) -> None:
    store.write(exchange, coin, candles, origin="a test")
    store.add_markets(exchange, {coin: market_spec(coin)})


def whole(**options) -> Candles:
    return some_candles(DAYS * 1440, **options)


def market(store: CandleStore, *exchanges: str, coins=("BTC", "ETH"), tolerance=120.0, **more) -> StoredMarket:
    return StoredMarket(
        store, StoredRequest(exchanges, coins, FIRST_MS, LAST_MS, tolerance, **{"listed_ms": {}, **more})
    )


def prepared(source: StoredMarket, home: Home, coins=("BTC", "ETH"), *, btc=False, age=0.0):
    return prepare(
        source, coins, start_ms=FIRST_MS, end_ms=LAST_MS, gap_tolerance_minutes=120, minimum_coin_age_days=age,
        btc_collateral=btc, home=home,
    )  # fmt: skip


def test_one_venue_serves_its_own_candles(store: CandleStore, home: Home) -> None:
    put(store, "binance", "BTC", whole())
    put(store, "binance", "ETH", whole(seed=2))
    source = market(store, "binance")
    assert same_candles(source.load("ETH"), whole(seed=2))
    assert (source.exchange, source.quote, source.coin_names) == ("binance", "USDT", ("BTC", "ETH"))
    result = prepared(source, home)
    assert np.array_equal(result.hlcv[:, 0, 2], whole().close)
    assert np.array_equal(result.hlcv[:, 1, 3], whole(seed=2).volume * whole(seed=2).close)


def test_the_venue_with_most_candles_is_chosen(store: CandleStore) -> None:
    put(store, "binance", "BTC", without(whole(), 0, 2000))
    put(store, "bybit", "BTC", whole(seed=2))
    source = market(store, "binance", "bybit", coins=("BTC",))
    assert source.choices["BTC"].exchange == "bybit"
    (issue,) = source.load("BTC").issues
    assert "taken from bybit (candles: 5,760; binance 3,760)" in str(issue)


def test_with_as_many_candles_the_higher_volume_decides(store: CandleStore) -> None:
    put(store, "binance", "BTC", whole(volume=10))
    put(store, "bybit", "BTC", whole(volume=20))
    assert market(store, "binance", "bybit", coins=("BTC",)).choices["BTC"].exchange == "bybit"


def test_a_venue_with_too_long_a_gap_comes_last(store: CandleStore, home: Home) -> None:
    put(store, "binance", "BTC", without(whole(), 1000, 200))
    put(store, "bybit", "BTC", without(whole(seed=2), 0, 3000))
    assert market(store, "binance", "bybit", coins=("BTC",)).choices["BTC"].exchange == "bybit"
    put(store, "bybit", "BTC", without(whole(seed=2), 0, 3000))
    alone = market(store, "binance", coins=("BTC",))
    with pytest.raises(DataError, match="201 minutes between candles"):
        prepared(alone, home, ("BTC",))


def test_volumes_are_scaled_to_the_venue_of_most_coins(store: CandleStore, home: Home) -> None:
    for coin, seed in (("BTC", 1), ("ETH", 2)):
        put(store, "binance", coin, whole(seed=seed, volume=40))
        put(store, "bybit", coin, without(whole(seed=seed, volume=10), 0, 10))
    put(store, "bybit", "SOL", whole(seed=3, volume=10))
    source = market(store, "binance", "bybit", coins=("BTC", "ETH", "SOL"))
    chosen = {coin: choice.exchange for coin, choice in source.choices.items()}
    assert chosen == {"BTC": "binance", "ETH": "binance", "SOL": "bybit"}
    on_binance = sum(float((whole(seed=s, volume=40).volume * whole(seed=s).close).sum()) for s in (1, 2))
    on_bybit = sum(
        float((c.volume * c.close).sum()) for s in (1, 2) for c in [without(whole(seed=s, volume=10), 0, 10)]
    )
    assert source.choices["SOL"].factor == pytest.approx(on_binance / on_bybit, rel=1e-12)
    assert source.choices["BTC"].factor == 1.0
    scaled = source.load("SOL")
    assert np.array_equal(scaled.volume, whole(seed=3, volume=10).volume * source.choices["SOL"].factor)
    assert np.array_equal(prepared(source, home, ("BTC", "SOL")).hlcv[:, 1, 3], scaled.volume * scaled.close)


def test_only_the_last_sixty_days_count_for_the_ratio(store: CandleStore) -> None:
    rows = 65 * 1440
    old = some_candles(rows, volume=1000)
    recent = some_candles(rows, volume=10)
    volume = np.where(np.arange(rows) < 5 * 1440, old.volume, recent.volume)
    put(store, "binance", "BTC", replace(recent, volume=volume))
    put(store, "bybit", "BTC", without(some_candles(rows, volume=5), 0, 1))
    put(store, "bybit", "ETH", some_candles(rows, volume=5, seed=2))
    request = StoredRequest(("binance", "bybit"), ("BTC", "ETH"), FIRST_MS, FIRST_MS + rows * MINUTE_MS - 1, 120, {})
    choices = StoredMarket(store, request).choices
    assert choices["BTC"].exchange == "binance"
    assert choices["ETH"].factor == pytest.approx(2.0, rel=0.01)


def test_venues_without_a_common_coin_are_told(store: CandleStore) -> None:
    put(store, "binance", "BTC", whole())
    put(store, "bybit", "ETH", whole(seed=2))
    source = market(store, "binance", "bybit")
    assert source.choices["ETH"].factor == 1.0
    assert any("can't be compared" in str(issue) for issue in source.load("ETH").issues)


def test_the_price_of_collateral_is_binances_when_there_are_several(store: CandleStore, home: Home) -> None:
    put(store, "bybit", "BTC", whole(seed=7, volume=99))
    put(store, "binance", "BTC", without(whole(seed=8), 0, 1))
    source = market(store, "bybit", "binance", coins=("BTC",))
    assert source.choices["BTC"].exchange == "bybit"
    result = prepared(source, home, ("BTC",), btc=True)
    assert result.btc_usd[100] == whole(seed=8).close[100]
    assert result.hlcv[100, 0, 2] == whole(seed=7).close[100]


def test_a_coin_starts_when_it_is_old_enough(store: CandleStore, home: Home) -> None:
    put(store, "binance", "BTC", whole())
    put(store, "binance", "ETH", whole(seed=2))
    source = market(store, "binance", listed_ms={"ETH": FIRST_MS - DAY_MS, "BTC": 0}, minimum_age_ms=2 * DAY_MS)
    result = prepared(source, home, age=2.0)
    assert (result.hlcv[:1440, 1, 3] == -1).all()
    assert (result.hlcv[1440:, 1, 3] >= 0).all()
    assert (result.hlcv[:, 0, 3] >= 0).all()


def test_what_is_prepared_is_used_until_the_store_changes(store: CandleStore, home: Home) -> None:
    put(store, "binance", "BTC", without(whole(), 700, 3))
    put(store, "binance", "ETH", whole(seed=2))
    key = prepared(market(store, "binance"), home).key
    assert prepared(market(store, "binance"), home).key == key
    store.write("binance", "BTC", whole(), origin="the gap is filled")
    changed = prepared(market(store, "binance"), home)
    assert changed.key != key
    assert not changed.issues
    store.set_markets("binance", {c: market_spec(c, qty_step=0.5) for c in ("BTC", "ETH")}, 1)
    assert prepared(market(store, "binance"), home).specs[0].qty_step == 0.5


def test_coins_of_which_nothing_is_stored_are_left_out_or_named(store: CandleStore, home: Home) -> None:
    put(store, "binance", "BTC", whole())
    store.add_markets("binance", {"XRP": market_spec("XRP")})
    result = prepared(market(store, "binance", coins=("BTC", "XRP")), home, ("BTC", "XRP"))
    assert result.coins == ("BTC",)
    assert any(issue.coin == "XRP" and issue.severity == "warning" for issue in result.issues)
    with pytest.raises(DataError, match="no candles of XRP are stored of binance"):
        prepared(market(store, "binance", coins=("XRP",)), home, ("XRP",))


def test_bybits_maker_fee_is_the_one_that_backtests_use(store: CandleStore, home: Home) -> None:
    put(store, "bybit", "BTC", whole())
    store.add_markets("bybit", {"BTC": market_spec("BTC", maker_fee=0.0001)})
    assert prepared(market(store, "bybit", coins=("BTC",)), home, ("BTC",)).maker_fee == 0.0002
