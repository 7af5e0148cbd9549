"""Cliffs: settings of which a small change makes a config far worse (`spec/optimizer.md` §5, parameter robustness)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from passivtui.config import Config
from passivtui.optimize.validation.grounds import FILLS, Ground, Metrics, metrics_on
from passivtui.optimize.validation.neighbours import Neighbour, neighbours
from passivtui.progress import CancelToken

STEPS: Final = (-0.05, -0.01, 0.01, 0.05)
JUMP: Final = 0.10
"""A worst drawdown deeper by this much of the equity is a cliff ..."""
FACTOR: Final = 1.5
"""... if it is also deeper by this factor; a drawdown of everything always is."""
_RUIN: Final = 0.99


@dataclass(frozen=True, slots=True)
class Cliff:
    """One step aside: the worst drawdown (0..1) and gain (1: flat) there; None where the engine gave none.

    `trades` is False where next to nothing filled: that is another config, but no cliff.
    """

    key: str
    step: float
    value: float
    drawdown: float | None
    gain: float | None
    is_cliff: bool
    trades: bool = True


@dataclass(frozen=True, slots=True)
class CliffMap:
    """The config itself, and each step aside, in the order of the settings."""

    drawdown: float | None
    gain: float | None
    steps: tuple[Cliff, ...]

    @property
    def cliffs(self) -> tuple[Cliff, ...]:
        """Where it breaks off, deepest first."""
        found = [step for step in self.steps if step.is_cliff]
        return tuple(sorted(found, key=lambda cliff: -(math.inf if cliff.drawdown is None else cliff.drawdown)))


def cliff_map(config: Config, ground: Ground, cancel: CancelToken, steps: tuple[float, ...] = STEPS) -> CliffMap:
    """Try every setting a little to either side on a ground. Raises Cancelled."""
    around = list(neighbours(config, steps))
    base, *others = metrics_on(ground, [config, *(one.config for one in around)], cancel)
    return CliffMap(
        _value(base, "drawdown_worst"),
        _value(base, "gain"),
        tuple(_cliff(one, metrics, base) for one, metrics in zip(around, others, strict=True)),
    )


def _cliff(neighbour: Neighbour, metrics: Metrics, base: Metrics) -> Cliff:
    drawdown, before = _value(metrics, "drawdown_worst"), _value(base, "drawdown_worst")
    where = (neighbour.key, neighbour.step, neighbour.value)
    if metrics.get(FILLS, 2.0) < 2.0:  # with fewer the engine's metrics are defaults
        return Cliff(*where, None, None, is_cliff=False, trades=False)
    return Cliff(*where, drawdown, _value(metrics, "gain"), is_cliff=_breaks_off(before, drawdown))


def _breaks_off(before: float | None, after: float | None) -> bool:
    if before is None:
        return False
    if after is None:
        return True
    if after >= _RUIN:
        return before < _RUIN
    return after - before > JUMP and after > before * FACTOR


def _value(metrics: Metrics, name: str) -> float | None:
    value = metrics.get(name)
    return value if value is not None and math.isfinite(value) else None
