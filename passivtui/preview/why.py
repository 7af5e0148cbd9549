"""Why a rung of the preview is where it is, and which rungs a setting takes part in."""

from __future__ import annotations

from typing import Final

from passivtui.formulas import OrderCase, why_order
from passivtui.preview.ladder import Ladder, Rung

_FEW: Final = 3


def why_rung(ladder: Ladder, rung: Rung) -> tuple[str, ...]:
    """What one order follows from, as lines."""
    return why_order(
        OrderCase(
            ladder.side,
            rung.type,
            rung.price,
            rung.qty,
            ladder.bot,
            ladder.market,
            ladder.balance,
            ladder.limit,
            book=ladder.price,
            band=ladder.price,
            before=rung.before,
            after=rung.after,
            bankruptcy=rung.bankruptcy,
            turn=rung.turn,
        )
    )


def why_parameter(ladder: Ladder, name: str, touches: tuple[str, ...]) -> tuple[str, ...]:
    """The orders that a setting touches, each with its numbers; empty when the ladder shows none of them."""
    touched = [rung for rung in ladder.rungs if rung.type.startswith(touches)] if touches else []
    if not touched or name not in ladder.bot:
        return ()
    lines = [f"{name} = {ladder.bot[name]:,.8g}. Orders of {ladder.coin} {ladder.side} that it takes part in:"]
    for rung in touched[:_FEW]:
        lines += ["", *why_rung(ladder, rung)]
    if len(touched) > _FEW:
        lines += ["", f"and {len(touched) - _FEW} more like these."]
    return tuple(lines)
