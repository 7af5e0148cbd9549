"""`passivtui passivx`: take over a Passiv-X folder, and list the settings that were taken."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from passivtui.cli.output import print_result, say
from passivtui.cli.status import DONE, FAILED

if TYPE_CHECKING:
    from passivtui.passivx.importing import ImportedFile
    from passivtui.paths import Home

_Actions = argparse._SubParsersAction


def add(commands: _Actions[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    passivx = commands.add_parser("passivx", parents=[shared], help="take over a Passiv-X folder")
    actions = passivx.add_subparsers(title="commands", metavar="COMMAND", required=True)
    importing = actions.add_parser(
        "import",
        parents=[shared],
        help="take over settings, trades and results of a Passiv-X folder",
        description="Copy live settings, backtest settings, downloaded trades and results of Jackrabbit into the home, "
        "and say of every file what it became or why it was left. Keys are not copied: the command that puts them into "
        "the vault is named. The folder stays as it is.",
    )
    importing.add_argument("folder", metavar="DIR", help="the folder that Passiv-X's main.py is in")
    importing.add_argument("--json", action="store_true", help="print a JSON list, an object a file")
    importing.add_argument("--quiet", action="store_true", help="no progress")
    importing.set_defaults(run=_import)
    listing = actions.add_parser("list", parents=[shared], help="list the settings of Passiv-X in the home")
    listing.add_argument("--json", action="store_true", help="print a JSON list")
    listing.set_defaults(run=_list)


def _import(chosen: argparse.Namespace, home: Home) -> int:
    from pathlib import Path

    from passivtui.console import ProgressBar, cancelled_by_signals
    from passivtui.passivx.folder import read_passivx_folder
    from passivtui.passivx.importing import import_folder

    folder = read_passivx_folder(Path(chosen.folder).expanduser().absolute())
    home.ensure()
    with cancelled_by_signals() as token, ProgressBar(sys.stderr, wanted=not chosen.quiet) as bar:
        files = import_folder(folder, home, bar.show, token)
    if chosen.json:
        import json

        print_result(json.dumps([_entry(file) for file in files], indent=1, ensure_ascii=False))
    else:
        print_result(_text(files) if files else f"{folder.root} holds nothing to take over")
    if not chosen.quiet and any(file.fate == "for the vault" for file in files):
        say("the key files stay as they are, in plain text: delete them once the bots run with the vault")
    usable = any(file.fate != "left" for file in files)
    return DONE if usable or not files else FAILED


def _entry(file: ImportedFile) -> dict[str, Any]:
    return {
        "kind": file.found.kind,
        "exchange": file.found.exchange,
        "name": file.found.name,
        "file": str(file.found.path),
        "fate": file.fate,
        "place": None if file.place is None else str(file.place),
        "words": file.words,
    }


def _text(files: Sequence[ImportedFile]) -> str:
    """A line a file: its fate, kind and name, and what there is to say; where it is now below."""
    lines = []
    for file in files:
        name = f"{file.found.exchange}/{file.found.name}" if file.found.exchange else file.found.name
        lines.append(f"{file.fate:<14}{file.found.kind:<18}{name}: {file.words}")
        if file.fate == "taken":
            lines.append(f"{'':<14}{file.place}")
    return "\n".join(lines)


def _list(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.passivx.shelf import Shelf

    entries = Shelf(home).entries()
    if chosen.json:
        import json

        rows = [{"kind": e.kind, "exchange": e.exchange, "name": e.name, "file": str(e.path)} for e in entries]
        print_result(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        lines = [f"{entry.kind:<19}{entry.exchange:<9}{entry.name}" for entry in entries]
        print_result("\n".join(lines) or "no settings of Passiv-X in the home; passivtui passivx import DIR takes some")
    return DONE
