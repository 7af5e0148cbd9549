"""Genomes as the engine takes them: per coin and side, the coin's overrides applied. Made for speed, and for pickling.

The same as `config.engine_params(decode(config, genome), coin)` for every coin, without making a config each time;
`n_positions` is left to the engine, which rounds it itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from passivtui.config import Config
from passivtui.config.engine_params import DYNAMIC_WALLET_EXPOSURE_LIMIT
from passivtui.config.model import CoinOverride
from passivtui.config.parameters import SIDES
from passivtui.optimize.genome import GENE_NAMES, is_lossless, with_lossless_close

BotParams = Mapping[str, Mapping[str, float]]

_NOTHING = CoinOverride()


@dataclass(frozen=True, slots=True)
class BotSets:
    """How genomes become the engine's parameters for some coins. `own` are each coin's settings, long and short."""

    fixed: tuple[Mapping[str, float], Mapping[str, float]]  # what is not optimised, long and short
    own: tuple[tuple[Mapping[str, float], Mapping[str, float]], ...]
    lossless: bool

    def of(self, genome: Sequence[float]) -> list[BotParams]:
        """One mapping {"long": …, "short": …} per coin; coins without settings of their own share one."""
        long, short = self._side(genome, 0), self._side(genome, 1)
        shared = {"long": long, "short": short}
        return [
            {"long": {**long, **own_long}, "short": {**short, **own_short}} if own_long or own_short else shared
            for own_long, own_short in self.own
        ]

    def exposure_limits(self, genome: Sequence[float]) -> dict[str, float]:
        """The total wallet exposure limit of each side."""
        half = len(GENE_NAMES)
        return {side: genome[number * half + _EXPOSURE_LIMIT] for number, side in enumerate(SIDES)}

    def _side(self, genome: Sequence[float], number: int) -> dict[str, float]:
        half = len(GENE_NAMES)
        genes = dict(zip(GENE_NAMES, genome[number * half : (number + 1) * half], strict=True))
        if self.lossless:
            genes = with_lossless_close(genes)
        return {**genes, **self.fixed[number]}


_EXPOSURE_LIMIT = GENE_NAMES.index("total_wallet_exposure_limit")


def bot_sets(config: Config, coins: Sequence[str]) -> BotSets:
    """How genomes become parameters for `coins` (in the order of a market's arrays) under a config."""
    overrides = [config.coin_overrides.get(coin, _NOTHING) for coin in coins]
    return BotSets(
        fixed=(_fixed(config, "long"), _fixed(config, "short")),
        own=tuple((_floats(override.long), _floats(override.short)) for override in overrides),
        lossless=is_lossless(config),
    )


def _fixed(config: Config, side: str) -> dict[str, float]:
    return {
        "enforce_exposure_limit": float(config.bot.side(side).enforce_exposure_limit),
        "wallet_exposure_limit": DYNAMIC_WALLET_EXPOSURE_LIMIT,
    }


def _floats(values: Mapping[str, float | bool]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}
