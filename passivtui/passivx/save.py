"""Settings as text: Passiv-X's own JSON, and TOML that explains every key. Both read back to equal settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from passivtui.config.frozen import thaw
from passivtui.passivx.model import LiveSettings, SessionSettings, Strategy, TickBacktest
from passivtui.passivx.parameters import BY_NAME, LIVE, comment_of

if TYPE_CHECKING:
    from tomlkit.items import Table
    from tomlkit.toml_document import TOMLDocument

AnySettings = LiveSettings | SessionSettings | TickBacktest

_INDICATORS: Final = ("do_long", "do_shrt", "funding_fee_collect_mode")
_EMA: Final = {"ema_span": "span", "ema_spread": "spread"}


def to_document(settings: AnySettings) -> dict[str, Any]:
    """The settings as plain tables and lists, with Passiv-X's keys."""
    if isinstance(settings, LiveSettings):
        return _live(settings)
    return _session(settings) if isinstance(settings, SessionSettings) else _run(settings)


def to_json(settings: AnySettings) -> str:
    """JSON with Passiv-X's keys, which `settings` reads back."""
    return json.dumps(to_document(settings), indent=4, ensure_ascii=False, allow_nan=False) + "\n"


def to_toml(settings: AnySettings) -> str:
    """Commented TOML; the same keys as the JSON."""
    import tomlkit

    document = tomlkit.document()
    plain = to_document(settings)
    _add_values(document, {key: value for key, value in plain.items() if not isinstance(value, Mapping)})
    for name, table in plain.items():
        if isinstance(table, Mapping):
            document.add(name, _toml_table(table))
    return tomlkit.dumps(document)


def _values(data: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(data, name) for name in names}


def _strategy(strategy: Strategy) -> dict[str, Any]:
    return _values(strategy, (field.name for field in fields(strategy)))


def _live(settings: LiveSettings) -> dict[str, Any]:
    flat = _values(settings, (param.name for param in LIVE)) | _strategy(settings.strategy)
    extra = thaw(settings.extra)
    indicators = {
        "tick_ema": {inner: flat[name] for name, inner in _EMA.items()},
        **{name: flat[name] for name in _INDICATORS},
        **extra.pop("indicator_settings", {}),
    }
    top = {name: value for name, value in flat.items() if name not in (*_INDICATORS, *_EMA)}
    return {**top, **extra, "indicator_settings": indicators}


def _session(settings: SessionSettings) -> dict[str, Any]:
    left_out = {"break_on", "ranges", "extra"}
    plain = _values(settings, (field.name for field in fields(settings) if field.name not in left_out))
    ranges = {name: [each.low, each.high, each.step] for name, each in settings.ranges.items()}
    break_on = [[condition.name, condition.text] for condition in settings.break_on]
    return {**plain, "break_on": break_on, **thaw(settings.extra), "ranges": ranges}


def _run(settings: TickBacktest) -> dict[str, Any]:
    return {
        "symbol": settings.symbol,
        "starting_balance": settings.starting_balance,
        "latency_simulation_ms": settings.latency_ms,
        "n_days": settings.n_days or 0.0,
        "accounting": settings.accounting,
        **_strategy(settings.strategy),
        **_values(settings.market, (field.name for field in fields(settings.market))),
        "break_on": [[condition.name, condition.text] for condition in settings.break_on],
    }


def _toml_table(values: Mapping[str, Any]) -> Table:
    import tomlkit

    table = tomlkit.table()
    _add_values(table, {key: value for key, value in values.items() if not isinstance(value, Mapping)})
    for name, inner in values.items():
        if isinstance(inner, Mapping):
            table.add(name, _toml_table(inner))
    return table


def _add_values(table: TOMLDocument | Table, values: Mapping[str, Any]) -> None:
    import tomlkit

    for name, value in values.items():
        param = BY_NAME.get(name)
        if param is not None and not isinstance(value, list):
            table.add(tomlkit.comment(comment_of(param)))
        table.add(name, value)
