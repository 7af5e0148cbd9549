"""`passivtui data verify` and `passivtui data delete`: is what is stored whole, and away with what is not wanted."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from passivtui.cli.data_list import rows_of, rows_text, stored_coins
from passivtui.cli.data_ticks import add_ticks, check_ticks, delete_ticks, finding_entry, finding_line, verify_ticks
from passivtui.cli.output import print_result, say
from passivtui.cli.status import CANCELLED, DONE, FAILED
from passivtui.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passivtui.market.store import CandleStore, Finding
    from passivtui.market.ticks import TickFinding
    from passivtui.paths import Home


def add_verify(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    verify = actions.add_parser(
        "verify",
        parents=[shared],
        help="check that every stored file is whole",
        description="Read every stored file and compare its checksum. A damaged one is set aside, so that the next "
        "download fetches its day again; exit status 1 tells that there were some.",
    )
    _add_choice(verify)
    verify.add_argument("--json", action="store_true", help="print a JSON list of what is damaged")
    verify.add_argument("--quiet", action="store_true", help="no progress")
    verify.set_defaults(run=_verify)


def add_delete(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    delete = actions.add_parser(
        "delete",
        parents=[shared],
        help="delete stored candles",
        description="Delete the stored candles of coins. Asks first; datasets and reports made from them stay.",
    )
    _add_choice(delete)
    delete.add_argument("--yes", action="store_true", help="don't ask")
    delete.set_defaults(run=_delete)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("coins", metavar="COIN", nargs="*", help="only these coins")
    parser.add_argument("--exchange", metavar="NAME", action="append", default=[], dest="exchanges", help="only these")
    add_ticks(parser)


def _verify(chosen: argparse.Namespace, home: Home) -> int:
    if chosen.ticks:
        return verify_ticks(chosen, home)
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.market.store import CandleStore
    from passivtui.progress import Progress

    store = CandleStore(home.store)
    keys = _chosen_coins(store, chosen)
    findings: list[Finding] = []
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        for done, (exchange, coin) in enumerate(keys):
            bar.show(Progress(f"verify {coin} of {exchange}", done, len(keys), "coins"))
            findings += store.verify(exchange, coin, cancel=token)
    trades = [] if chosen.coins else check_ticks(chosen, home)[0]
    _show_findings(findings, trades, len(keys), as_json=chosen.json)
    return FAILED if findings or trades else DONE


def _show_findings(findings: Sequence[Finding], trades: Sequence[TickFinding], coins: int, *, as_json: bool) -> None:
    from passivtui.clock import DAY_MS, iso_day

    if as_json:
        import json

        entries = [
            {
                "exchange": finding.exchange,
                "coin": finding.coin,
                "day": iso_day(finding.day * DAY_MS),
                "reason": finding.reason,
                "set_aside": finding.set_aside,
            }
            for finding in findings
        ] + [finding_entry(finding) for finding in trades]
        print_result(json.dumps(entries, indent=1))
        return
    for finding in findings:
        fate = "set aside; download the day again" if finding.set_aside else "left where it is: it can't be renamed"
        print_result(f"{finding.exchange} {finding.coin} {iso_day(finding.day * DAY_MS)}: {finding.reason} ({fate})")
    for damaged in trades:
        print_result(finding_line(damaged))
    if not findings and not trades:
        print_result(f"all whole ({coins} coin{'' if coins == 1 else 's'})")


def _delete(chosen: argparse.Namespace, home: Home) -> int:
    if chosen.ticks:
        return delete_ticks(chosen, home)
    from passivtui.market.store import CandleStore

    if not chosen.coins and not chosen.exchanges:
        raise UsageError("say what to delete: COIN, --exchange NAME, or both")
    store = CandleStore(home.store)
    keys = _chosen_coins(store, chosen)
    if not chosen.yes and not _confirmed(store, keys):
        say("nothing was deleted")
        return CANCELLED
    days = sum(store.delete(exchange, coin) for exchange, coin in keys)
    print_result(f"deleted {days:,} days of {len(keys)} coin{'' if len(keys) == 1 else 's'}")
    return DONE


def _confirmed(store: CandleStore, keys: Sequence[tuple[str, str]]) -> bool:
    """Whether the person at the terminal says yes. Raises UsageError where there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("there is no terminal to ask on; give --yes to delete without asking")
    say(rows_text(rows_of(store, keys)))
    say(f"Delete the candles of {'this coin' if len(keys) == 1 else f'these {len(keys)} coins'}? [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _chosen_coins(store: CandleStore, chosen: argparse.Namespace) -> list[tuple[str, str]]:
    """(exchange, coin) of what COIN and --exchange name. Raises DataError if nothing of it is stored."""
    keys = stored_coins(store, chosen.exchanges, chosen.coins)
    if not keys and (chosen.coins or chosen.exchanges):
        raise DataError("nothing of that is stored; passivtui data list shows what is")
    return keys
