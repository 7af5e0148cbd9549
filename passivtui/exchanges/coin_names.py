"""What a coin is called, however a config, a list or a venue writes it (`spec/config.md` §3)."""

from __future__ import annotations

import re

_QUOTES = ("USDT", "USDC", "BUSD")
_SEPARATED_QUOTE = re.compile(r"[-_](?:USDT|USDC|BUSD|USD|PERP)\b.*")
_MULTIPLIER = re.compile(r"(?:10{3,}|1M(?=[A-Z]{2}))(?=[A-Za-z])")
_MULTIPLIER_BEHIND = re.compile(r"(?<=[A-Za-z])10{3,}$")
_THOUSAND = re.compile(r"k(?=[A-Z][A-Z0-9]*$)")


def normalise_coin(name: str) -> str:
    """The base of a coin's or market's name: `BTC/USDT:USDT`, `BTCUSDT`, `btc` → `BTC`; `1000PEPE` → `PEPE`.

    A quote currency is cut off only where it is one: `XUSD` and `USDC` stay what they are.
    """
    coin = name.strip()
    if coin.islower():
        coin = coin.upper()
    coin = coin.split("/", 1)[0]
    coin = _SEPARATED_QUOTE.sub("", coin)
    for quote in _QUOTES:
        if coin.endswith(quote) and coin != quote:
            coin = coin.removesuffix(quote)
            break
    for multiplier in (_MULTIPLIER, _THOUSAND):
        if match := multiplier.match(coin):
            coin = coin[match.end() :]
    return _MULTIPLIER_BEHIND.sub("", coin)
