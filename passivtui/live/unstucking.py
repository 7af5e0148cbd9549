"""The one unstuck order of the account, and why there is none (`spec/engine.md` §3.13, `spec/live.md` §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from passivtui.core import Held, calc_loss_allowance, calc_unstuck
from passivtui.core.rounding import round_down_to_step, round_up_to_step
from passivtui.live.ideal import Wanted
from passivtui.live.modes import CoinMode, Mode
from passivtui.live.orders import SIDES, OrderClass, PlannedOrder, Side
from passivtui.live.reasons import Gate, Withheld
from passivtui.live.situation import Situation
from passivtui.live.snapshot import Position


def loss_allowances(situation: Situation) -> dict[Side, float]:
    """What may be lost on unstucking now on each side, in quote; the realised profits must be known."""
    pnl = situation.snapshot.pnl
    assert pnl is not None
    allowances: dict[Side, float] = {}
    for side in SIDES:
        settings = situation.snapshot.config.bot.side(side)
        pct = settings.unstuck_loss_allowance_pct
        weighted = pct * settings.total_wallet_exposure_limit
        allowances[side] = calc_loss_allowance(situation.balance, weighted, pnl.peak, pnl.last) if pct > 0.0 else 0.0
    return allowances


def unstick(situation: Situation, modes: Iterable[CoinMode], wanted: Wanted) -> None:
    """Put the account's unstuck order in the place of the closes of its coin and side, and note why others wait."""
    stuck = list(_stuck(situation, modes, wanted))
    if not stuck:
        return
    allowances = loss_allowances(situation)
    held = [_held(situation, one) for one in stuck]
    chosen = calc_unstuck(situation.balance, allowances["long"], allowances["short"], held)
    for one in stuck:
        if chosen is not None and (chosen[0], chosen[1]) == (one.index, one.position.side) and chosen[2].qty != 0.0:
            order = chosen[2]
            close = PlannedOrder(one.position.coin, one.position.side, order.qty, order.price, order.type)
            wanted.orders = [other for other in wanted.orders if not _is_replaced(other, close)]
            wanted.orders.append(close)
            wanted.left_alone.discard((close.coin, close.side, "close"))  # what was not known is not wanted any more
        else:
            wanted.withheld.append(_why_not(situation, one, allowances, chosen is not None))


@dataclass(frozen=True, slots=True)
class _Stuck:
    """A position above its unstuck threshold; `index` is its coin's place in the alphabet."""

    position: Position
    index: int
    params: Mapping[str, float]


def _stuck(situation: Situation, modes: Iterable[CoinMode], wanted: Wanted) -> Iterable[_Stuck]:
    coins = {coin: index for index, coin in enumerate(sorted(situation.snapshot.coins))}
    for mode in modes:
        position = situation.position(mode.coin, mode.side)
        if position is None or mode.mode in (Mode.MANUAL, Mode.PANIC) or mode.coin not in coins:
            continue
        if situation.snapshot.config.bot.side(mode.side).unstuck_loss_allowance_pct <= 0.0:
            continue
        if situation.missing(mode.coin, mode.side, OrderClass.GRID_CLOSE):
            continue  # the market's rules; that is told with the closes
        params = situation.strategy.params(mode.coin, mode.side)
        if not _is_above_threshold(situation, position, params):
            continue
        missing = situation.missing(mode.coin, mode.side, OrderClass.UNSTUCK)
        if missing:
            wanted.withheld += missing
        else:
            yield _Stuck(position, coins[mode.coin], params)


def _is_above_threshold(situation: Situation, position: Position, params: Mapping[str, float]) -> bool:
    limit = params["wallet_exposure_limit"]
    return limit == 0.0 or situation.exposure(position) / limit > params["unstuck_threshold"]


def _held(situation: Situation, stuck: _Stuck) -> Held:
    position = stuck.position
    band = situation.snapshot.coins[position.coin].side(position.side).band
    price = situation.price(position.coin)
    assert band is not None and price is not None
    market = situation.market(position.coin)
    return Held(
        stuck.index, position.side, position.size, position.price, price, band.upper, band.lower, stuck.params, market
    )


def _is_replaced(order: PlannedOrder, unstuck: PlannedOrder) -> bool:
    return (order.coin, order.side, order.part) == (unstuck.coin, unstuck.side, "close")


def _why_not(situation: Situation, stuck: _Stuck, allowances: Mapping[Side, float], other_chosen: bool) -> Withheld:
    held = _held(situation, stuck)
    coin, side = stuck.position.coin, stuck.position.side
    if allowances[side] <= 0.0:
        text = "the loss allowance is used up until profits make up for it"
        return Withheld(coin, side, Gate.ALLOWANCE, text, OrderClass.UNSTUCK, (("allowance", allowances[side]),))
    step, distance = held.market["price_step"], held.bot["unstuck_ema_dist"]
    if side == "long":
        trigger = round_up_to_step(held.upper * (1.0 + distance), step)
        is_waiting, way = held.market_price < trigger, "rise to"
    else:
        trigger = round_down_to_step(held.lower * (1.0 - distance), step)
        is_waiting, way = held.market_price > trigger, "fall to"
    if is_waiting or not other_chosen:
        text = f"the price {held.market_price:.8g} must first {way} {trigger:.8g}, the EMA band and its distance"
        numbers = (("price", held.market_price), ("trigger", trigger))
        return Withheld(coin, side, Gate.EMA_DISTANCE, text, OrderClass.UNSTUCK, numbers)
    text = "another position is less stuck and goes first; there is one unstuck order at a time"
    return Withheld(coin, side, Gate.ONE_UNSTUCK, text, OrderClass.UNSTUCK)
