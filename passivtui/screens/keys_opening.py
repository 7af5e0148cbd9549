"""Opening the vault from wherever its keys are needed."""

from __future__ import annotations

import asyncio

from textual.app import App

from passivtui.screens.keys_forms import create_form, unlock_form
from passivtui.screens.keys_session import VaultSession
from passivtui.vault import UnlockedVault


async def opened_vault(app: App[object], session: VaultSession) -> UnlockedVault | None:
    """The open vault: at once if it is open, else by the environment's passphrase or the one that is asked for.

    To be awaited in a worker. None when the person gives up. Raises PassivTuiError for a passphrase of the
    environment that is wrong.
    """
    opened = session.opened or await asyncio.to_thread(session.unlock_unasked)
    if opened is None:
        form = unlock_form(session) if session.vault.exists() else create_form(session)
        opened = await app.push_screen_wait(form)
    if opened is not None:
        session.use(opened)
    return opened
