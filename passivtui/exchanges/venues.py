"""The venues that a config may name: what passivtui must know of each before it talks to any of them.

Nothing here imports ccxt. The names are Passivbot's (`backtest.exchanges`), `ccxt_id` is the adapter's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue. `backtest_maker_fee` replaces the market's own maker fee in backtests (`spec/engine.md` §1.2)."""

    name: str
    title: str
    quote: str  # the currency that its perpetuals are quoted and settled in
    has_candles: bool  # candles can be had, so a backtest may name it
    ccxt_id: str = ""  # empty: not reached through ccxt
    backtest_maker_fee: float | None = None  # a rate: 0.0002 is 0.02 %
    aliases: tuple[str, ...] = ()
    note: str = ""  # one sentence that a person should see when choosing this venue


_ALL = (
    Venue("binance", "Binance", "USDT", True, "binanceusdm", aliases=("binanceusdm",)),
    Venue("bybit", "Bybit", "USDT", True, "bybit", backtest_maker_fee=0.0002),
    Venue("okx", "OKX", "USDT", True, "okx"),
    Venue("bitget", "Bitget", "USDT", True, "bitget"),
    Venue("gateio", "Gate", "USDT", True, "gate", backtest_maker_fee=0.0002, aliases=("gate",)),
    Venue("hyperliquid", "Hyperliquid", "USDC", True, "hyperliquid"),
    Venue("kucoin", "KuCoin", "USDT", True, "kucoinfutures", aliases=("kucoinfutures",)),
    Venue(
        "defx",
        "DeFX",
        "USDC",
        False,
        note="DeFX can't be used: the ccxt library, which passivtui relies on, dropped it.",
    ),
    Venue("demo", "Demo market", "USDT", True, note="The demo market is synthetic: good for trying things out only."),
)

#: Every venue by its config name.
VENUES: dict[str, Venue] = {venue.name: venue for venue in _ALL}

_BY_ANY_NAME = {alias: venue for venue in _ALL for alias in (venue.name, *venue.aliases)}


def find_venue(name: str) -> Venue | None:
    """The venue of that name or alias, in any case; None when there is none."""
    return _BY_ANY_NAME.get(name.strip().lower())


def venues_with_candles() -> tuple[str, ...]:
    """The names that `backtest.exchanges` may hold."""
    return tuple(venue.name for venue in _ALL if venue.has_candles)
