from collections.abc import Iterable, Mapping
from typing import NamedTuple

class Order(NamedTuple):
    qty: float
    price: float
    type: str

class MarketState(NamedTuple):
    balance: float
    bid: float
    ask: float
    upper: float
    lower: float

class Trailing(NamedTuple):
    min_since_open: float = ...
    max_since_min: float = ...
    max_since_open: float = ...
    min_since_max: float = ...

class Held(NamedTuple):
    coin: int
    side: str
    size: float
    price: float
    market_price: float
    upper: float
    lower: float
    bot: Mapping[str, float]
    market: Mapping[str, float]

def calc_next_entry(
    side: str,
    market: Mapping[str, float],
    bot: Mapping[str, float],
    state: MarketState,
    position: tuple[float, float],
    trailing: Trailing,
) -> Order: ...
def calc_next_close(
    side: str,
    market: Mapping[str, float],
    bot: Mapping[str, float],
    state: MarketState,
    position: tuple[float, float],
    trailing: Trailing,
) -> Order: ...
def calc_entries(
    side: str,
    market: Mapping[str, float],
    bot: Mapping[str, float],
    state: MarketState,
    position: tuple[float, float],
    trailing: Trailing,
) -> list[Order]: ...
def calc_closes(
    side: str,
    market: Mapping[str, float],
    bot: Mapping[str, float],
    state: MarketState,
    position: tuple[float, float],
    trailing: Trailing,
) -> list[Order]: ...

class Position(NamedTuple):
    size: float
    price: float
    exposure: float

def calc_position(
    market: Mapping[str, float], balance: float, size: float, price: float, qty: float, fill_price: float
) -> Position: ...
def calc_unstuck(
    balance: float, allowance_long: float, allowance_short: float, positions: Iterable[Held]
) -> tuple[int, str, Order] | None: ...
