"""Which inputs each class of orders needs, and which of them are missing or too old (`design/reliability.md`).

Positions, balance and open orders are needed before anything is sent or cancelled. Everything else only withholds the
classes that use it: a grid close at its markup needs no candle, and nothing ever stands in for what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from passivtui.live.orders import SIDES, OrderClass, Side
from passivtui.live.snapshot import Age, CoinState, PnlHistory, Position, Snapshot


class Input(StrEnum):
    """What a plan is made from, in the words that are shown."""

    POSITIONS = "positions"
    BALANCE = "balance"
    OPEN_ORDERS = "open orders"
    MARKET = "market rules"
    PRICE = "price"
    EMA = "EMA band"
    TRAILING = "trailing extremes"
    PNL = "realised profits"


#: Beside the account's own inputs, which every class needs.
NEEDS: Final[Mapping[OrderClass, tuple[Input, ...]]] = {
    OrderClass.INITIAL_ENTRY: (Input.MARKET, Input.PRICE, Input.EMA),
    OrderClass.GRID_ENTRY: (Input.MARKET, Input.PRICE, Input.EMA),
    OrderClass.TRAILING_ENTRY: (Input.MARKET, Input.PRICE, Input.EMA, Input.TRAILING),
    OrderClass.GRID_CLOSE: (Input.MARKET,),
    OrderClass.TRAILING_CLOSE: (Input.MARKET, Input.PRICE, Input.TRAILING),
    OrderClass.AUTO_REDUCE: (Input.MARKET, Input.PRICE),
    OrderClass.UNSTUCK: (Input.MARKET, Input.PRICE, Input.EMA, Input.PNL),
    OrderClass.PANIC: (),
}


@dataclass(frozen=True, slots=True)
class MissingInput:
    """An input that can't be used now. `age` is None when how old it is says nothing about it."""

    input: Input
    age: Age | None
    text: str


def missing_account_inputs(snapshot: Snapshot) -> tuple[MissingInput, ...]:
    """Those without which nothing is sent and nothing is cancelled."""
    ages = snapshot.ages
    missing = [
        _outdated(name, age)
        for name, age in (
            (Input.POSITIONS, ages.positions),
            (Input.BALANCE, ages.balance),
            (Input.OPEN_ORDERS, ages.open_orders),
        )
        if not age.is_fresh
    ]
    if ages.balance.is_fresh and not _is_number(snapshot.balance):
        missing.append(MissingInput(Input.BALANCE, None, "the balance is not known"))
    missing += [
        MissingInput(Input.POSITIONS, None, f"the {position.side} position of {position.coin} makes no sense")
        for position in snapshot.positions
        if not _makes_sense(position)
    ]
    missing += [
        MissingInput(Input.OPEN_ORDERS, None, f"order {order.id} of {order.coin} has no usable price or quantity")
        for order in snapshot.open_orders
        if not _is_number(order.qty) or order.qty == 0.0 or not _is_price(order.price)
    ]
    return tuple(missing)


def missing_inputs(snapshot: Snapshot, coin: str, side: Side, kind: OrderClass) -> tuple[MissingInput, ...]:
    """What this class of orders lacks for the coin and side, beside the account's inputs; empty when it is ready."""
    state = snapshot.coins.get(coin)
    if state is None:
        return tuple(MissingInput(name, None, f"the {name} of {coin} are not known") for name in NEEDS[kind][:1])
    found = (_CHECKS[name](snapshot, state, side) for name in NEEDS[kind])
    return tuple(missing for missing in found if missing is not None)


def readiness(snapshot: Snapshot) -> dict[tuple[str, Side, OrderClass], tuple[MissingInput, ...]]:
    """What each class of orders lacks, of every coin and side; classes that are ready are left out."""
    account = missing_account_inputs(snapshot)
    found = {
        (coin, side, kind): (*account, *missing_inputs(snapshot, coin, side, kind))
        for coin in snapshot.coins
        for side in SIDES
        for kind in OrderClass
    }
    return {key: missing for key, missing in found.items() if missing}


def _market(snapshot: Snapshot, state: CoinState, side: Side) -> MissingInput | None:
    market = state.market
    steps = market.qty_step, market.price_step, market.c_mult
    least = market.min_qty, market.min_cost
    if all(_is_number(value) and value > 0.0 for value in steps) and all(_is_number(v) and v >= 0.0 for v in least):
        return None
    return MissingInput(Input.MARKET, None, "the venue's rules for the coin make no sense: steps must be above 0")


def _price(snapshot: Snapshot, state: CoinState, side: Side) -> MissingInput | None:
    if state.fresh_price is not None:
        return None
    if not state.candles.is_fresh:
        return _outdated(Input.PRICE, state.candles)
    return MissingInput(Input.PRICE, None, f"{state.price} is no price")


def _ema(snapshot: Snapshot, state: CoinState, side: Side) -> MissingInput | None:
    band = state.side(side).band
    if band is None or not (_is_number(band.lower) and _is_number(band.upper)) or not 0.0 < band.lower <= band.upper:
        return MissingInput(Input.EMA, None, "the EMA band is not known")
    return None if state.candles.is_fresh else _outdated(Input.EMA, state.candles)


def _trailing(snapshot: Snapshot, state: CoinState, side: Side) -> MissingInput | None:
    if state.side(side).trailing is None:
        return MissingInput(Input.TRAILING, None, "the extremes since the last fill are not known")
    return None if state.candles.is_fresh else _outdated(Input.TRAILING, state.candles)


def _pnl(snapshot: Snapshot, state: CoinState, side: Side) -> MissingInput | None:
    history: PnlHistory | None = snapshot.pnl
    if not snapshot.ages.pnl.is_fresh:
        return _outdated(Input.PNL, snapshot.ages.pnl)
    if history is None or not (_is_number(history.peak) and _is_number(history.last)):
        return MissingInput(Input.PNL, None, "the realised profits are not known")
    if history.pending:
        return MissingInput(Input.PNL, None, f"the profit of {history.pending} fills is not known yet")
    return None


_CHECKS: Final[Mapping[Input, Callable[[Snapshot, CoinState, Side], MissingInput | None]]] = {
    Input.MARKET: _market,
    Input.PRICE: _price,
    Input.EMA: _ema,
    Input.TRAILING: _trailing,
    Input.PNL: _pnl,
}


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _is_price(value: float) -> bool:
    return math.isfinite(value) and value > 0.0


def _makes_sense(position: Position) -> bool:
    if position.size == 0.0:
        return True
    right_way = position.size > 0.0 if position.side == "long" else position.size < 0.0
    return math.isfinite(position.size) and right_way and _is_price(position.price)


def _outdated(name: Input, age: Age) -> MissingInput:
    if age.ms is None:
        return MissingInput(name, age, f"the {name} never came")
    return MissingInput(name, age, f"the {name}: {age.ms / 1000:.0f} s old, {age.limit_ms / 1000:.0f} s are allowed")
