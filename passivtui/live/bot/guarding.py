"""The drawdown stop of a running bot: takes a sample a minute, and puts the mode on that the rule asks for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Awaitable, Callable

from passivtui.clock import MINUTE_MS, iso_minute
from passivtui.config import Config
from passivtui.config.frozen import FrozenMap
from passivtui.config.model import CoinOverride
from passivtui.errors import StorageError
from passivtui.exchanges.base import Fill
from passivtui.live.bot.cycle import Cycle
from passivtui.live.bot.report import Report, fill_row
from passivtui.live.drawdown_history import (
    StopState,
    realised_by_leg,
    rule_to_json,
    samples_of,
    watch_again,
)
from passivtui.live.drawdown_stop import ACCOUNT, WINDOW_MS, DrawdownRule, DrawdownWatch, Firing, Sample, Scope
from passivtui.live.orders import SIDES
from passivtui.storage.journal import Journal, LiveFillRow

Tell = Callable[[str, str], Awaitable[None]]


class Guard:
    """Without a rule it does nothing. `look` after each pass; `mode` and `config` are what follows from its stops."""

    def __init__(self, bot: str, rule: DrawdownRule | None, journal: Journal, tell: Tell) -> None:
        self._bot = bot
        self._rule = rule
        self._journal = journal
        self._tell = tell
        self._watch: DrawdownWatch | None = None
        self._state = StopState(0)
        self._held: dict[str, float] = {}
        self._counted: set[str] = set()
        self._sampled_ms = 0

    async def begin(self, now_ms: int, *, is_new_account: bool = False) -> None:
        """Go on where it was, if rule and account are the same; else from now on. Raises StorageError, DataError."""
        if self._rule is None or self._watch is not None:
            return
        self._state = StopState(now_ms)
        kept = await self._journal.stop_state(self._bot)
        if kept is not None and kept[0] == rule_to_json(self._rule) and not is_new_account:
            self._state = StopState.from_json(kept[1])
        since_ms = max(self._state.since_ms, now_ms - WINDOW_MS)
        rows, fills = await self._journal.past(self._bot, since_ms)
        samples = samples_of(rows, fills)
        self._sampled_ms = samples[-1].time_ms if samples else now_ms
        self._counted = {fill.id for fill in fills if fill.time_ms <= self._sampled_ms}
        self._watch = watch_again(self._rule, self._state, samples)
        self._held = dict(self._watch.stopped)
        await self._keep()

    async def look(self, cycle: Cycle) -> bool:
        """Take a sample if it is time for one; whether other parts are stopped now than before."""
        if self._watch is None:
            return False
        sample = self._sample(cycle)
        fired = () if sample is None else self._watch.follow(sample)
        for firing in fired:
            await self._tell("stop", self._words(firing))
        return await self._note_changes(cycle.snapshot.now_ms if cycle.snapshot is not None else 0)

    async def release(self, now_ms: int) -> None:
        """Let every part go on, because a person says so."""
        for part in self._held:
            if self._watch is not None:
                self._watch.release(part)
        await self._note_changes(now_ms)

    # ------------------------------------------------------------ what follows

    @property
    def mode(self) -> str:
        """The mode of the whole bot, "" for none."""
        return self._rule.action if self._rule is not None and ACCOUNT in self._held else ""

    def config(self, config: Config) -> Config:
        """The config with the modes of stopped sides and coins."""
        if self._rule is None or self._rule.scope is Scope.ACCOUNT or not self._held:
            return config
        if self._rule.scope is Scope.SIDE:
            return _with_sides(config, set(self._held), self._rule.action)
        return _with_coins(config, set(self._held), self._rule.action)

    @property
    def alarm(self) -> str:
        """What a person should know, "" while nothing is stopped."""
        return "; ".join(self._hold_words(part, until_ms) for part, until_ms in self._held.items())

    # ------------------------------------------------------------ samples

    def _sample(self, cycle: Cycle) -> Sample | None:
        """What the account is worth now; None when it isn't time or anything of it is old."""
        snapshot = cycle.snapshot
        if snapshot is None or snapshot.now_ms // MINUTE_MS <= self._sampled_ms // MINUTE_MS:
            return None
        ages = snapshot.ages
        states = [snapshot.coins[held.coin].candles for held in snapshot.positions if held.coin in snapshot.coins]
        report = Report(cycle)
        if report.balance is None or report.equity is None:
            return None
        if not all(age.is_fresh for age in (ages.positions, ages.balance, *states)):
            return None
        self._sampled_ms = snapshot.now_ms
        fills = [self._row(cycle, fill) for fill in cycle.account.known_fills() if self._is_new(fill)]
        self._counted |= {fill.id for fill in fills}
        upnl = {f"{row.coin} {row.side}": row.upnl or 0.0 for row in report.positions()}
        return Sample(snapshot.now_ms, report.balance, report.equity, upnl, realised_by_leg(fills))

    def _is_new(self, fill: Fill) -> bool:
        return fill.id not in self._counted and fill.time_ms > self._state.since_ms

    def _row(self, cycle: Cycle, fill: Fill) -> LiveFillRow:
        row = fill_row(fill, cycle.account.markets.get(fill.symbol))
        return LiveFillRow(
            self._bot, row.id, row.time_ms, row.coin, row.side, row.type, row.qty, row.price, row.pnl, row.fee
        )

    # ------------------------------------------------------------ what is kept and told

    async def _note_changes(self, now_ms: int) -> bool:
        stopped = {} if self._watch is None else self._watch.stopped
        if stopped == self._held:
            return False
        for part in self._held.keys() - stopped.keys():
            self._state.released[part] = now_ms
            await self._tell("stop", f"the drawdown stop lets {_name(part)} go on; its high point counts from here")
        self._held = stopped
        await self._keep()
        return True

    async def _keep(self) -> None:
        """What can't be written holds all the same until the process ends; the story says so."""
        if self._rule is None:
            return
        self._state.held = dict(self._held)
        try:
            await self._journal.keep_stop_state(self._bot, rule_to_json(self._rule), self._state.to_json())
        except StorageError as error:
            await self._tell("warning", f"the drawdown stop can't be kept for a restart: {error}")

    def _words(self, firing: Firing) -> str:
        until = self._hold_words(firing.part, self._watch.stopped[firing.part]) if self._watch is not None else ""
        return f"the drawdown stop fired: {_name(firing.part)} is {firing.drawdown:.1%} below its high point; {until}"

    def _hold_words(self, part: str, until_ms: float) -> str:
        does = "every position is closed" if self._rule and self._rule.action == "panic" else "nothing new is opened"
        until = "a person lets it go on" if math.isinf(until_ms) else iso_minute(int(until_ms))
        return f"drawdown stop of {_name(part)}: {does}, until {until}"


def _name(part: str) -> str:
    return {"account": "the account", "long": "the long side", "short": "the short side"}.get(part, part)


def _with_sides(config: Config, sides: set[str], mode: str) -> Config:
    """A coin's own mode must not be stronger than the side's stop."""
    names = {f"forced_mode_{side}" for side in sides}
    overrides = {
        coin: dataclasses.replace(
            override, live=FrozenMap({key: value for key, value in override.live.items() if key not in names})
        )
        for coin, override in config.coin_overrides.items()
    }
    live = dataclasses.replace(config.live, **dict.fromkeys(names, mode))  # type: ignore[arg-type]
    return dataclasses.replace(config, live=live, coin_overrides=FrozenMap(overrides))


def _with_coins(config: Config, coins: set[str], mode: str) -> Config:
    names = {f"forced_mode_{side}": mode for side in SIDES}
    overrides = dict(config.coin_overrides)
    for coin in coins:
        override = overrides.get(coin, CoinOverride())
        overrides[coin] = dataclasses.replace(override, live=FrozenMap({**override.live, **names}))
    return dataclasses.replace(config, coin_overrides=FrozenMap(overrides))
