from collections.abc import Iterable

from passivtui.core.candles import MarketData

def calc_preferred_coins(
    market: MarketData,
    minutes: Iterable[int],
    n_eligible: int,
    volume_window: int,
    noisiness_window: int,
) -> list[tuple[list[int], list[float]]]: ...
