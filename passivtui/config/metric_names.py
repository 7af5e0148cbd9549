"""The names of the 87 metrics that scoring and limits may use, and which way each is better.

47 plain names and 40 with the prefix `btc_`, which exist only with BTC collateral (`spec/engine.md` §6.6). What a
metric means and how it is shown is the report's business; here are names and directions only.
"""

from __future__ import annotations

from typing import Literal

Direction = Literal["higher", "lower"]

_PER_EXPOSURE = tuple(
    f"{name}_per_exposure_{side}" for name in ("adg", "adg_w", "mdg", "mdg_w", "gain") for side in ("long", "short")
)

_HIGHER = (
    *("adg", "adg_w", "mdg", "mdg_w", "gain"),
    *_PER_EXPOSURE,
    *(
        f"{ratio}{suffix}"
        for ratio in ("sharpe_ratio", "sortino_ratio", "omega_ratio", "calmar_ratio", "sterling_ratio")
        for suffix in ("", "_w")
    ),
    *("volume_pct_per_day_avg", "volume_pct_per_day_avg_w"),
)

_LOWER = (
    *("drawdown_worst", "drawdown_worst_mean_1pct", "expected_shortfall_1pct"),
    *("loss_profit_ratio", "loss_profit_ratio_w"),
    *(f"equity_balance_diff_{side}_{kind}" for side in ("neg", "pos") for kind in ("max", "mean")),
    *(
        f"{shape}{suffix}"
        for shape in ("equity_choppiness", "equity_jerkiness", "exponential_fit_error")
        for suffix in ("", "_w")
    ),
    *("positions_held_per_day", "position_held_hours_max", "position_held_hours_mean", "position_held_hours_median"),
    "position_unchanged_hours_max",
)

BTC_PREFIX = "btc_"

_PLAIN: dict[str, Direction] = {
    **dict.fromkeys(_HIGHER, "higher"),
    **dict.fromkeys(_LOWER, "lower"),
}


def has_btc_form(name: str) -> bool:
    """Whether a plain metric also exists with the prefix `btc_`: not those of positions and traded volume."""
    return "position" not in name and "volume_pct_per_day" not in name


#: Every metric name → whether a higher or a lower value is better. Plain names first, in a fixed order.
METRIC_DIRECTIONS: dict[str, Direction] = {
    **_PLAIN,
    **{BTC_PREFIX + name: direction for name, direction in _PLAIN.items() if has_btc_form(name)},
}


def without_btc_prefix(name: str) -> str:
    """`btc_adg` → `adg`; other names as they are."""
    return name.removeprefix(BTC_PREFIX)
