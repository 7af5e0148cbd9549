"""The drawdown stop of a bot to start: what it would have done so far, shown before it is switched on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

from textual.app import App

from passivtui.backtest import BacktestRequest, run_backtest
from passivtui.config import load_config
from passivtui.errors import PassivTuiError, UsageError
from passivtui.live.drawdown_preview import preview_backtest, preview_bot
from passivtui.live.drawdown_stop import DrawdownRule
from passivtui.live.live_prices import venue_of
from passivtui.live.status import BotSpec
from passivtui.paths import Home
from passivtui.screens.dialogs import ConfirmModal
from passivtui.storage import Database


def rule_of(percent: str) -> DrawdownRule | None:
    """The rule of a limit in percent, None for "". Raises UsageError."""
    if not percent.strip():
        return None
    try:
        limit = float(percent.strip().removesuffix("%")) / 100.0
    except ValueError:
        raise UsageError(f"{percent} is no percentage; give one such as 20") from None
    return DrawdownRule(limit)


def fault_of(percent: str) -> str | None:
    """What is wrong with such a text; None for nothing."""
    try:
        rule_of(percent)
    except UsageError as error:
        return str(error)
    return None


async def agrees_to_drawdown_stop(app: App[object], home: Home, spec: BotSpec) -> bool:
    """Whether the bot may start with its drawdown stop, after what that would have done was shown; to be awaited in a
    worker. True at once for a bot without one."""
    rule = spec.drawdown_stop
    if rule is None:
        return True
    told = await _past_of(spec, rule, home) or await asyncio.to_thread(_backtest_of, spec, rule, home)
    question = ConfirmModal(
        f"Stop new positions of {spec.name} at a drawdown of {rule.limit:.0%}?",
        told or "There is neither a record of this bot nor a recorded market to try it on.",
        do="Start with it",
        keep="Don't start",
    )
    return bool(cast("bool | None", await app.push_screen_wait(question)))


async def _past_of(spec: BotSpec, rule: DrawdownRule, home: Home) -> str:
    """On the bot's own record; "" without one."""
    if not home.database.exists():
        return ""
    with suppress(UsageError):
        async with Database(home.database, read_only=True) as database:
            return f"On its own record it {(await preview_bot(database, spec.name, rule)).text}"
    return ""


def _backtest_of(spec: BotSpec, rule: DrawdownRule, home: Home) -> str:
    """In a backtest of the bot's market; "" where none is recorded or it can't be run, which starting will tell."""
    market = "demo" if spec.paper is None else spec.paper.market
    if venue_of(market) is not None:
        market = "demo"
    try:
        loaded = load_config(Path(spec.config), sets=list(spec.sets), home=home)
        result = run_backtest(BacktestRequest(loaded, market), home)
    except PassivTuiError:
        return ""
    return f"In a backtest on the market {market} it {preview_backtest(result, rule).text}"
