"""Which coins are the largest by market value, as CoinGecko's public API ranks them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from passivtui.errors import VenueError
from passivtui.market.coin_lists import COIN_LISTS, write_coin_lists
from passivtui.market.sources.fetch import Fetcher
from passivtui.market.sources.running import run_cancellable
from passivtui.market.sources.settings import SourceSettings
from passivtui.market.sources.tally import Tally
from passivtui.market.sources.timing import Timing
from passivtui.paths import Home
from passivtui.progress import CancelToken, ProgressSink, ignore_progress

_QUERY: Final = "coins/markets?vs_currency=usd&order=market_cap_desc&per_page=100&page=1"
_LARGEST_ANSWER: Final = 5_000_000
_SYMBOL: Final = re.compile(r"[A-Z0-9]{1,20}")
#: Coins that stand for a dollar, for gold or for another coin: there is nothing to average into.
_PEGGED: Final = frozenset(
    (
        *("USDT", "USDC", "DAI", "USDE", "USDS", "FDUSD", "TUSD", "PYUSD", "USD1", "BUSD", "USDD", "GUSD", "RLUSD"),
        *("SUSDE", "SUSDS", "USDT0", "USYC", "BUIDL", "USDTB", "USD0", "PAXG", "XAUT"),
        *("STETH", "WSTETH", "WETH", "WEETH", "WBETH", "RETH", "RSETH", "EZETH", "METH", "WBNB", "JITOSOL", "BNSOL"),
        *("MSOL", "JLP", "WBTC", "CBBTC", "BTCB", "LBTC", "TBTC", "SOLVBTC"),
    )
)


def update_coin_lists(
    home: Home,
    settings: SourceSettings,
    progress: ProgressSink = ignore_progress,
    cancel: CancelToken | None = None,
    *,
    timing: Timing | None = None,
) -> tuple[Path, ...]:
    """Download the ranking and write the home's lists anew; returns them. What is there stays if anything goes wrong.

    Coins pegged to a currency, to gold or to another coin are left out. Raises VenueError, StorageError and Cancelled.
    """
    ranked = run_cancellable(partial(_ranked, settings, progress, timing or Timing()), cancel or CancelToken())
    return write_coin_lists(home.ensure(), ranked)


async def _ranked(settings: SourceSettings, progress: ProgressSink, timing: Timing) -> list[str]:
    tally = Tally(progress, timing.monotonic)
    tally.phase("coin ranking")
    url = f"{settings.ranking}/{_QUERY}"
    async with Fetcher(settings, timing, tally) as fetcher:
        content = await fetcher.file(url, largest=_LARGEST_ANSWER)
    if content is None:
        raise VenueError(f"{settings.ranking} has no ranking of coins; check sources.ranking_api in settings.toml")
    coins = list(dict.fromkeys(_coins_of(content, settings.ranking)))
    if len(coins) < max(COIN_LISTS):
        raise VenueError(f"{settings.ranking} ranks {len(coins)} usable coins only; the lists stay as they are")
    return coins


def _coins_of(content: bytes, source: str) -> Iterator[str]:
    """Symbols in the order of the answer. Raises VenueError when it is no ranking."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, list):
        raise VenueError(f"{source} answers with something that is no ranking of coins; try again later")
    for entry in answer:
        symbol = str(entry.get("symbol", "")).upper() if isinstance(entry, dict) else ""
        if _SYMBOL.fullmatch(symbol) and symbol not in _PEGGED:
            yield symbol
