"""The parameter table as one whole: every key of a config, looked up by its dotted name."""

from __future__ import annotations

from collections.abc import Iterable

from passivtui.config.bot_parameters import BOT_PARAMETERS, WALLET_EXPOSURE_LIMIT
from passivtui.config.parameter import Param
from passivtui.config.section_parameters import BACKTEST_PARAMETERS, LIVE_PARAMETERS, OPTIMIZE_PARAMETERS

SIDES = ("long", "short")
SECTIONS = ("backtest", "bot", "live", "optimize", "coin_overrides")

#: The settings of each section, in the order of forms and files.
SECTION_PARAMETERS: dict[str, tuple[Param, ...]] = {
    "backtest": BACKTEST_PARAMETERS,
    "bot": BOT_PARAMETERS,
    "live": LIVE_PARAMETERS,
    "optimize": OPTIMIZE_PARAMETERS,
}

#: Bot settings that `coin_overrides` may hold (`spec/config.md` §4).
COIN_BOT_PARAMETERS: dict[str, Param] = {
    param.name: param for param in (*BOT_PARAMETERS, WALLET_EXPOSURE_LIMIT) if param.per_coin
}
#: Live settings that `coin_overrides` may hold.
COIN_LIVE_PARAMETERS: dict[str, Param] = {param.name: param for param in LIVE_PARAMETERS if param.per_coin}

#: Every key with a value of its own by dotted name: `bot.long.ema_span_0`, `live.leverage`, …
PARAMETERS: dict[str, Param] = {
    **{param.key(): param for param in BACKTEST_PARAMETERS},
    **{param.key(side): param for side in SIDES for param in BOT_PARAMETERS},
    **{param.key(): param for param in LIVE_PARAMETERS},
    **{param.key(): param for param in OPTIMIZE_PARAMETERS},
}

#: The optimizer's bounds by their name within `optimize.bounds`: (setting, side).
BOUNDS: dict[str, tuple[Param, str]] = {
    f"{side}_{param.name}": (param, side) for side in SIDES for param in BOT_PARAMETERS if param.bounds is not None
}


def known_keys() -> tuple[str, ...]:
    """Every dotted key that `--set` may name outside of `coin_overrides` and `optimize.limits`."""
    lists = tuple(f"live.{name}.{side}" for name in ("approved_coins", "ignored_coins") for side in SIDES)
    return (*PARAMETERS, *(f"optimize.bounds.{name}" for name in BOUNDS), *lists)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`; None when none does."""
    from difflib import get_close_matches  # only when something is wrong

    names = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return names[matches[0]] if matches else None


def nearest_key(key: str, known: Iterable[str] | None = None) -> str | None:
    """The known dotted key that `key` may have meant: one with the same last part, else one that looks like it."""
    keys = tuple(known) if known is not None else known_keys()
    last = key.rsplit(".", 1)[-1]
    same_ending = [candidate for candidate in keys if candidate.rsplit(".", 1)[-1] == last]
    if same_ending:
        return nearest(key, same_ending) or same_ending[0]
    match = nearest(key, keys)
    if match:
        return match
    by_ending = {candidate.rsplit(".", 1)[-1]: candidate for candidate in reversed(keys)}
    ending = nearest(last, by_ending)
    return by_ending[ending] if ending else None


def unknown_key(key: str, known: Iterable[str] | None = None) -> str:
    """The words for a key that doesn't exist: "unknown key; did you mean …?"."""
    match = nearest_key(key, known)
    return f"unknown key; did you mean {match}?" if match else "unknown key"
