"""The order functions for Python: one position, one moment. Previews and the live planner call these."""

from passivtui.core.closes cimport list_closes, next_close
from passivtui.core.entries cimport list_entries, next_entry
from passivtui.core.packing cimport bot_params_of, exchange_params_of
from passivtui.core.params cimport (
    MAX_ORDERS,
    BotParams,
    ExchangeParams,
    Order as COrder,
    OrderState,
    Position as CPosition,
    TrailingBundle,
)
from passivtui.core.rounding cimport fabs, position_after, wallet_exposure
from passivtui.core.unstuck cimport StuckPosition, goes_before, is_stuck, stuck_distance, unstuck_order

from typing import NamedTuple

from passivtui.core.layout import ORDER_TYPES
from passivtui.core.packing import EngineInputError


class Order(NamedTuple):
    """A wanted order: signed quantity (> 0 buys), price in quote currency, type as in `ORDER_TYPES`."""

    qty: float
    price: float
    type: str


class MarketState(NamedTuple):
    """What a coin's orders depend on beside the position: sizing balance, best bid and ask, the side's EMA band."""

    balance: float
    bid: float
    ask: float
    upper: float
    lower: float


class Trailing(NamedTuple):
    """Extremes since the last fill (`spec/engine.md` §4.5). The defaults are those of a position just changed."""

    min_since_open: float = 1.7976931348623157e308
    max_since_min: float = 0.0
    max_since_open: float = 0.0
    min_since_max: float = 1.7976931348623157e308


class Held(NamedTuple):
    """A position as unstucking sees it: which coin and side, its rules and its market."""

    coin: int
    side: str
    size: float
    price: float
    market_price: float
    upper: float
    lower: float
    bot: object
    market: object


cdef bint _is_long(str side) except *:
    if side == "long":
        return True
    if side == "short":
        return False
    raise EngineInputError(f"side must be 'long' or 'short', not {side!r}")


cdef class _Case:
    # One coin and side, unpacked once for the call of an order function.
    cdef bint is_long
    cdef OrderState state
    cdef ExchangeParams market
    cdef BotParams bot
    cdef TrailingBundle trailing
    cdef double size, price

    def __cinit__(self, str side, market, bot, state, position, trailing):
        self.is_long = _is_long(side)
        self.market = exchange_params_of(market)
        self.bot = bot_params_of(bot)
        self.state.balance, self.state.bid, self.state.ask, self.state.upper, self.state.lower = state
        self.size, self.price = position
        (
            self.trailing.min_since_open,
            self.trailing.max_since_min,
            self.trailing.max_since_open,
            self.trailing.min_since_max,
        ) = trailing


cdef object _order(COrder order):
    return Order(order.qty, order.price, ORDER_TYPES[order.type])


def calc_next_entry(side, market, bot, state, position, trailing):
    """The one entry that comes next (`spec/engine.md` §3.6); quantity 0 when there is none.

    `bot["wallet_exposure_limit"]` is the limit in force (not the −1 that stands for dynamic); `position` is (signed
    size, price). Raises EngineInputError.
    """
    cdef _Case c = _Case(side, market, bot, state, position, trailing)
    return _order(
        next_entry(
            c.is_long, &c.state, &c.market, &c.bot, c.bot.wallet_exposure_limit, c.size, c.price, &c.trailing
        )
    )


def calc_next_close(side, market, bot, state, position, trailing):
    """The one close that comes next (`spec/engine.md` §3.10); arguments as in `calc_next_entry`."""
    cdef _Case c = _Case(side, market, bot, state, position, trailing)
    return _order(
        next_close(
            c.is_long, &c.state, &c.market, &c.bot, c.bot.wallet_exposure_limit, c.size, c.price, &c.trailing
        )
    )


cdef double EVERYTHING_BELOW = float("-inf")
cdef double EVERYTHING_ABOVE = float("inf")


def calc_entries(side, market, bot, state, position, trailing):
    """The whole entry ladder, nearest first (`spec/engine.md` §3.7); arguments as in `calc_next_entry`."""
    cdef _Case c = _Case(side, market, bot, state, position, trailing)
    cdef COrder orders[MAX_ORDERS]
    cdef int n = list_entries(
        c.is_long, &c.state, &c.market, &c.bot, c.bot.wallet_exposure_limit, c.size, c.price, &c.trailing,
        EVERYTHING_BELOW if c.is_long else EVERYTHING_ABOVE, orders,
    )
    return [_order(orders[i]) for i in range(n)]


def calc_closes(side, market, bot, state, position, trailing):
    """The whole close ladder, nearest first (`spec/engine.md` §3.11); arguments as in `calc_next_entry`."""
    cdef _Case c = _Case(side, market, bot, state, position, trailing)
    cdef COrder orders[MAX_ORDERS]
    cdef int n = list_closes(
        c.is_long, &c.state, &c.market, &c.bot, c.bot.wallet_exposure_limit, c.size, c.price, &c.trailing,
        EVERYTHING_ABOVE if c.is_long else EVERYTHING_BELOW, orders,
    )
    return [_order(orders[i]) for i in range(n)]


def calc_unstuck(double balance, double allowance_long, double allowance_short, positions):
    """The one unstucking order over all `positions` (`Held`), as (coin, side, Order), or None (§3.13).

    The allowances are quote currency (`calc_loss_allowance`); a side with 0 takes no part.
    """
    cdef BotParams bot
    cdef ExchangeParams market
    cdef StuckPosition best, candidate
    cdef COrder order
    cdef bint found = False
    chosen = None
    for held in positions:
        candidate.coin = held.coin
        candidate.is_long = _is_long(held.side)
        if (allowance_long if candidate.is_long else allowance_short) <= 0.0 or held.size == 0.0:
            continue
        bot = bot_params_of(held.bot)
        market = exchange_params_of(held.market)
        if not is_stuck(
            candidate.is_long, &market, &bot, bot.wallet_exposure_limit, balance, held.size, held.price,
            held.market_price, held.upper, held.lower,
        ):
            continue
        candidate.distance = stuck_distance(candidate.is_long, held.price, held.market_price)
        if not found or goes_before(&candidate, &best):
            best = candidate
            chosen = held
            found = True
    if not found:
        return None
    bot = bot_params_of(chosen.bot)
    market = exchange_params_of(chosen.market)
    order = unstuck_order(
        best.is_long, &market, &bot, bot.wallet_exposure_limit, balance, chosen.size, chosen.price,
        chosen.market_price, allowance_long if best.is_long else allowance_short,
    )
    return chosen.coin, chosen.side, _order(order)


class Position(NamedTuple):
    """A position as it stands: signed size (short below zero), average price, wallet exposure."""

    size: float
    price: float
    exposure: float


def calc_position(market, double balance, double size, double price, double qty, double fill_price):
    """The position after a fill of `qty` (signed) at `fill_price` (`spec/engine.md` §2.3)."""
    cdef ExchangeParams params = exchange_params_of(market)
    cdef CPosition after = position_after(size, price, qty, fill_price, params.qty_step)
    return Position(after.size, after.price, wallet_exposure(balance, fabs(after.size), after.price, params.c_mult))
