"""How the venues serve 1m candles, to bots and downloads alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KlineRules:
    """How a venue serves 1m candles. `page`: candles a call. `kept_minutes`: how far back they go, None: all.

    `in_contracts`: volume counts contracts, not base. `needs_end`: without an end, everything up to now is sent.
    """

    page: int
    kept_minutes: int | None = None
    in_contracts: bool = False
    needs_end: bool = False


#: Page sizes are what the venues serve whatever is asked; Gate refuses what is older than 10,000 candles.
KLINE_RULES: Final = {
    "binance": KlineRules(1000),
    "bybit": KlineRules(1000),
    "okx": KlineRules(300),
    "bitget": KlineRules(200),
    "gateio": KlineRules(1000, kept_minutes=9_990, in_contracts=True),
    "hyperliquid": KlineRules(1000, kept_minutes=4_990, needs_end=True),
    "kucoin": KlineRules(200, in_contracts=True),
}
