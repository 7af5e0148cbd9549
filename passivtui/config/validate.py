"""From a document to a `Config`: every value read by the parameter table, every mistake collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from passivtui.config.coins import CoinFolders, read_coin_lists
from passivtui.config.dates import read_date
from passivtui.config.document import Document
from passivtui.config.findings import Findings, shown
from passivtui.config.frozen import FrozenMap, freeze
from passivtui.config.model import (
    BacktestSettings,
    BotSettings,
    Config,
    LiveSettings,
    OptimizeSettings,
    SideParams,
)
from passivtui.config.objectives import read_bounds, read_limits, read_scoring
from passivtui.config.overrides import OpenOverride, read_coin_overrides
from passivtui.config.parameter import Kind, NotAllowed, Param
from passivtui.config.parameters import SECTION_PARAMETERS, SECTIONS, SIDES, nearest

_STRUCTURED = frozenset({Kind.COINS, Kind.METRICS, Kind.LIMITS})

#: Keys that Passivbot writes into the results of a run; they say nothing about the next one.
_RUNTIME_KEYS = frozenset({"backtest.coins", "backtest.cache_dir", "live.base_config_path", "live.coin_flags"})

#: What the optimizer adds to the configs that it finds.
RESULT_KEYS = frozenset({"analyses", "analyses_combined", "results_dir", "results_filename"})

#: Keys of passivtui's own that Passivbot doesn't know: they have an effect, and are kept as they are.
_OURS = frozenset({"optimize.validation"})


def validate(document: Document, folders: CoinFolders, open_override: OpenOverride, findings: Findings) -> Config:
    """The config that a document of Passivbot 7.3's form means. Raises ConfigError with all problems together."""
    backtest = _backtest(document, findings)
    bot = _bot(document, findings)
    live = _live(document, folders, findings)
    optimize = _optimize(document, backtest.use_btc_collateral, findings)
    overrides = read_coin_overrides(document.get("coin_overrides"), bot, live, open_override, findings)
    extra = _extra(document, findings)
    findings.raise_if_any()
    if not bot.long.is_on and not bot.short.is_on:
        findings.warn("bot", "both sides are switched off, so nothing is traded")
    return Config(backtest, bot, live, optimize, overrides, extra)


def _section(document: Mapping[str, Any], name: str, key: str, findings: Findings) -> Mapping[str, Any]:
    """A section's table; noted when it is missing, a problem when it is no table."""
    value = document.get(name)
    if value is None:
        findings.info(key, "not given; the template's values are used")
        return {}
    if not isinstance(value, Mapping):
        findings.problem(key, value, "must be a table")
        return {}
    return value


def _values(
    table: Mapping[str, Any], params: Iterable[Param], side: str, findings: Findings, *, given: bool
) -> dict[str, Any]:
    """The values of all plain settings of a table; a missing one is the template's (noted when the table was given)."""
    values = {}
    for param in params:
        if param.kind in _STRUCTURED:
            continue
        raw = table.get(param.name)
        if raw is None:
            template = param.template_for(side)
            if given:
                findings.info(param.key(side), f"not given; the template's value {shown(template)} is used")
            raw = template
        try:
            values[param.name] = param.read(raw)
        except NotAllowed as error:
            findings.problem(param.key(side), raw, f"must be {error}")
            values[param.name] = param.read(param.template_for(side))
    return values


def _backtest(document: Document, findings: Findings) -> BacktestSettings:
    table = _section(document, "backtest", "backtest", findings)
    values = _values(table, SECTION_PARAMETERS["backtest"], "", findings, given=bool(table))
    start, end = read_date(values["start_date"]), read_date(values["end_date"])
    if start is not None and end is not None and start > end:
        findings.problem(
            "backtest.start_date", values["start_date"], f"must not be after end_date {values['end_date']}"
        )
    return BacktestSettings(**values)


def _bot(document: Document, findings: Findings) -> BotSettings:
    table = _section(document, "bot", "bot", findings)
    for name in table:
        if name not in SIDES:
            findings.warn(f"bot.{name}", "unknown, left out")
    sides = {side: _side(table, side, findings) for side in SIDES}
    return BotSettings(**sides)


def _side(bot: Mapping[str, Any], side: str, findings: Findings) -> SideParams:
    key = f"bot.{side}"
    table = _section(bot, side, key, findings) if bot else {}
    params = SECTION_PARAMETERS["bot"]
    names = {param.name for param in params}
    for name in table:
        if name not in names:
            match = nearest(name, names)
            findings.warn(f"{key}.{name}", "unknown, left out" + (f"; did you mean {match}?" if match else ""))
    return SideParams(**_values(table, params, side, findings, given=bool(table)))


def _live(document: Document, folders: CoinFolders, findings: Findings) -> LiveSettings:
    table = _section(document, "live", "live", findings)
    values = _values(table, SECTION_PARAMETERS["live"], "", findings, given=bool(table))
    for param in SECTION_PARAMETERS["live"]:
        if param.kind is Kind.COINS:
            raw = table.get(param.name)
            if raw is None and table:
                findings.info(param.key(), f"not given; the template's value {shown(param.template)} is used")
            raw = param.template if raw is None else raw
            values[param.name] = read_coin_lists(param.key(), raw, folders, findings)
    return LiveSettings(**values)


def _optimize(document: Document, btc_collateral: bool, findings: Findings) -> OptimizeSettings:
    table = _section(document, "optimize", "optimize", findings)
    params = SECTION_PARAMETERS["optimize"]
    values = _values(table, params, "", findings, given=bool(table))
    structured = {}
    for param in params:
        if param.kind in _STRUCTURED:
            structured[param.name] = param.template if table.get(param.name) is None else table[param.name]
            if table and table.get(param.name) is None:
                findings.info(param.key(), "not given; the template's value is used")
    values["scoring"] = read_scoring("optimize.scoring", structured["scoring"], btc_collateral, findings)
    values["limits"] = read_limits("optimize.limits", structured["limits"], btc_collateral, findings)
    values["bounds"] = read_bounds("optimize.bounds", table.get("bounds"), findings)
    total = values["crossover_probability"] + values["mutation_probability"]
    if total > 1.0 + 1e-12:
        findings.fault(
            "optimize.crossover_probability",
            f"together with mutation_probability it is {total:g}, which must not be above 1",
        )
    return OptimizeSettings(**values)


def _extra(document: Document, findings: Findings) -> FrozenMap[Any]:
    """Unknown keys at the top and in backtest, live and optimize: kept, and warned about."""
    extra: dict[str, Any] = {}
    for name, value in document.items():
        if name in RESULT_KEYS:
            continue
        if name not in SECTIONS:
            _warn_unknown(name, SECTIONS, findings)
            extra[name] = value
        elif name in ("backtest", "live", "optimize") and isinstance(value, Mapping):
            unknown = _unknown_in(name, value, findings)
            if unknown:
                extra[name] = unknown
    frozen: FrozenMap[Any] = freeze(extra)
    return frozen


def _unknown_in(section: str, table: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    known = {param.name for param in SECTION_PARAMETERS[section]} | ({"bounds"} if section == "optimize" else set())
    unknown = {}
    for name, value in table.items():
        if name not in known and f"{section}.{name}" not in _RUNTIME_KEYS and value is not None:
            if f"{section}.{name}" not in _OURS:
                _warn_unknown(f"{section}.{name}", (f"{section}.{other}" for other in known), findings)
            unknown[name] = value
    return unknown


def _warn_unknown(key: str, known: Iterable[str], findings: Findings) -> None:
    match = nearest(key, known)
    findings.warn(key, "unknown, kept but without effect" + (f"; did you mean {match}?" if match else ""))
