"""`passivtui drawdown-stop`: when a drawdown stop would have fired, before it is switched on."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from passivtui.cli.output import print_result
from passivtui.cli.status import DONE

if TYPE_CHECKING:
    from passivtui.live.drawdown_preview import Preview
    from passivtui.live.drawdown_stop import DrawdownRule
    from passivtui.paths import Home


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Add the subcommand."""
    stop = commands.add_parser(
        "drawdown-stop",
        parents=[shared],
        help="show when a drawdown stop would have fired",
        description="Show when a drawdown stop would have fired on the recorded equity of a bot, or in a backtest. "
        "passivtui live --drawdown-stop switches one on.",
    )
    source = stop.add_mutually_exclusive_group(required=True)
    source.add_argument("--bot", metavar="NAME", help="a bot's recorded equity; passivtui bots lists them")
    source.add_argument("--report", metavar="ID", help="a kept backtest: its id or its folder")
    stop.add_argument("--limit", metavar="X", type=fraction, required=True, help=LIMIT_HELP)
    add_rule(stop, prefix="")
    stop.add_argument("--json", action="store_true", help="print one JSON object")
    stop.set_defaults(run=_show)


LIMIT_HELP = "loss from the highest equity that fires, as 0.2 or 20%%"


def add_rule(parser: argparse._ActionsContainer, *, prefix: str) -> None:
    """The options of a rule besides its limit, their names beginning with `prefix`."""
    parser.add_argument(
        f"--{prefix}scope",
        dest="stop_scope",
        choices=("account", "side", "coin"),
        default="account",
        help="what is watched: the account as a whole, each side, or each coin (default: account)",
    )
    parser.add_argument(
        f"--{prefix}action",
        dest="stop_action",
        choices=("graceful_stop", "panic"),
        default="graceful_stop",
        help="open nothing new, or close everything at market (default: graceful_stop)",
    )
    parser.add_argument(
        f"--{prefix}cooldown",
        dest="stop_cooldown",
        metavar="HOURS",
        type=float,
        default=24.0,
        help="how long; 0: until passivtui bots NAME --mode config (default: 24)",
    )


def rule_of(chosen: argparse.Namespace, limit: float) -> DrawdownRule:
    """The rule that was chosen. Raises UsageError."""
    from passivtui.live.drawdown_stop import DrawdownRule, Scope

    return DrawdownRule(limit, Scope(chosen.stop_scope), chosen.stop_action, chosen.stop_cooldown)


def fraction(text: str) -> float:
    """A fraction from `0.2` or `20%`."""
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no fraction; give one such as 0.2 or 20%") from None


def _show(chosen: argparse.Namespace, home: Home) -> int:
    home.ensure()
    rule = rule_of(chosen, chosen.limit)
    preview = _of_bot(chosen.bot, rule, home) if chosen.bot is not None else _of_report(chosen.report, rule, home)
    print_result(_as_json(preview) if chosen.json else preview.text)
    return DONE


def _of_bot(bot: str, rule: DrawdownRule, home: Home) -> Preview:
    import asyncio

    from passivtui.live.drawdown_preview import preview_bot
    from passivtui.storage import Database

    async def look() -> Preview:
        async with Database(home.database) as database:
            return await preview_bot(database, bot, rule)

    return asyncio.run(look())


def _of_report(name: str, rule: DrawdownRule, home: Home) -> Preview:
    from pathlib import Path

    from passivtui.backtest.artefacts import open_report
    from passivtui.live.drawdown_preview import preview_backtest

    kept = home.backtests / name
    return preview_backtest(open_report(kept if kept.is_dir() else Path(name)), rule)


def _as_json(preview: Preview) -> str:
    import json
    from dataclasses import asdict

    return json.dumps({**asdict(preview), "times": len(preview.firings)}, indent=2)
