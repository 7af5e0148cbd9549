"""`passivtui validate`: how far the result of a search can be trusted."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from passivtui.cli.output import print_result
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passivtui.optimize.validation import MemberCheck, Validation
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    validate = commands.add_parser(
        "validate",
        parents=[shared],
        help="see how far a search's result can be trusted",
        description="Try the front of a search on the days that it never saw (--holdout), on equal periods, and a "
        "little aside in every setting; and tell how much of the best result is expected by luck.",
    )
    validate.add_argument("run_folder", metavar="RUN", help="folder of a run of passivtui optimize")
    validate.add_argument("--members", metavar="N", type=int, default=10, help="members to look at (default 10)")
    validate.add_argument("--trials", metavar="N", type=int, default=200, help="tries to sample (default 200)")
    validate.add_argument("--periods", metavar="N", type=int, default=4, help="equal periods (default 4)")
    validate.add_argument("--json", action="store_true", help="print one JSON object")
    validate.add_argument("--quiet", action="store_true", help="no progress")
    validate.set_defaults(run=_validate)


def _validate(chosen: argparse.Namespace, home: Home) -> int:
    from pathlib import Path

    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.errors import UsageError
    from passivtui.optimize.validation import ValidationOptions, validate_run

    for name in ("members", "trials", "periods"):
        if getattr(chosen, name) < 1:
            raise UsageError(f"--{name} must be at least 1")
    options = ValidationOptions(members=chosen.members, trials=chosen.trials, periods=chosen.periods)
    folder = Path(chosen.run_folder).expanduser().absolute()
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        found = validate_run(folder, home.ensure(), options, bar.show, token)
    print_result(json.dumps(_answer(found)) if chosen.json else _summary(found))
    return DONE


def _summary(found: Validation) -> str:
    from passivtui.backtest.metrics import format_metric, metric_of

    lines = [found.verdict, ""]
    for number, check in enumerate(found.members, start=1):
        lines.append(f"{number}  {check.path.name}")
        lines.append(f"   {check.verdict}")
        for index, name in enumerate(found.goal.scoring):
            metric = metric_of(name)
            unseen = "" if check.outside is None else f"   unseen {format_metric(metric, check.outside[index])}"
            lines.append(f"   {metric.label:<28}{format_metric(metric, check.inside[index]):>12}{unseen}")
    return "\n".join(lines)


def _answer(found: Validation) -> dict[str, Any]:
    luck = found.overfitting
    return {
        "folder": str(found.folder),
        "trials": found.trials,
        "sampled": found.sampled,
        "holdout_days": found.holdout_days,
        "overfitting": None
        if luck is None
        else {
            "probability": luck.probability,
            "loss": luck.loss,
            "slope": luck.slope,
            "combinations": luck.combinations,
        },
        "verdict": found.verdict,
        "members": [_member(check, found.goal.scoring) for check in found.members],
    }


def _member(check: MemberCheck, scoring: Sequence[str]) -> dict[str, Any]:
    def named(values: Sequence[float | None]) -> dict[str, float | None]:
        return {
            name: None if value is None or not math.isfinite(value) else value
            for name, value in zip(scoring, values, strict=True)
        }

    return {
        "file": str(check.path),
        "distance": check.distance,
        "inside": named(check.inside),
        "outside": None if check.outside is None else named(check.outside),
        "periods": [named(period) for period in check.periods],
        "robust": check.robust,
        "deflated_sharpe": check.deflated,
        "verdict": check.verdict,
    }
