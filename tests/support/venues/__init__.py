"""Local venues: Binance USDⓈ-M and Bybit V5 over loopback, faithful enough that unmodified ccxt trades on them.

    from venues import BinanceVenue, FaultPlan, Market

    faults = FaultPlan(seed=7)
    async with BinanceVenue([Market.linear("BTC")], {"BTC/USDT:USDT": 60_000}, faults=faults, hedge=True) as venue:
        exchange = ccxt.pro.binanceusdm(venue.ccxt_config())       # or venue.redirect(an exchange you have made)
        faults.add("drop reply", "create", at=1)
        ...                                                        # the first order is taken, the answer lost
        venue.move("BTC/USDT:USDT", 59_000)                        # resting orders fill, streams hear of it
        assert len(venue.open_orders) == 0

`venue.rest_url`, `venue.ws_url` and `venue.credentials` are for clients that are not ccxt; `async with venue.client()
as exchange` gives a ccxt pro exchange with its markets loaded. What the venue saw is in `venue.log`, what it did in
`venue.orders`, `venue.fills` and `venue.account`. What may go wrong is in `faults` (see its module); what others do to
an account (deposits, trades by hand, liquidations, delistings) are methods of `venue` and `venue.matching`.
"""

from .binance import BinanceVenue
from .bybit import BybitVenue
from .clock import VenueClock
from .endpoints import Credentials, Permissions
from .faults import MISSING, ROLES, Fault, FaultPlan
from .log import VenueLog, duplicate_client_ids, total_filled, twins
from .markets import Market
from .orders import Order, Reason
from .server import LocalVenue

__all__ = [
    "MISSING",
    "ROLES",
    "BinanceVenue",
    "BybitVenue",
    "Credentials",
    "Fault",
    "FaultPlan",
    "LocalVenue",
    "Market",
    "Order",
    "Permissions",
    "Reason",
    "VenueClock",
    "VenueLog",
    "duplicate_client_ids",
    "total_filled",
    "twins",
]
