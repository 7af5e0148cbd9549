"""`passivtui backtest SETTINGS [--ticks …]`: one run of the Passiv-X strategy over single trades."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import DONE
from passivtui.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from passivtui.passivx import SessionSettings, TickBacktest, TickResult
    from passivtui.paths import Home
    from passivtui.progress import CancelToken, ProgressSink


def backtest_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Run the settings over the ticks, print the summary, and write `--out` if it was given."""
    _refuse_options(chosen)

    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.passivx import load_tick_backtest, run_tick_backtest, write_output
    from passivtui.passivx.shelf import find_settings
    from passivtui.passivx.stored import STORE

    loaded = load_tick_backtest(find_settings(chosen.config, home), chosen.sets)
    if not chosen.quiet:
        tell(loaded.notes, everything=chosen.verbose)
    out = _output_folder(chosen)
    with cancelled_by_signals() as token:
        with ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
            span = (chosen.start, chosen.end)
            place = chosen.ticks
            if place in (None, STORE):
                place = stored_place(loaded.settings, span, home, bar.show, token, quiet=chosen.quiet)
            result = run_tick_backtest(loaded.settings, place, bar.show, token, home=home)
        token.raise_if_cancelled()
        if out is not None:
            write_output(result, out)
    if result.warning and not chosen.quiet:
        say(f"warning: {result.warning}")
    print_result(_json(result, out) if chosen.json else _text(result, out))
    return DONE


def _refuse_options(chosen: argparse.Namespace) -> None:
    for option in ("dataset", "start", "end"):
        if getattr(chosen, option) is not None and (option == "dataset" or chosen.ticks is not None):
            rest = "with --ticks the whole of the ticks is run" if chosen.ticks is not None else "give --ticks instead"
            raise UsageError(f"--{option} is for candles; {rest}")


def stored_place(
    settings: TickBacktest | SessionSettings,
    span: tuple[str | None, str | None],
    home: Home,
    progress: ProgressSink,
    token: CancelToken,
    *,
    quiet: bool,
) -> str:
    """The stored days of the settings' exchange and symbol, after downloading those that are missing.

    `span` is the first and last day that were asked for; without the first the settings' n_days count.
    """
    from passivtui.cli.data_download import moment_of
    from passivtui.clock import utc_ms
    from passivtui.passivx.stored import days_wanted, ensure_stored

    now_ms = utc_ms()
    start, end = (None if text is None else moment_of(text, "the date", now_ms) for text in span)
    wanted = days_wanted(settings.exchange, settings.n_days, start, end, now_ms)
    stored, issues = ensure_stored(wanted, settings.symbol, home.ensure(), progress, token)
    if not quiet:
        tell(issues, everything=True)
    return str(stored)


def _output_folder(chosen: argparse.Namespace) -> Path | None:
    """The folder of --out, if there is one. Refuses what can't be written before the work."""
    if chosen.out is None:
        return None
    from pathlib import Path

    from passivtui.passivx import check_output_folder

    out = Path(chosen.out).absolute()
    check_output_folder(out)
    return out


def _json(result: TickResult, out: Path | None) -> str:
    import json

    from passivtui.passivx import result_json

    folder = None if out is None else str(out)
    return json.dumps({**result_json(result), "folder": folder}, indent=1, allow_nan=False)


def _text(result: TickResult, out: Path | None) -> str:
    from passivtui.passivx.summary import summary_text

    where = "name a folder by --out to keep the trades" if out is None else f"report written to {out}"
    return f"{summary_text(result)}\n\n{where}"
