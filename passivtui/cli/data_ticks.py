"""`passivtui data … --ticks`: the store of single trades, listed, downloaded, verified, exported, deleted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import CANCELLED, DONE, FAILED
from passivtui.errors import DataError, UsageError

if TYPE_CHECKING:
    from passivtui.market.ticks import TickCoverage, TickFinding, TickStore
    from passivtui.paths import Home

TICKS_HELP = "single trades instead of candles; COIN is then a symbol, as BTCUSDT, BTCUSD_PERP or, of bybit, BTCUSD"
_HEADINGS = ("exchange", "symbol", "first", "last", "days", "missing", "trades", "size")


def add_ticks(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the option `--ticks`."""
    parser.add_argument("--ticks", action="store_true", help=TICKS_HELP)


def store_of(home: Home) -> TickStore:
    """The home's store of trades."""
    from passivtui.passivx.stored import tick_store

    return tick_store(home)


def stored_symbols(store: TickStore, chosen: argparse.Namespace) -> list[tuple[str, str]]:
    """(exchange, symbol) of all that is stored, or of those named."""
    from passivtui.cli.data_download import split_names

    exchanges = {name.lower() for name in split_names(chosen.exchanges)}
    symbols = {name.upper() for name in split_names(chosen.coins)}
    every = ((exchange, symbol) for exchange in store.exchanges() for symbol in store.symbols(exchange))
    return [
        (exchange, symbol)
        for exchange, symbol in every
        if (not exchanges or exchange in exchanges) and (not symbols or symbol in symbols)
    ]


def download_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Fill the store, and show what it holds of the symbols now."""
    from passivtui.cli.data_download import moment_of, split_names
    from passivtui.clock import DAY_MS, utc_ms
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.market.sources.settings import load_source_settings
    from passivtui.market.ticks import TickWant, ensure_ticks
    from passivtui.market.ticks.download import check_want

    if chosen.start is None:
        raise UsageError("--ticks needs --start D: a day of trades is some hundred times as much as one of candles")
    now_ms = utc_ms()
    first = moment_of(chosen.start, "--start", now_ms) // DAY_MS
    last = min(moment_of(chosen.end, "--end", now_ms) // DAY_MS, now_ms // DAY_MS - 1)
    if first > last:
        raise UsageError(f"no day from --start {chosen.start} on is over yet; only whole days are stored")
    exchanges = split_names(chosen.exchanges) or ["binance"]
    keys = [check_want(exchange, symbol) for exchange in exchanges for symbol in split_names(chosen.coins)]
    store = store_of(home.ensure())
    wants = [TickWant(exchange, symbol, first, last) for exchange, symbol in dict.fromkeys(keys)]
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        issues = ensure_ticks(store, wants, load_source_settings(home.settings), bar.show, token)
    if not chosen.quiet:
        tell(issues, everything=True)
    rows = [row for want in wants if (row := store.coverage(want.exchange, want.symbol)) is not None]
    print_result(_json(rows) if chosen.json else rows_text(rows)) if rows or chosen.json else None
    if absent := [want.symbol for want in wants if store.coverage(want.exchange, want.symbol) is None]:
        reasons = [str(issue) for issue in issues if issue.coin == absent[0]]
        raise DataError(f"there are no trades of {', '.join(absent)}" + (f" ({reasons[0]})" if reasons else ""))
    return DONE


def list_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Show what is stored."""
    rows = coverages(home, chosen)
    if chosen.json:
        print_result(_json(rows))
    else:
        print_result(rows_text(rows) if rows else "no trades are stored; passivtui data download --ticks gets some")
    return DONE


def coverages(home: Home, chosen: argparse.Namespace) -> list[TickCoverage]:
    """What is stored of each symbol that is meant."""
    store = store_of(home)
    rows = (store.coverage(*key) for key in stored_symbols(store, chosen))
    return [row for row in rows if row is not None]


def rows_text(rows: Sequence[TickCoverage]) -> str:
    """A table with aligned columns; numbers to the right."""
    from passivtui.clock import DAY_MS, iso_day
    from passivtui.market.sources.tally import size_text

    lines = [_HEADINGS] + [
        (
            *(row.exchange, row.symbol, iso_day(row.days[0] * DAY_MS), iso_day(row.days[-1] * DAY_MS)),
            *(f"{len(row.days):,}", f"{row.missing_days:,} days" if row.missing_days else "none"),
            *(f"{row.n_trades:,}", size_text(row.n_bytes)),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column >= 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _json(rows: Sequence[TickCoverage]) -> str:
    import json

    from passivtui.clock import DAY_MS, iso_day

    def entry(row: TickCoverage) -> dict[str, Any]:
        return {
            "exchange": row.exchange,
            "symbol": row.symbol,
            "first_day": iso_day(row.days[0] * DAY_MS),
            "last_day": iso_day(row.days[-1] * DAY_MS),
            "days": len(row.days),
            "missing_days": row.missing_days,
            "trades": row.n_trades,
            "bytes": row.n_bytes,
        }

    return json.dumps([entry(row) for row in rows], indent=1)


def verify_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Read every stored day; damaged ones are set aside, and told."""
    findings, keys = check_ticks(chosen, home)
    if not keys and (chosen.coins or chosen.exchanges):
        raise DataError("nothing of that is stored; passivtui data list --ticks shows what is")
    if chosen.json:
        import json

        print_result(json.dumps([finding_entry(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            print_result(finding_line(finding))
        if not findings:
            print_result(f"all whole ({len(keys)} symbol{'' if len(keys) == 1 else 's'})")
    return FAILED if findings else DONE


def check_ticks(chosen: argparse.Namespace, home: Home) -> tuple[list[TickFinding], list[tuple[str, str]]]:
    """What is damaged of what is meant, and which symbols those are."""
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.progress import Progress

    store = store_of(home)
    keys = stored_symbols(store, chosen)
    findings: list[TickFinding] = []
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        for done, (exchange, symbol) in enumerate(keys):
            bar.show(Progress(f"verify {symbol} of {exchange}", done, len(keys), "symbols"))
            findings += store.verify(exchange, symbol, token)
    return findings, keys


def finding_entry(finding: TickFinding) -> dict[str, Any]:
    """A finding for programs."""
    from passivtui.clock import DAY_MS, iso_day

    return {
        "exchange": finding.exchange,
        "symbol": finding.symbol,
        "day": iso_day(finding.day * DAY_MS),
        "reason": finding.reason,
        "set_aside": finding.set_aside,
    }


def finding_line(finding: TickFinding) -> str:
    """A finding in words."""
    from passivtui.clock import DAY_MS, iso_day

    fate = "set aside; download the day again" if finding.set_aside else "left where it is: it can't be renamed"
    day = iso_day(finding.day * DAY_MS)
    return f"{finding.exchange} {finding.symbol} trades of {day}: {finding.reason} ({fate})"


def delete_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Forget the trades of symbols; asks first."""
    if not chosen.coins and not chosen.exchanges:
        raise UsageError("say what to delete: SYMBOL, --exchange NAME, or both")
    store = store_of(home)
    rows = coverages(home, chosen)
    if not rows:
        raise DataError("nothing of that is stored; passivtui data list --ticks shows what is")
    if not chosen.yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError("there is no terminal to ask on; give --yes to delete without asking")
        say(rows_text(rows))
        say("Delete these trades? [y/N] ")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            say("nothing was deleted")
            return CANCELLED
    days = sum(store.delete(row.exchange, row.symbol) for row in rows)
    print_result(f"deleted {days:,} days of {len(rows)} symbol{'' if len(rows) == 1 else 's'}")
    return DONE


def export_ticks_files(chosen: argparse.Namespace, home: Home) -> int:
    """Write stored days as .npz files, which `--ticks DIR` takes."""
    from pathlib import Path

    from passivtui.cli.data_download import moment_of, split_names
    from passivtui.clock import DAY_MS, utc_ms
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.market.ticks import export_ticks
    from passivtui.market.ticks.download import check_want

    store = store_of(home)
    first = moment_of(chosen.start, "--start", utc_ms()) // DAY_MS if chosen.start else None
    last = moment_of(chosen.end, "--end", utc_ms()) // DAY_MS if chosen.end else None
    named = [check_want(chosen.exchange, symbol) for symbol in split_names(chosen.coins)]
    exchange = chosen.exchange.strip().lower()
    keys = named or [(exchange, symbol) for symbol in store.symbols(exchange)]
    if not keys:
        raise DataError(f"no trades of {exchange} are stored; passivtui data list --ticks shows what is")
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        for key in keys:
            for path in export_ticks(store, *key, Path(chosen.out).absolute(), first, last, bar.show, token):
                print_result(str(path))
    return DONE
