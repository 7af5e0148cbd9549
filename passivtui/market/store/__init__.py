"""The candle store: downloaded and imported candles per venue, coin and day."""

from passivtui.market.store.candle_store import CandleStore, Coverage, Finding, Written
from passivtui.market.store.coin_folder import DamagedFile, Extent

__all__ = ["CandleStore", "Coverage", "DamagedFile", "Extent", "Finding", "Written"]
