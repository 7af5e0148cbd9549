"""Coin flags, the command-line-like texts that single coins' settings were before 7.3.14."""

from __future__ import annotations

import shlex
from typing import Any, Final

from passivtui.config.migration.step import Step
from passivtui.config.modes import expand_mode

_FLAGS: Final = {
    "-lm": ("live", "forced_mode_long"),
    "-sm": ("live", "forced_mode_short"),
    "-lev": ("live", "leverage"),
    "-lw": ("bot", "long"),
    "-sw": ("bot", "short"),
    "-lc": ("override_config_path",),
}


def coin_flags_to_overrides(step: Step) -> None:
    """`live.coin_flags` → `coin_overrides`, unless the file has overrides of its own."""
    live = step.table("live")
    flags = live.pop("coin_flags", None)
    if not flags:
        return
    if not isinstance(flags, dict):
        step.findings.problem("live.coin_flags", flags, "must be a table of coins and their flags")
    elif step.table("coin_overrides"):
        step.findings.warn("live.coin_flags", "left out: coin_overrides is given too")
    else:
        overrides = {str(coin): _override(step, str(coin), text) for coin, text in flags.items() if text}
        step.document["coin_overrides"] = {coin: override for coin, override in overrides.items() if override}


def _override(step: Step, coin: str, text: Any) -> dict[str, Any]:
    key = f"live.coin_flags.{coin}"
    if not isinstance(text, str):
        step.findings.problem(key, text, 'must be a text of flags such as "-lm gs -lw 0.2"')
        return {}
    try:
        words = shlex.split(text)
    except ValueError as error:
        step.findings.problem(key, text, f"can't be read ({error})")
        return {}
    override: dict[str, Any] = {}
    while words:
        flag, _, joined = words.pop(0).partition("=")
        target = _FLAGS.get(flag)
        value = joined or (words.pop(0) if words and (target or not words[0].startswith("-")) else "")
        if target is None:
            step.findings.warn(key, f"the flag {flag} is unknown; it is left out")
        elif not value:
            step.findings.problem(key, text, f"the flag {flag} needs a value")
        else:
            _put(step, key, flag, target, value, override)
    if override:
        step.findings.info(key, f"is coin_overrides.{coin} now ({text})")
    return override


def _put(step: Step, key: str, flag: str, target: tuple[str, ...], value: str, override: dict[str, Any]) -> None:
    """One flag's value at its place; a mistake becomes a problem."""
    if flag in ("-lm", "-sm"):
        mode = expand_mode(value)
        if mode is None:
            step.findings.problem(key, value, f"is no mode; {flag} takes n, m, gs, t or p")
        else:
            override.setdefault("live", {})[target[1]] = mode
    elif flag == "-lc":
        if (step.path.parent / value).is_file():
            override["override_config_path"] = value
        else:
            step.findings.warn(key, f"the config {value} is not there; its settings are left out")
    else:
        number = _number(value)
        if number is None:
            step.findings.problem(key, value, f"must be a number; {flag} takes one")
        elif number == 0.0:
            step.findings.info(key, f"{flag} 0 is left out, as Passivbot does")
        elif flag == "-lev":
            override.setdefault("live", {})[target[1]] = number
        else:
            override.setdefault("bot", {}).setdefault(target[1], {})["wallet_exposure_limit"] = number


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0.0 else None
