"""Starting a bot from anywhere in the app: what it shall be, whose keys, a last look, and then its monitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from textual.app import App
from textual.worker import Worker

from passivtui.config import LoadedConfig, load_config
from passivtui.exchanges.connection import ConnectionReport, examine
from passivtui.exchanges.connection_words import report_text
from passivtui.exchanges.login import Login
from passivtui.live.exposure import first_entries
from passivtui.live.status import BotSpec
from passivtui.screens.base import Services
from passivtui.screens.bot_drawdown import agrees_to_drawdown_stop
from passivtui.screens.bot_monitor import BotMonitorScreen
from passivtui.screens.bot_start import StartBotScreen
from passivtui.screens.bot_stop import name_form
from passivtui.screens.dialogs import TextModal
from passivtui.screens.keys_opening import opened_vault
from passivtui.screens.keys_session import vault_session


def start_bot(services: Services, *, config: str = "", spec: BotSpec | None = None) -> Worker[None]:
    """Ask what to start (beginning with the config of that name), or start `spec` once more; then watch it.

    Goes on in the background; what goes wrong is shown.
    """
    app = cast("App[object]", services)

    async def flow() -> None:
        try:
            await _start(app, services, config, spec)
        except Exception as error:  # of a config, a vault, a venue, or the program: all are told the same way
            services.show_error(error, "starting a bot")

    work: Any = flow
    return cast("Worker[None]", app.run_worker(work, exit_on_error=False, group="bots", description="starting a bot"))


async def _start(app: App[object], services: Services, config: str, spec: BotSpec | None) -> None:
    if spec is None:
        await services.bots.look_around()
        taken = frozenset(handle.name for handle in services.bots.handles())
        spec = cast("BotSpec | None", await app.push_screen_wait(StartBotScreen(taken, config)))
    if spec is None or not await agrees_to_drawdown_stop(app, services.home, spec):
        return
    login = None
    if not spec.is_paper:
        login = await _agreed_login(app, services, spec)
        if login is None:
            return
    handle = await services.bots.start(spec, login)
    app.push_screen(BotMonitorScreen(handle))
    services.refresh_facts()


async def _agreed_login(app: App[object], services: Services, spec: BotSpec) -> Login | None:
    """The account's keys, once the venue was asked and the user's name typed; None when the person thinks again."""
    opened = await opened_vault(app, vault_session(services))
    if opened is None:
        return None
    login = opened.account(spec.user).login()
    loaded = load_config(Path(spec.config), sets=list(spec.sets), home=services.home)
    services.toast(f"Asking {login.venue} about {spec.user}.")
    report = await examine(login, first_entries(loaded.config))
    title = f"{spec.name}: real money of {spec.user} at {login.venue}"
    role = "" if report.is_usable else "failure"
    await app.push_screen_wait(TextModal(title, review_text(loaded, report), role=role))
    if not report.is_usable:
        return None
    form = name_form(spec.user, f"Trade with the money of {spec.user}?")
    agreed = cast("str | None", await app.push_screen_wait(form))
    return None if agreed is None else login


def review_text(loaded: LoadedConfig, report: ConnectionReport) -> str:
    """The most that may be held, and what the venue says of the key and of each coin's least balance."""
    config = loaded.config
    lines = [
        f"{name}: at worst {side.total_wallet_exposure_limit:g} x the balance in {side.n_positions} positions"
        for name, side in (("long", config.bot.long), ("short", config.bot.short))
        if side.is_on
    ]
    lines += [f"leverage {config.live.leverage:g}, cross margin where the venue has it", "", report_text(report)]
    if not report.is_usable:
        lines += ["", "The bot is not started: mend what is marked with X first."]
    return "\n".join(lines)
