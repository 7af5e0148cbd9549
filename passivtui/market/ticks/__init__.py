"""Single trades of whole days, per exchange, symbol and day: kept, downloaded, read."""

from passivtui.market.ticks.download import TickWant, ensure_ticks
from passivtui.market.ticks.exporting import export_ticks
from passivtui.market.ticks.store import TickCoverage, TickFinding, TickStore
from passivtui.market.ticks.trades import Trades

__all__ = [
    "TickCoverage",
    "TickFinding",
    "TickStore",
    "TickWant",
    "Trades",
    "ensure_ticks",
    "export_ticks",
]
