"""What a venue, or somebody else with the account, does behind the client's back."""

from __future__ import annotations

from decimal import Decimal

import ccxt
import pytest


async def test_a_trade_by_hand_shows_in_position_and_fills(here):
    here.venue.matching.trade_by_hand(here.pair, "buy", Decimal(str(here.qty)), "long")
    assert await here.held() == Decimal(str(here.qty))
    (trade,) = await here.exchange.fetch_my_trades(here.symbol)
    assert trade["takerOrMaker"] == "taker"


async def test_a_deposit_changes_the_balance(here):
    here.venue.matching.transfer("USDT", Decimal("123.5"))
    assert (await here.exchange.fetch_balance())["total"]["USDT"] == 10_123.5


async def test_a_crash_liquidates_what_the_wallet_no_longer_carries(here):
    await here.exchange.set_leverage(100, here.symbol)
    qty = 60_000 if here.name == "bybit inverse" else 10
    await here.enter(60_000, qty=qty)
    here.venue.move(here.symbol, 60_000)
    resting = await here.enter(40_000)
    here.venue.move(here.symbol, 24_000)
    assert await here.held() == 0
    assert await here.open_orders() == []
    assert here.venue.fills[-1].kind == "liquidation"
    assert here.venue.account.wallets[here.venue.matching.markets[here.pair].settle] == 0
    assert resting["id"] == here.venue.fills[-1].order_id or here.venue.orders[1].state in ("canceled", "filled")


async def test_new_steps_hold_at_once_and_show_after_a_reload(here):
    here.venue.change_market(here.symbol, price_step="0.5")
    with pytest.raises(ccxt.BaseError, match="-4014" if here.name == "binance" else "10001"):
        await here.enter(59_000.1)
    await here.exchange.load_markets(True)
    assert here.exchange.market(here.symbol)["precision"]["price"] == 0.5
    await here.enter(59_000.1)
    assert here.venue.orders[0].price == 59_000


async def test_a_reduce_only_symbol_takes_closes_but_no_entries(here):
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    here.venue.change_market(here.symbol, status="reduce only")
    with pytest.raises(ccxt.BaseError, match="-4140" if here.name == "binance" else "110023"):
        await here.enter(58_000)
    await here.leave(60_000)
    here.venue.move(here.symbol, 60_000)
    assert await here.held() == 0


async def test_a_halt_refuses_all_orders_and_cancels_none(here):
    await here.enter(59_000)
    here.venue.change_market(here.symbol, status="halted")
    with pytest.raises(ccxt.BaseError, match="-4108" if here.name == "binance" else "110074"):
        await here.enter(58_000)
    assert len(await here.open_orders()) == 1


async def test_a_delisting_settles_the_position_and_hides_the_market(here):
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    await here.leave(61_000)
    here.venue.change_market(here.symbol, status="delisted")
    assert here.venue.open_orders == []
    assert here.venue.account.open_positions() == []
    await here.exchange.load_markets(True)
    assert here.symbol not in here.exchange.markets or not here.exchange.market(here.symbol)["active"]


async def test_the_account_survives_a_price_times_ten(here):
    await here.enter(59_000)
    here.venue.move(here.symbol, 59_000)
    here.venue.move(here.symbol, 600_000)
    (position,) = [one for one in await here.exchange.fetch_positions([here.symbol]) if one["contracts"]]
    assert position["unrealizedPnl"] > 0
