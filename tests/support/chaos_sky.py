"""The weather of a chaos run on paper: what faults do to the venue, the account, the clock, the disk and the config."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaos_checks import Checker
from chaos_explained import Struck
from chaos_weather import FAULTS, Episode, weather

from passivtui.clock import MINUTE_MS
from passivtui.exchanges.base import Candle, Market, OrderRequest
from passivtui.exchanges.errors import AuthError, RateLimited, Unreadable
from passivtui.exchanges.paper import PaperExchange
from passivtui.exchanges.paper_account import Refusal
from passivtui.exchanges.paper_rules import PaperFaults, PaperRules
from passivtui.exchanges.virtual_clock import ManualClock

EXPOSURE = 1.5
CONFIG = """
[live]
approved_coins = ["BTC", "ETH", "SOL"]
minimum_coin_age_days = 0
execution_delay_seconds = 1
mimic_backtest_1m_delay = false
leverage = 5
max_n_creations_per_batch = 50
max_n_cancellations_per_batch = 50
ohlcvs_1m_rolling_window_days = 0.2
[bot.long]
n_positions = 3
total_wallet_exposure_limit = {limit}
entry_grid_spacing_pct = {spacing}
{side}
[bot.short]
n_positions = 3
total_wallet_exposure_limit = {limit}
entry_grid_spacing_pct = {spacing}
{side}
"""
SIDE = """
ema_span_0 = 10
ema_span_1 = 30
entry_initial_ema_dist = -0.005
entry_initial_qty_pct = 0.02
entry_trailing_grid_ratio = 0.0
close_trailing_grid_ratio = 0.0
close_grid_markup_start = 0.004
close_grid_markup_end = 0.002
close_grid_qty_pct = 0.5
unstuck_loss_allowance_pct = 0.02
unstuck_threshold = 0.6
unstuck_close_pct = 0.05
"""

_BLINDING = {"no connection", "banned", "key refused"}


class PaperSky:
    """Begins and ends the episodes of a seed as the clock goes on, and notes what the bot met of them (`struck`)."""

    def __init__(
        self,
        seed: int,
        root: Path,
        venue: PaperExchange,
        rules: PaperRules,
        clock: ManualClock,
        ends_ms: int,
        checker: Checker,
    ) -> None:
        self._seed, self._root, self._venue, self._rules = seed, root, venue, rules
        self._clock, self._checker = clock, checker
        self._account = venue._account
        markets = venue._feed.markets
        assert isinstance(markets, dict)
        self._markets: dict[str, Market] = markets
        self._dice = random.Random(f"sky {seed}")
        self.storms = weather(seed, clock(), ends_ms)
        self._events = sorted(
            [(one.begins_ms, 0, one) for storm in self.storms for one in storm.episodes]
            + [(one.ends_ms, 1, one) for storm in self.storms for one in storm.episodes],
            key=lambda event: (event[0], event[1], event[2].name),
        )
        self.active: set[str] = set()
        self.struck: list[Struck] = []
        self._banned_until_ms = 0
        self._spacing = 0.004
        self.write_config()

    @property
    def is_quiet(self) -> bool:
        now = self._clock()
        return not self.active and not any(storm.begins_ms <= now < storm.ends_ms for storm in self.storms)

    @property
    def changes_ms(self) -> int | None:
        """When the next episode begins or ends."""
        return self._events[0][0] if self._events else None

    def clear_up(self) -> None:
        """No weather from now on."""
        for name in sorted(self.active):
            self._end(Episode(name, 0, 0))
        self._events.clear()

    def strike(self, what: str, client_id: str = "") -> None:
        self.met(what, client_id)
        self._checker.disturbed()

    def met(self, what: str, client_id: str = "") -> None:
        now, soon = self._clock(), self._clock() + 4 * MINUTE_MS
        full = [one for storm in self.storms for one in storm.episodes if one.name == "disk full"]
        may_lose = any(one.begins_ms <= soon and now <= one.ends_ms for one in full)
        self.struck.append(Struck(now, what, client_id, may_lose))

    def change(self) -> None:
        while self._events and self._events[0][0] <= self._clock():
            _, is_end, episode = self._events.pop(0)
            if is_end:
                self._end(episode)
            else:
                self._begin(episode)
            self._checker.disturbed()

    def _begin(self, episode: Episode) -> None:
        name = episode.name
        self._checker.figures.faults[name] += 1
        if not FAULTS[name].is_moment:
            self.active.add(name)
        moment = getattr(self, f"_on_{name.replace(' ', '_')}", None)
        if moment is not None:
            moment()
        self._turn_dial()

    def _end(self, episode: Episode) -> None:
        name = episode.name
        self.active.discard(name)
        over = getattr(self, f"_off_{name.replace(' ', '_')}", None)
        if over is not None:
            over()
        self._turn_dial()

    def _turn_dial(self) -> None:
        chance: dict[str, float] = {}
        for name in self.active:
            for fault, probability in FAULTS[name].dial.items():
                chance[fault] = max(chance.get(fault, 0.0), probability)
        latency = (200, 6_000) if "slow answers" in self.active else (0, 0)
        self._venue._dial._faults = PaperFaults(chance=chance, latency_ms=latency, rate_limit_seconds=7.0)
        rules = replace(
            self._rules,
            visibility_lag_ms=4_000 if "orders show late" in self.active else self._rules.visibility_lag_ms,
            partial_chance=0.5 if "partial fills" in self.active else 0.0,
        )
        self._venue._rules = self._account._rules = rules
        self._checker.is_journal_full = "disk full" in self.active

    @property
    def skew_ms(self) -> int:
        return 10_000 * (1 if self._seed % 2 else -1) if "clock off" in self.active else 0

    def refuse(self, name: str) -> None:
        if "key refused" in self.active:
            raise AuthError("the key is not accepted (rehearsed)")
        if self._clock() < self._banned_until_ms:
            raise RateLimited("banned (rehearsed)", (self._banned_until_ms - self._clock()) / 1000.0)
        if "unreadable answers" in self.active and self._dice.random() < 0.2:
            raise Unreadable(f"{name}: the answer is no JSON (rehearsed)")

    def bent(self, name: str, result: Any) -> Any:
        """An answer as the weather has it."""
        if name == "balance" and "balance reads 0" in self.active:
            self.strike("the balance is 0")
            return replace(result, total=0.0)
        if name == "candles_since" and result:
            return self._bent_candles(result)
        return result

    def _bent_candles(self, candles: tuple[Candle, ...]) -> tuple[Candle, ...]:
        if "candles late" in self.active:
            return tuple(one for one in candles if one.time_ms < self._clock() - 5 * MINUTE_MS)
        if "a candle missing" in self.active and len(candles) > 2:
            return (*candles[:-2], candles[-1])
        return candles

    def _on_banned(self) -> None:
        self._banned_until_ms = self._clock() + 150_000

    def _on_deposit(self) -> None:
        self._account.books.balance += 3_000.0
        self._strange_balance()
        self._checker.touched()

    def _on_withdrawal(self) -> None:
        self._account.books.balance = max(2_000.0, self._account.books.balance - 2_500.0)
        self._strange_balance()
        self._checker.touched()

    @property
    def _is_watched(self) -> bool:
        """Whether a bot knows how things were, and sees this change before there is another."""
        now, soon = self._clock(), self._clock() + 2 * MINUTE_MS
        blinding = [one for storm in self.storms for one in storm.episodes if one.name in _BLINDING]
        is_blind = any(one.begins_ms <= soon and now <= one.ends_ms + 3 * MINUTE_MS for one in blinding)
        return self._checker.knows_account and not is_blind

    def _strange_balance(self) -> None:
        if self._is_watched:
            self.met("which no trade explains")

    def _on_trade_by_hand(self) -> None:
        """Closes what is held of some coin, else opens something."""
        held = self._account.positions()
        if held:
            one = self._dice.choice(held)
            side, qty = ("sell" if one.size > 0.0 else "buy"), abs(one.size)
            self._by_hand(one.symbol, side, one.side, qty, reduce_only=True, kind="market", price=one.price)
        else:
            self._by_hand("BTC/USDT:USDT", "buy", "long", 0.5, reduce_only=False, kind="market", price=1000.0)

    def _on_order_by_hand(self) -> None:
        self._by_hand("ETH/USDT:USDT", "buy", "long", 0.1, reduce_only=False, kind="limit", price=500.0)

    def _by_hand(self, symbol: str, side: Any, of: Any, qty: float, **more: Any) -> None:
        client_id = f"by-hand-{self._account.books.sequence}"
        request = OrderRequest(client_id, symbol, side, of, qty, post_only=False, **more)
        try:
            self._account.place(request, self._venue._last(symbol), self._clock())
        except Refusal:
            return
        self._venue._publish()
        self._checker.touched()
        if more["kind"] == "market":  # its fill is told
            self.met("by hand", client_id)

    def _on_leverage_changed(self) -> None:
        """Told by a bot that had set it itself; a new one sets it before its first entry."""
        for symbol in self._account.books.leverages:
            self._account.books.leverages[symbol] = 3

    def _on_market_halted(self) -> None:
        self._markets["SOL/USDT:USDT"] = replace(self._markets["SOL/USDT:USDT"], is_active=False)

    def _off_market_halted(self) -> None:
        self._markets["SOL/USDT:USDT"] = replace(self._markets["SOL/USDT:USDT"], is_active=True)

    def _on_steps_changed(self) -> None:
        self._markets["BTC/USDT:USDT"] = replace(self._markets["BTC/USDT:USDT"], price_step=0.5)

    def _off_steps_changed(self) -> None:
        self._markets["BTC/USDT:USDT"] = replace(self._markets["BTC/USDT:USDT"], price_step=0.1)

    def _on_computer_sleeps(self) -> None:
        """The clock goes on while a request is on its way; a fake sleeper has the venue keep up."""
        self._clock._now_ms += 12 * MINUTE_MS
        self._venue.settle()

    def _on_config_edited(self) -> None:
        before, self._spacing = self._spacing, 0.006 if self._spacing == 0.004 else 0.004
        self.write_config()
        if self._is_watched:  # else the next one begins with it
            told = f"bot.long.entry_grid_spacing_pct {before} → {self._spacing}"
            self.met(told)

    def _on_config_half_written(self) -> None:
        (self._root / "victim.toml").write_text("[live\napproved_coins = [")
        if self._is_watched:
            self.met("malformed TOML")

    def _off_config_half_written(self) -> None:
        self.write_config()

    def write_config(self) -> None:
        text = CONFIG.format(limit=EXPOSURE, spacing=self._spacing, side=SIDE)
        (self._root / "victim.toml").write_text(text)
