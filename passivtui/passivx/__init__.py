"""The Passiv-X strategy: its settings, its ticks and its backtest (`docs/passivx.md`)."""

from passivtui.passivx.artefacts import check_output_folder, result_json, write_output
from passivtui.passivx.model import LiveSettings, Loaded, SearchRange, SessionSettings, Strategy, TickBacktest
from passivtui.passivx.results import TickOutcome
from passivtui.passivx.run import TickResult, run_over_ticks, run_tick_backtest
from passivtui.passivx.save import to_json, to_toml
from passivtui.passivx.settings import load_live_settings, load_session_settings, load_tick_backtest
from passivtui.passivx.tick_files import Ticks, open_ticks

__all__ = [
    "LiveSettings",
    "Loaded",
    "SearchRange",
    "SessionSettings",
    "Strategy",
    "TickBacktest",
    "TickOutcome",
    "TickResult",
    "Ticks",
    "check_output_folder",
    "load_live_settings",
    "load_session_settings",
    "load_tick_backtest",
    "open_ticks",
    "result_json",
    "run_over_ticks",
    "run_tick_backtest",
    "to_json",
    "to_toml",
    "write_output",
]
