"""The names by which files from before 7.3 are recognised."""

from __future__ import annotations

from typing import Final

from passivtui.config.document import Document
from passivtui.config.migration.step import table_at
from passivtui.config.parameters import SIDES

MARKUP_MINIMUM: Final = "close_grid_min_markup"
MARKUP_RANGE: Final = "close_grid_markup_range"
FILTER_WINDOW: Final = "filter_rolling_window"
VOLUME_CLIP: Final = "filter_relative_volume_clip_pct"

OLD_BOT_KEYS: Final = (MARKUP_MINIMUM, MARKUP_RANGE, FILTER_WINDOW, VOLUME_CLIP)
OLD_LIVE_KEYS: Final = (
    "minimum_market_age_days",
    "ohlcv_rolling_window",
    "noisiness_rolling_mean_window_size",
    VOLUME_CLIP,
)
LOWER_BOUND: Final = "lower_bound_"


def is_from_before_7_3(document: Document) -> bool:
    """Whether any key is one that 7.3 no longer has."""
    if any(name in table_at(document, "bot", side) for side in SIDES for name in OLD_BOT_KEYS):
        return True
    if any(name in table_at(document, "live") for name in OLD_LIVE_KEYS):
        return True
    if table_at(document, "live").get("coin_flags") or "exchange" in table_at(document, "backtest"):
        return True
    limits = table_at(document, "optimize").get("limits")
    names = limits if isinstance(limits, (dict, str)) else ()
    return isinstance(limits, str) or any(str(name).startswith(LOWER_BOUND) for name in names)
