"""Values that are each allowed but make little sense together: said in the editor, never in the way of saving."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from passivtui.config.model import Config, SideParams
from passivtui.config.parameters import SIDES

_SMALLEST_ORDER_USD = 5.0  # what most venues ask of an order
_Advice = Iterator[tuple[str, str]]


def advice(config: Config) -> _Advice:
    """Pairs of a dotted key and words that can follow its name."""
    for side in SIDES:
        params = config.bot.side(side)
        if params.is_on:
            for rule in _SIDE_RULES:
                for name, words in rule(params):
                    yield f"bot.{side}.{name}", words
            yield from _coins(config, side, params)
            yield from _first_entry(config, side, params)
    yield from _leverage(config)
    yield from _single_coins(config)


def _markups(side: SideParams) -> _Advice:
    if side.close_grid_markup_start < side.close_grid_markup_end:
        yield (
            "close_grid_markup_start",
            f"is below close_grid_markup_end {side.close_grid_markup_end:g}: full positions wait for more profit than "
            "nearly empty ones (allowed)",
        )


def _spans(side: SideParams) -> _Advice:
    if side.ema_span_0 == side.ema_span_1:
        yield "ema_span_0", "is the same as ema_span_1: the band of moving averages has no width (allowed)"


def _trailing(side: SideParams) -> _Advice:
    for what, ratio, threshold, retracement in (
        (
            "entry",
            side.entry_trailing_grid_ratio,
            side.entry_trailing_threshold_pct,
            side.entry_trailing_retracement_pct,
        ),
        (
            "close",
            side.close_trailing_grid_ratio,
            side.close_trailing_threshold_pct,
            side.close_trailing_retracement_pct,
        ),
    ):
        if ratio != 0.0 and threshold <= 0.0 and retracement == 0.0:
            yield (
                f"{what}_trailing_retracement_pct",
                f"is 0 and {what}_trailing_threshold_pct is not above 0: no trailing {what} is ever placed",
            )


def _unstuck(side: SideParams) -> _Advice:
    if side.unstuck_loss_allowance_pct > 0.0 and side.unstuck_threshold >= 1.0:
        yield "unstuck_threshold", "is 1 or more: no position ever counts as stuck within its exposure limit"


def _exposure(side: SideParams) -> _Advice:
    each = side.total_wallet_exposure_limit / side.n_positions
    if each > 2.0:
        yield (
            "total_wallet_exposure_limit",
            f"gives each of {side.n_positions} positions {each:g} times the balance: a fall of {1.0 / each:.0%} from "
            "its average price would use the balance up",
        )


_SIDE_RULES: tuple[Callable[[SideParams], _Advice], ...] = (_markups, _spans, _trailing, _unstuck, _exposure)


def _coins(config: Config, side: str, params: SideParams) -> _Advice:
    if config.approves_everything:
        return
    approved = config.approved()
    coins = approved.long if side == "long" else approved.short
    key = f"bot.{side}.n_positions"
    if not coins:
        yield key, f"is {params.n_positions}, but no coin is approved for {side}: nothing is opened"
    elif len(coins) < params.n_positions:
        noun = "coin is" if len(coins) == 1 else "coins are"
        yield (
            key,
            f"is {params.n_positions}, but {len(coins)} {noun} approved for {side}: the exposure limit is shared by "
            f"{params.n_positions} positions all the same",
        )


def _first_entry(config: Config, side: str, params: SideParams) -> _Advice:
    limit = params.total_wallet_exposure_limit / params.n_positions
    cost = config.backtest.starting_balance * limit * params.entry_initial_qty_pct
    if cost < _SMALLEST_ORDER_USD:
        yield (
            f"bot.{side}.entry_initial_qty_pct",
            f"makes a first entry of {cost:.2g} USD with the backtest's starting balance; most exchanges ask for at "
            f"least {_SMALLEST_ORDER_USD:g}",
        )


def _leverage(config: Config) -> _Advice:
    sides = [config.bot.side(side) for side in SIDES]
    total = sum(side.total_wallet_exposure_limit for side in sides if side.is_on)
    if total > config.live.leverage:
        yield (
            "live.leverage",
            f"is below the exposure limits of both sides together ({total:g}): the exchange will refuse orders before "
            "they are reached",
        )


def _single_coins(config: Config) -> _Advice:
    for coin, override in config.coin_overrides.items():
        for side in SIDES:
            limit = override.side(side).get("wallet_exposure_limit")
            total = config.bot.side(side).total_wallet_exposure_limit
            if limit is not None and config.bot.side(side).is_on and limit > total:
                yield (
                    f"coin_overrides.{coin}.bot.{side}.wallet_exposure_limit",
                    f"is above the whole side's total_wallet_exposure_limit {total:g}",
                )
