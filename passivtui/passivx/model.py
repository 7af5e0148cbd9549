"""Passiv-X's settings as frozen data: what a bot trades by, what a search works on, what one backtest runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar

from passivtui.config import Note
from passivtui.config.frozen import FrozenMap
from passivtui.passivx.conditions import BreakCondition
from passivtui.passivx.markets import TickMarket

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True, slots=True)
class Strategy:
    """The strategy itself: what Jackrabbit varies. Meanings and ranges: `parameters.STRATEGY`."""

    balance_pct: float
    entry_qty_pct: float
    ddown_factor: float
    leverage: float
    grid_spacing: float
    grid_coefficient: float
    min_markup: float
    max_markup: float
    n_close_orders: int
    min_close_qty_multiplier: float
    ema_span: float
    ema_spread: float
    stop_loss_liq_diff: float
    stop_loss_pos_price_diff: float
    stop_loss_pos_reduction: float
    do_long: bool
    do_shrt: bool


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Passiv-X's live settings of one bot. `extra` holds keys without a meaning here, kept for writing them back."""

    config_name: str
    symbol: str
    logging_level: int
    cross_mode: bool
    n_entry_orders: int
    market_stop_loss: bool
    funding_fee_collect_mode: bool
    strategy: Strategy
    extra: FrozenMap[Any] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class SearchRange:
    """From `low` to `high` in `step`s."""

    low: float
    high: float
    step: float


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Passiv-X's backtest settings: a market, a span of time, and the ranges that its search varies values in."""

    session_name: str
    exchange: str
    user: str
    symbol: str
    n_days: float
    starting_candidate_filepath: str
    starting_k: int
    n_jackrabbit_iterations: int
    latency_simulation_ms: float
    starting_balance: float
    break_on: tuple[BreakCondition, ...]
    ranges: FrozenMap[SearchRange]
    extra: FrozenMap[Any] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class TickBacktest:
    """One backtest over ticks. `n_days` None: the days that the ticks span. `accounting`: "original" or "true" (§8).

    `exchange` is the venue whose trades are run when no other ticks are named.
    """

    name: str
    symbol: str
    strategy: Strategy
    market: TickMarket
    starting_balance: float
    latency_ms: float
    n_days: float | None
    break_on: tuple[BreakCondition, ...]
    accounting: str
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[SettingsT]):
    """Settings from a file, and what is worth knowing about them."""

    settings: SettingsT
    notes: tuple[Note, ...]


def numbers_of(data: Strategy | TickMarket) -> Mapping[str, float]:
    """The values as the engine takes them; switches are 1 and 0."""
    return {each.name: float(getattr(data, each.name)) for each in fields(data)}
