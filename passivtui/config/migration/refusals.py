"""Configs that have no equivalent: they are for other strategies, and saying so is all that can be done."""

from __future__ import annotations

from passivtui.config.migration.step import Step
from passivtui.config.parameters import SECTIONS, SIDES
from passivtui.errors import ConfigError

_SINGLE_SYMBOL = (
    "this is a single-symbol config of Passivbot 6 or older; its strategies are other ones, so it can't be converted. "
    "Start from the template config"
)
_MANAGER = (
    "this is a Passivbot 6 config that names the configs of its coins in other files; those are for other strategies, "
    "so it can't be converted. Start from the template config"
)
_BACKTEST = "these are backtest settings of Passivbot 6 or older, without a strategy. Start from the template config"
_BACKTEST_MARKS = frozenset({"latency_simulation_ms", "adg_n_subdivisions", "enable_interactive_plot"})
_EIGHT = "this is a config of Passivbot 8; its strategies are other ones, so it can't be used here"


def refuse_other_strategies(step: Step) -> None:
    """Raise ConfigError for what no step can bring to 7.3's form."""
    document = step.document
    if "bot" not in document and isinstance(document.get("long"), dict) and isinstance(document.get("short"), dict):
        raise ConfigError(f"{step.path}: {_SINGLE_SYMBOL}")
    if any(isinstance(step.table("bot", side).get("strategy"), (dict, str)) for side in SIDES):
        raise ConfigError(f"{step.path}: {_EIGHT}")
    if {"twe_long", "TWE_long"} & document.keys() and not step.table("universal_live_config"):
        raise ConfigError(f"{step.path}: {_MANAGER}")
    if _BACKTEST_MARKS & document.keys() and not set(SECTIONS) & document.keys():
        raise ConfigError(f"{step.path}: {_BACKTEST}")
    known = {*SECTIONS, "universal_live_config", "common"}
    if not known & document.keys():
        raise ConfigError(f"{step.path} is no config: it has none of the sections {', '.join(SECTIONS)}")
