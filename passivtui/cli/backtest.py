"""`passivtui backtest`: one run, its summary, and a report that is kept or written to a folder."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from passivtui.cli.loading import add_config, load_chosen
from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import DONE
from passivtui.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from passivtui.backtest import BacktestResult
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    backtest = commands.add_parser(
        "backtest",
        parents=[shared],
        help="run a backtest",
        description="Run a backtest and print its summary. The report is kept for the app, or written to --out. A "
        "config that does not combine its exchanges is run once for each of them. With --ticks, settings of Passiv-X "
        "are run over single trades.",
    )
    add_config(backtest)
    backtest.add_argument(
        "--dataset",
        metavar="DIR|demo",
        help="folder with a dataset.json, or demo (synthetic); default: candles of the config's exchanges, of which "
        "missing ones are downloaded",
    )
    backtest.add_argument(
        "--ticks",
        metavar="DIR|FILE.npz|demo",
        help="run settings of Passiv-X (live settings, backtest settings, or one backtest's) over these trades; "
        "default: stored ones of the settings' exchange, of which missing days are downloaded",
    )
    backtest.add_argument("--start", metavar="D", help="first day or minute (2025, 2025-01-31, 2025-01-31T12:00), UTC")
    backtest.add_argument("--end", metavar="D", help="last day or minute, or now")
    backtest.add_argument("--out", metavar="DIR", help="write the report there instead of keeping it in the home")
    backtest.add_argument("--json", action="store_true", help="print metrics and run as one JSON object")
    loudness = backtest.add_mutually_exclusive_group()
    loudness.add_argument("--verbose", action="store_true", help="tell every remark on config and data")
    loudness.add_argument("--quiet", action="store_true", help="no progress and no warnings")
    backtest.set_defaults(run=_backtest)


def _backtest(chosen: argparse.Namespace, home: Home) -> int:
    if _is_over_ticks(chosen, home):
        from passivtui.cli.backtest_ticks import backtest_ticks

        return backtest_ticks(chosen, home)
    from passivtui.console import ProgressBar, cancelled_by_signals

    config = load_chosen(chosen, home)
    if not chosen.quiet:
        tell(config.notes, everything=chosen.verbose)

    from passivtui.backtest import BacktestRequest, run_backtest
    from passivtui.backtest.markets import one_per_exchange

    home.ensure()
    out = _output_folder(chosen, home)
    requests = one_per_exchange(BacktestRequest(config, chosen.dataset, chosen.start, chosen.end))
    answers = []
    for request in requests:
        own_out = out if out is None or len(requests) == 1 else out / request.config.config.backtest.exchanges[0]
        with cancelled_by_signals() as token:
            with ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
                result = run_backtest(request, home, bar.show, token)
            token.raise_if_cancelled()
            folder = _store(result, own_out, home)
        if not chosen.quiet:
            tell(result.info.data_issues, everything=chosen.verbose)
        if chosen.json:
            answers.append(_answer(result, folder))
        else:
            print_result(_summary(result, folder, kept=out is None))
    if chosen.json:
        import json

        print_result(json.dumps(answers if len(answers) > 1 else answers[0], indent=1, allow_nan=False))
    return DONE


def _is_over_ticks(chosen: argparse.Namespace, home: Home) -> bool:
    """Whether ticks are asked for, or the settings are of the kind that needs them."""
    if chosen.ticks is not None:
        return True
    from passivtui.passivx.shelf import names_tick_settings

    return names_tick_settings(chosen.config, chosen.sets, home)


def _output_folder(chosen: argparse.Namespace, home: Home) -> Path | None:
    """The folder of --out, or None to keep the report in the home. Refuses what can't be written before the work."""
    if chosen.out is None:
        from passivtui.storage import check_reports

        check_reports(home)
        return None
    from pathlib import Path

    from passivtui.backtest import check_output_folder

    out = Path(chosen.out).absolute()
    check_output_folder(out)
    return out


def _store(result: BacktestResult, out: Path | None, home: Home) -> Path:
    if out is not None:
        from passivtui.backtest import write_output

        write_output(result, out)
        return out
    from passivtui.backtest import keep_report, report_row
    from passivtui.storage import add_report

    folder = keep_report(result, home)
    try:
        add_report(report_row(result, folder, home), home)
    except StorageError as error:  # the report is there, whole; the list takes it up when it is next opened
        say(f"warning: the report can't be listed yet: {error}")
    return folder


def _answer(result: BacktestResult, folder: Path) -> dict[str, Any]:
    from passivtui.backtest.export import plain_metrics

    return {
        "info": result.info.to_json(),
        "n_fills": result.n_fills,
        "analysis": plain_metrics(result.analysis),
        "folder": str(folder),
    }


def _summary(result: BacktestResult, folder: Path, *, kept: bool) -> str:
    from passivtui.backtest.summary import summary_text

    return f"{summary_text(result)}\n\nreport {'kept in' if kept else 'written to'} {folder}"
