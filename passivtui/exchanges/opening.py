"""From a login to an exchange."""

from __future__ import annotations

from typing import Any, Final

from passivtui.errors import UsageError, VenueError
from passivtui.exchanges.adapters.binance import Binance
from passivtui.exchanges.adapters.bitget import Bitget
from passivtui.exchanges.adapters.bybit import Bybit, BybitInverse
from passivtui.exchanges.adapters.gate import Gate
from passivtui.exchanges.adapters.hyperliquid import Hyperliquid
from passivtui.exchanges.adapters.kucoin import Kucoin
from passivtui.exchanges.adapters.okx import Okx
from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.login import Login
from passivtui.exchanges.rate_ledger import RateLedger, RateLedgers
from passivtui.exchanges.venues import find_venue

_ADAPTERS: Final[dict[str, type[CcxtVenue]]] = {
    "binance": Binance,
    "bybit": Bybit,
    "okx": Okx,
    "bitget": Bitget,
    "gateio": Gate,
    "hyperliquid": Hyperliquid,
    "kucoin": Kucoin,
}


def ledger_of(venue: str, ledgers: RateLedgers) -> RateLedger | None:
    """The ledger of a venue itself, as the bots on it have it; None for what can't be traded on."""
    adapter = _ADAPTERS.get(venue)
    return ledgers.of(venue, adapter.rules.traits.title, adapter.rules.budgets) if adapter is not None else None


async def open_exchange(login: Login, ledgers: RateLedgers, **timing: Any) -> CcxtVenue:
    """The exchange of a login; nothing is asked of the venue yet. Raises UsageError for a name that is no venue, and
    VenueError with the reason for a venue that can't be used."""
    venue = find_venue(login.venue)
    if venue is None:
        raise UsageError(f"there is no exchange {login.venue}; use one of {', '.join(_ADAPTERS)}")
    adapter = _ADAPTERS.get(venue.name)
    if adapter is None:
        raise VenueError(venue.note or f"{venue.title} can't be traded on")
    if login.is_inverse:
        if adapter is not Bybit:
            raise VenueError(f"inverse markets are traded on Bybit only, not on {venue.title}")
        adapter = BybitInverse
    return await adapter.open(login, ledgers, **timing)
