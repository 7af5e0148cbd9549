"""`passivtui config cliffs`: where a small change of a setting makes a config far worse."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from passivtui.cli.loading import add_config, load_chosen
from passivtui.cli.output import print_result
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from passivtui.optimize.validation import CliffMap
    from passivtui.paths import Home

_BAR_CELLS = 30


def add_cliffs(actions: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the action."""
    cliffs = actions.add_parser(
        "cliffs",
        parents=[shared],
        help="try every setting 1 %% and 5 %% aside",
        description="Run the config with every setting 1 %% and 5 %% to either side, and tell where the worst drawdown "
        "jumps: a setting that stands on the edge of a cliff.",
    )
    add_config(cliffs)
    cliffs.add_argument("--dataset", metavar="DIR|demo", help="as for a backtest")
    cliffs.add_argument("--json", action="store_true", help="print one JSON object")
    cliffs.add_argument("--quiet", action="store_true", help="no progress")
    cliffs.set_defaults(run=_cliffs)


def _cliffs(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.backtest import BacktestRequest
    from passivtui.clock import utc_ms
    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.optimize.validation import cliff_map
    from passivtui.optimize.validation.grounds import open_grounds

    loaded = load_chosen(chosen, home)
    request = BacktestRequest(loaded, chosen.dataset)
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        ground = open_grounds(request, home.ensure(), bar.show, token, utc_ms)[0]
        found = cliff_map(loaded.config, ground, token)
    print_result(json.dumps(asdict(found)) if chosen.json else cliffs_text(found))
    return DONE


def cliffs_text(found: CliffMap) -> str:
    """A bar of the worst drawdown for every step aside, cliffs marked."""
    lines = [f"as it is{'':<44}{_bar(found.drawdown)}"]
    for step in found.steps:
        mark = "!" if step.is_cliff else " "
        bar = _bar(step.drawdown) if step.trades else "hardly trades"
        lines.append(f"{mark} {step.key:<40}{step.step:>+5.0%}   {bar}")
    count = len(found.cliffs)
    told = "no cliff: no small step aside makes it far worse" if not count else f"{count} steps lead over a cliff (!)"
    return "\n".join([*lines, "", told])


def _bar(drawdown: float | None) -> str:
    if drawdown is None:
        return "the engine refuses it"
    return f"{drawdown:7.1%} {'#' * round(min(1.0, drawdown) * _BAR_CELLS)}"
