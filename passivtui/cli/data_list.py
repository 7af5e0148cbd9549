"""`passivtui data list`: what the candle store holds, a line per exchange and coin."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from passivtui.cli.data_ticks import add_ticks, coverages, list_ticks
from passivtui.cli.data_ticks import rows_text as tick_rows_text
from passivtui.cli.output import print_result, say
from passivtui.cli.status import DONE
from passivtui.clock import iso_minute

if TYPE_CHECKING:
    from passivtui.inventory import StoredCoin
    from passivtui.market.store import CandleStore
    from passivtui.paths import Home

_HEADINGS = ("exchange", "coin", "first", "last", "days", "missing", "size")


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
    add_ticks(listing)
    listing.add_argument("--json", action="store_true", help="print a JSON list")
    listing.set_defaults(run=_list)


def _list(chosen: argparse.Namespace, home: Home) -> int:
    if chosen.ticks:
        return list_ticks(chosen, home)
    from passivtui.inventory import inventory

    is_chosen = chosen_by(chosen.exchanges, chosen.coins)
    stock = inventory(home)
    if stock.problem:
        say(f"warning: the index can't be used: {stock.problem}")
    rows = [row for row in stock.coins if is_chosen(row.exchange, row.coin)]
    if chosen.json:
        import json

        print_result(json.dumps([row.to_json() for row in rows], indent=1))
    else:
        trades = [] if chosen.coins else coverages(home, chosen)
        tables = [rows_text(rows)] if rows else []
        tables += [f"single trades (--ticks):\n{tick_rows_text(trades)}"] if trades else []
        print_result("\n\n".join(tables) or "no candles are stored; passivtui data download gets some")
    return DONE


def chosen_by(exchanges: Sequence[str], coins: Sequence[str]) -> Callable[[str, str], bool]:
    """Whether an exchange and coin are meant; no names mean all. Raises UsageError for an exchange that is none."""
    from passivtui.cli.data_download import split_names
    from passivtui.exchanges.candle_venues import downloadable
    from passivtui.exchanges.coin_names import normalise_coin

    names = {downloadable(name).name for name in split_names(exchanges)}
    wanted = {normalise_coin(coin) for coin in split_names(coins)}
    return lambda exchange, coin: (not names or exchange in names) and (not wanted or coin in wanted)


def stored_coins(store: CandleStore, exchanges: Sequence[str], coins: Sequence[str]) -> list[tuple[str, str]]:
    """(exchange, coin) of all that is stored, or of those named. Raises UsageError for an exchange that is none."""
    is_chosen = chosen_by(exchanges, coins)
    every = ((exchange, coin) for exchange in store.exchanges() for coin in store.coins(exchange))
    return [key for key in every if is_chosen(*key)]


def rows_of(store: CandleStore, keys: Iterable[tuple[str, str]]) -> list[StoredCoin]:
    """What is stored of each of `keys`; those of which nothing is are left out."""
    from passivtui.inventory import read_coin

    rows = (read_coin(store, exchange, coin) for exchange, coin in dict.fromkeys(keys))
    return [row for row in rows if row is not None]


def cells_of(row: StoredCoin) -> tuple[str, ...]:
    """As `_HEADINGS`."""
    from passivtui.market.sources.tally import size_text

    if row.problem:
        return row.exchange, row.coin, row.problem, "", "", "", ""
    first, last = iso_minute(row.first_ms), iso_minute(row.last_ms)
    gaps = f"{row.missing_minutes:,} min" if row.missing_minutes else "none"
    return row.exchange, row.coin, first, last, f"{row.days:,}", gaps, size_text(row.size_bytes)


def rows_text(rows: Sequence[StoredCoin]) -> str:
    """A table with aligned columns; numbers to the right."""
    lines = [_HEADINGS, *(cells_of(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column >= 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
