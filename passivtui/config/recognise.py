"""Which program's and which release's config a document is. What isn't Passivbot 7.3's is refused in one sentence.

This is the seam for migration: a step that brings older documents up to 7.3 belongs between `read_document` and here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from passivtui.config.document import Document
from passivtui.config.findings import Findings
from passivtui.config.parameters import SECTIONS, SIDES
from passivtui.errors import ConfigError

_BOT_KEYS_BEFORE_7_3 = ("close_grid_min_markup", "close_grid_markup_range", "filter_rolling_window")
_LIVE_KEYS_BEFORE_7_3 = (
    "minimum_market_age_days",
    "ohlcv_rolling_window",
    "noisiness_rolling_mean_window_size",
    "filter_relative_volume_clip_pct",
)


def recognise(path: Path, document: Document, findings: Findings) -> Document:
    """The document with its sections at the top. Raises ConfigError when it is no config of Passivbot 7.3."""
    document = _unwrapped(document, findings)
    for verdict in (_other_strategy, _older, _newer):
        sentence = verdict(document)
        if sentence:
            raise ConfigError(f"{path}: {sentence}")
    if not any(section in document for section in SECTIONS):
        raise ConfigError(f"{path} is no config: it has none of the sections {', '.join(SECTIONS)}")
    return document


def _unwrapped(document: Document, findings: Findings) -> Document:
    """Results of an optimisation hold the config under `config`, beside the analysis, which is dropped."""
    inner = document.get("config")
    if isinstance(inner, dict) and "bot" in inner and "bot" not in document:
        findings.info("config", "taken from the result of an optimisation")
        return inner
    return document


def _table(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The table at a path, empty when there is none."""
    value: Any = document
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _other_strategy(document: Document) -> str | None:
    if "bot" not in document and isinstance(document.get("long"), dict) and isinstance(document.get("short"), dict):
        return (
            "this is a single-symbol config of Passivbot 6 or older; its strategies are other ones, so it can't be "
            "converted. Start from the template config"
        )
    for side in SIDES:
        if isinstance(_table(document, "bot", side).get("strategy"), (dict, str)):
            return "this is a config of Passivbot 8; its strategies are other ones, so it can't be used here"
    return None


def _older(document: Document) -> str | None:
    """A sentence when keys show that the file is from before 7.3."""
    found: str | None = None
    for key in ("universal_live_config", "TWE_long"):
        if key in document:
            return _not_yet("Passivbot 6", key)
    if "common" in document:
        return _not_yet("an early Passivbot 7", "common")
    for side in SIDES:
        found = found or _first(_table(document, "bot", side), _BOT_KEYS_BEFORE_7_3, f"bot.{side}.")
    live = _table(document, "live")
    found = found or _first(live, _LIVE_KEYS_BEFORE_7_3, "live.")
    if live.get("coin_flags"):
        found = found or "live.coin_flags"
    if "exchange" in _table(document, "backtest"):
        found = found or "backtest.exchange"
    limits = _table(document, "optimize").get("limits")
    if isinstance(limits, str) or any(
        str(key).startswith("lower_bound_") for key in _table(document, "optimize", "limits")
    ):
        found = found or "optimize.limits"
    return _not_yet("a Passivbot release before 7.3", found) if found else None


def _newer(document: Document) -> str | None:
    """A sentence when keys show that the file is from after 7.3 and in a form of its own."""
    found: str | None = "config_version" if "config_version" in document else None
    for side in SIDES:
        nested = [key for key, value in _table(document, "bot", side).items() if isinstance(value, (dict, list))]
        found = found or (f"bot.{side}.{nested[0]}" if nested else None)
    if isinstance(_table(document, "optimize").get("limits"), list):
        found = found or "optimize.limits"
    return _not_yet("a Passivbot release after 7.3", found) if found else None


def _first(table: Mapping[str, Any], names: tuple[str, ...], prefix: str) -> str | None:
    return next((prefix + name for name in names if name in table), None)


def _not_yet(release: str, key: str) -> str:
    return f"this is a config of {release} (it has {key}); only the form of Passivbot 7.3 is read here"
