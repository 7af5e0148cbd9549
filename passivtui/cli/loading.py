"""CONFIG and `--set`: how every command that takes a config names and loads it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.errors import UsageError

if TYPE_CHECKING:
    from passivtui.config import LoadedConfig
    from passivtui.paths import Home

CONFIG_HELP = "path of a config (TOML, JSON, HJSON), or the name of one in the home or shipped with the program"
_SET_HELP = "set a config key, e.g. bot.long.n_positions=3; may be given several times"


def add_config(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Give `parser` the argument CONFIG, None if it is `optional` and not given, and the option `--set`."""
    parser.add_argument("config", metavar="CONFIG", nargs="?" if optional else None, help=CONFIG_HELP)
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], dest="sets", help=_SET_HELP)


def load_chosen(chosen: argparse.Namespace, home: Home) -> LoadedConfig:
    """The config that CONFIG and `--set` name. Raises UsageError and ConfigError."""
    for setting in chosen.sets:
        key, equals, _ = setting.partition("=")
        if not key.strip() or not equals:
            raise UsageError(f"--set {setting}: give a key and a value, as in --set bot.long.n_positions=3")
    from passivtui.config import find_config, load_config

    return load_config(find_config(chosen.config, home), sets=chosen.sets, home=home)
