"""What the engine is given for one coin (`spec/engine.md` §1.3 and §1.5)."""

from __future__ import annotations

from passivtui.config.bot_parameters import BOT_PARAMETERS
from passivtui.config.model import CoinOverride, Config
from passivtui.config.parameters import SIDES

#: The value that makes the engine share total_wallet_exposure_limit among the side's positions.
DYNAMIC_WALLET_EXPOSURE_LIMIT = -1.0

_NOTHING = CoinOverride()


def engine_params(config: Config, coin: str) -> dict[str, dict[str, float]]:
    """The 29 parameters of each side for one coin, its overrides applied; switches are 1.0 or 0.0."""
    override = config.coin_overrides.get(coin, _NOTHING)
    params = {}
    for side in SIDES:
        main, own = config.bot.side(side), override.side(side)
        values = {param.name: float(own.get(param.name, getattr(main, param.name))) for param in BOT_PARAMETERS}
        values["wallet_exposure_limit"] = float(own.get("wallet_exposure_limit", DYNAMIC_WALLET_EXPOSURE_LIMIT))
        params[side] = dict(sorted(values.items()))
    return params
