"""The command line: arguments in, one service called, an exit status out.

Nothing heavy is imported before a command needs it: `--help` answers without NumPy, a backtest runs without Textual.

Results go to stdout; progress, warnings and errors to stderr. Exit statuses: `status.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from passivtui._version import VERSION
from passivtui.cli import (
    audit,
    backtest,
    bots,
    config,
    data,
    doctor,
    drawdown_stop,
    keys,
    live,
    optimize,
    passivx,
    validate,
    walk_forward,
    where,
)
from passivtui.cli.output import explain, say
from passivtui.cli.status import CANCELLED, DONE, FAILED, READER_GONE, WRONG_USAGE
from passivtui.errors import Cancelled, PassivTuiError, UsageError
from passivtui.paths import HOME_VARIABLE, Home, find_home


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status; a traceback is never shown, it goes to the log file."""
    chosen = _parser().parse_args(arguments)
    name = getattr(chosen, "home", None)
    try:
        home = find_home(name)
    except RuntimeError as error:  # `~somebody` that nobody is
        say(f"passivtui: the home folder {name or ''} can't be found: {error}")
        return WRONG_USAGE
    from passivtui.logs import logging_to

    with logging_to(home):
        return _run(chosen, home)


def _run(chosen: argparse.Namespace, home: Home) -> int:
    try:
        status: int = chosen.run(chosen, home)
        return status
    except BrokenPipeError:
        return READER_GONE
    except (Cancelled, KeyboardInterrupt):
        say("cancelled")
        return CANCELLED
    except PassivTuiError as error:
        explain(error, everything=getattr(chosen, "verbose", False))
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    except MemoryError:
        say("passivtui: there is not enough memory for this; choose fewer coins or a shorter range")
        return FAILED
    except Exception as error:  # a fault of the program: one sentence here, the traceback in the log
        from passivtui.logs import log_exception

        what = " ".join(f"{type(error).__name__}: {error}".split())
        say(f"passivtui: this should not have happened ({what}); {log_exception(home, error)}")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--home",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help=f"folder for everything that is kept (default: ${HOME_VARIABLE}, else the user's data folder)",
    )
    parser = argparse.ArgumentParser(
        prog="passivtui",
        description="Backtest and tune Passivbot's strategy in the terminal. Without a command: the app.",
        parents=[shared],
    )
    parser.set_defaults(run=_run_app)
    parser.add_argument("--version", action="version", version=f"passivtui {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for subcommand in (
        backtest,
        optimize,
        validate,
        walk_forward,
        live,
        bots,
        audit,
        drawdown_stop,
        config,
        data,
        passivx,
        keys,
        doctor,
        where,
    ):
        subcommand.add(commands, shared)
    return parser


def _run_app(_: argparse.Namespace, home: Home) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal; see passivtui --help for the commands that don't")
    from passivtui.app import PassivTuiApp

    app = PassivTuiApp(home.ensure())
    app.run()
    return app.return_code or DONE
