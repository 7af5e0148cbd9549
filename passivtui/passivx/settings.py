"""Passiv-X's files as settings: live settings, backtest settings, and what one backtest over ticks runs.

JSON, HJSON or TOML; all problems of a file are told at once. Passiv-X's JSON forms and the TOML that `save` writes hold
the same keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from os.path import isfile  # unlike Path's, it never raises
from pathlib import Path
from typing import Any, Final

from passivtui.config.document import Document, read_document
from passivtui.config.findings import Findings, shown
from passivtui.config.frozen import freeze
from passivtui.errors import ConfigError
from passivtui.passivx.markets import TickMarket, known_of, venue_of
from passivtui.passivx.model import LiveSettings, Loaded, SessionSettings, Strategy, TickBacktest
from passivtui.passivx.parameters import LIVE, MARKET, RUN, SESSION, STRATEGY_NAMES
from passivtui.passivx.reading import (
    read_break_conditions,
    read_ranges,
    read_strategy,
    read_values,
    warn_of_unknown,
    with_sets,
)

_LIVE_NAMES: Final = tuple(param.name for param in LIVE)
_RUN_NAMES: Final = (*(param.name for param in (*RUN, *MARKET)), "exchange", "break_on")
_MARKET_NAMES: Final = tuple(param.name for param in MARKET)
_SESSION_NAMES: Final = tuple(param.name for param in SESSION)
#: Keys of live settings that Passiv-X itself does nothing with.
_IDLE: Final = frozenset({"key"})
#: Keys of Passiv-X's backtest settings that it does nothing with.
_IDLE_OF_SESSION: Final = frozenset({"multiprocessing"})
_ACCOUNTING: Final = "accounting"
_LEVELS_UP: Final = 4  # from a file of backtest settings to the folder that its paths start at


def is_session(document: Mapping[str, Any]) -> bool:
    """Whether a document holds Passiv-X's backtest settings."""
    return isinstance(document.get("ranges"), Mapping)


def is_live(document: Mapping[str, Any]) -> bool:
    """Whether a document holds Passiv-X's live settings."""
    return isinstance(document.get("indicator_settings"), Mapping)


def is_tick_settings(path: Path, sets: Sequence[str] = ()) -> bool:
    """Whether a file holds settings that are run over ticks: of one backtest, or Passiv-X's backtest settings.

    Live settings are with a starting_balance in `sets`; without it they are a config that can be converted.
    """
    try:
        document = read_document(path, Findings(path.name))
    except ConfigError:
        return False  # whoever loads it says what is wrong
    if is_live(document):
        return any(text.startswith("starting_balance=") for text in sets)
    return is_session(document) or {"ema_span", "grid_coefficient", "grid_spacing"} <= set(document)


def load_live_settings(path: Path) -> Loaded[LiveSettings]:
    """Passiv-X's live settings of one bot. Raises ConfigError with all problems of the file."""
    findings = Findings(path.name)
    settings = read_live_settings(read_document(path, findings), findings)
    findings.raise_if_any()
    return Loaded(settings, tuple(dict.fromkeys(findings.notes)))


def load_session_settings(path: Path) -> Loaded[SessionSettings]:
    """Passiv-X's backtest settings. Raises ConfigError with all problems of the file."""
    findings = Findings(path.name)
    settings = read_session_settings(read_document(path, findings), findings)
    findings.raise_if_any()
    return Loaded(settings, tuple(dict.fromkeys(findings.notes)))


def load_tick_backtest(path: Path, sets: Sequence[str] = ()) -> Loaded[TickBacktest]:
    """What one backtest runs, from a file of any of three forms.

    Settings of a backtest hold the strategy's keys beside the market's and the run's. Passiv-X's live settings hold the
    strategy; starting_balance comes from `sets`. Its backtest settings name the live settings to start from, which are
    run. `sets` are `KEY=VALUE` texts that count before the file. Raises ConfigError with all problems together.
    """
    findings = Findings(path.name)
    document = _flat(path, read_document(path, findings), findings)
    document = with_sets(document, sets, (*STRATEGY_NAMES, *_RUN_NAMES), findings)
    settings = _read_run({**document, **with_accounting(document, path)}, path.stem, findings)
    findings.raise_if_any()
    return Loaded(settings, tuple(dict.fromkeys(findings.notes)))


# ---- live settings


def read_live_settings(document: Document, findings: Findings) -> LiveSettings:
    """The live settings of a document; problems are noted."""
    if not is_live(document):
        findings.fault("indicator_settings", "is missing; live settings of Passiv-X have it, with tick_ema in it")
    flat = _flattened(document)
    values = read_values(flat, LIVE, findings)
    strategy = _with_lowered_markup(read_strategy(flat, findings), findings)
    known = (*_LIVE_NAMES, *STRATEGY_NAMES, *_IDLE, "indicator_settings")
    unknown = warn_of_unknown(document, known, findings)
    idle = {name: document[name] for name in _IDLE if document.get(name) is not None}
    inner = {name: value for name, value in _table(document, "indicator_settings").items() if name == "ohlcv_rsi"}
    extra = freeze({**unknown, **idle, **({"indicator_settings": inner} if inner else {})})
    return LiveSettings(**values, strategy=strategy, extra=extra)


def _flattened(document: Mapping[str, Any]) -> dict[str, Any]:
    """Live settings with the indicators' keys beside the others, under the names that backtests use."""
    indicators = _table(document, "indicator_settings")
    ema = _table(indicators, "tick_ema")
    names = ("do_long", "do_shrt", "funding_fee_collect_mode")
    flat = {name: value for name, value in document.items() if name != "indicator_settings"}
    flat.update({name: indicators[name] for name in names if name in indicators})
    return {**flat, "ema_span": ema.get("span"), "ema_spread": ema.get("spread", 0.0)}


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}


def _with_lowered_markup(strategy: Strategy, findings: Findings) -> Strategy:
    if strategy.min_markup <= strategy.max_markup:
        return strategy
    findings.warn("min_markup", f"{strategy.min_markup:g} is above max_markup; {strategy.max_markup:g} is used")
    return replace(strategy, min_markup=strategy.max_markup)


# ---- backtest settings


def read_session_settings(document: Document, findings: Findings) -> SessionSettings:
    """The backtest settings of a document; problems are noted."""
    values = read_values(document, SESSION, findings)
    highest = known_of(values["exchange"], values["symbol"]).get("max_leverage", float("inf"))
    known = (*_SESSION_NAMES, *_IDLE_OF_SESSION, *_MARKET_NAMES, _ACCOUNTING, "break_on", "ranges")
    return SessionSettings(
        **values,
        break_on=read_break_conditions(document.get("break_on"), findings),
        ranges=read_ranges(document.get("ranges"), highest, findings),
        extra=warn_of_unknown(document, known, findings),
    )


# ---- one backtest


def _flat(path: Path, document: Document, findings: Findings) -> Document:
    """Any of the three forms as the flat one."""
    if is_session(document):
        return _of_session(path, document, findings)
    if is_live(document):
        settings = read_live_settings(document, findings)
        return _of_strategy(settings.strategy) | {"symbol": settings.symbol}
    if not set(STRATEGY_NAMES) & set(document):
        raise ConfigError(
            f"{path} holds no settings of Passiv-X: a backtest over ticks needs keys such as grid_spacing and ema_span"
        )
    return document


def _of_strategy(strategy: Strategy) -> dict[str, Any]:
    return {field.name: getattr(strategy, field.name) for field in fields(strategy)}


def _of_session(path: Path, document: Document, findings: Findings) -> Document:
    """What a session's search starts with: its starting candidate on its market."""
    session = read_session_settings(document, findings)
    names = ("symbol", "exchange", "n_days", "latency_simulation_ms", "starting_balance")
    run = {name: getattr(session, name) for name in names}
    market = {param.name: document[param.name] for param in MARKET if param.name in document}
    candidate = find_candidate(path, session.starting_candidate_filepath)
    if candidate is None:
        named = session.starting_candidate_filepath or "nothing"
        raise ConfigError(
            f"{path.name}: starting_candidate_filepath names {named}, which is not there; "
            "name live settings that exist, or run the live settings themselves"
        )
    live = read_live_settings(read_document(candidate, findings), findings)
    return _of_strategy(live.strategy) | market | run | {name: document.get(name) for name in ("break_on", _ACCOUNTING)}


def find_candidate(path: Path, name: str) -> Path | None:
    """The file that a session's `starting_candidate_filepath` names, from its own folder or one of those around it."""
    if not name or not name.isprintable():
        return None
    folders = path.absolute().parents[:_LEVELS_UP]
    return next((folder / name for folder in folders if isfile(folder / name)), None)


def with_accounting(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What a document says of the accounting; if nothing, TOML is ours and "true", all else is from Passiv-X (§8)."""
    said = document.get(_ACCOUNTING)
    if said is None:
        return {_ACCOUNTING: "true" if path.suffix.lower() == ".toml" else "original"}
    return {_ACCOUNTING: "true" if said is True else said}  # the word without quotes, as HJSON and --set take it


def _read_run(document: Document, name: str, findings: Findings) -> TickBacktest:
    document = {key: value for key, value in document.items() if value is not None}
    if "starting_balance" not in document:
        findings.fault("starting_balance", "is missing; give it in the file, or as in --set starting_balance=1000")
        document["starting_balance"] = 1.0  # the problem is told; the rest is looked at all the same
    values = read_values(document, RUN, findings)
    symbol = values["symbol"]
    exchange = document.get("exchange") or venue_of(symbol)
    if exchange not in ("binance", "bybit"):
        findings.problem("exchange", exchange, "must be binance or bybit")
        exchange = venue_of(symbol)
    market = TickMarket(**read_values({**known_of(exchange, symbol), **document}, MARKET, findings))
    strategy = _limited_leverage(read_strategy(document, findings), market, findings)
    if strategy.min_markup > strategy.max_markup:
        findings.problem(
            "min_markup", strategy.min_markup, f"must not be above max_markup {shown(strategy.max_markup)}"
        )
    warn_of_unknown(document, (*STRATEGY_NAMES, *_RUN_NAMES, *_LIVE_NAMES), findings)
    return TickBacktest(
        name=name,
        symbol=symbol,
        strategy=strategy,
        market=market,
        starting_balance=values["starting_balance"],
        latency_ms=values["latency_simulation_ms"],
        n_days=values["n_days"] or None,
        break_on=read_break_conditions(document.get("break_on"), findings),
        accounting=values["accounting"],
        exchange=exchange,
    )


def _limited_leverage(strategy: Strategy, market: TickMarket, findings: Findings) -> Strategy:
    if strategy.leverage <= market.max_leverage:
        return strategy
    findings.warn("leverage", f"{strategy.leverage:g} is above the venue's maximum; {market.max_leverage:g} is used")
    return replace(strategy, leverage=market.max_leverage)
