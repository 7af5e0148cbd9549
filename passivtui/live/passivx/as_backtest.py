"""The orders of the backtest, one trade at a time, for a bot on paper that is to do what the backtest does (§4).

The backtest differs from a live bot (`plan`): one re-entry and one close at a time, whose prices and levels were fixed
at the last trade; a stop loss that is armed by one trade and filled by a later one; closes whose least quantity follows
the price of the trade that fills them; a pause after each trade. `docs/passivx.md` lists all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from passivtui.core.contracts import first_entry_qty, max_position, min_order_qty
from passivtui.core.tick_orders import (
    TickOrder,
    close_ladder,
    flat_ask,
    flat_bid,
    min_close_qty,
    reentry_price,
    reentry_qty,
    stop_loss_qty,
)
from passivtui.live.passivx.market_view import MarketView
from passivtui.live.passivx.orders import (
    CLOSE,
    ENTRY,
    REENTRY,
    STOP_LOSS_LIQ_DIFF,
    STOP_LOSS_POS_PRICE_DIFF,
    WantedOrder,
    side_of,
)
from passivtui.live.passivx.plan import TickPlan
from passivtui.live.passivx.snapshot import HeldPosition, Terms, TickSnapshot
from passivtui.live.reasons import Gate, Withheld

_NEVER = 10_000.0  # times a short's price: its level when it can't be liquidated


@dataclass(frozen=True, slots=True)
class BacktestMemory:
    """What was fixed at the last trade, and the stop loss that was armed since.

    reentry               price and unsigned quantity of the next one; None where there is no room for it
    liq_level, price_level  beyond which a trade arms the stop loss
    stop_price            0 while none is armed
    """

    last_type: str = ""
    last_ms: int | None = None
    reentry: TickOrder | None = None
    liq_level: float = 0.0
    price_level: float = 0.0
    stop_price: float = 0.0
    stop_type: str = ""


def plan_as_backtest(snapshot: TickSnapshot, memory: BacktestMemory, trade_price: float, latency_ms: float) -> TickPlan:
    """What may fill at the trade that is about to happen at `trade_price`, at the time of the snapshot."""
    allowed = _allowed(snapshot, memory, latency_ms)
    orders = _flat(snapshot) if snapshot.position.size == 0.0 else _held(snapshot, memory, trade_price)
    withheld = [
        Withheld(
            snapshot.terms.settings.symbol,
            order.side,
            Gate.UNSETTLED,
            f"{order.type}: the last trade is not {latency_ms:g} ms ago",
        )
        for order in orders
        if order.type not in allowed
    ]
    return TickPlan(tuple(order for order in orders if order.type in allowed), tuple(withheld))


def after_tick(
    memory: BacktestMemory, position: HeldPosition, before: MarketView, price: float, *, buyer_is_maker: bool
) -> BacktestMemory:
    """Arm or disarm the stop loss. `before`: the market until this trade."""
    if position.size == 0.0 or buyer_is_maker != (position.size > 0.0):
        return memory
    is_long = position.size > 0.0
    book = before.ask if is_long else before.bid
    if _is_beyond(price, memory.liq_level, is_long):
        return replace(memory, stop_price=book, stop_type=STOP_LOSS_LIQ_DIFF)
    if _is_beyond(price, memory.price_level, is_long):
        return replace(memory, stop_price=book, stop_type=STOP_LOSS_POS_PRICE_DIFF)
    return memory if memory.stop_price == 0.0 else replace(memory, stop_price=0.0, stop_type="")


def after_fill(
    terms: Terms, position: HeldPosition, balance: float, view: MarketView, kind: str, time_ms: int
) -> BacktestMemory:
    """Fix what comes next. `balance`: the wallet; `view`: after the trade that filled."""
    memory = BacktestMemory(last_type=kind, last_ms=time_ms)
    if position.size == 0.0:
        return memory
    strategy, liquidation = terms.settings.strategy, position.liquidation_price or 0.0
    if position.size > 0.0:
        liq_level = liquidation * (1.0 + strategy.stop_loss_liq_diff)
        price_level = position.price * (1.0 - strategy.stop_loss_pos_price_diff)
    else:
        liq_level = position.price * _NEVER
        if liquidation > 0.0:
            liq_level = liquidation * (1.0 - strategy.stop_loss_liq_diff)
        price_level = position.price * (1.0 + strategy.stop_loss_pos_price_diff)
    reentry = _reentry(terms, position, balance * strategy.balance_pct, view)
    return replace(memory, reentry=reentry, liq_level=liq_level, price_level=price_level)


def _is_beyond(price: float, level: float, is_long: bool) -> bool:
    return price <= level if is_long else price >= level


def _allowed(snapshot: TickSnapshot, memory: BacktestMemory, latency_ms: float) -> tuple[str, ...]:
    """The types that may fill so soon: within the latency only a re-entry after a re-entry."""
    if memory.last_ms is None or snapshot.now_ms - memory.last_ms >= latency_ms:
        return (ENTRY, REENTRY, CLOSE, STOP_LOSS_LIQ_DIFF, STOP_LOSS_POS_PRICE_DIFF)
    return (REENTRY,) if memory.last_type == REENTRY else ()


def _balance(snapshot: TickSnapshot) -> float:
    assert snapshot.balance is not None, "a paper account knows its balance"
    return snapshot.balance * snapshot.terms.settings.strategy.balance_pct


def _flat(snapshot: TickSnapshot) -> list[WantedOrder]:
    numbers = snapshot.terms.market_numbers, snapshot.terms.strategy_numbers
    strategy = snapshot.terms.settings.strategy
    assert snapshot.ema is not None and snapshot.bid is not None and snapshot.ask is not None
    orders = []
    if strategy.do_long and (price := flat_bid(*numbers, snapshot.ema, snapshot.bid)) > 0.0:
        orders.append(WantedOrder("long", first_entry_qty(*numbers, _balance(snapshot), price), price, ENTRY))
    if strategy.do_shrt:
        price = flat_ask(*numbers, snapshot.ema, snapshot.ask)
        orders.append(WantedOrder("short", -first_entry_qty(*numbers, _balance(snapshot), price), price, ENTRY))
    return orders


def _held(snapshot: TickSnapshot, memory: BacktestMemory, trade_price: float) -> list[WantedOrder]:
    numbers = snapshot.terms.market_numbers, snapshot.terms.strategy_numbers
    position, side = snapshot.position, side_of(snapshot.position.size)
    is_long = position.size > 0.0
    orders = []
    if memory.reentry is not None:
        qty = memory.reentry.qty if is_long else -memory.reentry.qty
        orders.append(WantedOrder(side, qty, memory.reentry.price, REENTRY))
    book = snapshot.ask if is_long else snapshot.bid
    assert book is not None
    smallest = max(min_close_qty(*numbers, _balance(snapshot), trade_price), snapshot.terms.market.qty_step)
    qty, price = close_ladder(*numbers, position.size, position.price, book, smallest)[0]
    orders.append(WantedOrder(side, qty, price, CLOSE))
    fills_first = trade_price > price if is_long else trade_price < price
    if memory.stop_price > 0.0 and not fills_first:
        reduction = stop_loss_qty(*numbers, position.size)
        if reduction > 0.0:
            signed = -reduction if is_long else reduction
            orders.append(WantedOrder(side, signed, memory.stop_price, memory.stop_type))
    return orders


def _reentry(terms: Terms, position: HeldPosition, balance: float, view: MarketView) -> TickOrder | None:
    if not balance > 0.0:
        return None
    market, numbers = terms.market_numbers, (terms.market_numbers, terms.strategy_numbers)
    price = reentry_price(*numbers, balance, position.size, position.price)
    price = min(view.bid, price) if position.size > 0.0 else max(view.ask, price)
    price = max(terms.market.price_step, price)
    smallest = min_order_qty(market, price)
    highest = max_position(market, balance, price, terms.settings.strategy.leverage)
    qty = reentry_qty(*numbers, position.size, highest, smallest)
    return None if qty < smallest else TickOrder(qty, price)
