"""`passivtui keys test`: what an exchange says of a user's keys, found out with reads alone."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.keys_passphrase import add_passphrase, unlocked
from passivtui.cli.output import print_result
from passivtui.cli.status import DONE, FAILED

if TYPE_CHECKING:
    from passivtui.paths import Home


def add_test(testing: argparse.ArgumentParser) -> None:
    """Give the subcommand's parser its arguments."""
    testing.add_argument("user", metavar="USER", help="a user in the vault")
    testing.add_argument("--config", metavar="CONFIG", help="tell the least balance for each of its coins, too")
    add_passphrase(testing)
    testing.set_defaults(run=_test)


def _test(chosen: argparse.Namespace, home: Home) -> int:
    """Raises VaultError, ConfigError, UsageError, and VenueError for a venue that can't be used at all."""
    import asyncio

    from passivtui.config import find_config, load_config
    from passivtui.exchanges.connection import examine
    from passivtui.exchanges.connection_words import report_json, report_text
    from passivtui.live.exposure import first_entries

    config = load_config(find_config(chosen.config, home), home=home).config if chosen.config else None
    login = unlocked(chosen, home).account(chosen.user).login()
    report = asyncio.run(examine(login, first_entries(config) if config is not None else None))
    if chosen.json:
        import json

        said = {"user": chosen.user, "exchange": login.venue, **report_json(report)}
        print_result(json.dumps(said, indent=1, ensure_ascii=False))
    else:
        print_result(report_text(report))
    return DONE if report.is_usable else FAILED
