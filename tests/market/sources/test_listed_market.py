"""ccxt's market structures become plain numbers, and one market a coin."""

from __future__ import annotations

from typing import Any

import pytest

from passivtui.exchanges.ccxt_client import public_client
from passivtui.exchanges.listed_market import listed_markets
from passivtui.exchanges.venues import VENUES

BINANCE = VENUES["binance"]


def market(base: str, **changes: Any) -> dict[str, Any]:
    return {
        "symbol": f"{base}/USDT:USDT",
        "base": base,
        "quote": "USDT",
        "swap": True,
        "linear": True,
        "active": True,
        "contractSize": 1.0,
        "precision": {"amount": 0.1, "price": 0.01},
        "limits": {"amount": {"min": 0.5}, "cost": {"min": 5.0}},
        "maker": 0.0002,
        "taker": 0.0005,
        "created": 1_600_000_030_000,
        **changes,
    }


def test_a_market_is_taken_with_its_steps_limits_and_fees() -> None:
    (listed,) = listed_markets([market("1000PEPE")], BINANCE).values()
    assert (listed.coin, listed.symbol, listed.pair) == ("PEPE", "1000PEPE/USDT:USDT", "1000PEPEUSDT")
    assert (listed.qty_step, listed.price_step, listed.min_qty, listed.min_cost) == (0.1, 0.01, 0.5, 5.0)
    assert (listed.maker_fee, listed.taker_fee, listed.c_mult) == (0.0002, 0.0005, 1.0)
    assert listed.listed_ms == 1_600_000_020_000  # its minute


def test_a_thousand_of_a_coin_is_the_coin_where_the_venue_writes_it_with_a_small_k() -> None:
    kilo = market("KPEPE", baseName="kPEPE")
    plain = market("KAVA", baseName="KAVA")
    assert list(listed_markets([kilo, plain], BINANCE)) == ["KAVA", "PEPE"]


def test_what_a_venue_leaves_out_has_a_stand_in() -> None:
    bare = market("BTC", limits={}, created=None, maker=None, taker=None, active=None)
    (listed,) = listed_markets([bare], BINANCE).values()
    assert (listed.min_qty, listed.min_cost, listed.maker_fee, listed.taker_fee) == (0.1, 0.01, 0.0, 0.0)
    assert (listed.active, listed.listed_ms) == (True, None)
    (rebate,) = listed_markets([market("BTC", maker=-0.0001)], BINANCE).values()
    assert rebate.maker_fee == -0.0001


@pytest.mark.parametrize(
    "changes",
    [
        {"swap": False},
        {"linear": False},
        {"quote": "USDC", "symbol": "BTC/USDC:USDC"},
        {"symbol": "BTC/USDT:USDT-251226"},
        {"precision": {}},
        {"contractSize": None},
        {"precision": {"amount": 0.1, "price": float("nan")}},
    ],
)
def test_what_is_no_perpetual_of_the_venue_is_left_out(changes: dict[str, Any]) -> None:
    assert listed_markets([market("BTC", **changes)], BINANCE) == {}


def test_of_several_markets_of_a_coin_the_active_and_plain_one_wins() -> None:
    several = [market("1000PEPE"), market("PEPE"), market("SHIB", active=False), market("1000SHIB"), market("ADA")]
    for markets in (several, several[::-1]):
        found = listed_markets(markets, BINANCE)
        assert {coin: listed.symbol for coin, listed in found.items()} == {
            "ADA": "ADA/USDT:USDT",
            "PEPE": "PEPE/USDT:USDT",
            "SHIB": "1000SHIB/USDT:USDT",
        }
        assert list(found) == ["ADA", "PEPE", "SHIB"]


async def test_every_venue_that_goes_through_ccxt_is_known_to_it() -> None:
    for venue in VENUES.values():
        if venue.ccxt_id:
            async with public_client(venue, base_url="http://127.0.0.1:9/x") as exchange:
                assert not exchange.has["fetchCurrencies"]
                assert "127.0.0.1:9/x" in str(exchange.urls["api"])
                assert "https://" not in str(exchange.urls["api"])
