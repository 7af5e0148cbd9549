"""Writing configs: commented TOML, and the JSON that Passivbot 7.3 reads. Both load back to an equal config."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from passivtui.config.frozen import thaw
from passivtui.config.model import CoinOverride, Config
from passivtui.config.parameter import Kind, Param, Range
from passivtui.config.parameters import SECTION_PARAMETERS, SIDES

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def to_document(config: Config) -> dict[str, Any]:
    """The config as plain tables and lists in Passivbot's form: all five sections, coin lists resolved."""
    document: dict[str, Any] = {
        "backtest": _section(config.backtest, "backtest"),
        "bot": {side: _section(config.bot.side(side), "bot") for side in SIDES},
        "live": _section(config.live, "live"),
        "optimize": {
            **_section(config.optimize, "optimize"),
            "bounds": {name: list(bounds) for name, bounds in config.optimize.bounds.items()},
        },
        "coin_overrides": {coin: _override(override) for coin, override in config.coin_overrides.items()},
    }
    for name, value in config.extra.items():
        document[name] = {**document[name], **thaw(value)} if name in document else thaw(value)
    return document


def to_json(config: Config) -> str:
    """JSON that Passivbot v7.3.16 accepts: all sections, keys sorted. `load_config` reads an equal config back."""
    return json.dumps(to_document(config), indent=4, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def to_toml(config: Config) -> str:
    """Commented TOML: every setting with its explanation. `load_config` reads an equal config back."""
    return "\n".join(_toml_lines(to_document(config))) + "\n"


def _section(settings: Any, section: str) -> dict[str, Any]:
    return {param.name: _plain(param, getattr(settings, param.name)) for param in SECTION_PARAMETERS[section]}


def _plain(param: Param, value: Any) -> Any:
    if param.kind is Kind.COINS:
        return {side: list(getattr(value, side)) for side in SIDES}
    if param.kind is Kind.LIMITS:
        return {limit.key: limit.value for limit in value}
    return list(value) if isinstance(value, tuple) else value


def _override(override: CoinOverride) -> dict[str, Any]:
    bot = {side: dict(override.side(side)) for side in SIDES if override.side(side)}
    table: dict[str, Any] = {"bot": bot} if bot else {}
    return {**table, "live": dict(override.live)} if override.live else table


# -- TOML -----------------------------------------------------------------------------------------------------------


def _toml_lines(document: dict[str, Any]) -> Iterator[str]:
    bot, optimize = document["bot"], document["optimize"]
    tables = {"backtest", "bot", "live", "optimize", "coin_overrides"}
    for name in document:
        if name not in tables:
            yield f"{_key(name)} = {_value(document[name])}"
    yield from _table("backtest", document["backtest"], SECTION_PARAMETERS["backtest"])
    yield from _table("bot.long", bot["long"], SECTION_PARAMETERS["bot"])
    yield from ("", "# The same settings for the short side.", "[bot.short]", *_pairs(bot["short"]))
    yield from _table("live", document["live"], SECTION_PARAMETERS["live"])
    inner = {"bounds", "limits"}
    plain = {name: value for name, value in optimize.items() if name not in inner}
    yield from _table("optimize", plain, [param for param in SECTION_PARAMETERS["optimize"] if param.name not in inner])
    limits = next(param for param in SECTION_PARAMETERS["optimize"] if param.name == "limits")
    yield from ("", f"# {limits.help}", f"# {limits.more}", "[optimize.limits]", *_pairs(optimize["limits"]))
    yield from (
        "",
        "# The optimizer's space: [low, high] for each setting.",
        "[optimize.bounds]",
        *_pairs(optimize["bounds"]),
    )
    for coin, override in document["coin_overrides"].items():
        yield from _coin(f"coin_overrides.{_key(coin)}", override)


def _coin(name: str, override: Mapping[str, Any]) -> Iterator[str]:
    """One coin's tables; the bare header keeps a coin without any setting."""
    yield from ("", f"[{name}]")
    for side, values in override.get("bot", {}).items():
        yield from ("", f"[{name}.bot.{side}]", *_pairs(values))
    if "live" in override:
        yield from ("", f"[{name}.live]", *_pairs(override["live"]))


def _table(name: str, values: Mapping[str, Any], params: Iterable[Param]) -> Iterator[str]:
    """A section: its settings under their explanations, then keys that the table doesn't know."""
    yield from ("", f"[{name}]")
    group, known = "", set()
    for param in params:
        if param.group != group:
            if group:
                yield ""
            group = param.group
            yield f"# -- {group} --"
        yield f"# {_comment(param)}"
        yield f"{param.name} = {_value(values[param.name])}"
        known.add(param.name)
    yield from _pairs({key: value for key, value in values.items() if key not in known})


def _comment(param: Param) -> str:
    facts = [param.unit] if param.unit else []
    if param.allowed != Range():
        facts.append(str(param.allowed))
    return f"{param.help} ({', '.join(facts)})" if facts else param.help


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    return (f"{_key(key)} = {_value(value)}" for key, value in values.items())


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    """A TOML value on one line. Floats are written by repr, so that they read back exactly."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return repr(value)
