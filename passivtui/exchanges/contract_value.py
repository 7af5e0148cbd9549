"""What a quantity of contracts costs and earns: the engine's formulas (`spec/engine.md` §2.3), to the last bit.

The engine has them inlined (`core/rounding.pxd`); the order of operations is the specification. Inverse contracts are
those of `spec/passivx.md` §2.
"""

from __future__ import annotations

from passivtui.core.rounding import position_after_fill
from passivtui.exchanges.base import Market, PositionSide


def cost_of(market: Market, qty: float, price: float) -> float:
    """Value of a quantity in the margin coin, not negative."""
    if market.is_inverse:
        return (abs(qty) * market.c_mult) / price
    return (abs(qty) * price) * market.c_mult


def profit_of(market: Market, side: PositionSide, entry: float, close: float, qty: float) -> float:
    """What closing `qty` at `close` earns in the margin coin, fees not included."""
    bought, sold = (entry, close) if side == "long" else (close, entry)
    if market.is_inverse:
        return (abs(qty) * market.c_mult) * (1.0 / bought - 1.0 / sold)
    return (abs(qty) * market.c_mult) * (sold - bought)


def position_after(market: Market, size: float, price: float, qty: float, fill_price: float) -> tuple[float, float]:
    """Size and average price after a fill that makes the position larger; signs as held."""
    new_size, new_price = position_after_fill(size, price, qty, fill_price, market.qty_step)
    if market.is_inverse and size != 0.0 and new_size != 0.0:
        new_price = new_size / (size / price + qty / fill_price)
    return new_size, new_price
