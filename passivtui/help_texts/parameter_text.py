"""Every setting of a config in words, from the table that checks and editor use too."""

from __future__ import annotations

import json
from typing import Final

from passivtui.config.parameter import Param
from passivtui.config.parameters import PARAMETERS

SECTIONS: Final = {
    "bot": "The strategy, per side: `[bot.long]` and `[bot.short]`. Fractions are plain numbers (0.01 is 1 %).",
    "backtest": "What a backtest runs on.",
    "live": "What a live bot does besides the strategy; of these a backtest reads the coin lists and the minimum age.",
    "optimize": "What the optimizer varies and looks for.",
}
_LONGEST: Final = 60


def parameters_markdown() -> str:
    """All settings by section, each with its facts and its explanation."""
    parts: list[str] = []
    for section, words in SECTIONS.items():
        parts += [f"## {section}", words]
        once: dict[str, Param] = {}  # a setting of the bot is in the table for either side
        for param in PARAMETERS.values():
            if param.section == section:
                once.setdefault(param.name, param)
        parts += [entry(param) for param in once.values()]
    return "\n\n".join(parts)


def entry(param: Param) -> str:
    """One setting: its name, what it is for, what is allowed, and more for who wants to know."""
    facts = [f"must be {param.expected}", f"template {_template(param)}"]
    if param.unit:
        facts.insert(0, param.unit)
    if param.bounds is not None:
        low, high = param.bounds_for("long")
        facts.append(f"optimizer {low:g} to {high:g}")
    if param.per_coin:
        facts.append("per coin")
    return "\n\n".join(filter(None, [f"### {param.name}", param.help, f"*{'; '.join(facts)}.*", param.more]))


def _template(param: Param) -> str:
    long, short = (_shown(param.template_for(side)) for side in ("long", "short"))
    return long if long == short else f"{long} / {short}"


def _shown(value: object) -> str:
    """A value as one would write it in JSON, shortened to a line."""
    text = json.dumps(value, default=str)
    return f"`{text}`" if len(text) <= _LONGEST else f"`{text[: _LONGEST - 3]}…`"
