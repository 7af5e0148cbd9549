"""How far a position is from its liquidation, and where its soft stop losses begin (`spec/passivx.md` §6)."""

from __future__ import annotations

from dataclasses import dataclass

from passivtui.live.passivx.orders import STOP_LOSS_LIQ_DIFF, STOP_LOSS_POS_PRICE_DIFF
from passivtui.live.passivx.snapshot import HeldPosition
from passivtui.passivx.model import Strategy


@dataclass(frozen=True, slots=True)
class RiskLevels:
    """Of an open position, for the monitor and for the stop loss.

    liquidation_price     None: none, or the venue hasn't told
    liquidation_distance  on the way to it, as a share of the last price; below 0 beyond it
    liq_level, price_level  beyond these prices a stop loss is due; None: at no price
    armed                 the type of stop loss that is due at the last price, "" for none
    """

    liquidation_price: float | None
    liquidation_distance: float | None
    liq_level: float | None
    price_level: float | None
    armed: str


def risk_levels(strategy: Strategy, position: HeldPosition, last_price: float) -> RiskLevels:
    """Levels of a position that is not flat.

    Distances are taken as Passiv-X's live bot takes them, as shares of the last price, but with a direction: a stop
    loss never acts on a position in profit.
    """
    sign = 1.0 if position.size > 0.0 else -1.0
    liquidation = position.liquidation_price or None
    distance = None if liquidation is None else sign * (last_price - liquidation) / last_price
    loss = sign * (position.price - last_price) / last_price
    armed = ""
    if loss > 0.0 and distance is not None and distance < strategy.stop_loss_liq_diff:
        armed = STOP_LOSS_LIQ_DIFF
    elif loss > strategy.stop_loss_pos_price_diff:
        armed = STOP_LOSS_POS_PRICE_DIFF
    return RiskLevels(
        liquidation,
        distance,
        _liq_level(strategy.stop_loss_liq_diff, position, liquidation, sign),
        _apart(position.price, -sign * strategy.stop_loss_pos_price_diff),
        armed,
    )


def _liq_level(diff: float, position: HeldPosition, liquidation: float | None, sign: float) -> float | None:
    """Not nearer than the position's price, from where on there is a loss."""
    if liquidation is None or diff <= 0.0:
        return liquidation
    level = _apart(liquidation, sign * diff)
    if level is None:
        return position.price
    return min(level, position.price) if sign > 0.0 else max(level, position.price)


def _apart(price: float, share: float) -> float | None:
    """The last price from which `price` is away by that share of it (below: less than 0); None where there is none."""
    return price / (1.0 - share) if share < 1.0 else None
