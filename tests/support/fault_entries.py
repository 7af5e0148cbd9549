"""Where the entries of the fault list are kept, and what they have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from exchange_conformance import World, request, send
from paper_world import PaperWorld
from venue_world import VenueWorld

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import OrderRequest, Outcome, OutcomeKind
from passivtui.exchanges.errors import RejectReason

W = TypeVar("W", VenueWorld, PaperWorld)
Meet = Callable[[W], Awaitable[None]]
ON_VENUES: Final[dict[int, Callable[[VenueWorld], Awaitable[None]]]] = {}
ON_PAPER: Final[dict[int, Callable[[PaperWorld], Awaitable[None]]]] = {}
#: What a venue calls a field, by ccxt's name of the venue.
_NAMES: Final = {
    "binanceusdm": {
        "size": "positionAmt",
        "status": "status",
        "fee": "commission",
        "pnl": "realizedPnl",
        "last": "lastPrice",
        "balance": "totalCrossWalletBalance",
    },
    "bybit": {
        "size": "size",
        "status": "orderStatus",
        "fee": "execFee",
        "pnl": "execPnl",
        "last": "lastPrice",
        "balance": "totalWalletBalance",
    },
}
REJECTED, CONFIRMED, UNRESOLVED = OutcomeKind.REJECTED, OutcomeKind.CONFIRMED, OutcomeKind.UNRESOLVED
HOUR_MS: Final = 60 * MINUTE_MS


def on_venues(number: int) -> Callable[[Callable[[VenueWorld], Awaitable[None]]], Any]:
    return lambda meet: ON_VENUES.setdefault(number, meet)


def on_paper(number: int) -> Callable[[Callable[[PaperWorld], Awaitable[None]]], Any]:
    return lambda meet: ON_PAPER.setdefault(number, meet)


def on_both(number: int) -> Callable[[Callable[[Any], Awaitable[None]]], Any]:
    """What happens by itself, without a fault in any dial."""
    return lambda meet: (ON_VENUES.setdefault(number, meet), ON_PAPER.setdefault(number, meet))[0]


def name_of(world: VenueWorld, what: str) -> str:
    if what == "balance" and world.exchange.quote == "BTC":
        return "walletBalance"  # of the coin itself
    return _NAMES[world.venue.ccxt_id][what]


async def unknown_then_found(world: World, asked: list[OrderRequest], *, is_there: bool) -> None:
    """Nobody knows, and the client id tells; nothing was sent twice."""
    outcomes = await send(world, *asked)
    assert [one.kind for one in outcomes] == [UNRESOLVED] * len(asked), outcomes
    for one in asked:
        found = await world.exchange.find_order(world.symbol, one.client_id)
        assert (found is not None) is is_there
    assert len(await world.exchange.open_orders()) == (len(asked) if is_there else 0)


async def sent(world: World, **changed: Any) -> Outcome:
    (outcome,) = await send(world, request(world, **changed))
    return outcome


def refusal(outcome: Outcome) -> tuple[OutcomeKind, RejectReason | None]:
    return outcome.kind, outcome.reason
