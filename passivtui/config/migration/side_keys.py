"""The strategy's keys and bounds from before 7.3: markups, filters, and keys that came later."""

from __future__ import annotations

from typing import Any, Final

from passivtui.config.findings import shown
from passivtui.config.migration.names import FILTER_WINDOW, MARKUP_MINIMUM, MARKUP_RANGE, VOLUME_CLIP
from passivtui.config.migration.step import Step
from passivtui.config.parameter import as_number
from passivtui.config.parameters import SIDES

_WINDOWS: Final = ("filter_noisiness_rolling_window", "filter_volume_rolling_window")
_MARKUP: Final = 0.001  # of a release that didn't give it
_OLDEST_WINDOW: Final = 60.0
_VOLUME_DROP: Final = 0.5
_BEFORE: Final = "as in the releases before it came"


def settle_sides(step: Step) -> None:
    """Every side that the file gives, in 7.3's keys."""
    for side, table in step.sides():
        key = f"bot.{side}"
        _markups(step, table, key)
        step.filled(table, key, "close_trailing_qty_pct", 1.0, _BEFORE)
        double_down = table.get("entry_grid_double_down_factor")
        if double_down is not None:
            step.filled(table, key, "entry_trailing_double_down_factor", double_down, "that of the grid")
        _windows(step, table, key)
        _volume_drop(step, table, key)


def _markups(step: Step, table: dict[str, Any], key: str) -> None:
    """The old form gave the nearest markup and how far the others reach beyond it."""
    if {"close_grid_markup_start", "close_grid_markup_end"} <= table.keys():
        for old in (MARKUP_MINIMUM, MARKUP_RANGE):
            if old in table:
                step.findings.warn(f"{key}.{old}", f"{shown(table.pop(old))} left out: start and end are given too")
        return
    low, reach = table.pop(MARKUP_MINIMUM, _MARKUP), table.pop(MARKUP_RANGE, _MARKUP)
    nearest, span = as_number(low), as_number(reach)
    if nearest is None or span is None:
        bad, value = (MARKUP_MINIMUM, low) if nearest is None else (MARKUP_RANGE, reach)
        step.findings.problem(f"{key}.{bad}", value, "must be a number")
        return
    table.setdefault("close_grid_markup_start", nearest + span)
    table.setdefault("close_grid_markup_end", nearest)
    step.findings.info(
        f"{key}.{MARKUP_MINIMUM}",
        f"{shown(low)} and {MARKUP_RANGE} {shown(reach)} are close_grid_markup_start {nearest + span:g} and "
        f"close_grid_markup_end {nearest:g} now",
    )


def _windows(step: Step, table: dict[str, Any], key: str) -> None:
    """One window used to serve both filters, and before that it stood in `live`."""
    live = step.table("live")
    window, origin = table.pop(FILTER_WINDOW, None), f"{key}.{FILTER_WINDOW}"
    for name in ("ohlcv_rolling_window", "noisiness_rolling_mean_window_size"):
        if window is None and live.get(name) is not None:
            window, origin = live[name], f"live.{name}"
    for name in _WINDOWS:
        if window is None:
            step.filled(table, key, name, _OLDEST_WINDOW, _BEFORE)
        elif name not in table:
            table[name] = window
            step.findings.info(origin, f"is {name} now ({shown(window)})")


def _volume_drop(step: Step, table: dict[str, Any], key: str) -> None:
    """Passivbot 7.3 takes it from `live`; a side's own clip, which it passes over, is told and not taken either."""
    own = table.pop(VOLUME_CLIP, None)
    if "filter_volume_drop_pct" in table:
        return
    clip = step.table("live").get(VOLUME_CLIP)
    if clip is not None:
        table["filter_volume_drop_pct"] = clip
        step.findings.info(f"live.{VOLUME_CLIP}", f"is {key}.filter_volume_drop_pct now ({shown(clip)})")
        return
    table["filter_volume_drop_pct"] = _VOLUME_DROP
    if own is not None:
        step.findings.warn(
            f"{key}.{VOLUME_CLIP}",
            f"{shown(own)} is left out, as Passivbot 7.3 does; filter_volume_drop_pct is {_VOLUME_DROP:g}",
        )
    else:
        step.findings.info(f"{key}.filter_volume_drop_pct", f"not given; {_VOLUME_DROP:g} is used, {_BEFORE}")


def settle_bounds(step: Step) -> None:
    """The optimizer's bounds under the old names."""
    bounds = step.table("optimize", "bounds")
    for side in SIDES:
        _markup_bounds(step, bounds, side)
        _split_bound(step, bounds, f"{side}_{FILTER_WINDOW}", [f"{side}_{name}" for name in _WINDOWS])
        _split_bound(step, bounds, f"{side}_{VOLUME_CLIP}", [f"{side}_filter_volume_drop_pct"])


def _markup_bounds(step: Step, bounds: dict[str, Any], side: str) -> None:
    low, reach = bounds.pop(f"{side}_{MARKUP_MINIMUM}", None), bounds.pop(f"{side}_{MARKUP_RANGE}", None)
    nearest, span = _ends(low), _ends(reach)
    if nearest is None:
        return
    first, last = span or (_MARKUP, _MARKUP)
    start = bounds.setdefault(f"{side}_close_grid_markup_start", [nearest[0] + first, nearest[1] + last])
    end = bounds.setdefault(f"{side}_close_grid_markup_end", list(nearest))
    step.findings.info(
        f"optimize.bounds.{side}_{MARKUP_MINIMUM}",
        f"{shown(low)} and {MARKUP_RANGE} {shown(reach)} are close_grid_markup_start {shown(start)} and "
        f"close_grid_markup_end {shown(end)} now",
    )


def _ends(value: Any) -> tuple[float, float] | None:
    numbers = [as_number(item) for item in value] if isinstance(value, list) else [as_number(value)]
    known = [number for number in numbers if number is not None]
    return (min(known), max(known)) if known and len(known) == len(numbers) else None


def _split_bound(step: Step, bounds: dict[str, Any], old: str, new: list[str]) -> None:
    value = bounds.pop(old, None)
    if value is None:
        return
    for name in new:
        bounds.setdefault(name, value)
    step.findings.info(f"optimize.bounds.{old}", f"is {' and '.join(new)} now ({shown(value)})")
