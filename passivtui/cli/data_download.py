"""`passivtui data download`: fill the candle store from archives and APIs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from passivtui.cli.data_ticks import add_ticks, download_ticks
from passivtui.cli.output import print_result, tell
from passivtui.cli.status import DONE
from passivtui.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passivtui.market import DataIssue
    from passivtui.market.sources.wants import Want
    from passivtui.market.store import CandleStore
    from passivtui.paths import Home


def add_download(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    download = actions.add_parser(
        "download",
        parents=[shared],
        help="download candles, or single trades",
        description="Download 1m candles into the store. Days that it holds are not asked for again; a download that "
        "was stopped goes on where it was.",
    )
    download.add_argument("coins", metavar="COIN", nargs="+", help="coins, as BTC ETH or BTC,ETH")
    download.add_argument(
        "--exchange",
        metavar="NAME",
        action="append",
        default=[],
        dest="exchanges",
        help="from which exchange; may be given several times (default: binance)",
    )
    download.add_argument("--start", metavar="D", help="first day (2025, 2025-01-31), UTC; default: the first there is")
    download.add_argument("--end", metavar="D", default="now", help="last day, itself included, or now (default)")
    add_ticks(download)
    download.add_argument("--json", action="store_true", help="print what is stored now as JSON")
    download.add_argument("--quiet", action="store_true", help="no progress and no remarks")
    download.set_defaults(run=_download)


def _download(chosen: argparse.Namespace, home: Home) -> int:
    if chosen.ticks:
        return download_ticks(chosen, home)
    from passivtui.clock import utc_ms
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.market.sources.download import ensure
    from passivtui.market.sources.settings import load_source_settings
    from passivtui.market.store import CandleStore

    wants = wants_of(split_names(chosen.coins), split_names(chosen.exchanges), chosen.start, chosen.end, utc_ms())
    settings = load_source_settings(home.settings)
    store = CandleStore(home.ensure().store)
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        issues = ensure(store, wants, settings, bar.show, token)
    if not chosen.quiet:
        tell(issues, everything=True)
    _show(store, wants, issues, as_json=chosen.json)
    return DONE


def split_names(words: Sequence[str]) -> list[str]:
    """`["BTC,eth", "SOL"]` → `["BTC", "eth", "SOL"]`."""
    return [name.strip() for word in words for name in word.split(",") if name.strip()]


def wants_of(coins: Sequence[str], exchanges: Sequence[str], start: str | None, end: str, now_ms: int) -> list[Want]:
    """What is to be downloaded: every coin from every exchange, whole days. Raises UsageError."""
    from passivtui.clock import DAY_MS
    from passivtui.exchanges.candle_venues import downloadable
    from passivtui.exchanges.coin_names import normalise_coin
    from passivtui.market.sources.listing import EARLIEST_DAY
    from passivtui.market.sources.wants import Want

    first_ms = EARLIEST_DAY * DAY_MS if start is None else moment_of(start, "--start", now_ms)
    last_ms = moment_of(end, "--end", now_ms) // DAY_MS * DAY_MS + DAY_MS - 1
    if first_ms > last_ms:
        raise UsageError(f"--start {start} is after --end {end}; give the earlier day as --start")
    if first_ms > now_ms:
        raise UsageError(f"--start {start} is in the future; candles of it don't exist yet")
    names = [downloadable(exchange).name for exchange in exchanges or ["binance"]]
    wanted = dict.fromkeys(normalise_coin(coin) for coin in coins)
    if not all(wanted):
        raise UsageError("a COIN has no name; give names as BTC ETH")
    return [Want(name, coin, first_ms, last_ms) for name in dict.fromkeys(names) for coin in wanted]


def moment_of(text: str, option: str, now_ms: int) -> int:
    """Milliseconds of a date given under `option`; `now` is `now_ms`. Raises UsageError."""
    from passivtui.config.dates import read_date

    try:
        moment = read_date(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: must be {error}") from None
    return now_ms if moment is None else moment


def _show(store: CandleStore, wants: Sequence[Want], issues: Sequence[DataIssue], *, as_json: bool) -> None:
    """What is stored of the coins now. Raises DataError if nothing is stored of some coin."""
    from passivtui.cli.data_list import rows_of, rows_text

    rows = rows_of(store, [(want.exchange, want.coin) for want in wants])
    if as_json:
        import json

        print_result(json.dumps([row.to_json() for row in rows], indent=1))
    elif rows:
        print_result(rows_text(rows))
    stored = {(row.exchange, row.coin) for row in rows}
    absent = [want for want in wants if (want.exchange, want.coin) not in stored]
    if absent:
        reasons = [str(issue) for issue in issues if issue.coin == absent[0].coin]
        raise DataError(
            f"there are no candles of {', '.join(dict.fromkeys(want.coin for want in absent))}"
            + (f" ({reasons[0]})" if reasons else "")
        )
