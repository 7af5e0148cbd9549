"""What the list of market data shows of every stored coin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from passivtui.clock import iso_day
from passivtui.inventory import StoredCoin
from passivtui.market.sources.tally import size_text
from passivtui.widgets.line_table import Column


def total_text(coins: Sequence[StoredCoin]) -> str:
    """`8 coins, 11.3 MB`."""
    return f"{len(coins)} coin{'' if len(coins) == 1 else 's'}, {size_text(sum(coin.size_bytes for coin in coins))}"


def _day(coin: StoredCoin, ms: int) -> str:
    return "" if coin.problem else iso_day(ms)


def _missing(coin: StoredCoin) -> str:
    if coin.problem:
        return "damaged"
    return f"{coin.missing_minutes:,}" if coin.missing_minutes else "none"


def _missing_role(coin: StoredCoin) -> str:
    return "failure" if coin.problem else "caution" if coin.missing_minutes else ""


STORED_COLUMNS: Final[tuple[Column[StoredCoin], ...]] = (
    Column("exchange", "exchange", lambda coin: coin.exchange, sort=lambda coin: coin.exchange),
    Column("coin", "coin", lambda coin: coin.coin, sort=lambda coin: coin.coin, flexible=True),
    Column("first", "first day", lambda coin: _day(coin, coin.first_ms), sort=lambda coin: coin.first_ms, drop=2),
    Column("last", "last day", lambda coin: _day(coin, coin.last_ms), sort=lambda coin: coin.last_ms, drop=1),
    Column("days", "days", lambda coin: f"{coin.days:,}", align="right", sort=lambda coin: coin.days, drop=4),
    Column(
        "missing",
        "missing minutes",
        _missing,
        align="right",
        role=_missing_role,
        sort=lambda coin: coin.missing_minutes,
    ),
    Column(
        "size",
        "size",
        lambda coin: size_text(coin.size_bytes),
        align="right",
        sort=lambda coin: coin.size_bytes,
        drop=3,
    ),
)
