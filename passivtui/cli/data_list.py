"""`passivtui data list`: what the candle store holds, a line per exchange and coin."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passivtui.cli.output import print_result
from passivtui.cli.status import DONE
from passivtui.clock import iso_minute

if TYPE_CHECKING:
    from passivtui.market.store import CandleStore
    from passivtui.paths import Home

_HEADINGS = ("exchange", "coin", "first", "last", "days", "missing", "size")


@dataclass(frozen=True, slots=True)
class StoredCoin:
    """One coin's candles in the store. `missing_minutes`: between the first and the last candle."""

    exchange: str
    coin: str
    first_ms: int
    last_ms: int
    days: int
    missing_minutes: int
    size_bytes: int

    def to_json(self) -> dict[str, Any]:
        """Plain values; times also as text."""
        return {
            "exchange": self.exchange,
            "coin": self.coin,
            "first": iso_minute(self.first_ms),
            "last": iso_minute(self.last_ms),
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "days": self.days,
            "missing_minutes": self.missing_minutes,
            "bytes": self.size_bytes,
        }

    def cells(self) -> tuple[str, ...]:
        """As `_HEADINGS`."""
        from passivtui.market.sources.tally import size_text

        first, last = iso_minute(self.first_ms), iso_minute(self.last_ms)
        gaps = f"{self.missing_minutes:,} min" if self.missing_minutes else "none"
        return self.exchange, self.coin, first, last, f"{self.days:,}", gaps, size_text(self.size_bytes)


def add_list(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    listing = actions.add_parser(
        "list",
        parents=[shared],
        help="show what is stored",
        description="Show the stored candles of every exchange and coin: first and last minute (UTC), days, minutes "
        "that are missing in between, size.",
    )
    listing.add_argument("coins", metavar="COIN", nargs="*", help="only these coins")
    listing.add_argument("--exchange", metavar="NAME", action="append", default=[], dest="exchanges", help="only these")
    listing.add_argument("--json", action="store_true", help="print a JSON list")
    listing.set_defaults(run=_list)


def _list(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.market.store import CandleStore

    store = CandleStore(home.store)
    rows = rows_of(store, stored_coins(store, chosen.exchanges, chosen.coins))
    if chosen.json:
        import json

        print_result(json.dumps([row.to_json() for row in rows], indent=1))
    else:
        print_result(rows_text(rows) if rows else "no candles are stored; passivtui data download gets some")
    return DONE


def stored_coins(store: CandleStore, exchanges: Sequence[str], coins: Sequence[str]) -> list[tuple[str, str]]:
    """(exchange, coin) of all that is stored, or of those named. Raises UsageError for an exchange that is none."""
    from passivtui.cli.data_download import split_names
    from passivtui.exchanges.candle_venues import downloadable
    from passivtui.exchanges.coin_names import normalise_coin

    names = {downloadable(name).name for name in split_names(exchanges)}
    wanted = {normalise_coin(coin) for coin in split_names(coins)}
    return [
        (exchange, coin)
        for exchange in sorted(store.exchanges())
        if not names or exchange in names
        for coin in sorted(store.coins(exchange))
        if not wanted or coin in wanted
    ]


def rows_of(store: CandleStore, keys: Iterable[tuple[str, str]]) -> list[StoredCoin]:
    """What is stored of each of `keys`; those of which nothing is are left out."""
    rows = []
    for exchange, coin in dict.fromkeys(keys):
        held = store.coverage(exchange, coin)
        if held is not None:
            days, missing = len(held.days), held.missing_minutes
            rows.append(StoredCoin(exchange, coin, held.first_ms, held.last_ms, days, missing, held.n_bytes))
    return rows


def rows_text(rows: Sequence[StoredCoin]) -> str:
    """A table with aligned columns; numbers to the right."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column >= 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
