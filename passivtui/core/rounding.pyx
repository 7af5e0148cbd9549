"""The numeric primitives for Python: tests, previews and the live planner call the very functions of the engine."""


def round_to_step(double x, double step):
    """Nearest multiple of `step`, halves away from zero, 10 decimals (`spec/engine.md` §2.1)."""
    return round_(x, step)


def round_up_to_step(double x, double step):
    """Smallest multiple of `step` not below `x`, without tolerance (§2.1, §8.10)."""
    return round_up(x, step)


def round_down_to_step(double x, double step):
    """Largest multiple of `step` not above `x`, without tolerance (§2.1, §8.10)."""
    return round_dn(x, step)


def round_to_digits(double x, int digits):
    """`x` rounded to `digits` significant digits (§2.1, round_dynamic)."""
    return round_dynamic(x, digits)


def hysteresis_round(double balance, double last, double pct=0.02, double threshold=0.5):
    """The sizing balance with BTC collateral: moves one step of `pct` when `balance` left the band (§2.2)."""
    return hysteresis(balance, last, pct, threshold)


def position_after_fill(double size, double price, double qty, double fill_price, double qty_step):
    """(size, average price) after a fill; sizes and quantities signed (§2.3, new_pos)."""
    cdef Position after = position_after(size, price, qty, fill_price, qty_step)
    return after.size, after.price
