"""The arithmetic of linear and inverse contracts for Python, by the very functions of the tick engine.

`market` and `settings` are mappings with the names of `TICK_MARKET` and `TICK_SETTINGS`. Sizes are signed (long > 0),
prices above 0. A wrong mapping raises EngineInputError.
"""

from passivtui.core.packing import EngineInputError
from passivtui.core.tick_layout import ACCOUNTINGS, TICK_SIDES

from passivtui.core.tick_packing cimport tick_market_of, tick_settings_of


cdef int accounting_of(object name) except -1:
    if name not in ACCOUNTINGS:
        raise EngineInputError(f"accounting must be one of {', '.join(ACCOUNTINGS)}, not {name!r}")
    return ACCOUNTINGS.index(name)


cdef bint is_long_of(object side) except -1:
    if side not in TICK_SIDES:
        raise EngineInputError(f"side must be long or shrt, not {side!r}")
    return side == "long"


def round_down(double x, double step):
    """Largest multiple of `step` not above `x`, without tolerance, at 10 decimals (`spec/passivx.md`, `rd`)."""
    return down(x, step)


def round_up(double x, double step):
    """Smallest multiple of `step` not below `x`, without tolerance, at 10 decimals (`ru`)."""
    return up(x, step)


def round_nearest(double x, double step):
    """Nearest multiple of `step`, halves to even, at 10 decimals (`rn`)."""
    return nearest(x, step)


def contract_cost(market, double qty, double price):
    """Value of a quantity in the margin coin, not negative (§2)."""
    cdef TickMarket packed = tick_market_of(market)
    return cost_of(&packed, qty, price)


def contract_margin(market, double qty, double price, double leverage):
    """What of the balance holds a quantity: its cost through the leverage (§2)."""
    cdef TickMarket packed = tick_market_of(market)
    return cost_of(&packed, qty, price) / leverage


def contract_pnl(side, market, double entry, double close, double qty):
    """Profit in the margin coin of closing `qty`, fees not included (§2). `side`: "long" or "shrt"."""
    cdef TickMarket packed = tick_market_of(market)
    if is_long_of(side):
        return long_pnl(&packed, entry, close, qty)
    return short_pnl(&packed, entry, close, qty)


def max_position(market, double balance, double price, double leverage):
    """The largest quantity that a balance holds at a leverage (§2)."""
    cdef TickMarket packed = tick_market_of(market)
    return leveraged(&packed, balance, leverage, price)


def min_order_qty(market, double price):
    """The smallest quantity that the venue takes at a price (§2)."""
    cdef TickMarket packed = tick_market_of(market)
    return minimum_qty(&packed, price)


def first_entry_qty(market, settings, double balance, double price):
    """Quantity of the first entry, above 0 for both sides (§2). `balance`: after `balance_pct`."""
    cdef TickMarket packed = tick_market_of(market)
    cdef TickSettings chosen = tick_settings_of(settings)
    return first_entry_quantity(&packed, &chosen, balance, price)


def liquidation_price(market, double balance, double size, double price, double leverage, accounting="true"):
    """The price at which the venue takes the position over; 0 for none (§2, §8).

    `balance` is the wallet's. `leverage`, the settings', counts for linear contracts in the "original" accounting only.
    """
    cdef TickMarket packed = tick_market_of(market)
    return liquidation(&packed, accounting_of(accounting), balance, size, price, leverage)


def average_entry_price(
    market, double size, double price, double qty, double entry_price, accounting="true"
):
    """The position's price after an entry; `size` and `qty` have one sign (§4.4, §8)."""
    cdef TickMarket packed = tick_market_of(market)
    return average_price(&packed, accounting_of(accounting), size, price, qty, entry_price, size + qty)
