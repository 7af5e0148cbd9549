"""Wallet exposure limits, position slots and minimum costs (`spec/live.md` §3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from passivtui.config import Config, engine_params
from passivtui.live.orders import SIDES, Side
from passivtui.live.snapshot import MarketRules, Snapshot

_DECIMALS: Final = 8


def max_positions(snapshot: Snapshot, side: Side) -> int:
    """How many positions the side may hold: n_positions, or the number of approved coins if that is less."""
    wanted = min(snapshot.config.bot.side(side).n_positions, len(snapshot.approved_coins(side)))
    return max(0, wanted)


def shared_limit(snapshot: Snapshot, side: Side) -> float:
    """The limit of a coin without its own: the side's total, shared among its slots or, if more, its positions."""
    total = snapshot.config.bot.side(side).total_wallet_exposure_limit
    held = sum(1 for position in snapshot.positions if position.side == side and position.size != 0.0)
    slots = max(max_positions(snapshot, side), held)
    if total <= 0.0 or not slots:
        return 0.0
    return total / slots if snapshot.as_backtest else round(total / slots, _DECIMALS)


def effective_min_cost(market: MarketRules, price: float) -> float:
    """The least an order of the coin may cost at `price`, in quote."""
    return max(market.min_qty * price * market.c_mult, market.min_cost)


def first_entries(config: Config) -> dict[str, float]:
    """Of each coin that the config names: the part of the balance that its smallest first entry costs."""
    parts: dict[str, float] = {}
    approved = config.approved()
    for side, coins in (("long", approved.long), ("short", approved.short)):
        slots = min(config.bot.side(side).n_positions, len(coins))
        for coin in coins if slots > 0 else ():
            bot = engine_params(config, coin)[side]
            own = bot["wallet_exposure_limit"]
            part = (own if own >= 0.0 else bot["total_wallet_exposure_limit"] / slots) * bot["entry_initial_qty_pct"]
            if part > 0.0:
                parts[coin] = min(part, parts.get(coin, part))
    return parts


class Strategy:
    """What the order functions are given for each coin and side: its parameters, with the limit in force."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._config = snapshot.config
        self._shared = {side: shared_limit(snapshot, side) for side in SIDES}
        self._of_coin: dict[str, dict[str, dict[str, float]]] = {}

    def params(self, coin: str, side: Side) -> Mapping[str, float]:
        """The engine's 29 parameters; `wallet_exposure_limit` is never below 0."""
        if coin not in self._of_coin:
            self._of_coin[coin] = self._with_limits(coin)
        return self._of_coin[coin][side]

    def limit(self, coin: str, side: Side) -> float:
        """The wallet exposure limit: the coin's own, else the shared one."""
        return self.params(coin, side)["wallet_exposure_limit"]

    def _with_limits(self, coin: str) -> dict[str, dict[str, float]]:
        both = engine_params(self._config, coin)
        for side in SIDES:
            if both[side]["wallet_exposure_limit"] < 0.0:
                both[side]["wallet_exposure_limit"] = self._shared[side]
        return both
