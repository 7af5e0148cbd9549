"""The venues that candles can be downloaded from, by name."""

from __future__ import annotations

from difflib import get_close_matches

from passivtui.errors import UsageError
from passivtui.exchanges.venues import Venue, find_venue, venues_with_candles


def downloadable(exchange: str) -> Venue:
    """The venue that candles can be downloaded from under this name. Raises UsageError that names the nearest."""
    venue = find_venue(exchange)
    if venue is not None and venue.has_candles and venue.ccxt_id:
        return venue
    names = [name for name in venues_with_candles() if name != "demo"]
    if venue is not None:
        raise UsageError(f"{venue.title} has no candles to download; use one of {', '.join(names)}")
    near = get_close_matches(exchange.strip().lower(), names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(names)}"
    raise UsageError(f"there is no exchange {exchange}; {hint}")
