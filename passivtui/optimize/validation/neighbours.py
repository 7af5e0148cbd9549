"""Configs a little beside a config: every setting of the sides that are on, a small step to either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from passivtui.config import Config
from passivtui.config.parameter import Kind, NotAllowed, Param
from passivtui.config.parameters import BOUNDS, SIDES


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A config that differs in one setting: `key` dotted, by `step` of its value (0.05: 5 %), or by a whole one."""

    key: str
    step: float
    value: float
    config: Config


def neighbours(config: Config, steps: tuple[float, ...]) -> Iterator[Neighbour]:
    """Each setting that the optimizer knows, moved by each of `steps` (fractions of its value).

    A setting that is 0 and one that counts are moved by one sensible step instead. Values that aren't allowed, or that
    rounding leaves as they are, have no neighbour; nor do the sides that are off.
    """
    for param, side in BOUNDS.values():
        if not config.bot.side(side).is_on:
            continue
        value = float(getattr(config.bot.side(side), param.name))
        seen = {value}
        for step in steps:
            moved = _moved(param, value, step)
            if moved is not None and moved not in seen:
                seen.add(moved)
                yield Neighbour(param.key(side), step, moved, _with(config, side, param.name, moved))


def _moved(param: Param, value: float, step: float) -> float | None:
    counts = param.kind in (Kind.COUNT, Kind.ROUNDED)
    if counts or value == 0.0:
        moved = value + (1.0 if step > 0.0 else -1.0) * (1.0 if counts else (param.step or 0.0))
    else:
        moved = value * (1.0 + step)
    try:
        allowed = float(param.read(moved))
    except NotAllowed:
        return None
    # One that switches its side off is no neighbour but another config.
    return None if param.name in ("n_positions", "total_wallet_exposure_limit") and allowed == 0.0 else allowed


def _with(config: Config, side: str, name: str, value: float) -> Config:
    changes: dict[str, Any] = {name: value}
    sides = {one: config.bot.side(one) for one in SIDES} | {side: replace(config.bot.side(side), **changes)}
    return replace(config, bot=replace(config.bot, **sides))
