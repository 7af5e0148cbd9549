"""`passivtui walk-forward`: search on the past, try what was chosen on what came after, step by step."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

from passivtui.cli.loading import add_config, load_chosen
from passivtui.cli.output import print_result, say
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from passivtui.optimize.validation.walk_forward import Fold, WalkForward
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    walk = commands.add_parser(
        "walk-forward",
        parents=[shared],
        help="search on the past and try on what came after, step by step",
        description="Cut the time into equal parts; search on the first, try the chosen config on the second; search "
        "on both, try on the third; and so on. Tells what choosing by search would have earned on unseen days.",
    )
    add_config(walk)
    walk.add_argument("--dataset", metavar="DIR|demo", help="as for a backtest")
    walk.add_argument("--folds", metavar="N", type=int, default=3, help="steps (default 3)")
    walk.add_argument("--iters", metavar="N", type=int, help="candidates of each search")
    walk.add_argument("--seed", metavar="N", type=int, default=1, help="of every search (default 1)")
    walk.add_argument("--workers", metavar="N", type=int, help="threads")
    walk.add_argument("--out", metavar="DIR", required=True, help="new or empty folder for the searches")
    walk.add_argument("--json", action="store_true", help="print one JSON object")
    walk.add_argument("--quiet", action="store_true", help="no progress")
    walk.set_defaults(run=_walk)


def _walk(chosen: argparse.Namespace, home: Home) -> int:
    from pathlib import Path

    from passivtui.cli.optimize_output import SearchLines
    from passivtui.console import cancelled_by_signals
    from passivtui.errors import UsageError
    from passivtui.optimize import OptimizationRequest
    from passivtui.optimize.validation.walk_forward import walk_forward

    if chosen.folds < 1 or (chosen.iters is not None and chosen.iters < 1) or chosen.seed < 0:
        raise UsageError("--folds and --iters must be at least 1, --seed at least 0")
    folder = Path(chosen.out).expanduser().absolute()
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; choose a new folder")
    if chosen.iters is not None:
        chosen.sets = [*chosen.sets, f"optimize.iters={chosen.iters}"]
    loaded = load_chosen(chosen, home)
    request = OptimizationRequest(loaded, chosen.dataset, seed=chosen.seed, workers=chosen.workers)

    def told(fold: Fold) -> None:
        if not chosen.quiet:
            say(f"{fold.folder.name}: gain outside {_text(fold.outside_gain)}")

    with cancelled_by_signals() as token, SearchLines(quiet=chosen.quiet) as lines:
        found = walk_forward(request, home.ensure(), folder, chosen.folds, lines.show, token, told=told)
    print_result(json.dumps(_answer(found)) if chosen.json else _summary(found))
    return DONE


def _summary(found: WalkForward) -> str:
    from passivtui.backtest.metrics import format_metric, metric_of
    from passivtui.clock import iso_day

    lines = []
    for fold in found.folds:
        lines.append(
            f"{fold.folder.name}: searched until {iso_day(fold.border_ms)}, tried until {iso_day(fold.end_ms)}"
        )
        for name, inside, outside in zip(found.goal.scoring, fold.inside, fold.outside, strict=True):
            metric = metric_of(name)
            told = f"{format_metric(metric, inside):>12}   after it {format_metric(metric, outside)}"
            lines.append(f"  {metric.label:<28}{told}")
    return "\n".join([*lines, "", f"one after the other, on days that no search had seen: {_text(found.gain)}"])


def _text(gain: float | None) -> str:
    return "not defined" if gain is None or not math.isfinite(gain) else f"{gain - 1.0:+.2%}"


def _answer(found: WalkForward) -> dict[str, Any]:
    names = found.goal.scoring
    return {
        "gain": found.gain,
        "folds": [
            {
                "folder": str(fold.folder),
                "border_ms": fold.border_ms,
                "end_ms": fold.end_ms,
                "inside": dict(zip(names, fold.inside, strict=True)),
                "outside": dict(zip(names, fold.outside, strict=True)),
                "outside_gain": fold.outside_gain,
            }
            for fold in found.folds
        ],
    }
