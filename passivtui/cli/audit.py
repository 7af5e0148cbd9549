"""`passivtui audit`: what a bot did against what the strategy would have done on the same candles."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from passivtui.live.audit import AuditReport
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    audit = commands.add_parser(
        "audit",
        parents=[shared],
        help="compare what a bot did with what the strategy would have done",
        description="Replay the last 24 hours of a bot, hour by hour, from the state it had then and on the candles it "
        "recorded, and list every fill that differs with its cause and its cost.",
    )
    audit.add_argument("bot", metavar="BOT", help="name of the bot; passivtui bots lists them")
    audit.add_argument("--day", metavar="D", help="a UTC day, e.g. 2025-01-31 (default: the last 24 hours recorded)")
    audit.add_argument("--json", action="store_true", help="print one JSON object")
    audit.set_defaults(run=_audit)


def _audit(chosen: argparse.Namespace, home: Home) -> int:
    import asyncio

    from passivtui.config.dates import parse_date

    home.ensure()
    day_ms = None if chosen.day is None else parse_date(chosen.day, "--day")
    report = asyncio.run(_audited(chosen.bot, day_ms, home))
    print_result(_as_json(report) if chosen.json else report.text)
    return DONE


async def _audited(bot: str, day_ms: int | None, home: Home) -> AuditReport:
    from passivtui.live.audit import audit_bot
    from passivtui.storage import Database

    async with Database(home.database) as database:
        return await audit_bot(database, bot, day_ms)


def _as_json(report: AuditReport) -> str:
    import json
    from dataclasses import asdict

    causes = [{"cause": cause, "count": count, "cost": cost} for cause, count, cost in report.by_cause()]
    return json.dumps({**asdict(report), "parity": report.parity, "causes": causes}, indent=2)
