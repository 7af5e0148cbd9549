"""What fills realised, where the venue doesn't say: from the average price of what was held (`spec/live.md` §9.8)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from passivtui.exchanges.base import Fill, Market, PositionSide
from passivtui.exchanges.contract_value import position_after, profit_of


def with_realised_pnl(fills: Iterable[Fill], markets: Mapping[str, Market]) -> tuple[Fill, ...]:
    """The fills, oldest first, each with what it realised without fees: 0 for what opens.

    What closes more than the fills before it opened belongs to a position from earlier: its profit stays None.
    """
    held: dict[tuple[str, PositionSide], tuple[float, float]] = {}
    done = []
    for fill in fills:
        market = markets.get(fill.symbol)
        if market is None or fill.pnl is not None:
            done.append(fill)
            continue
        key = (fill.symbol, fill.position_side)
        size, price = held.get(key, (0.0, 0.0))
        if (fill.side == "buy") == (fill.position_side == "long"):
            held[key] = position_after(market, size, price, fill.qty, fill.price)
            done.append(dataclasses.replace(fill, pnl=0.0))
        elif fill.qty <= size + market.qty_step * 0.5:
            held[key] = (size - fill.qty, price) if size - fill.qty > market.qty_step * 0.5 else (0.0, 0.0)
            pnl = profit_of(market, fill.position_side, price, fill.price, fill.qty)
            done.append(dataclasses.replace(fill, pnl=pnl))
        else:
            held[key] = (0.0, 0.0)
            done.append(fill)
    return tuple(done)
