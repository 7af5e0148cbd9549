"""The pictures of the strategy page, drawn with a config of the user's own.

Prices, quantities and exposures come from the preview's ladder and the engine's functions, for a coin at a price of 100
with steps so fine that they don't show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from passivtui.config import Config, list_configs, load_config, template_config
from passivtui.core import Held, calc_loss_allowance, calc_position, calc_unstuck
from passivtui.errors import PassivTuiError
from passivtui.market import MarketSpec
from passivtui.paths import Home
from passivtui.preview import Ladder, build_ladder
from passivtui.preview.ladder import Side
from passivtui.screens.help_layout import Line, wrap
from passivtui.screens.preview_orders import ladder_series
from passivtui.widgets.glyphs import Glyphs
from passivtui.widgets.picture import Look, draw_picture
from passivtui.widgets.series import Markers, Series

PRICE: Final = 100.0
_SPEC: Final = MarketSpec("", 1e-6, 1e-4, 1e-6, 0.0, 1.0, 0.0, 0.0, 0, 0, 0, "")
_COIN: Final = "COIN"
_UNDER_WATER: Final = 0.2
"""How far from its average the price of the stuck position is drawn."""
_MOST_CLOSES: Final = 40

Drawing = tuple[Sequence[Series], Sequence[Markers]]


@dataclass(frozen=True, slots=True)
class Shown:
    """The config that is drawn, what it is called, and the side of it."""

    name: str
    config: Config
    side: Side


def config_to_draw(home: Home) -> Shown:
    """The user's config that was changed last and can be used; the template if there is none."""
    own = [entry for entry in list_configs(home) if not entry.shipped]
    for entry in sorted(own, key=lambda entry: entry.path.stat().st_mtime, reverse=True):
        try:
            config = load_config(entry.path).config
        except PassivTuiError:
            continue  # the list of configs says what is wrong with it
        for side in ("long", "short"):
            if config.bot.side(side).is_on:
                return Shown(f"your config {entry.name}", config, side)
    return Shown("the template config", template_config(), "long")


def draw_all(shown: Shown, width: int, height: int, glyphs: Glyphs) -> Mapping[str, Sequence[Line]]:
    """Every picture as lines, by its name."""
    return {name: _picture(draw, caption, shown, (width, height), glyphs) for name, (draw, caption) in _DRAWN.items()}


def _picture(
    draw: Callable[[Shown], Drawing | str], caption: str, shown: Shown, size: tuple[int, int], glyphs: Glyphs
) -> list[Line]:
    drawn = draw(shown)
    if isinstance(drawn, str):
        return wrap(drawn, size[0], style="facts")
    series, markers = drawn
    points = np.concatenate([*(curve.x for curve in series), *(marked.x for marked in markers)])
    view = (float(points.min()), float(points.max()))
    if view[0] == view[1]:
        view = (view[0], view[0] + 1.0)
    look = Look(date_axis=False, log=False, zero=False, y_text=None, empty="", glyphs=glyphs)
    return [*draw_picture(series, markers, view, size, look).rows, *wrap(caption, size[0], style="facts")]


def _ladder(shown: Shown, **changes: Any) -> Ladder:
    """The ladder of the shown side with some settings replaced."""
    side = replace(shown.config.bot.side(shown.side), **changes)
    bot = replace(shown.config.bot, **{shown.side: side})
    config = replace(shown.config, bot=bot)
    return build_ladder(config, _COIN, shown.side, _SPEC, price=PRICE, balance=config.backtest.starting_balance)


def _flat(name: str, x: np.ndarray, value: float, role: str) -> Series:
    return Series(name, x, np.full(len(x), value), role=role, draw="dots")


def _exposure(shown: Shown) -> Drawing | str:
    ladder = _ladder(shown)
    way = np.array([abs(rung.distance) * 100.0 for rung in ladder.entries])
    order = np.argsort(way, kind="stable")
    reached = np.maximum.accumulate(np.array([ladder.entries[place].exposure for place in order]))
    x = np.concatenate(([0.0], way[order]))
    curve = Series("wallet exposure", x, np.concatenate(([0.0], reached)), role="exposure", draw="steps")
    return (curve, _flat("limit", x, ladder.limit, "loss")), ()


def _grid(shown: Shown) -> Drawing | str:
    series, markers = ladder_series(_ladder(shown, entry_trailing_grid_ratio=0.0))
    return [curve for curve in series if curve.name != "bankrupt"], markers


def _trailing(shown: Shown) -> Drawing | str:
    ladder = _ladder(shown, entry_trailing_grid_ratio=1.0)
    rung = next((rung for rung in ladder.entries if rung.turn is not None), None)
    if rung is None or rung.turn is None:
        return "Nothing trails with these values."
    average, trigger = rung.before.price, rung.turn.trigger
    extreme = rung.turn.threshold if rung.turn.threshold is not None else average
    x = np.array([0.0, 3.0, 4.0])
    path = Series("price", x, np.array([average, extreme, trigger]), role="price")
    lines = (_flat("average", x, average, "balance"), _flat("threshold", x, extreme, "muted"))
    return (path, *lines), (Markers("entry", x[-1:], np.array([trigger]), "entry"),)


def _closes(shown: Shown) -> Drawing | str:
    closes = _ladder(shown, close_trailing_grid_ratio=0.0).closes
    if not closes:
        return "There are no closes with these values."
    full = abs(closes[0].before.size)
    left = np.array([100.0 * (1.0 - abs(rung.after.size) / full) for rung in closes])
    prices = np.array([rung.price for rung in closes])
    x = np.concatenate(([0.0], left))
    steps = Series("closes", x, np.concatenate((prices[:1], prices)), role="profit", draw="steps")
    return (steps, _flat("average", x, closes[0].before.price, "balance")), (Markers("close", left, prices, "close"),)


def _unstuck(shown: Shown) -> Drawing | str:
    ladder = _ladder(shown)
    bot, held = ladder.bot, ladder.entries[-1].after
    share = bot["unstuck_loss_allowance_pct"] * bot["total_wallet_exposure_limit"]
    if share <= 0.0:
        return "Unstucking is switched off here (unstuck_loss_allowance_pct is 0)."
    away = 1.0 - _UNDER_WATER if shown.side == "long" else 1.0 + _UNDER_WATER
    price = held.price * away
    # A band just where the price is far enough from it.
    upper = price / (1.0 + bot["unstuck_ema_dist"]) * 0.999
    lower = price / (1.0 - bot["unstuck_ema_dist"]) * 1.001
    balance, lost = ladder.balance, 0.0
    exposures = [held.exposure / ladder.limit * 100.0]
    for _ in range(_MOST_CLOSES):
        allowance = calc_loss_allowance(balance, share, 0.0, -lost)
        allowances = (allowance, 0.0) if shown.side == "long" else (0.0, allowance)
        stuck = Held(0, shown.side, held.size, held.price, price, upper, lower, bot, ladder.market)
        chosen = calc_unstuck(balance, *allowances, [stuck])
        if chosen is None or not chosen[2].qty:
            break
        loss = abs(chosen[2].qty) * abs(held.price - chosen[2].price)
        balance, lost = balance - loss, lost + loss
        held = calc_position(ladder.market, balance, held.size, held.price, chosen[2].qty, chosen[2].price)
        exposures.append(held.exposure / ladder.limit * 100.0)
    x = np.arange(len(exposures), dtype=np.float64)
    curve = Series("exposure, % of the limit", x, np.array(exposures), role="exposure", draw="steps")
    return (curve, _flat("threshold", x, bot["unstuck_threshold"] * 100.0, "muted")), ()


_DRAWN: Final[Mapping[str, tuple[Callable[[Shown], Drawing | str], str]]] = {
    "exposure": (_exposure, "up: wallet exposure; to the right: how far the price has gone against it, in %"),
    "grid": (_grid, "up: price; to the right: wallet exposure after each entry"),
    "trailing": (_trailing, "up: price; to the right: time"),
    "closes": (_closes, "up: price; to the right: how much of the position is closed, in %"),
    "unstuck": (_unstuck, f"up: wallet exposure; to the right: closes, with the price {_UNDER_WATER:.0%} away"),
}
