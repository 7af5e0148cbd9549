"""`passivtui backtest SETTINGS --ticks …`: one run of the Passiv-X strategy over single trades."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import DONE
from passivtui.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from passivtui.passivx import TickResult
    from passivtui.paths import Home


def backtest_ticks(chosen: argparse.Namespace, home: Home) -> int:
    """Run the settings over the ticks, print the summary, and write `--out` if it was given."""
    for option in ("dataset", "start", "end"):
        if getattr(chosen, option) is not None:
            raise UsageError(f"--{option} is for candles; with --ticks the whole of the ticks is run")

    from passivtui.config import find_config
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.passivx import load_tick_backtest, run_tick_backtest, write_output

    loaded = load_tick_backtest(find_config(chosen.config, home), chosen.sets)
    if not chosen.quiet:
        tell(loaded.notes, everything=chosen.verbose)
    out = _output_folder(chosen)
    with cancelled_by_signals() as token:
        with ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
            result = run_tick_backtest(loaded.settings, chosen.ticks, bar.show, token)
        token.raise_if_cancelled()
        if out is not None:
            write_output(result, out)
    if result.warning and not chosen.quiet:
        say(f"warning: {result.warning}")
    print_result(_json(result, out) if chosen.json else _text(result, out))
    return DONE


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
