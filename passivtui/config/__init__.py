"""Configs: found, read, checked, and written (`spec/config.md`). Imports neither NumPy nor anything of the screen."""

from passivtui.config.coins import normalise_coin
from passivtui.config.dates import parse_date
from passivtui.config.engine_params import engine_params
from passivtui.config.find import ConfigEntry, find_config, list_configs
from passivtui.config.load import config_from_document, load_config, template_config
from passivtui.config.model import (
    Approved,
    BacktestSettings,
    BotSettings,
    CoinLists,
    CoinOverride,
    Config,
    Limit,
    LiveSettings,
    LoadedConfig,
    Note,
    OptimizeSettings,
    SideParams,
)
from passivtui.config.save import to_json, to_toml

__all__ = [
    "Approved",
    "BacktestSettings",
    "BotSettings",
    "CoinLists",
    "CoinOverride",
    "Config",
    "ConfigEntry",
    "Limit",
    "LiveSettings",
    "LoadedConfig",
    "Note",
    "OptimizeSettings",
    "SideParams",
    "config_from_document",
    "engine_params",
    "find_config",
    "list_configs",
    "load_config",
    "normalise_coin",
    "parse_date",
    "template_config",
    "to_json",
    "to_toml",
]
