"""A home as somebody has it who has used the program for a while, with names that try what screens bear."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from small_market import write_config, write_small_market

from passivtui.backtest.kept import run_and_keep
from passivtui.backtest.request import BacktestRequest
from passivtui.config import load_config
from passivtui.paths import Home
from passivtui.progress import CancelToken, ignore_progress
from passivtui.vault import Secret, Vault, make_account
from passivtui.vault.sealing import ScryptCost

ODD_NAME = "[bold]odd [\u202eeman"
"""Reads as markup, and turns the direction of what follows."""
PASSPHRASE = "correct horse battery"


def furnish(home: Home) -> Home:
    """A market, configs (one with an odd name, one broken), two reports, a vault with a key; no venue is reached."""
    home.settings.write_text('market = "small"\n\n[sources]\nattempts = 1\ntimeout_seconds = 0.2\n')
    write_small_market(home)
    paths = [write_config(home), home.configs / f"{ODD_NAME}.toml"]
    paths[1].write_bytes(paths[0].read_bytes())
    (home.configs / "broken.toml").write_text("bot = [")
    vault = Vault(home.vault, cost=ScryptCost(2**10)).create(Secret(PASSPHRASE))
    vault.put(make_account("bybit_01", "bybit", {"key": "k" * 18, "secret": "s" * 36}))
    vault.lock()
    with ThreadPoolExecutor(1) as pool:  # not on the thread of an event loop
        for path in paths:
            request = BacktestRequest(load_config(path, home=home), "small")
            pool.submit(run_and_keep, request, home, ignore_progress, CancelToken()).result()
    return home
