"""The live right-hand text of the menu's rows, gathered after the first frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from passivtui.errors import PassivTuiError
from passivtui.paths import Home

Facts = Mapping[str, str]
"""Section name -> what to say beside its row."""

FactsProvider = Callable[[Home], Awaitable[Facts]]

STANDING_FACTS: Facts = {
    "live": "no bots",
    "backtest": "a first run on the demo market: 2, then enter",
    "optimize": "search for better settings",
    "configs": "files in the folder configs",
    "data": "demo market",
    "results": "",
    "keys": "not needed for backtests",
    "settings": "theme, colours, signs",
    "help": "first steps, keys",
}
"""What the rows say before anything is known."""


async def gather_facts(home: Home) -> Facts:
    """Last backtest, number of reports, number of own configs. Raises StorageError."""
    facts = {"configs": _configs_text(home), "keys": _keys_text(home)}
    if not home.database.exists():
        return {**facts, "results": "no reports yet"}
    from passivtui.storage import open_reports  # the database library is not needed for the first frame

    facts["optimize"] = await _searches_text(home)
    facts["live"] = await _bots_text(home)
    async with open_reports(home) as reports:
        rows = await reports.list()
    if not rows:
        return {**facts, "results": "no reports yet"}
    facts["results"] = "1 report" if len(rows) == 1 else f"{len(rows):,} reports"
    facts["backtest"] = last_text(rows[0].name, rows[0].gain, rows[0].drawdown_worst)
    return facts


def last_text(name: str, gain: float | None, drawdown_worst: float | None) -> str:
    """`last: NAME +38.2 % dd 11.4 %`; `gain` is final over starting balance, `drawdown_worst` a fraction."""
    text = f"last: {name}"
    if gain is not None:
        text += f" {(gain - 1) * 100:+.1f} %"
    if drawdown_worst is not None:
        text += f"  dd {abs(drawdown_worst) * 100:.1f} %"
    return text


async def _bots_text(home: Home) -> str:
    from passivtui.live.listing import list_bots

    bots = await list_bots(home)
    if not bots:
        return "no bots"
    running = sum(bot.is_running for bot in bots)
    lost = sum(bot.shown_state in ("failed", "killed") for bot in bots)
    counts = ((running, "running"), (len(bots) - running - lost, "stopped"), (lost, "ended by themselves (!)"))
    return ", ".join(f"{count} {words}" for count, words in counts if count)


async def _searches_text(home: Home) -> str:
    from passivtui.storage.optimizer_runs import read_runs

    runs = await read_runs(home)
    if not runs:
        return "no search yet"
    last = runs[0]
    state = f"{last.front_size} on the front" if last.status == "finished" else f"{last.evaluations:,} evaluations"
    return f"last: {last.config_name}, {state}"


def _keys_text(home: Home) -> str:
    """Names are not sealed, so that their number can be told while the vault is locked."""
    from passivtui.vault import Vault

    try:
        count = len(Vault(home.vault).entries())
    except PassivTuiError:
        return "the vault can't be read"
    return f"{count} key{'' if count == 1 else 's'}" if count else "no keys yet"


def _configs_text(home: Home) -> str:
    endings = (".toml", ".json", ".hjson")
    try:
        own = sum(1 for path in home.configs.iterdir() if path.suffix in endings)
    except FileNotFoundError:
        own = 0
    except OSError as error:
        return f"the folder configs can't be read: {error.strerror}"
    return "1 file in configs" if own == 1 else f"{own} files in configs"
