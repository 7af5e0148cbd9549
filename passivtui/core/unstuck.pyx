"""Unstucking: closing stuck positions bit by bit within a loss allowance (`spec/engine.md` §2.6 and §3.13)."""

from passivtui.core.params cimport CLOSE_UNSTUCK, SHORT_TYPES
from passivtui.core.rounding cimport (
    cost_to_qty,
    fabs,
    fmax,
    fmin,
    min_entry_qty,
    profit,
    round_dn,
    round_up,
    wallet_exposure,
)


cdef double loss_allowance(double balance, double pct, double pnl_peak, double pnl_now) noexcept nogil:
    # `pct` of the peak balance, less what has been lost since the peak (§2.6).
    cdef double peak = balance + (pnl_peak - pnl_now)
    cdef double drop = balance / peak - 1.0
    return fmax(peak * (pct + drop), 0.0)


cdef bint is_stuck(
    bint is_long, const ExchangeParams* market, const BotParams* bot, double limit, double balance, double size,
    double price, double market_price, double upper, double lower,
) noexcept nogil:
    # §3.13 step 2: full enough, and the market price beyond the EMA band on the profitable side.
    if limit != 0.0:
        if not wallet_exposure(balance, fabs(size), price, market.c_mult) / limit > bot.unstuck_threshold:
            return False
    if is_long:
        return market_price >= round_up(upper * (1.0 + bot.unstuck_ema_dist), market.price_step)
    return market_price <= round_dn(lower * (1.0 - bot.unstuck_ema_dist), market.price_step)


cdef double stuck_distance(bint is_long, double price, double market_price) noexcept nogil:
    if price <= 0.0:
        return 0.0
    return 1.0 - market_price / price if is_long else market_price / price - 1.0


cdef bint goes_before(const StuckPosition* a, const StuckPosition* b) noexcept nogil:
    # By distance, then coin, then long before short (§3.13 step 3).
    if a.distance != b.distance:
        return a.distance < b.distance
    if a.coin != b.coin:
        return a.coin < b.coin
    return a.is_long and not b.is_long


cdef Order unstuck_order(
    bint is_long, const ExchangeParams* market, const BotParams* bot, double limit, double balance, double size,
    double price, double market_price, double allowance,
) noexcept nogil:
    # §3.13 steps 4 to 6. The minimum quantity may exceed the allowance (§8.14).
    cdef Order order
    cdef double held = fabs(size)
    cdef double smallest = min_entry_qty(market_price, market)
    cdef double cost = (balance * limit) * bot.unstuck_close_pct
    cdef double qty = fmin(
        held, fmax(smallest, round_dn(cost_to_qty(cost, market_price, market.c_mult), market.qty_step))
    )
    cdef double pnl = profit(is_long, price, market_price, qty, market.c_mult)
    if pnl < 0.0 and fabs(pnl) > allowance:
        qty = fmin(held, fmax(smallest, round_dn(qty * (allowance / fabs(pnl)), market.qty_step)))
    order.qty = -qty if is_long else qty
    order.price = market_price
    order.type = CLOSE_UNSTUCK if is_long else CLOSE_UNSTUCK + SHORT_TYPES
    return order


def calc_loss_allowance(double balance, double pct, double pnl_peak, double pnl_now):
    """How much may be lost on unstucking now, in quote currency (`spec/engine.md` §2.6).

    `pct` is unstuck_loss_allowance_pct × total_wallet_exposure_limit; `pnl_peak` and `pnl_now` are the running maximum
    and the running sum of realised profits without fees.
    """
    return loss_allowance(balance, pct, pnl_peak, pnl_now)
