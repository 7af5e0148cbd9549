"""Each order type in plain words: what it does, and when the strategy places it (`spec/engine.md` §3)."""

from __future__ import annotations

from typing import Final

from passivtui.backtest.fill_table import FillRow

#: Order types without their side → what they are.
ORDER_TEXTS: Final = {
    "entry_initial_normal": (
        "The first entry of a position: placed at the moving-average band shifted by entry_initial_ema_dist, or at the "
        "market when that is better; its cost is entry_initial_qty_pct of what the position may grow to."
    ),
    "entry_initial_partial": (
        "The rest of a first entry that had been filled in part only: it completes the initial quantity."
    ),
    "entry_grid_normal": (
        "A step of the entry grid: entry_grid_spacing_pct (wider the fuller the position is, by "
        "entry_grid_spacing_weight) away from the average price; it multiplies the position by "
        "entry_grid_double_down_factor."
    ),
    "entry_grid_cropped": (
        "The last step of the entry grid, made smaller so that the position does not pass its wallet exposure limit."
    ),
    "entry_grid_inflated": (
        "A step of the entry grid, made larger to fill the position up: the step after it would have been too small to "
        "be worth an order."
    ),
    "entry_trailing_normal": (
        "A trailing entry: the price went past entry_trailing_threshold_pct from the average price and came back by "
        "entry_trailing_retracement_pct."
    ),
    "entry_trailing_cropped": (
        "A trailing entry, made smaller so that the position does not pass its wallet exposure limit."
    ),
    "close_grid": (
        "A step of the take-profit grid, between close_grid_markup_start and close_grid_markup_end from the average "
        "price; close_grid_qty_pct of a full position each."
    ),
    "close_trailing": (
        "A trailing close: the price went past close_trailing_threshold_pct in favour and came back by "
        "close_trailing_retracement_pct."
    ),
    "close_unstuck": (
        "A stuck position (its exposure is over unstuck_threshold of its limit) gave up unstuck_close_pct of its full "
        "size near the moving averages, within the loss allowance unstuck_loss_allowance_pct."
    ),
    "close_auto_reduce": (
        "The position was over its wallet exposure limit and enforce_exposure_limit is on: the excess was closed."
    ),
}


def fill_answer(fill: FillRow, quote: str) -> str:
    """Why there is this fill: the rule behind its type, and its numbers."""
    price, size = f"{fill.price:,.{fill.price_decimals}f}", f"{fill.psize:+,.{fill.qty_decimals}f}"
    after = (
        f"The position is {size} at an average price of {fill.pprice:,.{fill.price_decimals + 1}f} after it; it costs "
        f"{fill.wallet_exposure:.4f} of the balance."
        if fill.psize
        else f"The position is closed; its average price was {fill.pprice:,.{fill.price_decimals + 1}f}."
    )
    money = [f"Fee {fill.fee:+,.4f} {quote}, balance after it {fill.balance:,.2f} {quote}."]
    if not fill.is_entry:
        distance = fill.price / fill.pprice - 1.0 if fill.pprice else 0.0
        money.insert(0, f"Profit {fill.pnl:+,.4f} {quote}; the price was {distance * 100:+.2f} % from the average.")
    return "\n\n".join(
        [
            ORDER_TEXTS[fill.short_type],
            f"{'Bought' if fill.qty > 0 else 'Sold'} {abs(fill.qty):,.{fill.qty_decimals}f} at {price}. {after}",
            " ".join(money),
        ]
    )
