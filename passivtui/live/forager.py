"""Which coins a side would like to hold (`spec/live.md` §4): filters, then volume, then noisiness."""

from __future__ import annotations

import math
from dataclasses import dataclass

from passivtui.clock import DAY_MS
from passivtui.live.exposure import effective_min_cost, max_positions
from passivtui.live.indicators import Window
from passivtui.live.inputs import Input, MissingInput
from passivtui.live.orders import OrderClass, Side
from passivtui.live.reasons import Gate, Withheld, for_input
from passivtui.live.situation import Situation


@dataclass(frozen=True, slots=True)
class IdealCoins:
    """The coins to hold, best first, and why the other approved ones are not among them."""

    coins: tuple[str, ...]
    withheld: tuple[Withheld, ...] = ()
    warnings: tuple[str, ...] = ()


def choose_ideal_coins(situation: Situation, side: Side) -> IdealCoins:
    """All approved coins that pass the filters, or, when they are more than the slots, the best of them."""
    return _Choice(situation, side).made()


class _Choice:
    def __init__(self, situation: Situation, side: Side) -> None:
        self._situation = situation
        self._snapshot = situation.snapshot
        self._side = side
        self._settings = self._snapshot.config.bot.side(side)
        self._slots = max_positions(self._snapshot, side)
        self._approved = sorted(self._snapshot.approved_coins(side))
        self._is_forager = self._slots < len(self._approved)
        self._withheld: list[Withheld] = []
        self._warnings: list[str] = []

    def made(self) -> IdealCoins:
        if self._settings.total_wallet_exposure_limit <= 0.0 or not self._slots:
            return IdealCoins(())
        coins = [coin for coin in self._approved if self._is_tradable(coin)]
        if self._is_forager:
            coins = [coin for coin in coins if self._is_old_enough(coin)]
        if self._snapshot.config.live.filter_by_min_effective_cost and not self._snapshot.as_backtest:
            coins = self._affordable(coins)
        if self._is_forager:
            coins = self._ranked([coin for coin in coins if self._can_be_ranked(coin)])
        return IdealCoins(tuple(coins), tuple(self._withheld), tuple(self._warnings))

    def _withhold(self, coin: str, gate: Gate, text: str, **numbers: float) -> None:
        self._withheld.append(Withheld(coin, self._side, gate, text, OrderClass.INITIAL_ENTRY, tuple(numbers.items())))

    def _is_tradable(self, coin: str) -> bool:
        state = self._snapshot.coins.get(coin)
        if state is None:
            self._withhold(coin, Gate.MARKET, "the venue lists no such market")
            return False
        if state.standing != "active":
            self._withhold(coin, Gate.MARKET, state.standing_reason or f"its market is {state.standing}")
            return False
        return True

    def _is_old_enough(self, coin: str) -> bool:
        least = self._snapshot.config.live.minimum_coin_age_days
        if least <= 0.0:
            return True
        listed_ms = self._snapshot.coins[coin].listed_ms
        if listed_ms is None:
            self._withhold(coin, Gate.COIN_AGE, f"when it was listed is not known, and {least:g} days are asked for")
            return False
        days = (self._snapshot.now_ms - listed_ms) / DAY_MS
        if days > least:
            return True
        self._withhold(coin, Gate.COIN_AGE, f"it was listed {days:.1f} days ago, {least:g} are asked for", days=days)
        return False

    def _affordable(self, coins: list[str]) -> list[str]:
        affordable = [coin for coin in coins if self._is_affordable(coin)]
        priced = any(self._situation.price(coin) is not None for coin in coins)
        if priced and not affordable:
            self._warnings.append(
                f"No coin can be opened on the {self._side} side: the balance of {self._situation.balance:.6g} is too "
                "small for the markets' least orders. Raise the balance, lower n_positions, or switch "
                "filter_by_min_effective_cost off."
            )
        return affordable

    def _is_affordable(self, coin: str) -> bool:
        price = self._situation.price(coin)
        if price is None:
            self._withheld += self._situation.missing(coin, self._side, OrderClass.INITIAL_ENTRY)
            return False
        params = self._situation.strategy.params(coin, self._side)
        have = self._situation.balance * params["wallet_exposure_limit"] * params["entry_initial_qty_pct"]
        needed = effective_min_cost(self._snapshot.coins[coin].market, price)
        if have >= needed:
            return True
        text = f"a first entry would be {have:.4g}, the market's least order costs {needed:.4g}"
        self._withhold(coin, Gate.MIN_COST, text, first_entry=have, minimum_cost=needed)
        return False

    def _can_be_ranked(self, coin: str) -> bool:
        state = self._snapshot.coins[coin]
        missing = self._situation.missing(coin, self._side, OrderClass.INITIAL_ENTRY)
        if missing:
            self._withheld += missing
            return False
        windows = {"volume": self._volume(coin), "noisiness": state.side(self._side).noisiness}
        for name, window in windows.items():
            if window is None or not window.is_whole:
                covered = "none" if window is None else f"{window.minutes} of {window.wanted}"
                lack = MissingInput(Input.PRICE, None, f"candles for its {name}: {covered} minutes are there")
                self._withheld.append(for_input(coin, self._side, OrderClass.INITIAL_ENTRY, lack))
                return False
        return True

    def _volume(self, coin: str) -> Window | None:
        return self._snapshot.coins[coin].side(self._side).volume

    def _ranked(self, coins: list[str]) -> list[str]:
        """Volume first, ties by name; then noisiness, ties by volume (`spec/engine.md` §4.8)."""
        volumes = self._sums({coin: self._volume(coin) for coin in coins})
        by_volume = sorted(coins, key=lambda coin: -volumes[coin])
        share = 1.0 - self._settings.filter_volume_drop_pct
        n_kept = max(self._slots, math.floor(len(coins) * share + 0.5))
        for place, coin in enumerate(by_volume[n_kept:], n_kept + 1):
            text = f"{place}. of {len(coins)} by volume, the first {n_kept} are kept"
            self._withhold(coin, Gate.VOLUME, text, rank=place, kept=n_kept, volume=volumes[coin])
        kept = by_volume[:n_kept]
        noise = self._sums({coin: self._snapshot.coins[coin].side(self._side).noisiness for coin in kept})
        by_noise = sorted(kept, key=lambda coin: -noise[coin])
        for place, coin in enumerate(by_noise[self._slots :], self._slots + 1):
            text = f"{place}. of {len(kept)} by noisiness, there are {self._slots} slots"
            self._withhold(coin, Gate.RANK, text, rank=place, slots=self._slots, noisiness=noise[coin])
        return by_noise[: self._slots]

    def _sums(self, windows: dict[str, Window | None]) -> dict[str, float]:
        """Sums made comparable: of a coin with fewer minutes than others, as if it went on as before."""
        known = {coin: window for coin, window in windows.items() if window is not None}
        longest = max((window.minutes for window in known.values()), default=0)
        return {coin: window.scaled_to(longest) for coin, window in known.items()}
