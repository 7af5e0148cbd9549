"""The config as the program uses it: frozen, typed, validated. `load_config` is the only way to one from outside.

Field names are the config's keys; `parameters` says what each means. Units: pct and dist are fractions, spans and
windows minutes, exposure limits multiples of the balance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from passivtui.config.frozen import FrozenMap

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person may want to know about a config that was loaded all the same."""

    severity: Severity
    key: str  # dotted, "" when the whole file is meant
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


@dataclass(frozen=True, slots=True)
class SideParams:
    """The strategy's settings of one side (`spec/engine.md` §1.3), without any coin's overrides."""

    total_wallet_exposure_limit: float
    n_positions: int
    enforce_exposure_limit: bool
    ema_span_0: float
    ema_span_1: float
    entry_initial_qty_pct: float
    entry_initial_ema_dist: float
    entry_grid_spacing_pct: float
    entry_grid_spacing_weight: float
    entry_grid_double_down_factor: float
    entry_trailing_grid_ratio: float
    entry_trailing_threshold_pct: float
    entry_trailing_retracement_pct: float
    entry_trailing_double_down_factor: float
    close_grid_markup_start: float
    close_grid_markup_end: float
    close_grid_qty_pct: float
    close_trailing_grid_ratio: float
    close_trailing_threshold_pct: float
    close_trailing_retracement_pct: float
    close_trailing_qty_pct: float
    unstuck_threshold: float
    unstuck_close_pct: float
    unstuck_ema_dist: float
    unstuck_loss_allowance_pct: float
    filter_volume_drop_pct: float
    filter_volume_rolling_window: float
    filter_noisiness_rolling_window: float

    @property
    def is_on(self) -> bool:
        """Whether the side may open positions (`spec/config.md` §2)."""
        return self.n_positions > 0 and self.total_wallet_exposure_limit > 0.0


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Both sides of the strategy."""

    long: SideParams
    short: SideParams

    def side(self, name: str) -> SideParams:
        """The settings of "long" or "short"."""
        return self.long if name == "long" else self.short


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """What a backtest runs over. Dates are texts that `parse_date` reads; the end may be "now"."""

    start_date: str
    end_date: str
    exchanges: tuple[str, ...]
    starting_balance: float
    use_btc_collateral: bool
    gap_tolerance_ohlcvs_minutes: float
    combine_ohlcvs: bool
    compress_cache: bool
    base_dir: str


@dataclass(frozen=True, slots=True)
class CoinLists:
    """Coin names for each side, normalised, in the order given, each once."""

    long: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What the live bot needs besides the strategy. Modes are canonical names."""

    user: str
    leverage: float
    approved_coins: CoinLists
    ignored_coins: CoinLists
    empty_means_all_approved: bool
    minimum_coin_age_days: float
    filter_by_min_effective_cost: bool
    forced_mode_long: str
    forced_mode_short: str
    auto_gs: bool
    market_orders_allowed: bool
    time_in_force: str
    price_distance_threshold: float
    max_n_cancellations_per_batch: int
    max_n_creations_per_batch: int
    execution_delay_seconds: float
    mimic_backtest_1m_delay: bool
    ohlcvs_1m_rolling_window_days: float
    ohlcvs_1m_update_after_minutes: float
    pnls_max_lookback_days: float
    max_n_restarts_per_day: int


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the optimizer: a candidate whose metric is greater (or lower) than `value` is penalised."""

    metric: str
    side: Literal["greater", "lower"]
    value: float

    @property
    def key(self) -> str:
        """The name in `optimize.limits`."""
        return f"penalize_if_{self.side}_than_{self.metric}"


@dataclass(frozen=True, slots=True)
class OptimizeSettings:
    """What the optimizer searches for and within. `bounds` are named `<side>_<setting>`: (low, high)."""

    scoring: tuple[str, ...]
    limits: tuple[Limit, ...]
    iters: int
    population_size: int
    crossover_probability: float
    mutation_probability: float
    n_cpus: int
    round_to_n_significant_digits: int
    enable_overrides: tuple[str, ...]
    compress_results_file: bool
    write_all_results: bool
    bounds: FrozenMap[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class CoinOverride:
    """What one coin does differently (`spec/config.md` §4). Keys that are absent follow the main config."""

    long: FrozenMap[float | bool] = field(default_factory=FrozenMap)
    short: FrozenMap[float | bool] = field(default_factory=FrozenMap)
    live: FrozenMap[str | float] = field(default_factory=FrozenMap)  # forced_mode_long, forced_mode_short, leverage

    def side(self, name: str) -> Mapping[str, float | bool]:
        """The coin's own settings on "long" or "short"."""
        return self.long if name == "long" else self.short


@dataclass(frozen=True, slots=True)
class Approved:
    """The coins that may be traded, ignored ones removed. `union`, sorted, is what a backtest trades on both sides."""

    long: tuple[str, ...]
    short: tuple[str, ...]

    @property
    def union(self) -> tuple[str, ...]:
        return tuple(sorted({*self.long, *self.short}))


@dataclass(frozen=True, slots=True)
class Config:
    """One whole config. `extra` mirrors the file: unknown keys where they stood, kept for whoever knows them."""

    backtest: BacktestSettings
    bot: BotSettings
    live: LiveSettings
    optimize: OptimizeSettings
    coin_overrides: FrozenMap[CoinOverride] = field(default_factory=FrozenMap)
    extra: FrozenMap[Any] = field(default_factory=FrozenMap)

    @property
    def approves_everything(self) -> bool:
        """Both lists of approved coins are empty, and empty means all (`spec/config.md` §3)."""
        lists = self.live.approved_coins
        return self.live.empty_means_all_approved and not lists.long and not lists.short

    def approved(self, available: Iterable[str] = ()) -> Approved:
        """The approved coins of each side without the ignored ones.

        When every coin is approved (`approves_everything`), those are the `available` ones, which don't matter else.
        """
        lists, ignored = self.live.approved_coins, self.live.ignored_coins
        everything = tuple(sorted(available)) if self.approves_everything else ()
        return Approved(
            long=tuple(coin for coin in lists.long or everything if coin not in ignored.long),
            short=tuple(coin for coin in lists.short or everything if coin not in ignored.short),
        )


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A config, where it came from, and what was noticed on the way."""

    config: Config
    path: Path | None
    name: str
    notes: tuple[Note, ...] = ()
    files: tuple[Path, ...] = ()  # other files it was read from: coin lists, override configs

    @property
    def warnings(self) -> tuple[Note, ...]:
        """The notes that deserve a person's eye."""
        return tuple(note for note in self.notes if note.severity == "warning")
