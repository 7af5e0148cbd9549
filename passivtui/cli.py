"""The command line: arguments in, one service called, an exit status out.

Nothing heavy is imported before a command needs it: `--help` answers without NumPy, a backtest runs without Textual.

Exit status: 0 done, 1 a failure explained on stderr, 2 wrong usage, 130 cancelled (SIGINT or SIGTERM), 141 the reader
of stdout went away. Results go to stdout; progress, warnings and errors to stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from passivtui._version import VERSION
from passivtui.errors import Cancelled, ConfigError, PassivTuiError, StorageError, UsageError, storage_error
from passivtui.paths import HOME_VARIABLE, find_home

if TYPE_CHECKING:
    from pathlib import Path

    from passivtui.backtest import BacktestResult
    from passivtui.config import LoadedConfig, Note
    from passivtui.market import DataIssue
    from passivtui.paths import Home

DONE, FAILED, WRONG_USAGE, CANCELLED = 0, 1, 2, 130
READER_GONE = 141  # as a program that SIGPIPE ended

_CONFIG_HELP = "path of a config (TOML, JSON, HJSON), or the name of one in the home or shipped with the program"
_SET_HELP = "set a config key, e.g. bot.long.n_positions=3; may be given several times"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status; a traceback is never shown, it goes to the log file."""
    chosen = _parser().parse_args(arguments)
    name = getattr(chosen, "home", None)
    try:
        home = find_home(name)
    except RuntimeError as error:  # `~somebody` that nobody is
        _say(f"passivtui: the home folder {name or ''} can't be found: {error}")
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
        _say("cancelled")
        return CANCELLED
    except PassivTuiError as error:
        _explain(error, everything=getattr(chosen, "verbose", False))
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    except MemoryError:
        _say("passivtui: there is not enough memory for this; choose fewer coins or a shorter range")
        return FAILED
    except Exception as error:  # a fault of the program: one sentence here, the traceback in the log
        from passivtui.logs import log_exception

        what = " ".join(f"{type(error).__name__}: {error}".split())
        _say(f"passivtui: this should not have happened ({what}); {log_exception(home, error)}")
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
    _add_backtest(commands, shared)
    _add_config(commands, shared)
    where = commands.add_parser("where", parents=[shared], help="show where configs, reports and logs are kept")
    where.add_argument("--json", action="store_true", help="print one JSON object")
    where.set_defaults(run=_where)
    return parser


def _add_backtest(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser
) -> None:
    backtest = commands.add_parser(
        "backtest",
        parents=[shared],
        help="run a backtest",
        description="Run a backtest and print its summary. The report is kept for the app, or written to --out.",
    )
    backtest.add_argument("config", metavar="CONFIG", help=_CONFIG_HELP)
    backtest.add_argument(
        "--dataset",
        metavar="DIR|demo",
        help="folder with a dataset.json, or demo (synthetic); default: what the config's exchanges allow",
    )
    backtest.add_argument("--start", metavar="D", help="first day or minute (2025, 2025-01-31, 2025-01-31T12:00), UTC")
    backtest.add_argument("--end", metavar="D", help="last day or minute, or now")
    backtest.add_argument("--out", metavar="DIR", help="write the report there instead of keeping it in the home")
    backtest.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], dest="sets", help=_SET_HELP)
    backtest.add_argument("--json", action="store_true", help="print metrics and run as one JSON object")
    loudness = backtest.add_mutually_exclusive_group()
    loudness.add_argument("--verbose", action="store_true", help="tell every remark on config and data")
    loudness.add_argument("--quiet", action="store_true", help="no progress and no warnings")
    backtest.set_defaults(run=_backtest)


def _add_config(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    config = commands.add_parser("config", parents=[shared], help="check or show a config")
    actions = config.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, run, summary in (
        ("check", _config_check, "say everything that is wrong with a config"),
        ("show", _config_show, "print a config with every key filled in"),
    ):
        action = actions.add_parser(name, parents=[shared], help=summary, description=f"{summary.capitalize()}.")
        action.add_argument("config", metavar="CONFIG", help=_CONFIG_HELP)
        action.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], dest="sets", help=_SET_HELP)
        if name == "show":
            action.add_argument("--json", action="store_true", help="print Passivbot's JSON form instead of TOML")
        else:
            action.add_argument("--verbose", action="store_true", help="tell also which values are the template's")
        action.set_defaults(run=run)


def _run_app(_: argparse.Namespace, home: Home) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal; see passivtui --help for the commands that don't")
    from passivtui.app import PassivTuiApp

    app = PassivTuiApp(home.ensure())
    app.run()
    return app.return_code or DONE


def _backtest(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.console import ProgressBar, cancelled_by_signals

    config = _load(chosen, home)
    if not chosen.quiet:
        _tell(config.notes, everything=chosen.verbose)

    from passivtui.backtest import BacktestRequest, run_backtest

    home.ensure()
    out = _output_folder(chosen, home)
    request = BacktestRequest(config, chosen.dataset, chosen.start, chosen.end)
    with cancelled_by_signals() as token:
        with ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
            result = run_backtest(request, home, bar.show, token)
        token.raise_if_cancelled()
        folder = _store(result, out, home)
    if not chosen.quiet:
        _tell(result.info.data_issues, everything=chosen.verbose)
    _print_result(result, folder, as_json=chosen.json, kept=out is None)
    return DONE


def _load(chosen: argparse.Namespace, home: Home) -> LoadedConfig:
    for setting in chosen.sets:
        key, equals, _ = setting.partition("=")
        if not key.strip() or not equals:
            raise UsageError(f"--set {setting}: give a key and a value, as in --set bot.long.n_positions=3")
    from passivtui.config import find_config, load_config

    return load_config(find_config(chosen.config, home), sets=chosen.sets, home=home)


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
        _say(f"warning: the report can't be listed yet: {error}")
    return folder


def _print_result(result: BacktestResult, folder: Path, *, as_json: bool, kept: bool) -> None:
    if as_json:
        import json

        from passivtui.backtest.export import plain_metrics

        answer = {
            "info": result.info.to_json(),
            "n_fills": result.n_fills,
            "analysis": plain_metrics(result.analysis),
            "folder": str(folder),
        }
        _print(json.dumps(answer, indent=1, allow_nan=False))
        return
    from passivtui.backtest.summary import summary_text

    _print(f"{summary_text(result)}\n\nreport {'kept in' if kept else 'written to'} {folder}")


def _config_check(chosen: argparse.Namespace, home: Home) -> int:
    config = _load(chosen, home)
    _tell(config.notes, everything=chosen.verbose)
    warnings = len(config.warnings)
    _print(f"{config.name}: ok" + (f", {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""))
    return DONE


def _config_show(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.config import to_json, to_toml

    config = _load(chosen, home)
    _tell(config.notes, everything=False)
    _print((to_json if chosen.json else to_toml)(config.config).rstrip("\n"))
    return DONE


def _where(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.config.shipped import shipped_configs
    from passivtui.logs import log_path

    places = {
        "home": home.root,
        "configs": home.configs,
        "shipped configs": shipped_configs(),
        "candles": home.candles,
        "datasets (cache)": home.datasets,
        "backtests": home.backtests,
        "database": home.database,
        "log": log_path(home),
    }
    if chosen.json:
        import json

        _print(json.dumps({name: str(place) for name, place in places.items()}, indent=1))
    else:
        _print("\n".join(f"{name:<18}{place}" for name, place in places.items()))
    return DONE


def _tell(remarks: Iterable[Note | DataIssue], *, everything: bool) -> None:
    """Warnings, and with `everything` also what is merely worth knowing, on stderr."""
    for remark in remarks:
        if everything or remark.severity == "warning":
            _say(f"{remark.severity}: {remark}")


def _explain(error: PassivTuiError, *, everything: bool) -> None:
    _say(f"passivtui: {error}")
    if len(error.details) > 1 and (everything or isinstance(error, ConfigError)):
        for detail in error.details:
            _say(f"  {detail}")


def _print(text: str) -> None:
    """Results to stdout, at once: whatever is wrong with it shows here and not when the interpreter ends."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise storage_error("write the results to", "stdout", error) from error


def _say(line: str) -> None:
    with suppress(OSError):  # a stderr that is gone or full: there is nobody left to tell
        print(line, file=sys.stderr, flush=True)
