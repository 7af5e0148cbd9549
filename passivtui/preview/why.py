"""Why an order is where it is: the formula of its price and quantity, written out with the numbers it was made from.

The terms are those of `spec/engine.md` §3.3 to §3.11. Results are the engine's; the lines only show what went in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from passivtui.preview.ladder import Ladder, Rung

_FEW: Final = 3


def why_rung(ladder: Ladder, rung: Rung) -> tuple[str, ...]:
    """What one order follows from, as lines."""
    kind = rung.type.removesuffix(f"_{ladder.side}")
    lines = [f"{rung.type}: {'buy' if rung.qty > 0 else 'sell'} {_n(abs(rung.qty))} at {_n(rung.price)}", ""]
    lines += _FORMULAS[kind](ladder, rung)
    if rung.turn is not None:
        lines += ["", *_turn_lines(ladder, rung)]
    return (*lines, "", *_after_lines(ladder, rung))


def why_parameter(ladder: Ladder, name: str, touches: tuple[str, ...]) -> tuple[str, ...]:
    """The orders that a setting touches, each with its numbers; empty when the ladder shows none of them."""
    touched = [rung for rung in ladder.rungs if rung.type.startswith(touches)] if touches else []
    if not touched or name not in ladder.bot:
        return ()
    lines = [f"{name} = {_n(ladder.bot[name])}. Orders of {ladder.coin} {ladder.side} that it takes part in:"]
    for rung in touched[:_FEW]:
        lines += ["", *why_rung(ladder, rung)]
    if len(touched) > _FEW:
        lines += ["", f"and {len(touched) - _FEW} more like these."]
    return tuple(lines)


def _n(value: float) -> str:
    return f"{value:,.8g}"


def _initial(ladder: Ladder, rung: Rung) -> list[str]:
    long, bot = ladder.side == "long", ladder.bot
    band, way, sign = ("lower", "down", "-") if long else ("upper", "up", "+")
    return [
        f"price: {'bid' if long else 'ask'} {_n(ladder.price)} or EMA band ({band}) {_n(ladder.price)} x "
        f"(1 {sign} entry_initial_ema_dist {_n(bot['entry_initial_ema_dist'])}) rounded {way} to "
        f"{_n(ladder.market['price_step'])}, whichever is {'lower' if long else 'higher'}",
        _initial_qty(ladder, rung),
    ]


def _initial_qty(ladder: Ladder, rung: Rung) -> str:
    return (
        f"quantity: balance {_n(ladder.balance)} x limit {_n(ladder.limit)} x entry_initial_qty_pct "
        f"{_n(ladder.bot['entry_initial_qty_pct'])} / price {_n(rung.price)}{_contracts(ladder)}, {_rounded(ladder)}"
    )


def _grid_entry(ladder: Ladder, rung: Rung) -> list[str]:
    bot, before = ladder.bot, rung.before
    sign, way = ("-", "down") if ladder.side == "long" else ("+", "up")
    price = (
        f"price: average {_n(before.price)} x (1 {sign} entry_grid_spacing_pct {_n(bot['entry_grid_spacing_pct'])} x "
        f"(1 + exposure {_n(before.exposure)} / limit {_n(ladder.limit)} x entry_grid_spacing_weight "
        f"{_n(bot['entry_grid_spacing_weight'])})), rounded {way} to {_n(ladder.market['price_step'])}"
    )
    return [price, _reentry_qty(ladder, rung, "entry_grid_double_down_factor")]


def _trailing_entry(ladder: Ladder, rung: Rung) -> list[str]:
    sign, other = ("-", "+") if ladder.side == "long" else ("+", "-")
    return [
        _trailing_price(ladder, rung, "entry", sign, other),
        _reentry_qty(ladder, rung, "entry_trailing_double_down_factor"),
    ]


def _reentry_qty(ladder: Ladder, rung: Rung, factor: str) -> str:
    text = (
        f"quantity: position {_n(abs(rung.before.size))} x {factor} {_n(ladder.bot[factor])}, at least what an initial "
        f"entry would be, {_rounded(ladder)}"
    )
    if "cropped" in rung.type:
        return f"{text}; cropped so that the exposure stays at the limit"
    if "inflated" in rung.type:
        return f"{text}; raised to take along what would be left to a last small order"
    return text


def _grid_close(ladder: Ladder, rung: Rung) -> list[str]:
    bot = ladder.bot
    long = ladder.side == "long"
    sign, way = ("+", "up") if long else ("-", "down")
    return [
        f"price: average {_n(rung.before.price)} x (1 {sign} markup), rounded {way} to "
        f"{_n(ladder.market['price_step'])}; the markup is close_grid_markup_end {_n(bot['close_grid_markup_end'])} "
        f"for a full position and close_grid_markup_start {_n(bot['close_grid_markup_start'])} for a nearly empty one; "
        f"here the exposure is {_n(rung.before.exposure)} of {_n(ladder.limit)}",
        _close_qty(ladder, "close_grid_qty_pct"),
    ]


def _trailing_close(ladder: Ladder, rung: Rung) -> list[str]:
    sign, other = ("+", "-") if ladder.side == "long" else ("-", "+")
    return [_trailing_price(ladder, rung, "close", sign, other), _close_qty(ladder, "close_trailing_qty_pct")]


def _auto_reduce(ladder: Ladder, rung: Rung) -> list[str]:
    return [
        f"price: the book, {_n(rung.price)}",
        f"quantity: what brings the exposure {_n(rung.before.exposure)} back to the limit {_n(ladder.limit)}, as it is "
        "more than 1 % above it (enforce_exposure_limit)",
    ]


def _close_qty(ladder: Ladder, name: str) -> str:
    return (
        f"quantity: full position (balance {_n(ladder.balance)} x limit {_n(ladder.limit)} / average"
        f"{_contracts(ladder)}) x {name} {_n(ladder.bot[name])}, rounded up to {_n(ladder.market['qty_step'])}; all of "
        "it when the rest would be below the market's minimum"
    )


def _trailing_price(ladder: Ladder, rung: Rung, kind: str, sign: str, other: str) -> str:
    threshold = ladder.bot[f"{kind}_trailing_threshold_pct"]
    retracement = ladder.bot[f"{kind}_trailing_retracement_pct"]
    if threshold <= 0.0:
        return "price: the book when the price has turned, as the threshold is 0 or below"
    better = "lower" if rung.qty > 0 else "higher"
    book = "" if rung.turn is None else f": at the earliest {_n(rung.turn.trigger)}"
    return (
        f"price: average {_n(rung.before.price)} x (1 {sign} {kind}_trailing_threshold_pct {_n(threshold)} {other} "
        f"{kind}_trailing_retracement_pct {_n(retracement)}), or the book if that is {better}{book}"
    )


def _turn_lines(ladder: Ladder, rung: Rung) -> list[str]:
    assert rung.turn is not None
    kind = "entry" if rung.type.startswith("entry") else "close"
    falls = (kind == "entry") == (ladder.side == "long")
    first, back = ("fall", "rise") if falls else ("rise", "fall")
    retracement = ladder.bot[f"{kind}_trailing_retracement_pct"]
    beyond = (
        f"The price must first {first} beyond {_n(rung.turn.threshold)}, then"
        if rung.turn.threshold
        else "The price must"
    )
    return [
        f"{beyond} {back} {_n(retracement)} of itself from its furthest point. Nothing is placed before. At the "
        f"earliest that is at {_n(rung.turn.trigger)}; if it goes further first, later."
    ]


def _after_lines(ladder: Ladder, rung: Rung) -> list[str]:
    if not rung.after.size:
        return ["after it: flat"]
    lines = [
        f"after it: {_n(abs(rung.after.size))} at {_n(rung.average)} on average, exposure {_n(rung.exposure)} of "
        f"{_n(ladder.limit)}"
    ]
    if rung.bankruptcy is not None:
        sign = "-" if rung.after.size > 0 else "+"
        lines.append(
            f"bankruptcy price: average {_n(rung.average)} {sign} balance {_n(ladder.balance)} / size "
            f"{_n(abs(rung.after.size))}{_contracts(ladder)} = {_n(rung.bankruptcy)}"
        )
    return lines


def _contracts(ladder: Ladder) -> str:
    factor = ladder.market["c_mult"]
    return "" if factor == 1.0 else f" / contract size {_n(factor)}"


def _rounded(ladder: Ladder) -> str:
    market = ladder.market
    least = f"minimum quantity {_n(market['min_qty'])}, minimum cost {_n(market['min_cost'])}"
    return f"rounded to {_n(market['qty_step'])}, at least the market's least order ({least})"


_FORMULAS: Final[Mapping[str, Callable[[Ladder, Rung], list[str]]]] = {
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
}
