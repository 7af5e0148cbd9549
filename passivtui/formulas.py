"""Why an order is where it is: the formula of its price and quantity, written out with the numbers it was made from.

The terms are those of `spec/engine.md` §3.3 to §3.13. Results are the engine's; the lines only show what went in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from passivtui.core import Position

Side = Literal["long", "short"]
Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a trailing order waits for: a price beyond `threshold` (None: none), then back as far as `trigger`."""

    threshold: float | None
    trigger: float


@dataclass(frozen=True, slots=True)
class OrderCase:
    """An order and what it was made from. `bot` and `market` are what the engine was given for the coin and side.

    `qty` is signed (above 0 buys), `limit` the wallet exposure limit in force, `book` the price of the order book,
    `band` the edge of the EMA band that entries look at (long: the lower). `after` is the position once it has filled,
    None where nobody asks; `bankruptcy` the price at which that position has lost the whole balance.
    """

    side: Side
    type: str
    price: float
    qty: float
    bot: Numbers
    market: Numbers
    balance: float
    limit: float
    book: float
    band: float
    before: Position
    after: Position | None = None
    bankruptcy: float | None = None
    turn: Turn | None = None


def why_order(case: OrderCase) -> tuple[str, ...]:
    """What the order follows from, as lines."""
    kind = case.type.removesuffix(f"_{case.side}")
    lines = [f"{case.type}: {'buy' if case.qty > 0 else 'sell'} {_n(abs(case.qty))} at {_n(case.price)}", ""]
    formula = _FORMULAS.get(kind)
    lines += formula(case) if formula is not None else ["No formula is known for this type of order."]
    if case.turn is not None:
        lines += ["", *_turn_lines(case, case.turn)]
    if case.after is not None:
        lines += ["", *_after_lines(case, case.after)]
    return tuple(lines)


def _n(value: float) -> str:
    """Eight significant digits."""
    return f"{value:,.8g}"


def _initial(case: OrderCase) -> list[str]:
    long, bot = case.side == "long", case.bot
    band, way, sign = ("lower", "down", "-") if long else ("upper", "up", "+")
    return [
        f"price: {'bid' if long else 'ask'} {_n(case.book)} or EMA band ({band}) {_n(case.band)} x "
        f"(1 {sign} entry_initial_ema_dist {_n(bot['entry_initial_ema_dist'])}) rounded {way} to "
        f"{_n(case.market['price_step'])}, whichever is {'lower' if long else 'higher'}",
        _initial_qty(case),
    ]


def _initial_qty(case: OrderCase) -> str:
    return (
        f"quantity: balance {_n(case.balance)} x limit {_n(case.limit)} x entry_initial_qty_pct "
        f"{_n(case.bot['entry_initial_qty_pct'])} / price {_n(case.price)}{_contracts(case)}, {_rounded(case)}"
    )


def _grid_entry(case: OrderCase) -> list[str]:
    bot, before = case.bot, case.before
    sign, way = ("-", "down") if case.side == "long" else ("+", "up")
    price = (
        f"price: average {_n(before.price)} x (1 {sign} entry_grid_spacing_pct {_n(bot['entry_grid_spacing_pct'])} x "
        f"(1 + exposure {_n(before.exposure)} / limit {_n(case.limit)} x entry_grid_spacing_weight "
        f"{_n(bot['entry_grid_spacing_weight'])})), rounded {way} to {_n(case.market['price_step'])}"
    )
    return [price, _reentry_qty(case, "entry_grid_double_down_factor")]


def _trailing_entry(case: OrderCase) -> list[str]:
    sign, other = ("-", "+") if case.side == "long" else ("+", "-")
    return [
        _trailing_price(case, "entry", sign, other),
        _reentry_qty(case, "entry_trailing_double_down_factor"),
    ]


def _reentry_qty(case: OrderCase, factor: str) -> str:
    text = (
        f"quantity: position {_n(abs(case.before.size))} x {factor} {_n(case.bot[factor])}, at least what an initial "
        f"entry would be, {_rounded(case)}"
    )
    if "cropped" in case.type:
        return f"{text}; cropped so that the exposure stays at the limit"
    if "inflated" in case.type:
        return f"{text}; raised to take along what would be left to a last small order"
    return text


def _grid_close(case: OrderCase) -> list[str]:
    bot = case.bot
    long = case.side == "long"
    sign, way = ("+", "up") if long else ("-", "down")
    return [
        f"price: average {_n(case.before.price)} x (1 {sign} markup), rounded {way} to "
        f"{_n(case.market['price_step'])}; the markup is close_grid_markup_end {_n(bot['close_grid_markup_end'])} "
        f"for a full position and close_grid_markup_start {_n(bot['close_grid_markup_start'])} for a nearly empty one; "
        f"here the exposure is {_n(case.before.exposure)} of {_n(case.limit)}",
        _close_qty(case, "close_grid_qty_pct"),
    ]


def _trailing_close(case: OrderCase) -> list[str]:
    sign, other = ("+", "-") if case.side == "long" else ("-", "+")
    return [_trailing_price(case, "close", sign, other), _close_qty(case, "close_trailing_qty_pct")]


def _auto_reduce(case: OrderCase) -> list[str]:
    return [
        f"price: the book, {_n(case.price)}",
        f"quantity: what brings the exposure {_n(case.before.exposure)} back to the limit {_n(case.limit)}, as it is "
        "more than 1 % above it (enforce_exposure_limit)",
    ]


def _unstuck(case: OrderCase) -> list[str]:
    bot, long = case.bot, case.side == "long"
    side, band, sign, better, way = (
        ("ask", "upper", "+", "higher", "up") if long else ("bid", "lower", "-", "lower", "down")
    )
    return [
        f"price: {side} {_n(case.book)} or EMA band ({band}) {_n(case.band)} x (1 {sign} unstuck_ema_dist "
        f"{_n(bot['unstuck_ema_dist'])}) rounded {way} to {_n(case.market['price_step'])}, whichever is {better}",
        f"quantity: full position (balance {_n(case.balance)} x limit {_n(case.limit)}) x unstuck_close_pct "
        f"{_n(bot['unstuck_close_pct'])} / price, at most the position {_n(abs(case.before.size))} and what the loss "
        f"allowance pays for; {_rounded(case)}",
        f"the position counts as stuck as its exposure {_n(case.before.exposure)} is more than unstuck_threshold "
        f"{_n(bot['unstuck_threshold'])} of the limit {_n(case.limit)}",
    ]


def _close_qty(case: OrderCase, name: str) -> str:
    return (
        f"quantity: full position (balance {_n(case.balance)} x limit {_n(case.limit)} / average"
        f"{_contracts(case)}) x {name} {_n(case.bot[name])}, rounded up to {_n(case.market['qty_step'])}; all of "
        "it when the rest would be below the market's minimum"
    )


def _trailing_price(case: OrderCase, kind: str, sign: str, other: str) -> str:
    threshold = case.bot[f"{kind}_trailing_threshold_pct"]
    retracement = case.bot[f"{kind}_trailing_retracement_pct"]
    if threshold <= 0.0:
        return "price: the book when the price has turned, as the threshold is 0 or below"
    better = "lower" if case.qty > 0 else "higher"
    book = "" if case.turn is None else f": at the earliest {_n(case.turn.trigger)}"
    return (
        f"price: average {_n(case.before.price)} x (1 {sign} {kind}_trailing_threshold_pct {_n(threshold)} {other} "
        f"{kind}_trailing_retracement_pct {_n(retracement)}), or the book if that is {better}{book}"
    )


def _turn_lines(case: OrderCase, turn: Turn) -> list[str]:
    kind = "entry" if case.type.startswith("entry") else "close"
    falls = (kind == "entry") == (case.side == "long")
    first, back = ("fall", "rise") if falls else ("rise", "fall")
    retracement = case.bot[f"{kind}_trailing_retracement_pct"]
    beyond = f"The price must first {first} beyond {_n(turn.threshold)}, then" if turn.threshold else "The price must"
    return [
        f"{beyond} {back} {_n(retracement)} of itself from its furthest point. Nothing is placed before. At the "
        f"earliest that is at {_n(turn.trigger)}; if it goes further first, later."
    ]


def _after_lines(case: OrderCase, after: Position) -> list[str]:
    if not after.size:
        return ["after it: flat"]
    lines = [
        f"after it: {_n(abs(after.size))} at {_n(after.price)} on average, exposure {_n(after.exposure)} of "
        f"{_n(case.limit)}"
    ]
    if case.bankruptcy is not None:
        sign = "-" if after.size > 0 else "+"
        lines.append(
            f"bankruptcy price: average {_n(after.price)} {sign} balance {_n(case.balance)} / size "
            f"{_n(abs(after.size))}{_contracts(case)} = {_n(case.bankruptcy)}"
        )
    return lines


def _contracts(case: OrderCase) -> str:
    factor = case.market["c_mult"]
    return "" if factor == 1.0 else f" / contract size {_n(factor)}"


def _rounded(case: OrderCase) -> str:
    market = case.market
    least = f"minimum quantity {_n(market['min_qty'])}, minimum cost {_n(market['min_cost'])}"
    return f"rounded to {_n(market['qty_step'])}, at least the market's least order ({least})"


_FORMULAS: Final[Mapping[str, Callable[[OrderCase], list[str]]]] = {
    "entry_initial_normal": _initial,
    "entry_initial_partial": _initial,
    "entry_grid_normal": _grid_entry,
    "entry_grid_cropped": _grid_entry,
    "entry_grid_inflated": _grid_entry,
    "entry_trailing_normal": _trailing_entry,
    "entry_trailing_cropped": _trailing_entry,
    "close_grid": _grid_close,
    "close_trailing": _trailing_close,
    "close_auto_reduce": _auto_reduce,
    "close_unstuck": _unstuck,
}
