"""`passivtui config`: check a config, or show it with every key filled in."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.loading import add_config, load_chosen
from passivtui.cli.output import print_result, tell
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    config = commands.add_parser("config", parents=[shared], help="check or show a config")
    actions = config.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, run, summary in (
        ("check", _check, "say everything that is wrong with a config"),
        ("show", _show, "print a config with every key filled in"),
    ):
        action = actions.add_parser(name, parents=[shared], help=summary, description=f"{summary.capitalize()}.")
        add_config(action)
        if name == "show":
            action.add_argument("--json", action="store_true", help="print Passivbot's JSON form instead of TOML")
        else:
            action.add_argument("--verbose", action="store_true", help="tell also which values are the template's")
        action.set_defaults(run=run)


def _check(chosen: argparse.Namespace, home: Home) -> int:
    config = load_chosen(chosen, home)
    tell(config.notes, everything=chosen.verbose)
    warnings = len(config.warnings)
    print_result(f"{config.name}: ok" + (f", {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""))
    return DONE


def _show(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.config import to_json, to_toml

    config = load_chosen(chosen, home)
    tell(config.notes, everything=False)
    print_result((to_json if chosen.json else to_toml)(config.config).rstrip("\n"))
    return DONE
