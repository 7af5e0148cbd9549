"""One perpetual as a venue lists it, in plain numbers, whatever ccxt's structure says and leaves out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.coin_names import normalise_coin
from passivtui.exchanges.venues import Venue

#: What stands in for a minimum cost that a venue doesn't name (`spec/passivbot/data.md` §4).
_LEAST_COST = 0.01
_LONGEST_NAME = 100  # characters


@dataclass(frozen=True, slots=True)
class ListedMarket:
    """A linear perpetual. Steps and minimum quantity in contracts, `price_step` and `min_cost` in quote.

    `symbol` is ccxt's (BTC/USDT:USDT), `c_mult` base per contract, fees are fractions of the cost. `listed_ms`: when
    trading began, where the venue says so.
    """

    coin: str
    symbol: str
    qty_step: float
    price_step: float
    min_qty: float
    min_cost: float
    c_mult: float
    maker_fee: float
    taker_fee: float
    active: bool
    listed_ms: int | None

    @property
    def pair(self) -> str:
        """Base and quote in one word, as archives name markets: `BTCUSDT`."""
        return archive_name(self.symbol)


def archive_name(symbol: str) -> str:
    """`BTCUSDT` of `BTC/USDT:USDT`."""
    return symbol.partition(":")[0].replace("/", "")


def listed_markets(markets: Iterable[Mapping[str, Any]], venue: Venue) -> dict[str, ListedMarket]:
    """The venue's perpetuals in its quote by coin, in alphabetical order, from ccxt's markets.

    Of several markets of one coin, the one that trades wins, then the one whose base is the coin's own name (PEPE
    before 1000PEPE), then the first in alphabetical order. Markets without steps can't be traded and are left out.
    """
    found: dict[str, ListedMarket] = {}
    wanted = (market for market in markets if _is_wanted(market, venue))
    for market in sorted(wanted, key=_preference):
        listed = listed_market(market)
        if listed is not None and listed.coin:
            found.setdefault(listed.coin, listed)
    return dict(sorted(found.items()))


def _is_wanted(market: Mapping[str, Any], venue: Venue) -> bool:
    return (
        bool(market.get("swap"))
        and bool(market.get("linear", True))
        and market.get("quote") == venue.quote
        and str(market.get("symbol", "")).endswith(f":{venue.quote}")
    )


def _preference(market: Mapping[str, Any]) -> tuple[bool, bool, str]:
    base = _base(market)
    return market.get("active") is False, normalise_coin(base) != base, str(market["symbol"])


def _base(market: Mapping[str, Any]) -> str:
    """The base as the venue writes it: Hyperliquid's kPEPE is a thousand PEPE, which ccxt's KPEPE no longer shows."""
    return str(market.get("baseName") or market.get("base") or market.get("symbol"))


def listed_market(market: Mapping[str, Any]) -> ListedMarket | None:
    """One of ccxt's markets; None when it has no steps, so that nothing can be ordered in it, or no name to show."""
    limits, precision = _part(market, "limits"), _part(market, "precision")
    qty_step, price_step = _number(precision.get("amount")), _number(precision.get("price"))
    c_mult = _number(market.get("contractSize"))
    is_named = _is_name(market.get("symbol")) and _is_name(_base(market))
    if not qty_step or not price_step or not c_mult or not is_named:
        return None
    least = _number(_part(limits, "amount").get("min")) or 0.0
    created = market.get("created")
    return ListedMarket(
        coin=normalise_coin(_base(market)),
        symbol=str(market["symbol"]),
        qty_step=qty_step,
        price_step=price_step,
        min_qty=max(least, qty_step),
        min_cost=_number(_part(limits, "cost").get("min")) or _LEAST_COST,
        c_mult=c_mult,
        maker_fee=_number(market.get("maker"), negative=True) or 0.0,
        taker_fee=_number(market.get("taker"), negative=True) or 0.0,
        active=market.get("active") is not False,
        listed_ms=created // MINUTE_MS * MINUTE_MS if isinstance(created, int) and created > 0 else None,
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def _part(structure: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A structure within a structure; an empty one where there is none."""
    found = structure.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(value: object, *, negative: bool = False) -> float | None:
    """A finite number, above 0 unless `negative`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and (negative or number > 0) else None
