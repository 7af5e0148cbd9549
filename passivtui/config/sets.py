"""`--set KEY=VALUE`: changes to a document before it is validated, so that both obey the same rules."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

from passivtui.config.document import Document, is_text
from passivtui.config.findings import Findings
from passivtui.config.parameters import COIN_BOT_PARAMETERS, COIN_LIVE_PARAMETERS, SIDES, known_keys, unknown_key

_OVERRIDE_KEYS = (
    "override_config_path",
    *(f"bot.{side}.{name}" for side in SIDES for name in COIN_BOT_PARAMETERS),
    *(f"live.{name}" for name in COIN_LIVE_PARAMETERS),
)


def apply_sets(document: Document, sets: Sequence[str], findings: Findings) -> Document:
    """A copy of the document with every `KEY=VALUE` applied, in order. Mistakes become problems."""
    if not sets:
        return document
    changed = copy.deepcopy(document)
    for text in sets:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not is_text(text):
            findings.fault("--set", "a value holds characters that are no text")
        elif not equals or not key:
            findings.fault(text, "must be KEY=VALUE, for example bot.long.n_positions=3")
        elif reason := _unknown(key):
            findings.fault(key, reason)
        else:
            _put(changed, key.split("."), _literal(value.strip()), findings)
    return changed


def _unknown(key: str) -> str | None:
    """What is wrong with the key; None when it may be set."""
    section, _, rest = key.partition(".")
    if section == "coin_overrides":
        coin, _, inner = rest.partition(".")
        if inner in _OVERRIDE_KEYS:
            return None
        return unknown_key(key, [f"coin_overrides.{coin or 'BTC'}.{name}" for name in _OVERRIDE_KEYS])
    if key.startswith("optimize.limits."):
        return None  # the metric's name is checked with the limits
    keys = known_keys()
    return None if key in keys else unknown_key(key, keys)


def _literal(text: str) -> Any:
    """A JSON or TOML value where the text is one, else the text itself."""
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        pass
    import tomli

    try:
        value = tomli.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    literal = value["value"]
    return literal if set(value) == {"value"} and not hasattr(literal, "isoformat") else text


def _put(document: Document, path: list[str], value: Any, findings: Findings) -> None:
    """Set the value at the path, making tables on the way; a coin list for both sides is split where one is set."""
    table = document
    for depth, name in enumerate(path[:-1]):
        inner = table.get(name)
        if not isinstance(inner, dict):
            if name in ("approved_coins", "ignored_coins"):
                inner = dict.fromkeys(SIDES, inner)
            elif inner is None:
                inner = {}
            else:
                findings.problem(".".join(path[: depth + 1]), inner, f"must be a table, to set {'.'.join(path)} in it")
                return
            table[name] = inner
        table = inner
    table[path[-1]] = value
