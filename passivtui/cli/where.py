"""`passivtui where`: the paths of everything that is kept."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    where = commands.add_parser("where", parents=[shared], help="show where configs, reports and logs are kept")
    where.add_argument("--json", action="store_true", help="print one JSON object")
    where.set_defaults(run=_where)


def _where(chosen: argparse.Namespace, home: Home) -> int:
    from passivtui.config.shipped import shipped_configs
    from passivtui.logs import log_path

    places = {
        "home": home.root,
        "configs": home.configs,
        "shipped configs": shipped_configs(),
        "deleted configs": home.trash,
        "candles": home.candles,
        "candle store": home.store,
        "datasets (cache)": home.datasets,
        "backtests": home.backtests,
        "optimizer runs": home.optimize,
        "live bots": home.live,
        "database": home.database,
        "keys": home.vault,
        "settings": home.settings,
        "log": log_path(home),
    }
    if chosen.json:
        import json

        print_result(json.dumps({name: str(place) for name, place in places.items()}, indent=1))
    else:
        print_result("\n".join(f"{name:<18}{place}" for name, place in places.items()))
    return DONE
