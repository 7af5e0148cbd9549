"""`coin_overrides`: what single coins do differently (`spec/config.md` §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from passivtui.config.coins import normalise_coin
from passivtui.config.document import Document
from passivtui.config.findings import Findings
from passivtui.config.frozen import FrozenMap
from passivtui.config.model import BotSettings, CoinOverride, LiveSettings
from passivtui.config.parameter import NotAllowed, Param
from passivtui.config.parameters import COIN_BOT_PARAMETERS, COIN_LIVE_PARAMETERS, SIDES, nearest
from passivtui.errors import ConfigError, Problem

#: Opens and checks the config that an `override_config_path` names, and gives its document. Raises ConfigError.
OpenOverride = Callable[[str], tuple[Path, Document]]

_PATH_KEY = "override_config_path"


def read_coin_overrides(
    value: object, bot: BotSettings, live: LiveSettings, open_override: OpenOverride, findings: Findings
) -> FrozenMap[CoinOverride]:
    """Every coin's own settings, sorted by coin. Problems go to `findings`."""
    if value is None:
        return FrozenMap()
    if not isinstance(value, Mapping):
        findings.problem("coin_overrides", value, "must be a table of coins")
        return FrozenMap()
    overrides: dict[str, CoinOverride] = {}
    for name, table in value.items():
        key, coin = f"coin_overrides.{name}", normalise_coin(name)
        if not isinstance(table, Mapping):
            findings.problem(key, table, "must be a table with bot, live or override_config_path")
        elif not coin:
            findings.fault(key, "is no coin name")
        elif coin in overrides:
            findings.fault(key, f"{coin} is given twice under different names; keep one of them")
        else:
            overrides[coin] = _coin_override(key, table, bot, live, open_override, findings)
    return FrozenMap({coin: overrides[coin] for coin in sorted(overrides)})


def _coin_override(
    key: str,
    table: Mapping[str, Any],
    bot: BotSettings,
    live: LiveSettings,
    open_override: OpenOverride,
    findings: Findings,
) -> CoinOverride:
    """The file's values that differ from the main config, then the inline ones over them."""
    _refuse_unknown(key, table, ("bot", "live", _PATH_KEY), findings)
    external = _external(f"{key}.{_PATH_KEY}", table.get(_PATH_KEY), bot, live, open_override, findings)
    bots = _table(f"{key}.bot", table.get("bot"), findings)
    _refuse_unknown(f"{key}.bot", bots, SIDES, findings)
    sides = {
        side: _allowed(f"{key}.bot.{side}", bots.get(side), COIN_BOT_PARAMETERS, findings, strict=True)
        for side in SIDES
    }
    lives = _allowed(f"{key}.live", table.get("live"), COIN_LIVE_PARAMETERS, findings, strict=True)
    return CoinOverride(
        long=_merged(COIN_BOT_PARAMETERS, external.long, sides["long"]),
        short=_merged(COIN_BOT_PARAMETERS, external.short, sides["short"]),
        live=_merged(COIN_LIVE_PARAMETERS, external.live, lives),
    )


def _merged(order: Iterable[str], under: Mapping[str, Any], over: Mapping[str, Any]) -> FrozenMap[Any]:
    both = {**under, **over}
    return FrozenMap({name: both[name] for name in order if name in both})


def _external(
    key: str,
    value: object,
    bot: BotSettings,
    live: LiveSettings,
    open_override: OpenOverride,
    findings: Findings,
) -> CoinOverride:
    """The allowed keys that the named file holds and whose values differ from the main config."""
    if value is None:
        return CoinOverride()
    if not isinstance(value, str) or not value.strip():
        findings.problem(key, value, "must be the path of a config")
        return CoinOverride()
    try:
        path, document = open_override(value.strip())
    except ConfigError as error:
        if error.problems:
            findings.problems.extend(error.problems)
        else:
            findings.problem(key, value, str(error))
        return CoinOverride()
    if path not in findings.files:
        findings.files.append(path)
    ignored = Findings(path.name)  # the file was checked as a whole when it was opened
    bots = document.get("bot") or {}
    sides = {}
    for side in SIDES:
        values = _allowed("", bots.get(side), COIN_BOT_PARAMETERS, ignored, strict=False)
        main = bot.side(side)
        sides[side] = FrozenMap({name: item for name, item in values.items() if getattr(main, name, None) != item})
    lives = _allowed("", document.get("live"), COIN_LIVE_PARAMETERS, ignored, strict=False)
    return CoinOverride(
        long=sides["long"],
        short=sides["short"],
        live=FrozenMap({name: item for name, item in lives.items() if getattr(live, name) != item}),
    )


def _table(key: str, value: object, findings: Findings) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        findings.problem(key, value, "must be a table")
        return {}
    return value


def _allowed(
    key: str, value: object, params: Mapping[str, Param], findings: Findings, *, strict: bool
) -> dict[str, Any]:
    """The values of a table's allowed keys. `strict`: other keys are problems, else they are passed over."""
    table = _table(key, value, findings)
    if strict:
        _refuse_unknown(key, table, params, findings)
    values = {}
    for name, param in params.items():
        if table.get(name) is None:
            continue
        try:
            values[name] = param.read(table[name])
        except NotAllowed as error:
            findings.problem(f"{key}.{name}", table[name], f"must be {error}")
    return values


def _refuse_unknown(key: str, table: Mapping[str, Any], known: Iterable[str], findings: Findings) -> None:
    names = tuple(known)
    for name in table:
        if name in names:
            continue
        match = nearest(name, names)
        hint = f"; did you mean {match}?" if match else f"; allowed are {', '.join(names)}" if len(names) < 5 else ""
        findings.problems.append(Problem(f"{key}.{name}", "", f"can't be set for one coin{hint}", findings.file))
