"""The mode of every coin and side that has one (`spec/live.md` §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from passivtui.config.modes import expand_mode
from passivtui.errors import ConfigError
from passivtui.live.exposure import max_positions
from passivtui.live.forager import IdealCoins, choose_ideal_coins
from passivtui.live.orders import SIDES, Side
from passivtui.live.reasons import Gate, Withheld
from passivtui.live.situation import Situation


class Mode(StrEnum):
    """What may be done with a coin on one side; `config.modes` says what each means."""

    NORMAL = "normal"
    GRACEFUL_STOP = "graceful_stop"
    TP_ONLY = "tp_only"
    MANUAL = "manual"
    PANIC = "panic"


_ENTERING: Final = (Mode.NORMAL, Mode.GRACEFUL_STOP)


@dataclass(frozen=True, slots=True)
class CoinMode:
    """What may be done with a coin on one side, and why."""

    coin: str
    side: Side
    mode: Mode
    reason: str


@dataclass(frozen=True, slots=True)
class Modes:
    """Modes, long side first, why the other approved coins have none, and what a person should know."""

    coins: tuple[CoinMode, ...]
    withheld: tuple[Withheld, ...]
    warnings: tuple[str, ...]


def decide_modes(situation: Situation) -> Modes:
    """The mode of each coin that is held, chosen, forced or has orders. Raises ConfigError for a mode that is none."""
    modes: list[CoinMode] = []
    withheld: list[Withheld] = []
    warnings: list[str] = []
    opening: set[str] = set()  # coins that the other side is about to open
    for side in SIDES:
        decision = _SideModes(situation, side, frozenset(opening))
        opening |= decision.opening
        modes += decision.modes.values()
        withheld += decision.withheld
        warnings += decision.warnings
    return Modes(tuple(modes), tuple(withheld), tuple(warnings))


def parse_mode(text: str) -> Mode | None:
    """A mode by its name or short name; None for no forced mode. Raises ConfigError for any other text."""
    name = expand_mode(text)
    if name is None:
        raise ConfigError(f"{text!r} is no mode; use normal, graceful_stop, tp_only, manual or panic")
    return Mode(name) if name else None


class _SideModes:
    """Goes through the rules in their order; a coin keeps the first mode that it gets."""

    def __init__(self, situation: Situation, side: Side, opening_elsewhere: frozenset[str]) -> None:
        self._situation = situation
        self._snapshot = situation.snapshot
        self._side = side
        self._opening_elsewhere = opening_elsewhere
        self._most = max_positions(self._snapshot, side)
        self._stop = Mode.GRACEFUL_STOP if self._snapshot.config.live.auto_gs else Mode.MANUAL
        self._held = sorted(coin for coin, held_side in situation.positions if held_side == side)
        self._slots_taken = 0
        self.modes: dict[str, CoinMode] = {}
        self.withheld: list[Withheld] = []
        self.warnings: tuple[str, ...] = ()
        self.opening: set[str] = set()
        self._decide()

    def _decide(self) -> None:
        commanded = parse_mode(self._snapshot.commanded_mode)
        if commanded is not None and commanded is not Mode.NORMAL:
            self._force((*self._held, *self._with_orders()), commanded, "the whole bot was put into this mode")
            return
        self._force_coins()
        live = self._snapshot.config.live
        forced = parse_mode(live.forced_mode_long if self._side == "long" else live.forced_mode_short)
        if forced is not None:
            why = f"live.forced_mode_{self._side} is set"
            self._force((*self._held, *self._with_orders()), forced, why)
            self._withhold_approved(Gate.MODE, f"{why}: no new position is opened on this side")
            return
        ideal = choose_ideal_coins(self._situation, self._side)
        self.withheld += ideal.withheld
        self.warnings = ideal.warnings
        self._keep_held(ideal)
        self._give_free_slots(ideal)
        self._set_all(self._with_orders(), self._stop, "it has orders but no slot")

    def _force_coins(self) -> None:
        for coin, override in self._snapshot.config.coin_overrides.items():
            mode = parse_mode(str(override.live.get(f"forced_mode_{self._side}", "")))
            if mode is not None:
                self._force((coin,), mode, "the coin's override forces it")
                self._slots_taken += self.modes[coin].mode in _ENTERING

    def _keep_held(self, ideal: IdealCoins) -> None:
        for coin in self._held:
            if coin in self.modes:
                continue
            mode, reason = self._mode_of_held(coin, ideal)
            self._set(coin, mode, reason)
            self._slots_taken += 1

    def _mode_of_held(self, coin: str, ideal: IdealCoins) -> tuple[Mode, str]:
        state = self._snapshot.coins.get(coin)
        if state is None:
            return Mode.MANUAL, "the venue lists no such market"
        if state.standing == "inactive":
            return Mode.TP_ONLY, state.standing_reason or "its market is not active"
        if state.standing == "ineligible":
            return Mode.MANUAL, state.standing_reason or "its market can't be traded by the bot"
        if len(self._held) > self._most:
            return self._stop, f"{len(self._held)} positions are held, {self._most} are the most"
        if coin in ideal.coins:
            return Mode.NORMAL, "it holds a slot and is among the chosen coins"
        return self._stop, "it holds a slot but is not among the chosen coins"

    def _give_free_slots(self, ideal: IdealCoins) -> None:
        for coin in ideal.coins:
            if coin in self.modes:
                continue
            if self._slots_taken >= self._most:
                text = f"all {self._most} slots of the side are taken"
                self._withhold(coin, Gate.SLOTS, text, slots=self._most, taken=self._slots_taken)
            elif not self._snapshot.venue.hedge_mode and self._is_taken_elsewhere(coin):
                self._withhold(coin, Gate.ONE_WAY, "the venue has one position a coin, and the other side has it")
            else:
                self._set(coin, Mode.NORMAL, "it was chosen for a free slot")
                self._slots_taken += 1
                self.opening.add(coin)

    def _is_taken_elsewhere(self, coin: str) -> bool:
        other: Side = "short" if self._side == "long" else "long"
        return coin in self._opening_elsewhere or self._situation.position(coin, other) is not None

    def _with_orders(self) -> list[str]:
        return sorted({order.coin for order in self._snapshot.own_orders if order.side == self._side})

    def _force(self, coins: Iterable[str], mode: Mode, reason: str) -> None:
        """A forced mode wins, but nothing is entered where the market doesn't trade."""
        for coin in coins:
            state = self._snapshot.coins.get(coin)
            if mode in _ENTERING and state is not None and state.standing == "inactive":
                self._set(coin, Mode.TP_ONLY, state.standing_reason or "its market is not active")
            else:
                self._set(coin, mode, reason)

    def _set_all(self, coins: Iterable[str], mode: Mode, reason: str) -> None:
        for coin in coins:
            self._set(coin, mode, reason)

    def _set(self, coin: str, mode: Mode, reason: str) -> None:
        self.modes.setdefault(coin, CoinMode(coin, self._side, mode, reason))

    def _withhold_approved(self, gate: Gate, text: str) -> None:
        for coin in self._snapshot.approved_coins(self._side):
            if coin not in self.modes:
                self._withhold(coin, gate, text)

    def _withhold(self, coin: str, gate: Gate, text: str, **numbers: float) -> None:
        self.withheld.append(Withheld(coin, self._side, gate, text, numbers=tuple(numbers.items())))
