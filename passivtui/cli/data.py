"""`passivtui data`: the candle store: list, download, import, export, verify, delete."""

from __future__ import annotations

import argparse

from passivtui.cli.data_download import add_download
from passivtui.cli.data_files import add_export, add_import
from passivtui.cli.data_list import add_list
from passivtui.cli.data_upkeep import add_delete, add_verify


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    data = commands.add_parser("data", parents=[shared], help="list, download and keep market data")
    actions = data.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add_action in (add_list, add_download, add_import, add_export, add_verify, add_delete):
        add_action(actions, shared)
