"""What is drawn of a bot's coin: its prices and the EMA bands that the bot goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from passivtui.clock import MINUTE_MS
from passivtui.config import Config, engine_params
from passivtui.errors import DataError
from passivtui.live.candle_history import Candle
from passivtui.live.indicators import EmaFollower
from passivtui.live.orders import SIDES, Side

#: Minutes that are drawn; the bands come from all that are known.
DRAWN: Final = 720


@dataclass(frozen=True, slots=True)
class CoinPicture:
    """One row per minute: its closing time and close; per side that is on the lower and upper edge of the EMA band."""

    coin: str
    times_ms: tuple[int, ...]
    closes: tuple[float, ...]
    bands: dict[Side, tuple[tuple[float, ...], tuple[float, ...]]]


def picture_of(coin: str, candles: Sequence[Candle], config: Config) -> CoinPicture:
    """`candles` oldest first; may be empty."""
    params = engine_params(config, coin)
    drawn = candles[-DRAWN:]
    return CoinPicture(
        coin,
        tuple(candle.open_ms + MINUTE_MS for candle in drawn),
        tuple(candle.close for candle in drawn),
        {
            side: _edges(candles, params[side]["ema_span_0"], params[side]["ema_span_1"])
            for side in SIDES
            if candles and config.bot.side(side).is_on
        },
    )


def _edges(candles: Sequence[Candle], span_0: float, span_1: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    follower = EmaFollower(span_0, span_1, candles[0].close)
    bands = [follower.band]
    for candle in candles[1:]:
        follower.follow(candle.close)
        bands.append(follower.band)
    drawn = bands[-DRAWN:]
    return tuple(band.lower for band in drawn), tuple(band.upper for band in drawn)


def picture_from_values(values: Any) -> CoinPicture:
    """What `dataclasses.asdict` made of a picture, after a way through JSON. Raises DataError for anything else."""
    try:
        bands = {side: (tuple(values["bands"][side][0]), tuple(values["bands"][side][1])) for side in values["bands"]}
        return CoinPicture(values["coin"], tuple(values["times_ms"]), tuple(values["closes"]), bands)
    except (LookupError, TypeError) as error:
        raise DataError("the bot's picture of the coin was written by another version and can't be read") from error
