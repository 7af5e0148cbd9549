"""`passivtui data import` and `passivtui data export`: candles from files into the store, and out of it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from passivtui.cli.data_ticks import add_ticks, export_ticks_files
from passivtui.cli.output import print_result, tell
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passivtui.market.importing import Imported
    from passivtui.paths import Home

_FORMS = ("csv", "csv.gz", "feather", "parquet", "dataset")


def add_import(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    parser = actions.add_parser(
        "import",
        parents=[shared],
        help="take candles of files into the store",
        description="Take 1m candles into the store: CSV (also .gz and Binance's .zip), Parquet and Feather "
        "(freqtrade's as they are), folders of them, and dataset folders. Everything is read and checked before "
        "anything is stored.",
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files or folders")
    parser.add_argument(
        "--exchange", metavar="NAME", help="of which exchange they are (dataset folders say so themselves)"
    )
    parser.add_argument("--coin", metavar="COIN", help="of which coin they are, if the files' names don't tell")
    parser.add_argument("--overwrite", action="store_true", help="replace stored candles that differ")
    parser.add_argument("--json", action="store_true", help="print a JSON list, an object a coin")
    parser.add_argument("--quiet", action="store_true", help="no progress and no remarks")
    parser.set_defaults(run=_import)


def add_export(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    parser = actions.add_parser(
        "export",
        parents=[shared],
        help="write stored candles to files",
        description="Write stored candles to files in a folder: CSV, Feather or Parquet (as freqtrade names them), or "
        "a dataset folder for backtests.",
    )
    parser.add_argument("coins", metavar="COIN", nargs="*", help="which coins (default: all of the exchange)")
    parser.add_argument("--exchange", metavar="NAME", required=True, help="of which exchange")
    add_ticks(parser)
    parser.add_argument("--to", choices=_FORMS, default="csv", help="form of the files (csv)")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder for them; nothing there is replaced")
    parser.add_argument("--start", metavar="D", help="first day or minute, UTC; default: all")
    parser.add_argument("--end", metavar="D", help="last minute, UTC; default: all")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.set_defaults(run=_export)


def _import(chosen: argparse.Namespace, home: Home) -> int:
    from pathlib import Path

    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.market.importing import import_candles
    from passivtui.market.store import CandleStore

    store = CandleStore(home.ensure().store)
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        results = import_candles(
            store,
            [Path(path).absolute() for path in chosen.paths],
            exchange=chosen.exchange,
            coin=chosen.coin,
            overwrite=chosen.overwrite,
            progress=bar.show,
            cancel=token,
        )
    if not chosen.quiet:
        for result in results:
            tell(result.issues, everything=True)
    _show(results, as_json=chosen.json)
    return DONE


def _show(results: Sequence[Imported], *, as_json: bool) -> None:
    from passivtui.clock import iso_minute
    from passivtui.market.importing import totals

    if as_json:
        import json

        print_result(json.dumps([result.to_json() for result in results], indent=1))
        return
    for result in results:
        span = f"{iso_minute(result.first_ms)} to {iso_minute(result.last_ms)}"
        print_result(f"{result.exchange} {result.coin}: {span}, {result.new_rows:,} new, {result.same_rows:,} known")
    sums = totals(results)
    print_result(f"{sums['coins']} coin{'' if sums['coins'] == 1 else 's'}, {sums['new']:,} new candles")


def _export(chosen: argparse.Namespace, home: Home) -> int:
    if chosen.ticks:
        return export_ticks_files(chosen, home)
    from pathlib import Path

    from passivtui.cli.data_download import split_names
    from passivtui.config import parse_date
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.exchanges.coin_names import normalise_coin
    from passivtui.market.exporting import export_candles
    from passivtui.market.importing import known_exchange
    from passivtui.market.store import CandleStore

    store = CandleStore(home.store)
    exchange = known_exchange(chosen.exchange)
    coins = [normalise_coin(coin) for coin in split_names(chosen.coins)] or list(store.coins(exchange))
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        written = export_candles(
            store,
            exchange,
            coins,
            Path(chosen.out).absolute(),
            chosen.to,
            first_ms=parse_date(chosen.start, "--start") if chosen.start else None,
            last_ms=parse_date(chosen.end, "--end") if chosen.end else None,
            progress=bar.show,
            cancel=token,
        )
    for path in written:
        print_result(str(path))
    return DONE
