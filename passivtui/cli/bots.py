"""`passivtui bots`: which bots there are and how they stand, and a way to steer those that run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from passivtui.cli.output import print_result, say
from passivtui.cli.status import DONE
from passivtui.errors import UsageError

if TYPE_CHECKING:
    from passivtui.live.listing import ListedBot
    from passivtui.paths import Home

_CHOICES = ("leave", "keep-closes", "cancel-all", "close-positions")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    bots = commands.add_parser(
        "bots",
        parents=[shared],
        help="list live bots and steer them",
        description="List every bot of the home with how it stands, or do one thing with the bot NAME.",
    )
    bots.add_argument("name", metavar="NAME", nargs="?", help="one bot only")
    bots.add_argument("--stop", metavar="CHOICE", choices=_CHOICES, help=f"stop NAME: {', '.join(_CHOICES)}")
    bots.add_argument("--mode", metavar="MODE", help="put all of NAME into a mode, or give it back by 'config'")
    bots.add_argument("--panic", action="store_true", help="close every position of NAME at market")
    bots.add_argument("--json", action="store_true", help="print one JSON array")
    bots.set_defaults(run=_bots)


def _bots(chosen: argparse.Namespace, home: Home) -> int:
    import asyncio

    home.ensure()
    if chosen.stop or chosen.mode or chosen.panic:
        if chosen.name is None:
            raise UsageError("name the bot that is meant; passivtui bots lists them")
        asyncio.run(_steer(chosen, home))
    listed = asyncio.run(_listed(chosen, home))
    if chosen.json:
        import json

        print_result(json.dumps([_as_json(bot) for bot in listed], indent=2))
    elif listed:
        print_result("\n".join(_line(bot) for bot in listed))
    else:
        say("no bot has run in this home yet; passivtui live starts one")
    return DONE


async def _steer(chosen: argparse.Namespace, home: Home) -> None:
    from passivtui.live.control import RemoteBot
    from passivtui.live.status import StopChoice

    bot = RemoteBot(chosen.name, home)
    if chosen.panic:
        await bot.panic()
    if chosen.mode:
        await bot.set_mode("" if chosen.mode == "config" else chosen.mode)
    if chosen.stop:
        await bot.stop(StopChoice(chosen.stop))


async def _listed(chosen: argparse.Namespace, home: Home) -> list[ListedBot]:
    from passivtui.live.listing import list_bots

    listed = [bot for bot in await list_bots(home) if chosen.name in (None, bot.name)]
    if chosen.name is not None and not listed:
        raise UsageError(f"there is no bot {chosen.name} in this home; passivtui bots lists them")
    return listed


def _line(bot: ListedBot) -> str:
    ago = f"{bot.heartbeat_age_ms / 1000:.0f} s ago"
    balance = "" if bot.status is None or bot.status.balance is None else f"  {bot.status.balance:.2f}"
    quote = "" if not balance or bot.status is None else f" {bot.status.quote}"
    reason = f"  {bot.reason}" if bot.reason else ""
    return f"{bot.name}  {bot.user}  {bot.shown_state}  heard {ago}{balance}{quote}{reason}"


def _as_json(bot: ListedBot) -> dict[str, Any]:
    import json

    from passivtui.live.status_text import status_to_json

    return {
        "name": bot.name,
        "user": bot.user,
        "state": bot.shown_state,
        "reason": bot.reason,
        "running": bot.is_running,
        "heartbeat_age_ms": bot.heartbeat_age_ms,
        "pid": bot.pid,
        "status": None if bot.status is None else json.loads(status_to_json(bot.status)),
    }
