"""An adapter that asks a recording server on loopback, for the venues that have no local venue."""

from __future__ import annotations

from typing import Final

from recording_server import RecordingServer
from venue_answers import AT, WALLET, Venue

from passivtui.exchanges.ccxt_exchange import CcxtVenue
from passivtui.exchanges.login import Login
from passivtui.exchanges.opening import open_exchange
from passivtui.exchanges.rate_ledger import RateLedgers
from passivtui.exchanges.virtual_clock import SpeedClock

SECRETS: Final = ("c2VjcmV0", "a-phrase", "0x" + "2" * 64)


async def open_recorded(venue: Venue, server: RecordingServer) -> CcxtVenue:
    """The venue's adapter, a minute after what its answers tell of; the ledger's time is fast."""
    secret, passphrase, private_key = SECRETS
    login = Login(
        venue.name,
        key="a-key",
        secret=secret,
        passphrase=passphrase,
        wallet_address=WALLET,
        private_key=private_key,
        rest_url=server.url,
    )
    hurry = SpeedClock(0, speed=100_000.0)
    ledgers = RateLedgers(lambda: hurry() / 1000.0, hurry.sleep)
    return await open_exchange(login, ledgers, clock=lambda: AT + 60_000)
