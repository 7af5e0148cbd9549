"""The settings of the strategy, each once per side (`spec/config.md` §2, `spec/engine.md` §1.3 and §3).

Pure data: the order of the table is the order of forms, files and reference pages.
"""

from __future__ import annotations

from passivtui.config.parameter import (
    ANY,
    AT_LEAST_ONE,
    FRACTION,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    Kind,
    Param,
    Range,
)

_INITIAL = "entry_initial"
_ENTRY_GRID = "entry_grid"
_ENTRY_TRAILING = "entry_trailing"
_CLOSE_GRID = "close_grid"
_CLOSE_TRAILING = "close_trailing"
_UNSTUCK = "close_unstuck"
_REDUCE = "close_auto_reduce"
_SELECTION = "selection"
_ENTRIES = (_INITIAL, _ENTRY_GRID, _ENTRY_TRAILING)
_CLOSES = (_CLOSE_GRID, _CLOSE_TRAILING, _UNSTUCK, _REDUCE)

_RATIO = Range(-1.0, 1.0)
_ABOVE_MINUS_ONE = Range(-1.0, None, low_open=True)


def _both(low: float, high: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The same optimizer bounds on both sides."""
    return ((low, high), (low, high))


def _number(
    name: str,
    group: str,
    *,
    template: tuple[float, float],
    allowed: Range,
    step: float,
    bounds: tuple[tuple[float, float], tuple[float, float]],
    touches: tuple[str, ...],
    help: str,
    more: str,
    unit: str = "fraction",
    kind: Kind = Kind.NUMBER,
    per_coin: bool = True,
) -> Param:
    return Param(
        "bot",
        name,
        kind,
        template,
        help=help,
        more=more,
        unit=unit,
        group=group,
        allowed=allowed,
        step=step,
        bounds=bounds,
        touches=touches,
        per_coin=per_coin,
    )


BOT_PARAMETERS: tuple[Param, ...] = (
    # -- exposure -------------------------------------------------------------------------------------------------
    _number(
        "total_wallet_exposure_limit",
        "exposure",
        template=(2.0, 0.0),
        allowed=NOT_NEGATIVE,
        step=0.05,
        bounds=((2.0, 2.0), (0.0, 0.0)),
        touches=(*_ENTRIES, *_CLOSES),
        help="How much the whole side may hold, as a multiple of the balance; 0 switches the side off.",
        more="Wallet exposure is position size times price divided by balance: 1 means positions worth the whole "
        "balance. The limit is shared equally by the side's positions: with a limit of 2 and 4 positions, each "
        "may grow to 0.5. Above 1 the account must be leveraged, and a fall of 1/limit from the average price "
        "would use the whole balance up.",
        unit="x balance",
        per_coin=False,
    ),
    _number(
        "n_positions",
        "exposure",
        template=(7.0, 7.0),
        allowed=NOT_NEGATIVE,
        step=1.0,
        bounds=((7.0, 20.0), (0.0, 0.0)),
        touches=(*_ENTRIES, *_CLOSES, _SELECTION),
        help="How many positions the side may hold at once; 0 switches the side off.",
        more="When more coins are approved than this, the side picks the liveliest of them each minute (see the coin "
        "selection settings). Fractions are rounded to a whole number, halves to the even one.",
        unit="positions",
        kind=Kind.ROUNDED,
        per_coin=False,
    ),
    Param(
        "bot",
        "enforce_exposure_limit",
        Kind.SWITCH,
        (True, True),
        help="Reduce a position at once when it is more than 1 % above its wallet exposure limit.",
        more="A position can pass its limit when the balance falls, when money is withdrawn, or when the limit itself"
        " is lowered. With this on, the excess is closed at the market price; with it off, it is left to the "
        "normal closes.",
        group="exposure",
        touches=(_REDUCE,),
        per_coin=True,
    ),
    # -- ema ------------------------------------------------------------------------------------------------------
    _number(
        "ema_span_0",
        "ema",
        template=(279.0, 1365.0),
        allowed=AT_LEAST_ONE,
        step=10.0,
        bounds=_both(200.0, 1440.0),
        touches=(_INITIAL, _UNSTUCK),
        help="Span of the first moving average of the price.",
        more="Two exponential moving averages are set; a third has the span between them (the square root of their "
        "product). The highest and lowest of the three make the band that initial entries and unstucking measure"
        " their distance from. Which of the two spans is larger does not matter.",
        unit="minutes",
    ),
    _number(
        "ema_span_1",
        "ema",
        template=(475.6, 985.1),
        allowed=AT_LEAST_ONE,
        step=10.0,
        bounds=_both(200.0, 1440.0),
        touches=(_INITIAL, _UNSTUCK),
        help="Span of the second moving average of the price.",
        more="See ema_span_0. Longer spans make the band slower: entries wait for larger moves.",
        unit="minutes",
    ),
    # -- initial entry --------------------------------------------------------------------------------------------
    _number(
        "entry_initial_qty_pct",
        "initial entry",
        template=(0.01633, 0.009357),
        allowed=SHARE,
        step=0.001,
        bounds=_both(0.004, 0.02),
        touches=_ENTRIES,
        help="Cost of the first entry, as a part of the position's wallet exposure limit.",
        more="With a balance of 1000, a wallet exposure limit of 1 and 0.02 here, the first entry costs 20. It is "
        "never below the exchange's minimum order. Re-entries are never smaller than the initial entry would be.",
    ),
    _number(
        "entry_initial_ema_dist",
        "initial entry",
        template=(-0.00364, -0.09702),
        allowed=_ABOVE_MINUS_ONE,
        step=0.001,
        bounds=_both(-0.1, 0.003),
        touches=(_INITIAL,),
        help="Distance of the first entry from the moving average band; negative reaches into the band and beyond.",
        more="Long: the first buy is placed this far below the lower band; short: the first sell this far above the "
        "upper band. A negative value moves it the other way, so that positions are opened more readily. It is "
        "never on the wrong side of the market price.",
    ),
    # -- grid entries ---------------------------------------------------------------------------------------------
    _number(
        "entry_grid_spacing_pct",
        "entry grid",
        template=(0.02744, 0.03714),
        allowed=POSITIVE,
        step=0.001,
        bounds=_both(0.001, 0.06),
        touches=(_ENTRY_GRID,),
        help="Distance from the position's average price to the next grid re-entry.",
        more="0.02 places the next re-entry 2 % below (long) or above (short) the average price of the position, "
        "before entry_grid_spacing_weight widens it.",
    ),
    _number(
        "entry_grid_spacing_weight",
        "entry grid",
        template=(0.313, 1.656),
        allowed=NOT_NEGATIVE,
        step=0.1,
        bounds=_both(0.0, 10.0),
        touches=(_ENTRY_GRID,),
        help="How much the grid widens as the position fills up.",
        more="The distance is multiplied by 1 + weight x (wallet exposure / its limit): with weight 1, a full "
        "position waits for twice the distance of an empty one. 0 keeps all distances equal.",
        unit="x",
    ),
    _number(
        "entry_grid_double_down_factor",
        "entry grid",
        template=(0.8473, 3.41),
        allowed=POSITIVE,
        step=0.05,
        bounds=_both(0.01, 4.0),
        touches=(_ENTRY_GRID,),
        help="Size of a grid re-entry, as a multiple of the position it adds to.",
        more="1 doubles the position at each re-entry. Higher values move the average price faster towards the market"
        " and fill the wallet exposure limit in fewer steps.",
        unit="x position",
    ),
    # -- trailing entries -----------------------------------------------------------------------------------------
    _number(
        "entry_trailing_grid_ratio",
        "entry trailing",
        template=(0.007105, -0.9565),
        allowed=_RATIO,
        step=0.05,
        bounds=_both(-1.0, 1.0),
        touches=(_ENTRY_GRID, _ENTRY_TRAILING),
        help="How entries are shared between trailing and grid: 0 grid only, 1 or -1 trailing only.",
        more="Above 0, trailing comes first: 0.3 means trailing entries until the position is 30 % full, then the "
        "grid. Below 0, the grid comes first: -0.3 means grid entries until 70 % full, then trailing.",
        unit="share",
    ),
    _number(
        "entry_trailing_threshold_pct",
        "entry trailing",
        template=(0.06497, 0.04012),
        allowed=ANY,
        step=0.001,
        bounds=_both(-0.01, 0.1),
        touches=(_ENTRY_TRAILING,),
        help="How far the price must move against the position before a trailing entry is armed; 0 or less: always.",
        more="Measured from the position's average price. Once the price has been this far away since the last fill, "
        "the entry waits for entry_trailing_retracement_pct.",
    ),
    _number(
        "entry_trailing_retracement_pct",
        "entry trailing",
        template=(0.01368, 0.08704),
        allowed=NOT_NEGATIVE,
        step=0.001,
        bounds=_both(0.0001, 0.1),
        touches=(_ENTRY_TRAILING,),
        help="How far the price must come back from its extreme before an armed trailing entry is placed.",
        more="Long: the rise from the lowest price since the last fill; short: the fall from the highest. 0 places "
        "the entry at the threshold without waiting; when the threshold is 0 or less too, no trailing entry is "
        "ever placed.",
    ),
    _number(
        "entry_trailing_double_down_factor",
        "entry trailing",
        template=(3.042, 0.01),
        allowed=POSITIVE,
        step=0.05,
        bounds=_both(0.01, 4.0),
        touches=(_ENTRY_TRAILING,),
        help="Size of a trailing re-entry, as a multiple of the position it adds to.",
        more="The same as entry_grid_double_down_factor, for trailing entries.",
        unit="x position",
    ),
    # -- grid closes ----------------------------------------------------------------------------------------------
    _number(
        "close_grid_markup_start",
        "close grid",
        template=(0.006385, 0.02009),
        allowed=NOT_NEGATIVE,
        step=0.0005,
        bounds=_both(0.001, 0.03),
        touches=(_CLOSE_GRID,),
        help="Profit at which a nearly empty position is closed.",
        more="Take-profit orders lie between the start and the end markup. The fuller the position, the nearer its "
        "closes move to the end markup. The start may be above or below the end.",
    ),
    _number(
        "close_grid_markup_end",
        "close grid",
        template=(0.003354, 0.001698),
        allowed=NOT_NEGATIVE,
        step=0.0005,
        bounds=_both(0.001, 0.03),
        touches=(_CLOSE_GRID,),
        help="Profit at which a full position is closed.",
        more="See close_grid_markup_start. An end below the start lets full positions go at a smaller profit.",
    ),
    _number(
        "close_grid_qty_pct",
        "close grid",
        template=(0.9429, 0.05233),
        allowed=SHARE,
        step=0.05,
        bounds=_both(0.05, 1.0),
        touches=(_CLOSE_GRID,),
        help="Size of one take-profit order, as a part of the full position.",
        more="0.25 makes four closes of a full position; 1 closes everything at once at the start markup.",
    ),
    # -- trailing closes ------------------------------------------------------------------------------------------
    _number(
        "close_trailing_grid_ratio",
        "close trailing",
        template=(-0.006244, -0.1265),
        allowed=_RATIO,
        step=0.05,
        bounds=_both(-1.0, 1.0),
        touches=(_CLOSE_GRID, _CLOSE_TRAILING),
        help="How closes are shared between trailing and grid: 0 grid only, 1 or -1 trailing only.",
        more="Above 0, a position less full than this closes by trailing and the part above it by the grid. Below 0, "
        "the part up to 1 + ratio closes by the grid and the part above it by trailing.",
        unit="share",
    ),
    _number(
        "close_trailing_threshold_pct",
        "close trailing",
        template=(0.05089, -0.009199),
        allowed=ANY,
        step=0.001,
        bounds=_both(-0.01, 0.1),
        touches=(_CLOSE_TRAILING,),
        help="Profit that must be reached before a trailing close is armed; 0 or less: always.",
        more="Measured from the position's average price. Once the price has been this far in profit since the last "
        "fill, the close waits for close_trailing_retracement_pct.",
    ),
    _number(
        "close_trailing_retracement_pct",
        "close trailing",
        template=(0.0007421, 0.003562),
        allowed=NOT_NEGATIVE,
        step=0.0005,
        bounds=_both(0.0001, 0.1),
        touches=(_CLOSE_TRAILING,),
        help="How far the price must come back from its best before an armed trailing close is placed.",
        more="Long: the fall from the highest price since the last fill; short: the rise from the lowest. 0 places "
        "the close at the threshold without waiting; when the threshold is 0 or less too, no trailing close is "
        "ever placed.",
    ),
    _number(
        "close_trailing_qty_pct",
        "close trailing",
        template=(0.2677, 0.07382),
        allowed=SHARE,
        step=0.05,
        bounds=_both(0.05, 1.0),
        touches=(_CLOSE_TRAILING,),
        help="Size of one trailing close, as a part of the full position.",
        more="As close_grid_qty_pct, for trailing closes.",
    ),
    # -- unstuck --------------------------------------------------------------------------------------------------
    _number(
        "unstuck_threshold",
        "unstuck",
        template=(0.6771, 0.898),
        allowed=NOT_NEGATIVE,
        step=0.01,
        bounds=_both(0.4, 0.95),
        touches=(_UNSTUCK,),
        help="How full a position must be to count as stuck.",
        more="Wallet exposure divided by its limit. Above it, and when the loss allowance is not used up, the "
        "position is closed bit by bit at a loss, so that it can trade again. One position at a time, the least "
        "stuck first.",
        unit="share of the limit",
    ),
    _number(
        "unstuck_close_pct",
        "unstuck",
        template=(0.04102, 0.074),
        allowed=SHARE,
        step=0.005,
        bounds=_both(0.001, 0.1),
        touches=(_UNSTUCK,),
        help="Size of one unstucking close, as a part of the full position.",
        more="Smaller values take the loss in more and smaller pieces.",
    ),
    _number(
        "unstuck_ema_dist",
        "unstuck",
        template=(0.002879, -0.02015),
        allowed=_ABOVE_MINUS_ONE,
        step=0.001,
        bounds=_both(-0.1, 0.01),
        touches=(_UNSTUCK,),
        help="Distance from the moving average band at which a stuck position is reduced.",
        more="Long: the price must be above the upper band by this much; short: below the lower band. A negative "
        "value lets it happen earlier.",
    ),
    _number(
        "unstuck_loss_allowance_pct",
        "unstuck",
        template=(0.002158, 0.003297),
        allowed=NOT_NEGATIVE,
        step=0.001,
        bounds=_both(0.001, 0.05),
        touches=(_UNSTUCK,),
        help="How much unstucking may lose below the highest balance so far; 0 switches unstucking off.",
        more="Multiplied by the side's total wallet exposure limit: 0.01 with a limit of 2 allows the balance to fall"
        " 2 % below its peak. When that is used up, unstucking waits for new profits.",
        per_coin=False,
    ),
    # -- coin selection -------------------------------------------------------------------------------------------
    _number(
        "filter_volume_drop_pct",
        "coin selection",
        template=(0.5077, 0.5257),
        allowed=FRACTION,
        step=0.05,
        bounds=_both(0.5, 1.0),
        touches=(_SELECTION,),
        help="The part of the approved coins with the lowest volume that is left out.",
        more="Used only when more coins are approved than n_positions. 0.5 leaves the less traded half out; at least "
        "n_positions coins always stay.",
        per_coin=False,
    ),
    _number(
        "filter_volume_rolling_window",
        "coin selection",
        template=(1886.0, 2643.0),
        allowed=AT_LEAST_ONE,
        step=10.0,
        bounds=_both(360.0, 2880.0),
        touches=(_SELECTION,),
        help="The last minutes whose volume is compared.",
        more="See filter_volume_drop_pct.",
        unit="minutes",
        per_coin=False,
    ),
    _number(
        "filter_noisiness_rolling_window",
        "coin selection",
        template=(39.82, 335.7),
        allowed=AT_LEAST_ONE,
        step=10.0,
        bounds=_both(10.0, 360.0),
        touches=(_SELECTION,),
        help="The last minutes whose noisiness decides which coins are traded.",
        more="Noisiness is (high - low) / close, summed over the window. Of the coins that the volume filter left, "
        "the noisiest get the free positions.",
        unit="minutes",
        per_coin=False,
    ),
)

#: Allowed in `coin_overrides` only: the coin's own limit instead of total_wallet_exposure_limit / n_positions.
WALLET_EXPOSURE_LIMIT = Param(
    "bot",
    "wallet_exposure_limit",
    Kind.NUMBER,
    (-1.0, -1.0),
    help="How much this coin's position may hold, as a multiple of the balance; 0: no entries.",
    more="Replaces the coin's equal share of total_wallet_exposure_limit. Only coin_overrides may set it.",
    unit="x balance",
    group="exposure",
    allowed=NOT_NEGATIVE,
    step=0.05,
    touches=(*_ENTRIES, *_CLOSES),
    per_coin=True,
)
