"""`passivtui optimize`: search a config's bounds, with progress on stderr; stop it, and go on with it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.loading import add_config, load_chosen
from passivtui.cli.output import print_result, say, tell
from passivtui.cli.status import CANCELLED, DONE
from passivtui.errors import UsageError

if TYPE_CHECKING:
    from passivtui.config import Config
    from passivtui.optimize import OptimizationResult
    from passivtui.optimize.request import Report
    from passivtui.paths import Home
    from passivtui.progress import CancelToken

#: Options that say what a new run is; a resumed run keeps its own.
_OF_A_NEW_RUN = (
    *(
        "dataset",
        "ticks",
        "start_date",
        "end_date",
        "algorithm",
        "batch",
        "decides",
        "iters",
        "seed",
        "start",
        "out",
        "holdout",
    ),
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    optimize = commands.add_parser(
        "optimize",
        parents=[shared],
        help="search for better settings",
        description="Search the bounds of a config for settings that are better by its scoring and within its limits. "
        "The best found are kept as configs in the run's folder. Ctrl-C finishes what runs and writes everything; "
        "--resume goes on.",
    )
    add_config(optimize, optional=True)
    optimize.add_argument(
        "--dataset",
        metavar="DIR|demo",
        help="folder with a dataset.json, or demo (synthetic); default: candles of the config's exchanges",
    )
    optimize.add_argument(
        "--ticks",
        metavar="PLACE",
        help="search backtest settings of Passiv-X over single trades: demo, an .npz file, or a folder of them; "
        "default: stored ones of the settings' exchange, of which missing days are downloaded",
    )
    optimize.add_argument(
        "--algorithm",
        choices=("nsga2", "jackrabbit"),
        help="nsga2 breeds generations; jackrabbit mutates the best so far by less and less, which is Passiv-X's way "
        "(default: nsga2, with --ticks jackrabbit)",
    )
    optimize.add_argument(
        "--batch",
        metavar="N",
        type=_at_least_one,
        help="jackrabbit: candidates that come from one best and are tried side by side (default: 1)",
    )
    optimize.add_argument(
        "--decides",
        metavar="METRIC",
        help="jackrabbit: metric of optimize.scoring that makes a candidate the best (default: the first to be high)",
    )
    optimize.add_argument("--start-date", metavar="D", help="first day or minute, UTC; else the config's")
    optimize.add_argument("--end-date", metavar="D", help="last day or minute, or now; else the config's")
    optimize.add_argument("--iters", metavar="N", type=_at_least_one, help="candidates to try, besides the first ones")
    optimize.add_argument(
        "--seed", metavar="N", type=_seed, help="the same seed gives the same result (default: drawn)"
    )
    optimize.add_argument(
        "--start",
        metavar="CONFIG|DIR",
        help="config, or folder with configs or a run, to start from; with --ticks: live settings",
    )
    optimize.add_argument("--out", metavar="DIR", help="new or empty folder for the run (default: one in the home)")
    optimize.add_argument(
        "--holdout", metavar="DAYS", type=_days, help="days at the end of the data that the search never sees"
    )
    optimize.add_argument("--resume", metavar="DIR", help="go on with the run in this folder, instead of CONFIG")
    optimize.add_argument(
        "--workers", metavar="N", type=_at_least_one, help="threads (default: optimize.n_cpus, at most the processors)"
    )
    optimize.add_argument("--cluster", metavar="ADDRESS", help="dask scheduler to work on, such as tcp://host:8786")
    optimize.add_argument("--json", action="store_true", help="print the result as one JSON object")
    loudness = optimize.add_mutually_exclusive_group()
    loudness.add_argument("--verbose", action="store_true", help="tell every remark on config and data")
    loudness.add_argument("--quiet", action="store_true", help="no progress and no warnings")
    optimize.set_defaults(run=_optimize)


def _optimize(chosen: argparse.Namespace, home: Home) -> int:
    if _is_over_ticks(chosen, home):
        from passivtui.cli.optimize_ticks import optimize_ticks

        return optimize_ticks(chosen, home)
    from passivtui.cli.optimize_output import SearchLines, answer, summary
    from passivtui.console import cancelled_by_signals

    home.ensure()
    with cancelled_by_signals() as token, SearchLines(quiet=chosen.quiet) as lines:
        run = _resumed if chosen.resume is not None else _new
        result = run(chosen, home, lines.show, token)
    print_result(answer(result) if chosen.json else summary(result))
    return DONE if result.finished else CANCELLED


def _is_over_ticks(chosen: argparse.Namespace, home: Home) -> bool:
    """Whether ticks are asked for, or the settings or the run are of the kind that needs them."""
    from pathlib import Path

    if chosen.resume is None:
        if chosen.ticks is not None or chosen.config is None:
            return chosen.ticks is not None
        from passivtui.passivx.shelf import names_tick_settings

        return names_tick_settings(chosen.config, chosen.sets, home)

    from passivtui.optimize import is_tick_run

    return is_tick_run(Path(chosen.resume).expanduser())


def refuse_new_options(chosen: argparse.Namespace) -> None:
    """Raise UsageError for what `--resume` can't change."""
    if chosen.config is not None or chosen.sets:
        raise UsageError("--resume goes on with the config that the run began with; leave CONFIG and --set out")
    for name in _OF_A_NEW_RUN:
        if getattr(chosen, name) is not None:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} can't be changed by --resume; start a new run with --start {chosen.resume}")


def _resumed(chosen: argparse.Namespace, home: Home, report: Report, token: CancelToken) -> OptimizationResult:
    refuse_new_options(chosen)
    from pathlib import Path

    from passivtui.optimize import resume_optimization

    folder = Path(chosen.resume).expanduser()
    return resume_optimization(folder, home, report, token, workers=chosen.workers, cluster=chosen.cluster)


def _new(chosen: argparse.Namespace, home: Home, report: Report, token: CancelToken) -> OptimizationResult:
    if chosen.config is None:
        raise UsageError("name a CONFIG, or a run to go on with by --resume DIR")
    for name in ("batch", "decides"):
        if getattr(chosen, name) is not None and chosen.algorithm != "jackrabbit":
            raise UsageError(f"--{name} is for --algorithm jackrabbit; leave it out")
    if chosen.iters is not None:
        chosen.sets = [*chosen.sets, f"optimize.iters={chosen.iters}"]
    config = load_chosen(chosen, home)
    if not chosen.quiet:
        tell(config.notes, everything=chosen.verbose)
    from pathlib import Path

    from passivtui.config import find_config
    from passivtui.optimize import NSGA2, OptimizationRequest, load_starts, run_optimization

    starts: list[Config] = []
    if chosen.start is not None:
        path = Path(chosen.start).expanduser()
        starts, problems = load_starts(path if path.exists() else find_config(chosen.start, home), home)
        for problem in () if chosen.quiet else problems:
            say(f"warning: not started from: {problem}")
    request = OptimizationRequest(
        config,
        dataset=chosen.dataset,
        start=chosen.start_date,
        end=chosen.end_date,
        starts=tuple(starts),
        out=None if chosen.out is None else Path(chosen.out).expanduser().absolute(),
        seed=chosen.seed,
        workers=chosen.workers,
        cluster=chosen.cluster,
        holdout_days=chosen.holdout,
        algorithm=chosen.algorithm or NSGA2,
        batch=chosen.batch or 1,
        decides=chosen.decides,
    )
    return run_optimization(request, home, report, token)


def _at_least_one(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return number


def _seed(text: str) -> int:
    number = _whole(text)
    if not 0 <= number < 2**63:
        raise argparse.ArgumentTypeError(f"{text} must be between 0 and {2**63 - 1}")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no whole number") from None


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number of days") from None
    if not 0.0 <= days < 1e6:
        raise argparse.ArgumentTypeError(f"{text} must be at least 0 days")
    return days
