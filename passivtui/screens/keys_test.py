"""The connection test of a user: asked in a thread, shown as a dialog with one line per check."""

from __future__ import annotations

import asyncio

from textual.app import App

from passivtui.config import find_config, load_config
from passivtui.errors import PassivTuiError
from passivtui.exchanges.connection import ConnectionReport, Verdict, examine
from passivtui.exchanges.connection_words import report_text
from passivtui.exchanges.login import Login
from passivtui.live.exposure import first_entries
from passivtui.paths import Home
from passivtui.screens.base import Services
from passivtui.screens.dialogs import InputModal, TextModal


def config_question(user: str, home: Home) -> InputModal:
    """Which config's coins the balance is held against."""

    def fault(text: str) -> str | None:
        try:
            _parts(text, home)
        except PassivTuiError as error:
            return str(error)
        return None

    hint = (
        "A config whose coins the balance must do for, or nothing. Asks the exchange only, and changes nothing there."
    )
    return InputModal(f"Test the keys of {user}", hint=hint, check=fault)


def _parts(config: str, home: Home) -> dict[str, float] | None:
    """What the config's first entries cost; None without a config. Raises ConfigError and UsageError."""
    name = config.strip()
    return first_entries(load_config(find_config(name, home), home=home).config) if name else None


def start_test(app: App[object], services: Services, user: str, login: Login, config: str) -> None:
    """Ask in a thread; the answer is a dialog, wherever one is by then."""

    def shown(report: ConnectionReport) -> None:
        worst = {finding.verdict for finding in report.findings}
        role = "failure" if Verdict.BAD in worst else "caution" if Verdict.WARNING in worst else ""
        app.push_screen(TextModal(f"{user} at {login.venue}", report_text(report), role=role))

    parts = _parts(config, services.home)
    services.toast(f"Asking {login.venue} about {user}.")
    services.start_job(f"testing the keys of {user}", lambda *_: asyncio.run(examine(login, parts)), done=shown)
