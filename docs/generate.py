"""Write docs/configuration.md from the parameter table: `python docs/generate.py`."""

from __future__ import annotations

import json
from pathlib import Path

from passivtui.config.parameter import Param
from passivtui.config.parameters import PARAMETERS

PAGE = Path(__file__).parent / "configuration.md"
SECTIONS = {
    "bot": "The strategy, per side: `[bot.long]` and `[bot.short]`. Fractions are plain numbers (0.01 is 1 %).",
    "backtest": "What a backtest runs on.",
    "live": "What a live bot does besides the strategy; of these a backtest reads the coin lists and the minimum age.",
    "optimize": "What the optimizer varies and looks for.",
}
INTRODUCTION = """# Configuration

A config is a TOML file, or Passivbot's JSON or HJSON of v7.3. `passivtui config check FILE` names every problem at
once, `passivtui config show FILE` prints what was understood. A key that is missing takes the template's value, given
below as "template" (long / short where they differ). `--set bot.long.n_positions=3` changes a key for one run.
Settings marked "per coin" may stand in `coin_overrides`:
`coin_overrides.DOGE.bot.long.entry_grid_spacing_pct = 0.02`.

`template.toml` in `configs/` holds every key with its comment. This page is written by `docs/generate.py`.
"""


def shown(value: object) -> str:
    """A value as one would write it in JSON, shortened to a line."""
    text = json.dumps(value, default=str)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}…`"


def template(param: Param) -> str:
    long, short = (shown(param.template_for(side)) for side in ("long", "short"))
    return long if long == short else f"{long} / {short}"


def entry(param: Param) -> str:
    facts = [f"must be {param.expected}", f"template {template(param)}"]
    if param.unit:
        facts.insert(0, param.unit)
    if param.bounds is not None:
        low, high = param.bounds_for("long")
        facts.append(f"optimizer {low:g} to {high:g}")
    if param.per_coin:
        facts.append("per coin")
    return "\n\n".join(filter(None, [f"### {param.name}", f"{param.help} *{'; '.join(facts)}.*", param.more]))


def page() -> str:
    """The whole page, ready to be written."""
    parts = [INTRODUCTION.strip()]
    for section, words in SECTIONS.items():
        parts += [f"## {section}", words]
        seen: set[str] = set()
        for param in PARAMETERS.values():
            if param.section == section and param.name not in seen:
                seen.add(param.name)
                parts.append(entry(param))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
